//! Sessions as calendars: for callers with a token, and at secret addresses for programs that cannot send one.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use live_domain::{Answer, IssuedFeed, SessionOrder, Timestamp};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{self, Takes, no_body};
use super::calendar;
use super::error::{ApiError, ErrorCode};
use super::faults::both;
use super::feed_input::{self, CreateFeedInput};
use super::feed_secret::{FeedKey, FeedSecret};
use super::idempotency::{IDEMPOTENT_REPLAYED, request_key};
use super::list_query::{CalendarQuery, FilterParameters};
use super::parameters::{FeedPath, KeyHeader, PositionHeader, SecretPath};
use super::position::{self, list_in_time, write_in_time};
use super::query::no_parameters;
use super::refusals::{CalendarRefusals, CreateFeedRefusals, FeedRefusals, RevokeFeedRefusals};
use super::sessions::path_id;
use super::state::AppState;
use crate::auth::Caller;
use crate::json::Object;

/// A calendar feed, as its owner is told of it once.
#[derive(ToSchema)]
#[schema(as = Feed)]
pub struct FeedBody {
    /// Names it, to revoke it.
    id: Uuid,
    /// The address, relative to the request. Whoever has it reads the feed.
    url: String,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// From when on it cannot be read any more.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Timestamp,
}

/// Lists live sessions as a calendar.
///
/// The filters are those of the list. The first 1,000 sessions in the order of the list, as iCalendar (RFC 5545).
///
/// # Errors
///
/// As `docs/errors.md` has them.
#[utoipa::path(
    get,
    path = "/v1/live/sessions.ics",
    operation_id = "getCalendar",
    tag = "calendars",
    security(("bearer" = [])),
    params(FilterParameters, PositionHeader),
    responses(
        (status = 200, description = "The calendar", body = String, content_type = "text/calendar",
            headers(("ETag" = String, description = "Weak; over the calendar"))),
        (status = 304, description = "The client has this version already"),
        CalendarRefusals,
    )
)]
pub async fn get_calendar(
    caller: Caller,
    request: HttpRequest,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    caller.demand(&state.list_scopes)?;
    let (seen, query) = both(position::seen(&request), CalendarQuery::parse(request.query_string()))?;
    let CalendarQuery { filter, upcoming } = query;
    let order = SessionOrder::of(&filter, upcoming);
    let listing = state.sessions.calendar(&caller.brands, &caller.viewer, &filter, order, seen);
    let sessions = list_in_time(&state, seen, listing).await?;
    calendar::read(&request, &filter, &sessions)
}

/// Makes a calendar feed.
///
/// A calendar at a secret address, for programs that cannot send a token. It shows what the caller sees with this token and
/// the filters of the list, until it expires or is revoked. Its address is told here alone. One person can have 100.
///
/// # Errors
///
/// As `docs/errors.md` has them.
#[utoipa::path(
    post,
    path = "/v1/live/feeds",
    operation_id = "createFeed",
    tag = "calendars",
    security(("bearer" = [])),
    params(KeyHeader),
    request_body = CreateFeedInput,
    responses(
        (status = 201, description = "The feed", body = FeedBody,
            headers(
                ("Location" = String, description = "The feed, relative to the request, to revoke it"),
                ("Live-Position" = String, description = "How far the store has come with it; for the list"),
                ("Idempotent-Replayed" = String, description = "`true` when this is a kept answer"),
            )),
        CreateFeedRefusals,
    )
)]
pub async fn create_feed(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    caller.demand(&state.list_scopes)?;
    let body = body::read(&request, payload, Takes::ObjectOrNothing).await?;
    let head = both(request_key(&request, &body), no_parameters(request.query_string()));
    let ((key, ()), draft) = both(head, feed_input::draft(&body))?;
    let secret = state.feed_key.fresh();
    let creating = state.feeds.create(&caller.brands, &caller.viewer, draft, secret, key);
    issued(&write_in_time(&request, &state, creating).await?, &state.feed_key)
}

fn issued(answer: &Answer<IssuedFeed>, key: &FeedKey) -> Result<HttpResponse, ApiError> {
    let IssuedFeed { feed, secret } = &answer.value;
    let location = format!("feeds/{}", feed.id);
    let secret = key.open(secret).ok_or_else(|| {
        let message = format!(
            "the feed was made, but the service's key is another one by now and its address cannot be told again: revoke \
             it with DELETE of {location}, relative to this request, and make another one with a new idempotency key"
        );
        ApiError::new(ErrorCode::NotFound, message)
    })?;
    let url = format!("feeds/{}.ics", secret.reveal());
    let body = FeedBody { id: feed.id, url, created_at: feed.created_at, expires_at: feed.expires_at };
    let mut response = HttpResponse::Created();
    // Who keeps this answer keeps a secret.
    response.insert_header((header::CACHE_CONTROL, "no-store"));
    response.insert_header((header::LOCATION, location));
    if answer.replayed {
        response.insert_header((IDEMPOTENT_REPLAYED, "true"));
    }
    Ok(response.content_type("application/json").body(written(&body)))
}

fn written(FeedBody { id, url, created_at, expires_at }: &FeedBody) -> Vec<u8> {
    let mut body = Vec::new();
    let object = Object::begin(&mut body).id("id", *id).text("url", url);
    object.instant("created_at", *created_at).instant("expires_at", *expires_at).end();
    body
}

/// Revokes a calendar feed.
///
/// It must be the caller's. From now on it is as if it had never been.
///
/// # Errors
///
/// As `docs/errors.md` has them.
#[utoipa::path(
    delete,
    path = "/v1/live/feeds/{id}",
    operation_id = "revokeFeed",
    tag = "calendars",
    security(("bearer" = [])),
    params(FeedPath),
    responses(
        (status = 204, description = "It is revoked",
            headers(("Live-Position" = String, description = "How far the store has come with it; for the list"))),
        RevokeFeedRefusals,
    )
)]
pub async fn revoke_feed(
    caller: Caller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AppState>,
) -> Result<HttpResponse, ApiError> {
    caller.demand(&state.list_scopes)?;
    let body = body::read(&request, payload, Takes::Nothing).await?;
    both(no_parameters(request.query_string()), no_body(&body))?;
    write_in_time(&request, &state, state.feeds.revoke(&caller.viewer, path_id(&request))).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Reads a calendar feed.
///
/// The first 1,000 sessions in the order of the list, as iCalendar (RFC 5545). Query parameters are ignored. A feed that is
/// revoked, has expired or never was is the same 404.
///
/// # Errors
///
/// As `docs/errors.md` has them.
#[utoipa::path(
    get,
    path = "/v1/live/feeds/{secret}.ics",
    operation_id = "readFeed",
    tag = "calendars",
    params(SecretPath),
    responses(
        (status = 200, description = "The calendar", body = String, content_type = "text/calendar",
            headers(("ETag" = String, description = "Weak; over the calendar"))),
        (status = 304, description = "The client has this version already"),
        FeedRefusals,
    )
)]
pub async fn read_feed(request: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, ApiError> {
    if let Some(rate) = &state.rate {
        rate.count_address(&request)?;
    }
    let secret = request.match_info().get("secret").and_then(FeedSecret::read).ok_or_else(ApiError::no_such_thing)?;
    let (feed, sessions) = state.in_time(state.feeds.read(&secret.hash())).await?;
    calendar::read(&request, &feed.filter, &sessions)
}
