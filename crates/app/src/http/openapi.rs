//! The OpenAPI 3.1 document, made from the code.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{HeaderBuilder, Object, Ref, RefOr, Required, Type};
use utoipa::{Modify, OpenApi};

use super::examples::Examples;
use super::refusals::PublicRefusals;
use super::{
    error, feed_input, feeds, health, index, list_sessions, registration_body, registrations, session_body,
    session_input, sessions,
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "live",
        description = "Schedules and lists live sessions for brands and communities.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
        contact(name = "the live authors"),
    ),
    // Relative to where the document comes from, of which a proxy may know more than the service.
    servers((url = ".", description = "The service that this document comes from")),
    paths(
        list_sessions::list_sessions,
        sessions::create_session, sessions::get_session, sessions::patch_session,
        sessions::start_session, sessions::end_session, sessions::cancel_session,
        registrations::list_registrations, registrations::register,
        registrations::get_own_registration, registrations::cancel_own_registration,
        feeds::get_calendar, feeds::create_feed, feeds::revoke_feed, feeds::read_feed,
        health::alive, health::ready, serve, index::index
    ),
    components(schemas(
        session_body::SessionBody<'_>, session_body::SessionKindName, session_body::SessionStatusName,
        session_input::CreateSessionInput, session_input::PatchSessionInput,
        session_input::StartSessionInput, session_input::EndSessionInput, session_input::CancelSessionInput,
        registration_body::RegistrationBody<'_>, registration_body::OwnRegistrationBody<'_>,
        registration_body::RegistrationStatusName,
        feed_input::CreateFeedInput, feeds::FeedBody,
        error::ErrorBody<'_>, error::ErrorCode, error::Detail, health::HealthBody
    )),
    tags(
        (name = "sessions", description = "Live sessions"),
        (name = "registrations", description = "Who registered for a session, and who waits for a seat"),
        (name = "calendars", description = "Sessions in calendar programs"),
        (name = "operations", description = "For those who run the service; without a token"),
    ),
    modifiers(&Bearer, &OptionalBodies, &RateHeaders, &Descriptions, &Examples)
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let where_from = "`live dev` prints a token, and `live token --sub you` makes one.";
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT");
        let scheme = scheme.description(Some(where_from)).build();
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// The bodies that may be left out: they are objects, and never null, which an `Option` would say.
struct OptionalBodies;

impl Modify for OptionalBodies {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let steps = ["start", "end", "cancel"].map(|step| format!("/v1/sessions/{{id}}/{step}"));
        for path in steps.into_iter().chain(["/v1/live/feeds".to_owned()]) {
            let operation = openapi.paths.paths.get_mut(&path).and_then(|item| item.post.as_mut());
            if let Some(RefOr::T(body)) = operation.and_then(|operation| operation.request_body.as_mut()) {
                body.required = Some(Required::False);
            }
        }
    }
}

/// What every answer of a route that is limited tells, where a limit is set.
struct RateHeaders;

/// Their names and meanings.
const RATE_HEADERS: [(&str, &str); 3] = [
    ("X-RateLimit-Limit", "How many requests the caller may send in a minute, where that is limited"),
    ("X-RateLimit-Remaining", "How many of them are left"),
    ("X-RateLimit-Reset", "In how many seconds all of them are there again"),
];

impl Modify for RateHeaders {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let components = openapi.components.get_or_insert_with(Default::default);
        for (name, meaning) in RATE_HEADERS {
            let number = Object::with_type(Type::Integer);
            let header = HeaderBuilder::new().schema(Some(number)).description(Some(meaning)).build();
            components.headers.insert(name.to_owned(), header.into());
        }
        let is_limited = |operation: &&mut Operation| operation.responses.responses.contains_key("429");
        for response in
            operations_of(openapi).filter(is_limited).flat_map(|operation| operation.responses.responses.values_mut())
        {
            let RefOr::T(response) = response else { continue };
            for (name, _) in RATE_HEADERS {
                let header = Ref::new(format!("#/components/headers/{name}"));
                response.headers.insert(name.to_owned(), RefOr::Ref(header));
            }
        }
    }
}

/// What is said of the errors of a handler is for those who read its code: the document has the responses.
struct Descriptions;

impl Modify for Descriptions {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        for operation in operations_of(openapi) {
            let description = operation.description.take();
            let description =
                description.map(|text| text.split("# Errors").next().unwrap_or_default().trim().to_owned());
            operation.description = description.filter(|text| !text.is_empty());
        }
    }
}

/// Every operation of the document.
pub(super) fn operations_of(openapi: &mut utoipa::openapi::OpenApi) -> impl Iterator<Item = &mut Operation> {
    let items = openapi.paths.paths.values_mut();
    items.flat_map(|item| [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete]).flatten()
}

/// The document as JSON.
///
/// # Errors
///
/// Those of the serializer; none is known to happen.
pub fn document() -> Result<String, serde_json::Error> {
    let mut text = serde_json::to_string_pretty(&Document::openapi())?;
    text.push('\n');
    Ok(text)
}

/// The OpenAPI document.
///
/// # Errors
///
/// `internal` when it cannot be written; none is known to happen.
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "getOpenApi", tag = "operations",
    responses((status = 200, description = "The OpenAPI 3.1 document", body = serde_json::Value), PublicRefusals)
)]
pub async fn serve() -> Result<HttpResponse, error::ApiError> {
    // It never changes while the service runs.
    static TEXT: LazyLock<Result<String, serde_json::Error>> = LazyLock::new(document);
    match &*TEXT {
        Ok(text) => Ok(HttpResponse::Ok().content_type("application/json").body(text.as_str())),
        Err(fault) => Err(error::ApiError::internal(fault.to_string())),
    }
}
