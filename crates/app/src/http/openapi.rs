//! The OpenAPI 3.1 document, made from the code.

use actix_web::HttpResponse;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoParams, Modify, OpenApi};

use super::{error, health, index, list_sessions, session_body};

/// The parameters of the list. The handler reads them strictly by itself; this describes them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters in the OpenAPI document")]
pub struct ListSessionsParameters {
    /// Sessions of this brand.
    #[param(min_length = 1, max_length = 128)]
    brand_id: Option<String>,
    /// Sessions for this community.
    #[param(min_length = 1, max_length = 128)]
    community_id: Option<String>,
    /// Sessions of this host.
    #[param(min_length = 1, max_length = 128)]
    host_id: Option<String>,
    /// Another name of `host_id`.
    #[param(min_length = 1, max_length = 128)]
    host_user_id: Option<String>,
    /// Sessions of this category.
    #[param(min_length = 1, max_length = 128)]
    category: Option<String>,
    /// Sessions in one of these states, separated by commas.
    #[param(style = Form, explode = false, value_type = Option<Vec<session_body::SessionStatusName>>)]
    status: Option<String>,
    /// Sessions of one of these kinds, separated by commas.
    #[param(style = Form, explode = false, value_type = Option<Vec<session_body::SessionKindName>>)]
    kind: Option<String>,
    /// `true` or `1`: sessions that are live, or scheduled and overdue by no more than the grace (30 minutes unless set
    /// otherwise). `false` or `0`: no condition. Any letter case.
    upcoming: Option<String>,
    /// Another name of `upcoming`.
    upcoming_only: Option<String>,
    /// Sessions scheduled in this calendar month, `1970-01` to `9998-12`, of `time_zone`.
    #[param(pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$", example = "2026-03")]
    month: Option<String>,
    /// The IANA name of the zone of `month`; UTC unless given.
    #[param(example = "America/New_York")]
    time_zone: Option<String>,
    /// How many sessions a page holds; 20 unless given.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u8>,
    /// `next_cursor` of the page before.
    #[param(min_length = 1, max_length = 512)]
    cursor: Option<String>,
}

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
    let text = document().map_err(error::ApiError::internal)?;
    Ok(HttpResponse::Ok().content_type("application/json").body(text))
}
