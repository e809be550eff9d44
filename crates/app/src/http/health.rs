//! `/livez` and `/readyz`.

use actix_web::{HttpResponse, web};
use live_domain::SchemaState;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::ApiError;
use super::refusals::ReadyRefusals;
use super::state::AppState;
use crate::auth::NoKeysYet;

/// How the service is.
#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
pub struct HealthBody {
    /// `alive` or `ready`.
    status: &'static str,
}

/// The process runs.
#[utoipa::path(
    get, path = "/livez", operation_id = "isAlive", tag = "operations",
    responses((status = 200, description = "The process runs", body = HealthBody))
)]
pub async fn alive() -> HttpResponse {
    ok("alive")
}

/// The service can answer.
///
/// The store is reachable, its schema is at least this version's, the keys of tokens were loaded once, and nobody told it to
/// stop.
///
/// # Errors
///
/// `unavailable` until then.
#[utoipa::path(
    get, path = "/readyz", operation_id = "isReady", tag = "operations",
    responses(
        (status = 200, description = "The service can answer", body = HealthBody),
        ReadyRefusals,
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

fn ok(status: &'static str) -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(HealthBody { status })
}
