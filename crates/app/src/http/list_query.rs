//! The parameters of `GET /v1/live/sessions`, as domain values.

use std::str::FromStr;

use live_domain::{
    BrandId, Category, CommunityId, HostId, Month, PageSize, SessionFilter, SessionKind, SessionOrder, SessionStatus,
    TextError, TimeZone,
};
use utoipa::IntoParams;

use super::faults::Faults;
use super::query::{Query, digits, page_size, selection};
use super::session_body::{SessionKindName, SessionStatusName};

/// The names that the list knows.
pub const PARAMETERS: &[&str] = &[
    "brand_id",
    "community_id",
    "host_id",
    "host_user_id",
    "category",
    "status",
    "kind",
    "upcoming",
    "upcoming_only",
    "month",
    "time_zone",
    "limit",
    "cursor",
];

/// The names that a calendar knows, which has no pages.
pub const CALENDAR_PARAMETERS: &[&str] = match PARAMETERS {
    [filters @ .., _limit, _cursor] => filters,
    _ => &[],
};

/// Which sessions a list or a calendar holds. They are read strictly; this describes them.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters in the OpenAPI document")]
pub struct FilterParameters {
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
    #[param(style = Form, explode = false, value_type = Option<Vec<SessionStatusName>>)]
    status: Option<String>,
    /// Sessions of one of these kinds, separated by commas.
    #[param(style = Form, explode = false, value_type = Option<Vec<SessionKindName>>)]
    kind: Option<String>,
    /// `true` or `1`: sessions that are live, or scheduled and overdue by no more than the grace (30 minutes unless set
    /// otherwise). `false` or `0`: no condition. Any letter case.
    #[param(example = "true")]
    upcoming: Option<String>,
    /// Another name of `upcoming`.
    upcoming_only: Option<String>,
    /// Sessions scheduled in this calendar month, `1970-01` to `9998-12`, of `time_zone`.
    #[param(pattern = "^[0-9]{4}-(0[1-9]|1[0-2])$")]
    month: Option<String>,
    /// The IANA name of the zone of `month`, as `America/New_York`; UTC unless given.
    time_zone: Option<String>,
}

/// Which part of a list a page holds.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "describes the parameters in the OpenAPI document")]
pub struct PageParameters {
    /// How many sessions a page holds; 20 unless given.
    #[param(minimum = 1, maximum = 100, example = 20)]
    limit: Option<u8>,
    /// `next_cursor` of the page before.
    #[param(min_length = 1, max_length = 512)]
    cursor: Option<String>,
}

/// What a caller asked the list for.
#[derive(Debug)]
pub struct ListSessionsQuery {
    /// Which sessions.
    pub filter: SessionFilter,
    /// In which order.
    pub order: SessionOrder,
    /// How many.
    pub size: PageSize,
    /// Where to go on, still as text.
    pub cursor: Option<String>,
}

impl ListSessionsQuery {
    /// Reads the raw query string.
    ///
    /// # Errors
    ///
    /// Every parameter that is off.
    pub fn parse(raw: &str) -> Result<Self, Faults> {
        let mut query = Query::parse(raw, PARAMETERS);
        let (filter, upcoming) = (filter(&mut query), upcoming(&mut query));
        let size = query.read("limit", page_size).unwrap_or_default();
        let cursor = query.read("cursor", |text| Ok(text.to_owned()));
        query.finish()?;
        Ok(Self { order: SessionOrder::of(&filter, upcoming), filter, size, cursor })
    }
}

/// What a caller asked a calendar for.
#[derive(Debug)]
pub struct CalendarQuery {
    /// Which sessions.
    pub filter: SessionFilter,
    /// Whether upcoming ones alone.
    pub upcoming: bool,
}

impl CalendarQuery {
    /// Reads the raw query string.
    ///
    /// # Errors
    ///
    /// Every parameter that is off.
    pub fn parse(raw: &str) -> Result<Self, Faults> {
        let mut query = Query::parse(raw, CALENDAR_PARAMETERS);
        let (filter, upcoming) = (filter(&mut query), upcoming(&mut query));
        query.finish()?;
        Ok(Self { filter, upcoming })
    }
}

fn upcoming(query: &mut Query) -> bool {
    query.read_either(["upcoming", "upcoming_only"], flag).unwrap_or(false)
}

fn filter(query: &mut Query) -> SessionFilter {
    let mut filter = SessionFilter::default();
    if let Some(brand) = query.read("brand_id", text::<BrandId>) {
        filter = filter.with_brand(brand);
    }
    if let Some(community) = query.read("community_id", text::<CommunityId>) {
        filter = filter.with_community(community);
    }
    if let Some(host) = query.read_either(["host_id", "host_user_id"], text::<HostId>) {
        filter = filter.with_host(host);
    }
    if let Some(category) = query.read("category", text::<Category>) {
        filter = filter.with_category(category);
    }
    if let Some(statuses) = query.read("status", |text| selection(text, SessionStatus::as_str)) {
        filter = filter.with_statuses(statuses);
    }
    if let Some(kinds) = query.read("kind", |text| selection(text, SessionKind::as_str)) {
        filter = filter.with_kinds(kinds);
    }
    if let Some(month) = month(query) {
        filter = filter.with_month(month);
    }
    filter
}

fn text<T: FromStr<Err = TextError>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|fault: TextError| fault.to_string())
}

fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err("must be true, false, 1 or 0".to_owned()),
    }
}

fn month(query: &mut Query) -> Option<Month> {
    if query.has("time_zone") && !query.has("month") {
        query.refuse("time_zone", "time_zone goes with month: give both or neither".to_owned());
        return None;
    }
    let zone = query.read("time_zone", |text| TimeZone::named(text).map_err(|fault| fault.to_string()));
    let zone_is_off = query.has("time_zone") && zone.is_none();
    let zone = zone.unwrap_or(TimeZone::UTC);
    // A month is still checked beside a zone that is off, so that both are told at once.
    query.read("month", |text| calendar_month(text, &zone)).filter(|_| !zone_is_off)
}

pub(super) fn calendar_month(text: &str, zone: &TimeZone) -> Result<Month, String> {
    let form = || "must have the form YYYY-MM, from 1970-01 to 9998-12".to_owned();
    let (year, month) = text.split_once('-').ok_or_else(form)?;
    let (year, month) = (digits(year, 4).ok_or_else(form)?, digits(month, 2).ok_or_else(form)?);
    let month = u8::try_from(month).map_err(|_| form())?;
    Month::new(year, month, zone).map_err(|_| form())
}
