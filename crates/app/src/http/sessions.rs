//! One session: creating, reading and changing it, and the steps of its life.

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use live_domain::{Answer, ListedSession, Transition};
use utoipa::IntoResponses;
use uuid::Uuid;

use super::answer;
use super::body::{self, Takes};
use super::conditional::{Tag, expected};
use super::error::ApiError;
use super::faults::{Faults, both};
use super::idempotency::{IDEMPOTENT_REPLAYED, request_key};
use super::parameters::{KeyHeader, SessionPath, VersionHeader};
use super::position::write_in_time;
use super::query::no_parameters;
use super::refusals::{CreateRefusals, PatchRefusals, ReadRefusals, TransitionRefusals};
use super::session_body::{self, SessionBody};
use super::session_input::{
    self, CancelSessionInput, CreateSessionInput, EndSessionInput, PatchSessionInput, StartSessionInput,
};
use super::state::AppState;
use crate::auth::Caller;
use crate::json;

/// The session after a step.
#[derive(IntoResponses)]
#[response(
    status = 200,
    headers(
        ("ETag" = String, description = "Weak; for `If-Match` and `If-None-Match`"),
        ("Idempotent-Replayed" = String, description = "`true` when this is a kept answer"),
        ("Live-Position" = String, description = "How far the store has come with it; for the list"),
    )
)]
#[expect(dead_code, reason = "describes the answer in the OpenAPI document")]
pub struct SteppedSession<'a>(SessionBody<'a>);

/// The id in the path. What has not the form of one counts as that of a thing that is not there: everything that can be said
/// of such a thing is the same.
pub(super) fn path_id(request: &HttpRequest) -> Uuid {
    request.match_info().get("id").and_then(json::read_id).unwrap_or_else(Uuid::new_v4)
}

/// The tag and the body of a session.
fn rendered(session: &ListedSession) -> (Tag, Vec<u8>) {
    let mut body = Vec::new();
    session_body::write(&SessionBody::from(session), &mut body);
    (Tag::of_session(session, &body), body)
}

/// The session as a write left it, or as a kept answer has it.
fn written(status: StatusCode, answer: &Answer<ListedSession>) -> HttpResponse {
    let (tag, body) = rendered(&answer.value);
    let mut response = answer::written(status, &tag);
    if status == StatusCode::CREATED {
        response.insert_header((header::LOCATION, format!("sessions/{}", answer.value.session.id)));
    }
    if answer.replayed {
        response.insert_header((IDEMPOTENT_REPLAYED, "true"));
    }
    response.body(body)
}

/// Creates a session.
///
/// # Errors
///
/// As `docs/errors.md` has them.
#[utoipa::path(
    post,
    path = "/v1/sessions",
    operation_id = "createSession",
    tag = "sessions",
    security(("bearer" = [])),
    params(KeyHeader),
    request_body = CreateSessionInput,
    responses(
        (status = 201, description = "The session, scheduled", body = SessionBody<'_>,
            headers(
                ("Location" = String, description = "The session, relative to the request"),
                ("ETag" = String, description = "Weak; for `If-Match` and `If-None-Match`"),
                ("Idempotent-Replayed" = String, description = "`true` when this is a kept answer"),
                ("Live-Position" = String, description = "How far the store has come with it; for the list"),
            )),
        CreateRefusals,
    )
)]
pub async fn create_session(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let editor = caller.editor(&state.edit_scopes)?;
    let body = body::read(&request, payload, Takes::Object).await?;
    let head = both(request_key(&request, &body), no_parameters(request.query_string()));
    let ((key, ()), draft) = both(head, session_input::draft(&body))?;
    let creating = state.editor.create(&editor, draft, key);
    Ok(written(StatusCode::CREATED, &write_in_time(&request, &state, creating).await?))
}

/// Reads one session.
///
/// # Errors
///
/// As `docs/errors.md` has them.
#[utoipa::path(
    get,
    path = "/v1/sessions/{id}",
    operation_id = "getSession",
    tag = "sessions",
    security(("bearer" = [])),
    params(SessionPath),
    responses(
        (status = 200, description = "The session", body = SessionBody<'_>,
            headers(("ETag" = String, description = "Weak; for `If-Match` and `If-None-Match`"))),
        (status = 304, description = "The client has this version already"),
        ReadRefusals,
    )
)]
pub async fn get_session(
    caller: Caller,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    caller.demand(&state.list_scopes)?;
    no_parameters(request.query_string())?;
    let finding = state.sessions.find(&caller.brands, &caller.viewer, path_id(&request));
    let session = state.in_time(finding).await?;
    let (tag, body) = rendered(&session);
    Ok(answer::read(&request, &tag, body))
}

/// Edits a session.
///
/// A JSON merge patch (RFC 7396). A session that has ended or is cancelled takes `title`, `category`, `metadata` and
/// `recording_url` alone. An edit that changes nothing keeps the version.
///
/// # Errors
///
/// As `docs/errors.md` has them.
#[utoipa::path(
    patch,
    path = "/v1/sessions/{id}",
    operation_id = "patchSession",
    tag = "sessions",
    security(("bearer" = [])),
    params(SessionPath, VersionHeader),
    request_body(content((PatchSessionInput = "application/merge-patch+json"), (PatchSessionInput = "application/json"))),
    responses(
        (status = 200, description = "The session as it is now", body = SessionBody<'_>,
            headers(
                ("ETag" = String, description = "Weak; for `If-Match` and `If-None-Match`"),
                ("Live-Position" = String, description = "How far the store has come with it; for the list"),
            )),
        PatchRefusals,
    )
)]
pub async fn patch_session(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    let editor = caller.editor(&state.edit_scopes)?;
    let body = body::read(&request, payload, Takes::Patch).await?;
    let id = path_id(&request);
    let head = both(expected(&request, id), no_parameters(request.query_string()));
    let ((expected, ()), patch) = both(head, session_input::patch(&body))?;
    let patching = state.editor.patch(&editor, id, &expected, &patch);
    let value = write_in_time(&request, &state, patching).await?;
    Ok(written(StatusCode::OK, &Answer { value, replayed: false }))
}

/// Starts a session.
///
/// `scheduled -> live`. One that is live stays as it is.
///
/// # Errors
///
/// As `docs/errors.md` has them.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/start",
    operation_id = "startSession",
    tag = "sessions",
    security(("bearer" = [])),
    params(SessionPath, VersionHeader, KeyHeader),
    request_body = StartSessionInput,
    responses(SteppedSession<'_>, TransitionRefusals)
)]
pub async fn start_session(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    step(caller, &request, payload, &state, session_input::start).await
}

/// Ends a session.
///
/// `live -> ended`. One that has ended stays as it is.
///
/// # Errors
///
/// As `docs/errors.md` has them.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/end",
    operation_id = "endSession",
    tag = "sessions",
    security(("bearer" = [])),
    params(SessionPath, VersionHeader, KeyHeader),
    request_body = EndSessionInput,
    responses(SteppedSession<'_>, TransitionRefusals)
)]
pub async fn end_session(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    step(caller, &request, payload, &state, session_input::end).await
}

/// Calls off a session.
///
/// `scheduled -> cancelled`. One that is cancelled stays as it is.
///
/// # Errors
///
/// As `docs/errors.md` has them.
#[utoipa::path(
    post,
    path = "/v1/sessions/{id}/cancel",
    operation_id = "cancelSession",
    tag = "sessions",
    security(("bearer" = [])),
    params(SessionPath, VersionHeader, KeyHeader),
    request_body = CancelSessionInput,
    responses(SteppedSession<'_>, TransitionRefusals)
)]
pub async fn cancel_session(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    step(caller, &request, payload, &state, session_input::cancel).await
}

/// A step in the life of a session, which `read` makes of the body.
async fn step(
    caller: Caller,
    request: &HttpRequest,
    payload: web::Payload,
    state: &AppState,
    read: fn(&[u8]) -> Result<Transition, Faults>,
) -> Result<HttpResponse, ApiError> {
    let editor = caller.editor(&state.edit_scopes)?;
    let body = body::read(request, payload, Takes::ObjectOrNothing).await?;
    let id = path_id(request);
    let fields = both(request_key(request, &body), expected(request, id));
    let head = both(fields, no_parameters(request.query_string()));
    let (((key, expected), ()), transition) = both(head, read(&body))?;
    let changing = state.editor.transition(&editor, id, &expected, &transition, key);
    Ok(written(StatusCode::OK, &write_in_time(request, state, changing).await?))
}
