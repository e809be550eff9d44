//! `GET /v1/live/sessions`.

use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use live_domain::{ListSessions, ListedSession, Page, SessionScan, Start};
use utoipa::ToSchema;

use super::conditional::Tag;
use super::cursor::{self, Binding};
use super::error::{ApiError, ErrorBody, ErrorCode};
use super::list_query::{ListSessionsParameters, ListSessionsQuery};
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
    params(ListSessionsParameters),
    responses(
        (status = 200, description = "A page of sessions", body = ListSessionsBody<'_>,
            headers(
                ("ETag" = String, description = "Weak; over the sessions and the query"),
                ("Link" = String, description = "`rel=\"next\"` while there is a next page (RFC 8288)"),
                ("X-Request-Id" = String, description = "The id of the request"),
            )),
        (status = 304, description = "The client has this version already"),
        (status = 400, description = "validation_error, invalid_cursor or invalid_request", body = ErrorBody<'_>),
        (status = 401, description = "unauthenticated or invalid_token", body = ErrorBody<'_>),
        (status = 403, description = "insufficient_scope or forbidden", body = ErrorBody<'_>),
        (status = 500, description = "internal", body = ErrorBody<'_>),
        (status = 503, description = "unavailable", body = ErrorBody<'_>),
    )
)]
pub async fn list_sessions(
    caller: Caller,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    caller.demand(&state.list_scopes)?;
    let query = ListSessionsQuery::parse(request.query_string())?;
    let binding = Binding::of(&query.filter, query.order, &caller.brands);
    let start = start(&query, binding)?;
    let ListSessionsQuery { filter, size, .. } = query;
    let asked = ListSessions { scope: caller.brands, viewer: caller.viewer, filter, start, size };
    let page = state.sessions.list(asked).await?;
    answer(&request, binding, &page)
}

fn start(query: &ListSessionsQuery, binding: Binding) -> Result<Start, ApiError> {
    let Some(text) = &query.cursor else { return Ok(Start::Beginning(query.order)) };
    let scan = cursor::decode(text, binding, query.order);
    scan.map(Start::At).map_err(|cursor::InvalidCursor| {
        let message = "cursor is not one that this very query was given: start again without cursor";
        ApiError::new(ErrorCode::InvalidCursor, message)
    })
}

fn answer(
    request: &HttpRequest,
    binding: Binding,
    page: &Page<ListedSession, SessionScan>,
) -> Result<HttpResponse, ApiError> {
    let mut body = b"{\"sessions\":".to_vec();
    let list_begins = body.len();
    write_sessions(&page.items, &mut body).map_err(ApiError::internal)?;
    let next = page.next.and_then(|scan| cursor::encode(binding, scan));
    let tag = Tag::over(&[&[cursor::VERSION], binding.as_bytes(), &[u8::from(next.is_some())], &body[list_begins..]]);

    let known = tag.is_known_to(request);
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::ETAG, tag.to_string()));
    response.insert_header((header::CACHE_CONTROL, "private, no-cache"));
    response.insert_header((header::VARY, "Authorization, Accept-Encoding"));
    if known {
        return Ok(response.finish());
    }
    if let Some(next) = &next {
        response.insert_header((header::LINK, next_link(request.query_string(), next)?));
    }
    body.extend(b",\"next_cursor\":");
    serde_json::to_writer(&mut body, &next).map_err(ApiError::internal)?;
    body.push(b'}');
    Ok(response.content_type("application/json").body(body))
}

fn write_sessions(sessions: &[ListedSession], out: &mut Vec<u8>) -> Result<(), serde_json::Error> {
    out.push(b'[');
    for (index, session) in sessions.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        session_body::write(&SessionBody::from(session), out)?;
    }
    out.push(b']');
    Ok(())
}

/// The next page as a link relative to this one, with every parameter of the request. They were read strictly before,
/// so that reading them leniently here gives the same.
fn next_link(raw_query: &str, cursor: &str) -> Result<HeaderValue, ApiError> {
    let kept = form_urlencoded::parse(raw_query.as_bytes()).filter(|(name, _)| name != "cursor");
    let query =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair("cursor", cursor).finish();
    HeaderValue::from_str(&format!("<?{query}>; rel=\"next\"")).map_err(ApiError::internal)
}
