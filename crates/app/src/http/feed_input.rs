//! What is asked of a new calendar feed: the body as domain values.

use live_domain::listing::Variants;
use live_domain::{FeedDraft, FeedLifetime, Month, Selection, SessionFilter, SessionKind, SessionStatus, TimeZone};
use utoipa::ToSchema;

use super::faults::Faults;
use super::list_query::calendar_month;
use super::members::{Members, number, string, text};
use super::session_body::{SessionKindName, SessionStatusName};
use super::session_input::or_empty;
use crate::json;

/// A calendar feed to make. The filters are those of the list; without any it holds all that the caller sees.
#[derive(ToSchema)]
#[schema(as = CreateFeed)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the body in the OpenAPI document; it is read member by member")]
pub struct CreateFeedInput {
    #[schema(required = false, min_length = 1, max_length = 128)]
    brand_id: String,
    #[schema(required = false, min_length = 1, max_length = 128)]
    community_id: String,
    #[schema(required = false, min_length = 1, max_length = 128)]
    host_id: String,
    #[schema(required = false, min_length = 1, max_length = 128)]
    category: String,
    #[schema(required = false, min_items = 1)]
    status: Vec<SessionStatusName>,
    #[schema(required = false, min_items = 1)]
    kind: Vec<SessionKindName>,
    /// Sessions that are live, or scheduled and not overdue by more than the grace, as of when the feed is read.
    #[schema(required = false)]
    upcoming: bool,
    /// Sessions scheduled in this calendar month of `time_zone`, whenever the feed is read.
    #[schema(required = false, pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$", example = "2026-03")]
    month: String,
    /// The IANA name of the zone of `month`; UTC unless given.
    #[schema(required = false, example = "America/New_York")]
    time_zone: String,
    /// In how many seconds the feed ends: at most 366 days, 90 days unless given.
    #[schema(required = false, minimum = 1, maximum = 31_622_400)]
    expires_in: u32,
}

/// Reads what is asked of a feed.
///
/// # Errors
///
/// Every member that is off.
pub fn draft(body: &[u8]) -> Result<FeedDraft, Faults> {
    let mut members = Members::parse(
        or_empty(body),
        &[
            "brand_id",
            "community_id",
            "host_id",
            "category",
            "status",
            "kind",
            "upcoming",
            "month",
            "time_zone",
            "expires_in",
        ],
        &[],
    )?;
    let filter = filter(&mut members);
    let upcoming = members.read("upcoming", flag).unwrap_or(false);
    let lifetime = members.read("expires_in", |value| number(value, FeedLifetime::seconds)).unwrap_or_default();
    members.finish(Some(FeedDraft { filter, upcoming, lifetime }))
}

fn filter(members: &mut Members<'_>) -> SessionFilter {
    let mut filter = SessionFilter::default();
    if let Some(brand) = members.read("brand_id", text) {
        filter = filter.with_brand(brand);
    }
    if let Some(community) = members.read("community_id", text) {
        filter = filter.with_community(community);
    }
    if let Some(host) = members.read("host_id", text) {
        filter = filter.with_host(host);
    }
    if let Some(category) = members.read("category", text) {
        filter = filter.with_category(category);
    }
    if let Some(statuses) = members.read("status", |value| selection(value, SessionStatus::as_str)) {
        filter = filter.with_statuses(statuses);
    }
    if let Some(kinds) = members.read("kind", |value| selection(value, SessionKind::as_str)) {
        filter = filter.with_kinds(kinds);
    }
    if let Some(month) = month(members) {
        filter = filter.with_month(month);
    }
    filter
}

fn month(members: &mut Members<'_>) -> Option<Month> {
    let has_month = members.has("month");
    let zone = members.read("time_zone", |value| {
        let zone = TimeZone::named(&string(value)?).map_err(|fault| fault.to_string())?;
        if has_month { Ok(zone) } else { Err("goes with month: give both or neither".to_owned()) }
    });
    // A month is still checked beside a zone that is off, so that both are told at once.
    members.read("month", |value| calendar_month(&string(value)?, &zone.unwrap_or(TimeZone::UTC)))
}

fn flag(value: &str) -> Result<bool, String> {
    value.parse().map_err(|_| "must be true or false".to_owned())
}

/// Some members of an enumeration, each once.
fn selection<T: Variants>(value: &str, name: fn(T) -> &'static str) -> Result<Selection<T>, String> {
    let fault = || format!("must be an array of one or more of {}, each once", json::names(name));
    let names: Vec<String> = serde_json::from_str(value).map_err(|_| fault())?;
    let known = |text: &String| T::ALL.iter().copied().find(|member| name(*member) == text.as_str());
    let members: Option<Vec<T>> = names.iter().map(known).collect();
    let members = members.filter(|members| !members.is_empty()).ok_or_else(fault)?;
    let selection = Selection::of(members.iter().copied());
    if selection.iter().count() == members.len() { Ok(selection) } else { Err(fault()) }
}
