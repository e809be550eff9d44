//! **strict-query**: what the list takes, and that it means what it says.

use live_domain::contract::fixtures::{brand, minutes, session};
use live_domain::{Category, CommunityId, HostId, Session, SessionKind, SessionStatus, Timestamp};
use time::Duration;

use crate::support::{Failures, Service};

/// Sessions that differ in what can be asked for. Newest first: 4, 3, 2, 1.
fn sessions() -> [Session; 4] {
    let first = Session {
        brand_id: brand("a b+ü"),
        host_id: HostId::new("bob").expect("a host"),
        status: SessionStatus::Live,
        ..session(1)
    };
    let second = Session {
        community_id: Some(CommunityId::new("rust,tokyo").expect("a community")),
        category: Some(Category::new("Q&A=100%").expect("a category")),
        kind: SessionKind::OfficeHours,
        ..session(2)
    };
    let third = Session {
        status: SessionStatus::Ended,
        category: Some(Category::new("music").expect("a category")),
        ..session(3)
    };
    let fourth = Session { status: SessionStatus::Cancelled, scheduled_at: minutes(60 * 24 * 40), ..session(4) };
    [first, second, third, fourth]
}

const ALL: &[u128] = &[4, 3, 2, 1];
const UPCOMING: &[u128] = &[1, 2];

const ACCEPTED: &[(&str, &[u128])] = &[
    ("", ALL),
    // Nothing between two separators asks nothing.
    ("&", ALL),
    ("&&limit=100&", ALL),
    // The defaults.
    ("limit=20", ALL),
    ("upcoming=false", ALL),
    ("upcoming=0&upcoming_only=FALSE", ALL),
    ("status=scheduled,live,ended,cancelled", ALL),
    ("kind=live,office_hours", ALL),
    // Text: forms and clients encode it in their ways.
    ("brand_id=a+b%2B%C3%BC", &[1]),
    ("brand_id=a%20b%2b%c3%bc", &[1]),
    ("br%61nd_id=%61+b%2B%C3%BC", &[1]),
    ("brand_id=acme", &[4, 3, 2]),
    ("brand_id=ACME", &[]),
    ("brand_id=acm", &[]),
    ("brand_id=acme+", &[]),
    ("brand_id=acme'--", &[]),
    ("brand_id=ac%25", &[]),
    ("brand_id=acme,globex", &[]),
    ("community_id=rust,tokyo", &[2]),
    ("community_id=rust%2Ctokyo", &[2]),
    ("community_id=rust", &[]),
    ("category=Q%26A%3D100%25", &[2]),
    ("category=Q%26A=100%25", &[2]),
    ("category=music", &[3]),
    ("category=null", &[]),
    // Two names of one filter.
    ("host_id=bob", &[1]),
    ("host_user_id=bob", &[1]),
    ("host_id=bob&host_user_id=bob", &[1]),
    ("host_user_id=b%6Fb&host_id=bob", &[1]),
    ("host_id=ada", &[4, 3, 2]),
    ("host_id=nobody", &[]),
    // Lists.
    ("status=live", &[1]),
    ("status=ended,live", &[3, 1]),
    ("status=live%2Cended", &[3, 1]),
    ("status=cancelled", &[4]),
    ("status=scheduled", &[2]),
    ("kind=office_hours", &[2]),
    ("kind=live", &[4, 3, 1]),
    // Flags in any letter case; two names of one flag.
    ("upcoming=true", UPCOMING),
    ("upcoming=TRUE", UPCOMING),
    ("upcoming=tRuE", UPCOMING),
    ("upcoming=1", UPCOMING),
    ("upcoming_only=true", UPCOMING),
    ("upcoming_only=1", UPCOMING),
    ("upcoming=true&upcoming_only=1", UPCOMING),
    ("upcoming=%74rue", UPCOMING),
    ("upcoming=False", ALL),
    ("upcoming_only=0", ALL),
    // Months.
    ("month=2026-03", &[1, 2, 3]),
    ("month=2026-04", &[4]),
    ("month=2026-05", &[]),
    ("month=1970-01", &[]),
    ("month=9998-12", &[]),
    ("month=2026-03&time_zone=UTC", &[1, 2, 3]),
    ("time_zone=Asia/Tokyo&month=2026-03", &[1, 2, 3]),
    ("month=2026-03&time_zone=America%2FArgentina%2FBuenos_Aires", &[1, 2, 3]),
    ("month=2026-03&time_zone=US/Eastern", &[1, 2, 3]),
    ("month=2026-03&time_zone=Etc/GMT%2B5", &[1, 2, 3]),
    ("month=2026-03&time_zone=EST5EDT", &[1, 2, 3]),
    ("month=2026-03&time_zone=GB", &[1, 2, 3]),
    ("month=2026-03&time_zone=Zulu", &[1, 2, 3]),
    // Limits.
    ("limit=1", &[4]),
    ("limit=3", &[4, 3, 2]),
    ("limit=100", ALL),
    ("limit=%31", &[4]),
    // Conditions are joined by AND.
    ("brand_id=acme&host_id=ada&status=ended,cancelled&kind=live", &[4, 3]),
    ("brand_id=acme&status=live", &[]),
    ("upcoming=true&month=2026-03", UPCOMING),
    ("upcoming=true&month=2026-04", &[]),
    ("upcoming=true&status=ended", &[]),
    ("upcoming=true&kind=office_hours", &[2]),
    ("community_id=rust,tokyo&category=music", &[]),
];

#[actix_web::test]
async fn strict_query_takes_what_is_right_and_means_it() {
    let service = Service::with(sessions()).await;
    let mut failures = Failures::default();
    for (query, expected) in ACCEPTED {
        let answer = service.list(query).await;
        let found = if answer.status.is_success() { Ok(answer.numbers()) } else { Err(answer.text().to_owned()) };
        failures.check(query, found, Ok(expected.to_vec()));
    }
}

#[actix_web::test]
async fn strict_query_takes_text_of_128_characters_whatever_their_bytes() {
    let mut failures = Failures::default();
    for (text, encoded) in [("x", "x"), ("ü", "%C3%BC"), ("🎥", "%F0%9F%8E%A5")] {
        let (text, encoded) = (text.repeat(128), encoded.repeat(128));
        let service = Service::with([
            Session {
                brand_id: brand(&text),
                host_id: HostId::new(text.as_str()).expect("a host"),
                community_id: Some(CommunityId::new(text.as_str()).expect("a community")),
                category: Some(Category::new(text).expect("a category")),
                ..session(1)
            },
            session(2),
        ])
        .await;
        for name in ["brand_id", "community_id", "host_id", "host_user_id", "category"] {
            let query = format!("{name}={encoded}");
            failures.check(&query, service.list(&query).await.numbers(), vec![1]);
        }
    }
}

#[actix_web::test]
async fn a_page_holds_20_sessions_unless_told_otherwise() {
    let service = Service::with((1..=150).map(session)).await;
    for (query, expected) in [("", 20), ("limit=1", 1), ("limit=99", 99), ("limit=100", 100), ("upcoming=true", 20)] {
        assert_eq!(service.list(query).await.numbers().len(), expected, "{query}");
    }
}

#[actix_web::test]
async fn a_month_is_half_open_in_its_zone() {
    let at = |number: u32, instant: time::OffsetDateTime, micros: i64| {
        let scheduled_at = Timestamp::clamped(instant + Duration::microseconds(micros));
        Session { scheduled_at, ..session(number) }
    };
    let new_york = (time::macros::datetime!(2026-03-01 05:00 UTC), time::macros::datetime!(2026-04-01 04:00 UTC));
    let tokyo = (time::macros::datetime!(2026-02-28 15:00 UTC), time::macros::datetime!(2026-03-31 15:00 UTC));
    let utc = (time::macros::datetime!(2026-03-01 00:00 UTC), time::macros::datetime!(2026-04-01 00:00 UTC));
    for (zone, (begin, end)) in [("America/New_York", new_york), ("Asia/Tokyo", tokyo), ("UTC", utc)] {
        let service = Service::with([at(1, begin, -1), at(2, begin, 0), at(3, end, -1), at(4, end, 0)]).await;
        let found = service.list(&format!("month=2026-03&time_zone={zone}")).await.numbers();
        assert_eq!(found, [2, 3], "{zone}");
    }
    // Clocks were put forward over midnight here: the month begins where they went on, at 01:00.
    let after_the_gap = time::macros::datetime!(1989-10-01 04:00 UTC);
    let service = Service::with([at(1, after_the_gap, -1), at(2, after_the_gap, 0)]).await;
    assert_eq!(service.list("month=1989-10&time_zone=America/Asuncion").await.numbers(), [2]);
    // And here they showed midnight twice: it begins with the first.
    let first_midnight = time::macros::datetime!(2015-11-01 04:00 UTC);
    let service = Service::with([at(1, first_midnight, -1), at(2, first_midnight, 0)]).await;
    assert_eq!(service.list("month=2015-11&time_zone=America/Havana").await.numbers(), [2]);
}

#[actix_web::test]
async fn upcoming_is_live_or_scheduled_no_longer_ago_than_the_grace() {
    let at = |number: u32, micros: i64, status| {
        let scheduled_at = minutes(-30).later_by(Duration::microseconds(micros));
        let scheduled_at =
            if micros < 0 { minutes(-30).earlier_by(Duration::microseconds(-micros)) } else { scheduled_at };
        Session { scheduled_at, status, ..session(number) }
    };
    let service = Service::with([
        at(1, -1, SessionStatus::Scheduled),
        at(2, 0, SessionStatus::Scheduled),
        at(3, 1, SessionStatus::Scheduled),
        Session { scheduled_at: minutes(-100_000), status: SessionStatus::Live, ..session(4) },
        Session { scheduled_at: minutes(10), status: SessionStatus::Ended, ..session(5) },
        Session { scheduled_at: minutes(10), status: SessionStatus::Cancelled, ..session(6) },
        Session { scheduled_at: minutes(10), status: SessionStatus::Scheduled, ..session(7) },
    ])
    .await;
    assert_eq!(service.list("upcoming=true").await.numbers(), [4, 2, 3, 7]);
    service.clock.advance(Duration::microseconds(1));
    assert_eq!(service.list("upcoming=true").await.numbers(), [4, 3, 7]);
}
