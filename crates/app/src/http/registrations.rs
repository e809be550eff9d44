//! The registrations of a session: the caller's own, and the line of all.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use live_domain::{LineScan, PlacedRegistration};
use utoipa::ToSchema;

use super::answer::{self, PageOfItems};
use super::body::{self, Takes, no_body};
use super::conditional::Tag;
use super::cursor::{Binding, line as cursor};
use super::error::ApiError;
use super::faults::both;
use super::idempotency::{IDEMPOTENT_REPLAYED, request_key};
use super::line_query::{ListRegistrationsParameters, ListRegistrationsQuery};
use super::parameters::{KeyHeader, SessionPath};
use super::position::write_in_time;
use super::query::no_parameters;
use super::refusals::{LineRefusals, ReadRefusals, RegisterRefusals, UnregisterRefusals};
use super::registration_body::{self, OwnRegistrationBody, RegistrationBody};
use super::sessions::path_id;
use super::state::AppState;
use crate::auth::Caller;

/// A page of registrations.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body in the OpenAPI document; it is written straight to bytes")]
pub struct ListRegistrationsBody<'a> {
    #[schema(value_type = Vec<RegistrationBody<'a>>)]
    registrations: Vec<RegistrationBody<'a>>,
    /// Give it as `cursor` for the next page; null on the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// The tag and the body of the caller's own registration.
fn rendered(registration: &PlacedRegistration) -> (Tag, Vec<u8>) {
    let mut body = Vec::new();
    registration_body::write_own(&OwnRegistrationBody::from(registration), &mut body);
    (Tag::over(&[&body]), body)
}

/// Registers the caller.
///
/// For a seat, or for a place in the line when all are taken. Who is registered or waits already stays so. After
/// cancelling, it is a new registration at the end of the line.
///
/// # Errors
///
/// As `docs/errors.md` has them.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/registrations",
    operation_id = "register",
    tag = "registrations",
    security(("bearer" = [])),
    params(SessionPath, KeyHeader),
    responses(
        (status = 201, description = "The new registration", body = OwnRegistrationBody<'_>,
            headers(
                ("Location" = String, description = "The registration, relative to the request"),
                ("ETag" = String, description = "Weak; for `If-None-Match`"),
                ("Idempotent-Replayed" = String, description = "`true` when this is a kept answer"),
                ("Live-Position" = String, description = "How far the store has come with it; for the list"),
            )),
        (status = 200, description = "The registration that was there", body = OwnRegistrationBody<'_>,
            headers(
                ("ETag" = String, description = "Weak; for `If-None-Match`"),
                ("Idempotent-Replayed" = String, description = "`true` when this is a kept answer"),
                ("Live-Position" = String, description = "How far the store has come with it; for the list"),
            )),
        RegisterRefusals,
    )
)]
pub async fn register(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    caller.demand(&state.list_scopes)?;
    let body = body::read(&request, payload, Takes::Nothing).await?;
    let head = both(request_key(&request, &body), no_parameters(request.query_string()));
    let ((key, ()), ()) = both(head, no_body(&body))?;
    let id = path_id(&request);
    let registering = state.registrations.register(&caller.brands, &caller.viewer, id, key);
    let answer = write_in_time(&request, &state, registering).await?;
    let status = if answer.value.created { StatusCode::CREATED } else { StatusCode::OK };
    let (tag, body) = rendered(&answer.value.registration);
    let mut response = answer::written(status, &tag);
    if answer.value.created {
        response.insert_header((header::LOCATION, "registrations/me"));
    }
    if answer.replayed {
        response.insert_header((IDEMPOTENT_REPLAYED, "true"));
    }
    Ok(response.body(body))
}

/// Reads the caller's latest registration.
///
/// # Errors
///
/// As `docs/errors.md` has them.
#[utoipa::path(
    get,
    path = "/v1/sessions/{id}/registrations/me",
    operation_id = "getOwnRegistration",
    tag = "registrations",
    security(("bearer" = [])),
    params(SessionPath),
    responses(
        (status = 200, description = "The registration", body = OwnRegistrationBody<'_>,
            headers(("ETag" = String, description = "Weak; for `If-None-Match`"))),
        (status = 304, description = "The client has this version already"),
        ReadRefusals,
    )
)]
pub async fn get_own_registration(
    caller: Caller,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    caller.demand(&state.list_scopes)?;
    no_parameters(request.query_string())?;
    let latest = state.registrations.latest(&caller.brands, &caller.viewer, path_id(&request));
    let registration = state.in_time(latest).await?;
    let (tag, body) = rendered(&registration);
    Ok(answer::read(&request, &tag, body))
}

/// Cancels the caller's registration.
///
/// In any state of the session. One that is cancelled stays as it is.
///
/// # Errors
///
/// As `docs/errors.md` has them.
#[utoipa::path(
    delete,
    path = "/v1/sessions/{id}/registrations/me",
    operation_id = "cancelOwnRegistration",
    tag = "registrations",
    security(("bearer" = [])),
    params(SessionPath),
    responses(
        (status = 200, description = "The registration, cancelled", body = OwnRegistrationBody<'_>,
            headers(
                ("ETag" = String, description = "Weak; for `If-None-Match`"),
                ("Live-Position" = String, description = "How far the store has come with it; for the list"),
            )),
        UnregisterRefusals,
    )
)]
pub async fn cancel_own_registration(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    caller.demand(&state.list_scopes)?;
    let body = body::read(&request, payload, Takes::Nothing).await?;
    both(no_parameters(request.query_string()), no_body(&body))?;
    let cancelling = state.registrations.cancel(&caller.brands, &caller.viewer, path_id(&request));
    let cancelled = write_in_time(&request, &state, cancelling).await?;
    let (tag, body) = rendered(&cancelled);
    Ok(answer::written(StatusCode::OK, &tag).body(body))
}

/// Lists the registrations of a session.
///
/// In the order of the line; for its host, and for managers.
///
/// # Errors
///
/// As `docs/errors.md` has them.
#[utoipa::path(
    get,
    path = "/v1/sessions/{id}/registrations",
    operation_id = "listRegistrations",
    tag = "registrations",
    security(("bearer" = [])),
    params(SessionPath, ListRegistrationsParameters),
    responses(
        (status = 200, description = "A page of registrations", body = ListRegistrationsBody<'_>,
            headers(
                ("ETag" = String, description = "Weak; over the registrations and the query"),
                ("Link" = String, description = "`rel=\"next\"` while there is a next page (RFC 8288)"),
            )),
        (status = 304, description = "The client has this version already"),
        LineRefusals,
    )
)]
pub async fn list_registrations(
    caller: Caller,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let editor = caller.editor(&state.edit_scopes)?;
    let ListRegistrationsQuery { statuses, size, cursor } = ListRegistrationsQuery::parse(request.query_string())?;
    let id = path_id(&request);
    let binding = Binding::of_line(id, &statuses, &editor.scope);
    let after = cursor.map(|text| cursor::decode(&text, binding)).transpose()?;
    let scan = LineScan { statuses, after };
    let page = state.in_time(state.registrations.line(&editor, id, &scan, size)).await?;
    let next = page.next.and_then(|scan| cursor::encode(binding, &scan));
    PageOfItems { name: "registrations", items: &page.items, binding, next }
        .answer(&request, |registration, out| registration_body::write(&RegistrationBody::from(registration), out))
}
