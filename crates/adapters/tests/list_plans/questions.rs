//! What is asked.

use live_domain::{
    BrandScope, Month, Position, ScanOrder, Selection, SessionFilter, SessionKind, SessionOrder, SessionScan,
    SessionStatus, TimeZone, Timestamp, Viewer,
};
use time::macros::datetime;
use uuid::Uuid;

/// A list that somebody asks for.
#[derive(Debug, Clone)]
pub(crate) struct Question {
    pub(crate) name: String,
    pub(crate) scope: BrandScope,
    pub(crate) filter: SessionFilter,
    pub(crate) scan: SessionScan,
}

/// When the last of the live sessions began.
pub(crate) fn since() -> Timestamp {
    Timestamp::clamped(datetime!(2026-07-02 07:30 UTC))
}

pub(crate) fn viewer() -> Viewer {
    Viewer::new("ada").unwrap()
}

pub(crate) fn scans() -> [SessionScan; 3] {
    [SessionOrder::Newest, SessionOrder::Chronological, SessionOrder::Upcoming]
        .map(|order| SessionScan::beginning(order, since()))
}

pub(crate) fn scope(brands: impl IntoIterator<Item = impl AsRef<str>>) -> BrandScope {
    BrandScope::only(brands.into_iter().map(|brand| brand.as_ref().parse().unwrap())).unwrap()
}

/// Each condition alone, with a value that is rare.
pub(crate) fn conditions() -> Vec<(&'static str, SessionFilter)> {
    let filter = SessionFilter::default;
    vec![
        ("nothing", filter()),
        ("host", filter().with_host("rare".parse().unwrap())),
        ("community", filter().with_community("rare".parse().unwrap())),
        ("category", filter().with_category("rare".parse().unwrap())),
        ("kind", filter().with_kinds(Selection::of([SessionKind::OfficeHours]))),
    ]
}

fn statuses() -> Vec<(&'static str, Selection<SessionStatus>)> {
    use SessionStatus::{Cancelled, Ended, Live, Scheduled};
    vec![
        ("of any state", Selection::default()),
        ("of one", Selection::of([Cancelled])),
        ("live", Selection::of([Live])),
        ("of two", Selection::of([Ended, Live])),
        ("of three", Selection::of([Scheduled, Live, Cancelled])),
    ]
}

/// Whose sessions: those of all brands, of one, of one in the caller's scope, of two of them.
fn brands() -> Vec<(&'static str, BrandScope, SessionFilter)> {
    let filter = SessionFilter::default;
    vec![
        ("all brands", BrandScope::All, filter()),
        ("a rare brand", BrandScope::All, filter().with_brand("rare".parse().unwrap())),
        ("a common brand", scope(["common"]), filter()),
        ("two brands", scope(["rare", "common"]), filter()),
    ]
}

/// Every scan of a list from its beginning and from a place, and in a month the same.
fn places() -> Vec<(&'static str, Option<Month>, SessionScan)> {
    let month = Month::new(2026, 7, &TimeZone::UTC).unwrap();
    let place = Position { scheduled_at: Timestamp::clamped(datetime!(2026-07-20 00:00 UTC)), id: Uuid::nil() };
    let of = |scan: SessionScan| {
        let resumed = scan.resumed_after(place);
        [
            ("", None, scan),
            ("from a place", None, resumed),
            ("in a month", Some(month), scan),
            ("in a month, from a place", Some(month), resumed),
        ]
    };
    scans().into_iter().flat_map(of).collect()
}

/// Every one of the conditions with every choice of brands, states and places, but those that ask for nothing.
pub(crate) fn questions() -> Vec<Question> {
    let mut questions = Vec::new();
    for (whose, scope, brand) in brands() {
        for (which, condition) in conditions() {
            for (in_state, statuses) in statuses() {
                for (place, month, scan) in places() {
                    let asks = !matches!(scan.order, ScanOrder::Upcoming { .. }) || in_state != "of one";
                    let filter = condition.clone().with_statuses(statuses.clone());
                    let filter = brand.brand().map_or(filter.clone(), |brand| filter.with_brand(brand.clone()));
                    let filter = month.map_or(filter.clone(), |month| filter.with_month(month));
                    let name = format!("{:?} by {which}, {in_state}, {whose} {place}", scan.order);
                    if asks {
                        questions.push(Question { name, scope: scope.clone(), filter, scan });
                    }
                }
            }
        }
    }
    questions
}
