//! The OpenAPI 3.1 document, made from the code.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::{error, health, index, list_sessions, session_body};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "live",
        description = "Schedules and lists live sessions for brands and communities.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
        contact(name = "the live authors"),
    ),
    paths(list_sessions::list_sessions, health::alive, health::ready, serve, index::index),
    components(schemas(
        session_body::SessionBody<'_>, session_body::SessionKindName, session_body::SessionStatusName,
        error::ErrorBody<'_>, error::ErrorCode, error::Detail
    )),
    tags(
        (name = "sessions", description = "Live sessions"),
        (name = "operations", description = "For those who run the service; without a token"),
    ),
    modifiers(&Bearer)
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let components = openapi.components.get_or_insert_with(Default::default);
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
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

/// This document.
///
/// # Errors
///
/// `internal` when it cannot be written; none is known to happen.
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "getOpenApi", tag = "operations",
    responses((status = 200, description = "The OpenAPI 3.1 document", body = serde_json::Value))
)]
pub async fn serve() -> Result<HttpResponse, error::ApiError> {
    // It never changes while the service runs.
    static TEXT: LazyLock<Result<String, serde_json::Error>> = LazyLock::new(document);
    match &*TEXT {
        Ok(text) => Ok(HttpResponse::Ok().content_type("application/json").body(text.as_str())),
        Err(fault) => Err(error::ApiError::internal(fault.to_string())),
    }
}
