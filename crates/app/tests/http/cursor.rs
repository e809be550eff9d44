//! **cursor**: what it is bound to, what it keeps, and that it is refused when anything about it is off.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use live_domain::contract::fixtures::{brand, fill, minutes, now, session};
use live_domain::{Category, CommunityId, Session, SessionKind};
use serde_json::json;
use time::Duration;

use crate::support::{Failures, Service, ada, base64url, in_seconds, token};

const INVALID: &str = "400 invalid_cursor";

/// Sessions that the queries of these tests have several of, in one page and another.
async fn service() -> Service {
    let service = Service::empty().await;
    let alike = |number| Session {
        community_id: Some(CommunityId::new("rust").expect("a community")),
        category: Some(Category::new("music").expect("a category")),
        ..session(number)
    };
    fill(&service.store, (1..=6).map(alike)).await;
    service
}

async fn cursor(service: &Service, query: &str) -> String {
    service.list(&format!("{query}&limit=2")).await.next_cursor().expect("a next page")
}

async fn outcome(service: &Service, query: &str) -> String {
    let answer = service.list(query).await;
    if answer.status.is_success() { format!("{:?}", answer.numbers()) } else { answer.error() }
}

#[actix_web::test]
async fn cursor_with_any_bit_flipped_is_refused() {
    let service = service().await;
    for query in ["", "upcoming=true", "month=2026-03"] {
        let text = cursor(&service, query).await;
        let bytes = URL_SAFE_NO_PAD.decode(&text).expect("base64url");
        let mut failures = Failures::default();
        for bit in 0..bytes.len() * 8 {
            let mut altered = bytes.clone();
            altered[bit / 8] ^= 1 << (bit % 8);
            let found = outcome(&service, &format!("{query}&cursor={}", base64url(altered))).await;
            failures.check(&format!("{query}, bit {bit}"), found, INVALID.to_owned());
        }
        assert_ne!(outcome(&service, &format!("{query}&cursor={text}")).await, INVALID);
    }
}

#[actix_web::test]
async fn cursor_with_any_character_changed_is_refused() {
    let service = service().await;
    let text = cursor(&service, "").await;
    let mut failures = Failures::default();
    for place in 0..text.len() {
        for other in ["A", "_", "-", "z", "%3D", "/", "+", "%2B", "%20", "%C3%BC", "."] {
            if &text[place..=place] != other {
                let altered = format!("{}{other}{}", &text[..place], &text[place + 1..]);
                let found = outcome(&service, &format!("cursor={altered}")).await;
                failures.check(&altered, found, INVALID.to_owned());
            }
        }
    }
}

#[actix_web::test]
async fn cursor_cut_or_lengthened_is_refused() {
    let service = service().await;
    let text = cursor(&service, "").await;
    let mut failures = Failures::default();
    for length in 1..text.len() {
        let found = outcome(&service, &format!("cursor={}", &text[..length])).await;
        failures.check(&text[..length], found, INVALID.to_owned());
        let found = outcome(&service, &format!("cursor={}", &text[length..])).await;
        failures.check(&text[length..], found, INVALID.to_owned());
    }
    for more in ["A", "AA", "AAAA", "=", "==", "+", "%20", &text] {
        for altered in [format!("{text}{more}"), format!("{more}{text}")] {
            let found = outcome(&service, &format!("cursor={altered}")).await;
            failures.check(&altered, found, INVALID.to_owned());
        }
    }
}

#[actix_web::test]
async fn cursor_of_whatever_text_is_refused_and_nothing_breaks() {
    let service = service().await;
    let mut failures = Failures::default();
    let longest = "A".repeat(512);
    let longer = "A".repeat(513);
    let far_longer = "A".repeat(50_000);
    let letters = "%C3%BC".repeat(512);
    for text in
        ["x", "0", "null", "%20", "+", "%F0%9F%8E%A5", "e30", "'--", "../..", &longest, &longer, &far_longer, &letters]
    {
        failures.check(text, outcome(&service, &format!("cursor={text}")).await, INVALID.to_owned());
    }
}

#[actix_web::test]
async fn cursor_has_at_most_512_bytes_and_keeps_to_url_safe_characters() {
    let service = service().await;
    for query in ["", "upcoming=true", "month=2026-03&brand_id=acme&host_id=ada&status=scheduled,live&kind=live"] {
        let text = cursor(&service, query).await;
        assert!(text.len() <= 512);
        assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{text}");
    }
}

/// A cursor of this service with its bytes changed and a checksum that is right again.
fn resealed(text: &str, change: impl FnOnce(&mut Vec<u8>)) -> String {
    let mut payload = URL_SAFE_NO_PAD.decode(text).expect("base64url");
    payload.truncate(payload.len() - 8);
    change(&mut payload);
    let sum = blake3::hash(&payload);
    payload.extend(&sum.as_bytes()[..8]);
    base64url(payload)
}

#[actix_web::test]
async fn cursor_with_a_good_checksum_is_still_judged() {
    let service = service().await;
    let text = cursor(&service, "upcoming=true").await;
    let listed = |text: String| {
        let service = &service;
        async move { outcome(service, &format!("upcoming=true&cursor={text}")).await }
    };
    assert_eq!(listed(resealed(&text, |_| ())).await, "[3, 4, 5, 6]", "sealed as this service does");
    assert_eq!(listed(resealed(&text, |bytes| bytes[0] += 1)).await, INVALID, "another version");
    assert_eq!(listed(resealed(&text, |bytes| bytes[1] ^= 1)).await, INVALID, "another binding");
    assert_eq!(listed(resealed(&text, |bytes| bytes.push(0))).await, INVALID, "another length");
    for instant in [-1_i64, i64::MIN, i64::MAX] {
        let text = &text;
        let at =
            |place: usize| resealed(text, move |bytes| bytes[place..place + 8].copy_from_slice(&instant.to_be_bytes()));
        assert_eq!(listed(at(17)).await, INVALID, "since {instant}");
        assert_eq!(listed(at(25)).await, INVALID, "scheduled_at {instant}");
    }
}

/// Queries of which each pair means something else.
const DIFFERENT: [&str; 19] = [
    "",
    "upcoming=true",
    "month=2026-03",
    "month=2026-03&time_zone=Asia/Tokyo",
    "month=2026-03&upcoming=true",
    "brand_id=acme",
    "host_id=ada",
    "community_id=rust",
    "category=music",
    "status=scheduled",
    "status=scheduled,live",
    "status=scheduled,live,ended",
    "kind=live",
    "brand_id=acme&host_id=ada",
    "brand_id=acme&status=scheduled",
    "upcoming=true&brand_id=acme",
    "upcoming=true&kind=live",
    "category=music&community_id=rust",
    "month=2026-03&brand_id=acme",
];

#[actix_web::test]
async fn cursor_is_bound_to_the_filter_and_the_order() {
    let service = service().await;
    let mut failures = Failures::default();
    for made_for in DIFFERENT {
        let text = cursor(&service, made_for).await;
        for used_with in DIFFERENT {
            let found = outcome(&service, &format!("{used_with}&cursor={text}")).await;
            let case = format!("{made_for:?} used with {used_with:?}");
            failures.check(&case, found == INVALID, made_for != used_with);
        }
    }
}

/// Queries of which those in a row mean the same.
const SAME: &[&[&str]] = &[
    &[
        "",
        "limit=100",
        "upcoming=false",
        "upcoming_only=0",
        "upcoming=FALSE&upcoming_only=false",
        "limit=20",
        "status=scheduled,live,ended,cancelled",
        "status=cancelled,ended,live,scheduled",
        "kind=office_hours,live",
        "&&",
    ],
    &["upcoming=true", "upcoming_only=true", "upcoming=1", "upcoming=TRUE&upcoming_only=1", "limit=3&upcoming=tRUE"],
    &["host_id=ada", "host_user_id=ada", "host_id=ada&host_user_id=ada", "host_user_id=%61da&upcoming=0"],
    &["status=live,scheduled", "status=scheduled,live", "status=scheduled%2Clive"],
    &["brand_id=acme&kind=live", "kind=live&brand_id=acme", "br%61nd_id=acme&kind=live&limit=100"],
    &[
        "month=2026-03",
        "month=2026-03&time_zone=UTC",
        "time_zone=UTC&month=2026-03&upcoming=false",
        "month=2026-03&status=ended,scheduled,live,cancelled",
    ],
    &["month=2026-03&time_zone=US/Eastern", "time_zone=America/New_York&month=2026-03"],
];

#[actix_web::test]
async fn cursor_goes_by_the_meaning_of_the_filter_not_its_text() {
    let service = service().await;
    let mut failures = Failures::default();
    for row in SAME {
        for made_for in *row {
            let made_for = made_for.replace("limit=100", "").replace("limit=20", "").replace("limit=3", "");
            let text = cursor(&service, &made_for).await;
            let expected = outcome(&service, &format!("{made_for}&cursor={text}")).await;
            assert!(expected.matches(',').count() > 0, "{made_for}: {expected}");
            for used_with in *row {
                let limit = if used_with.contains("limit=") { "" } else { "&limit=50" };
                let found = outcome(&service, &format!("{used_with}{limit}&cursor={text}")).await;
                let whole = if used_with.contains("limit=3") { "[3, 4, 5]".to_owned() } else { expected.clone() };
                failures.check(&format!("{made_for:?} used with {used_with:?}"), found, whole);
            }
        }
    }
}

#[actix_web::test]
async fn cursor_is_bound_to_the_brand_scope_as_a_set() {
    let service = Service::with((1..=4).map(session)).await;
    let office = |number| Session { brand_id: brand("globex"), kind: SessionKind::OfficeHours, ..session(number) };
    fill(&service.store, (5..=8).map(office)).await;
    let bearer = |claims: serde_json::Value| {
        let mut whole = json!({"sub": "ada", "exp": in_seconds(3_600)});
        whole.as_object_mut().expect("an object").extend(claims.as_object().expect("an object").clone());
        token(&whole)
    };
    let groups = [
        vec![bearer(json!({})), ada(), token(&json!({"sub": "bob", "exp": in_seconds(60)}))],
        vec![
            bearer(json!({"brand_id": ["acme", "globex"]})),
            bearer(json!({"brand_id": ["globex", "acme"]})),
            bearer(json!({"brand": ["acme", "globex", "acme"]})),
            bearer(json!({"brand": ["globex", "acme"], "brand_id": ["acme", "globex"]})),
        ],
        vec![
            bearer(json!({"brand_id": "acme"})),
            bearer(json!({"brand": "acme"})),
            bearer(json!({"brand_id": ["acme", "acme"]})),
            bearer(json!({"brand_id": "acme", "brand": ["acme"]})),
        ],
        vec![bearer(json!({"brand_id": ["acme", "initech"]}))],
        vec![bearer(json!({"brand_id": []})), bearer(json!({"brand": [], "brand_id": []}))],
    ];
    let mut failures = Failures::default();
    for (made_by, makers) in groups.iter().enumerate().take(4) {
        for maker in makers {
            let text = service.list_as(maker, "limit=1").await.next_cursor().expect("a next page");
            for (used_by, users) in groups.iter().enumerate() {
                for user in users {
                    let answer = service.list_as(user, &format!("cursor={text}")).await;
                    let case = format!("made by {made_by}, used by {used_by}");
                    failures.check(&case, answer.error() == INVALID, made_by != used_by);
                    failures.check(&case, answer.status.is_success(), made_by == used_by);
                }
            }
        }
    }
}

#[actix_web::test]
async fn cursor_keeps_the_instant_that_upcoming_was_judged_against() {
    // Late by 29, 20 and 10 minutes: upcoming now, within the grace of 30.
    let late = |number: u32, late: i64| Session { scheduled_at: minutes(-late), ..session(number) };
    let service = Service::with([late(1, 29), late(2, 20), late(3, 10), late(4, -40), late(5, 31)]).await;
    let first = service.list("upcoming=true&limit=1").await;
    assert_eq!(first.numbers(), [1]);
    let cursor = first.next_cursor().expect("a next page");
    service.clock.advance(Duration::minutes(60));
    assert_eq!(service.list("upcoming=true").await.numbers(), [4], "a new walk has its own now");
    let second = service.list(&format!("upcoming=true&limit=1&cursor={cursor}")).await;
    assert_eq!(second.numbers(), [2], "a walk keeps the now it began with");
    let cursor = second.next_cursor().expect("a next page");
    service.clock.advance(Duration::days(1) - Duration::minutes(61));
    let third = service.list(&format!("upcoming=true&cursor={cursor}")).await;
    assert_eq!(third.numbers(), [3, 4], "and passes it on");
}

#[actix_web::test]
async fn cursor_keeps_full_microseconds() {
    let at = |number: u32, micros: i64| Session {
        scheduled_at: now().later_by(Duration::microseconds(micros)),
        ..session(number)
    };
    let service = Service::with([at(4, 999_999), at(1, 1), at(2, 1), at(3, 2), at(5, 1_000_000)]).await;
    for (query, expected) in
        [("upcoming=true", [1, 2, 3, 4, 5]), ("", [5, 4, 3, 2, 1]), ("month=2026-03", [1, 2, 3, 4, 5])]
    {
        let mut met = Vec::new();
        let mut cursor = String::new();
        loop {
            let answer = service.list(&format!("{query}&limit=1{cursor}")).await;
            met.extend(answer.numbers());
            let Some(next) = answer.next_cursor() else { break };
            cursor = format!("&cursor={next}");
        }
        assert_eq!(met, expected, "{query}");
    }
}

#[actix_web::test]
async fn cursor_carries_no_authority() {
    // Every condition is applied again: what left the filter in between is not on the next page.
    let service = Service::with((1..=4).map(session)).await;
    let cursor = cursor(&service, "brand_id=acme").await;
    let moved = Session { brand_id: brand("globex"), updated_at: minutes(1), ..session(1) };
    fill(&service.store, [moved]).await;
    assert_eq!(service.list(&format!("brand_id=acme&cursor={cursor}")).await.numbers(), [2]);
}
