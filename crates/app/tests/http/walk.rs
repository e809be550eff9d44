//! **walk**: following `next_cursor` to the end.

use std::collections::BTreeSet;

use live_domain::contract::fixtures::{brand, fill, minutes, session};
use live_domain::{Category, CommunityId, HostId, Session, SessionKind, SessionStatus, Title};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use time::Duration;
use uuid::Uuid;

use crate::support::{Failures, Service};

/// The pages of a walk, as the numbers of their sessions.
async fn walk(service: &Service, query: &str, limit: usize) -> Vec<Vec<u128>> {
    let query = format!("{query}&limit={limit}");
    let mut pages = Vec::new();
    let mut cursor = String::new();
    loop {
        let answer = service.list(&format!("{query}{cursor}")).await;
        pages.push(answer.numbers());
        match answer.next_cursor() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return pages,
        }
        assert!(pages.len() <= 1_000, "the walk does not end");
    }
}

fn random_session(random: &mut StdRng, number: u32) -> Session {
    let statuses = [SessionStatus::Scheduled, SessionStatus::Live, SessionStatus::Ended, SessionStatus::Cancelled];
    let names = ["a", "b", "c"];
    let name = |random: &mut StdRng| names[random.random_range(0..names.len())];
    let days = i64::from(random.random_range(-1..=1_i32));
    Session {
        id: Uuid::from_u128(random.random()),
        brand_id: brand(name(random)),
        host_id: HostId::new(name(random)).expect("a host"),
        community_id: random.random_bool(0.7).then(|| CommunityId::new(name(random)).expect("a community")),
        category: random.random_bool(0.7).then(|| Category::new(name(random)).expect("a category")),
        kind: if random.random() { SessionKind::Live } else { SessionKind::OfficeHours },
        status: statuses[random.random_range(0..statuses.len())],
        // Few instants, so that there are ties; some a microsecond apart; some in the months before and after.
        scheduled_at: minutes(days * 60 * 24 * 20).later_by(Duration::microseconds(random.random_range(0..4))),
        ..session(number)
    }
}

type Meaning = fn(&Session) -> bool;

/// Queries, what they mean, and whether the earliest comes first.
const QUERIES: &[(&str, Meaning, bool)] = &[
    ("", |_| true, false),
    ("brand_id=a", |session| session.brand_id.as_str() == "a", false),
    ("host_id=b", |session| session.host_id.as_str() == "b", false),
    ("community_id=c", |session| text(session.community_id.as_ref().map(CommunityId::as_str)) == "c", false),
    ("category=a", |session| text(session.category.as_ref().map(Category::as_str)) == "a", false),
    ("status=live,ended", |session| matches!(session.status, SessionStatus::Live | SessionStatus::Ended), false),
    ("kind=office_hours", |session| session.kind == SessionKind::OfficeHours, false),
    ("upcoming=true", is_upcoming, true),
    ("upcoming=true&brand_id=b", |session| is_upcoming(session) && session.brand_id.as_str() == "b", true),
    ("upcoming=true&status=live", |session| session.status == SessionStatus::Live, true),
    ("month=2026-03", is_in_march, true),
    ("month=2026-03&upcoming=1", |session| is_in_march(session) && is_upcoming(session), true),
    ("month=2026-02&kind=live", |session| is_in_february(session) && session.kind == SessionKind::Live, true),
    (
        "brand_id=a&host_user_id=a&status=scheduled,cancelled",
        |session| {
            (session.brand_id.as_str(), session.host_id.as_str()) == ("a", "a")
                && matches!(session.status, SessionStatus::Scheduled | SessionStatus::Cancelled)
        },
        false,
    ),
];

fn text(text: Option<&str>) -> &str {
    text.unwrap_or_default()
}

fn is_upcoming(session: &Session) -> bool {
    session.status == SessionStatus::Live
        || (session.status == SessionStatus::Scheduled && session.scheduled_at >= minutes(-30))
}

fn is_in_march(session: &Session) -> bool {
    session.scheduled_at.to_string().starts_with("2026-03")
}

fn is_in_february(session: &Session) -> bool {
    session.scheduled_at.to_string().starts_with("2026-02")
}

#[actix_web::test]
async fn walk_returns_the_sorted_filter_exactly_once() {
    let mut random = StdRng::seed_from_u64(11);
    let mut failures = Failures::default();
    let mut seen_by_query = vec![0; QUERIES.len()];
    for round in 0..4 {
        let sessions: Vec<Session> = (0..60).map(|number| random_session(&mut random, number)).collect();
        let service = Service::with(sessions.clone()).await;
        for (place, (query, meaning, ascending)) in QUERIES.iter().enumerate() {
            let mut expected: Vec<_> = sessions.iter().filter(|session| meaning(session)).collect();
            expected.sort_by_key(|session| (session.scheduled_at, session.id.into_bytes()));
            if !ascending {
                expected.reverse();
            }
            let expected: Vec<u128> = expected.iter().map(|session| session.id.as_u128()).collect();
            seen_by_query[place] += expected.len();
            for limit in [1, 2, 7, 100] {
                let case = format!("round {round}, {query}, limit {limit}");
                let pages = walk(&service, query, limit).await;
                let sizes: Vec<_> = pages.iter().map(Vec::len).collect();
                // Every page is full but the last, which is not empty.
                let full = expected.len().saturating_sub(1) / limit;
                let mut expected_sizes = vec![limit; full];
                expected_sizes.push(expected.len() - full * limit);
                failures.check(&case, sizes, expected_sizes);
                failures.check(&case, pages.concat(), expected.clone());
            }
        }
    }
    assert!(seen_by_query.iter().all(|seen| *seen > 0), "a query that finds nothing proves nothing");
}

#[actix_web::test]
async fn walk_meets_what_stays_exactly_once_whatever_is_written_meanwhile() {
    let mut random = StdRng::seed_from_u64(12);
    for query in ["", "upcoming=true", "month=2026-03", "brand_id=a", "status=scheduled,live"] {
        let meaning = QUERIES.iter().find(|(known, ..)| *known == query).map_or::<Meaning, _>(
            |session| matches!(session.status, SessionStatus::Scheduled | SessionStatus::Live),
            |(_, meaning, _)| *meaning,
        );
        let stay: Vec<Session> = (0..40).map(|number| random_session(&mut random, number)).collect();
        let service = Service::with(stay.clone()).await;
        let mut met: Vec<u128> = Vec::new();
        let mut cursor = String::new();
        loop {
            let answer = service.list(&format!("{query}&limit=3{cursor}")).await;
            met.extend(answer.numbers());
            let Some(next) = answer.next_cursor() else { break };
            cursor = format!("&cursor={next}");
            // Some come, and some of those that stay are changed in what the walk does not look at.
            let newcomers: Vec<_> = (0..2).map(|number| random_session(&mut random, 100 + number)).collect();
            let renamed = stay.iter().take(5).map(|session| Session {
                title: Title::new("Another title").expect("a title"),
                updated_at: minutes(1),
                ..session.clone()
            });
            fill(&service.store, newcomers.into_iter().chain(renamed)).await;
            assert!(met.len() < 10_000, "the walk does not end");
        }
        let different: BTreeSet<_> = met.iter().copied().collect();
        assert_eq!(different.len(), met.len(), "{query}: a session was met twice");
        let expected: Vec<_> = stay.iter().filter(|session| meaning(session)).collect();
        assert!(expected.len() > 3, "{query}: one page proves nothing");
        for session in expected {
            assert!(different.contains(&session.id.as_u128()), "{query}: {} was never met", session.id);
        }
    }
}

#[actix_web::test]
async fn walk_has_no_empty_last_page() {
    let service = Service::with((1..=6).map(session)).await;
    for (limit, pages) in [(1, 6), (2, 3), (3, 2), (5, 2), (6, 1), (7, 1)] {
        assert_eq!(walk(&service, "", limit).await.len(), pages, "limit {limit}");
    }
    let nothing = Service::empty().await.list("").await;
    assert!(nothing.numbers().is_empty() && nothing.next_cursor().is_none());
}

#[actix_web::test]
async fn walk_may_change_its_limit_between_pages() {
    let service = Service::with((1..=30).map(session)).await;
    let first = service.list("limit=4").await;
    let cursor = first.next_cursor().expect("a next page");
    let second = service.list(&format!("limit=10&cursor={cursor}")).await;
    assert_eq!(second.numbers(), (17..=26).rev().collect::<Vec<_>>());
    let cursor = second.next_cursor().expect("a next page");
    let third = service.list(&format!("cursor={cursor}")).await;
    assert_eq!(third.numbers(), (1..=16).rev().collect::<Vec<_>>());
    assert!(third.next_cursor().is_none());
}
