//! `/livez` and `/readyz`.

use actix_web::{HttpResponse, web};
use live_domain::SchemaState;
use serde_json::json;

use super::error::ApiError;
use super::state::AppState;
use crate::auth::NoKeysYet;

/// The process runs.
#[utoipa::path(
    get, path = "/livez", operation_id = "isAlive", tag = "operations",
    responses((status = 200, description = "The process runs"))
)]
pub async fn alive() -> HttpResponse {
    ok("alive")
}

/// The service can answer: the store is reachable, its schema is at least this version's, the keys of tokens were loaded
/// once, and nobody told it to stop.
///
/// # Errors
///
/// `unavailable` until then.
#[utoipa::path(
    get, path = "/readyz", operation_id = "isReady", tag = "operations",
    responses(
        (status = 200, description = "The service can answer"),
        (status = 503, description = "unavailable", body = super::error::ErrorBody<'_>),
    )
)]
pub async fn ready(state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    if state.drain.has_begun() {
        // As it should be, and asked again and again: nothing for the log.
        return Err(ApiError::not_now());
    }
    if !state.verifier.is_ready() {
        return Err(ApiError::unavailable(NoKeysYet));
    }
    match state.health.schema_state().await.map_err(ApiError::unavailable)? {
        SchemaState::Current => Ok(ok("ready")),
        SchemaState::Behind => Err(ApiError::unavailable("the schema is behind: run `live migrate`")),
    }
}

fn ok(status: &str) -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(json!({ "status": status }))
}
