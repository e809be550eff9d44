//! `GET /v1/live/sessions`.

use actix_web::{HttpRequest, HttpResponse, web};
use live_domain::{ListSessions, Start};
use utoipa::ToSchema;

use super::answer::PageOfItems;
use super::cursor::{Binding, InvalidCursor, session as cursor};
use super::error::ApiError;
use super::faults::both;
use super::list_query::{FilterParameters, ListSessionsQuery, PageParameters};
use super::parameters::PositionHeader;
use super::position::{self, list_in_time};
use super::refusals::ListRefusals;
use super::session_body::{self, SessionBody};
use super::state::AppState;
use crate::auth::Caller;

/// A page of sessions.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body in the OpenAPI document; it is written straight to bytes")]
pub struct ListSessionsBody<'a> {
    #[schema(value_type = Vec<SessionBody<'a>>)]
    sessions: Vec<SessionBody<'a>>,
    /// Give it as `cursor` for the next page; null on the last one.
    #[schema(required = true)]
    next_cursor: Option<String>,
}

/// Lists live sessions.
///
/// Conditions are joined by AND. With `upcoming=true` or `month` the earliest comes first, otherwise the latest.
///
/// # Errors
///
/// As `docs/errors.md` has them.
#[utoipa::path(
    get,
    path = "/v1/live/sessions",
    operation_id = "listLiveSessions",
    tag = "sessions",
    security(("bearer" = [])),
    params(FilterParameters, PageParameters, PositionHeader),
    responses(
        (status = 200, description = "A page of sessions", body = ListSessionsBody<'_>,
            headers(
                ("ETag" = String, description = "Weak; over the sessions and the query"),
                ("Link" = String, description = "`rel=\"next\"` while there is a next page (RFC 8288)"),
                ("X-Request-Id" = String, description = "The id of the request"),
            )),
        (status = 304, description = "The client has this version already"),
        ListRefusals,
    )
)]
pub async fn list_sessions(
    caller: Caller,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    caller.demand(&state.list_scopes)?;
    let (seen, query) = both(position::seen(&request), ListSessionsQuery::parse(request.query_string()))?;
    let binding = Binding::of(&query.filter, query.order, &caller.brands);
    let start = start(&query, binding)?;
    let ListSessionsQuery { filter, size, .. } = query;
    let asked = ListSessions { scope: caller.brands, viewer: caller.viewer, filter, start, seen, size };
    let page = list_in_time(&state, seen, state.sessions.list(asked)).await?;
    let next = page.next.and_then(|scan| cursor::encode(binding, scan));
    PageOfItems { name: "sessions", items: &page.items, binding, next }
        .answer(&request, |session, out| session_body::write(&SessionBody::from(session), out))
}

fn start(query: &ListSessionsQuery, binding: Binding) -> Result<Start, InvalidCursor> {
    match &query.cursor {
        None => Ok(Start::Beginning(query.order)),
        Some(text) => cursor::decode(text, binding, query.order).map(Start::At),
    }
}
