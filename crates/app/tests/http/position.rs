//! `Live-Position`.

use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use async_trait::async_trait;
use live_domain::contract::fixtures::{fill, session};
use live_domain::memory::MemorySessionRepository;
use live_domain::{MockStoreProgress, StoreError, StorePosition, StoreProgress};
use serde_json::json;
use tokio::time::Instant;

use crate::support::{Answer, CALENDAR, Service, Setup, ada, bearer, get, list};
use crate::writing::{CREATE, bare, draft, host, parameters, path, person, with_json};

const LIVE_POSITION: &str = "live-position";

fn position(answer: &Answer) -> Option<&str> {
    answer.header(LIVE_POSITION)
}

#[actix_web::test]
async fn every_write_that_succeeds_says_how_far_the_store_has_come() {
    let service = Service::with((1..=3).map(session)).await;
    let (ada, bob) = (host("ada"), person("bob", ""));
    let keyed = || with_json(Method::POST, CREATE, &ada, &draft()).insert_header(("Idempotency-Key", "key"));
    for (case, request, status) in [
        ("created", keyed(), 201),
        ("replayed", keyed(), 201),
        ("patched", with_json(Method::PATCH, &path(1, ""), &ada, &json!({"title": "Another"})), 200),
        ("patched to the same", with_json(Method::PATCH, &path(1, ""), &ada, &json!({"title": "Another"})), 200),
        ("registered", bare(Method::POST, &path(1, "/registrations"), &bob), 201),
        ("registered already", bare(Method::POST, &path(1, "/registrations"), &bob), 200),
        ("cancelled", bare(Method::DELETE, &path(1, "/registrations/me"), &bob), 200),
        ("started", bare(Method::POST, &path(1, "/start"), &ada), 200),
        ("ended", bare(Method::POST, &path(1, "/end"), &ada), 200),
        ("called off", bare(Method::POST, &path(2, "/cancel"), &ada), 200),
        ("a feed made", bare(Method::POST, "/v1/live/feeds", &ada), 201),
    ] {
        let answer = service.send(request).await;
        assert_eq!((answer.status.as_u16(), position(&answer)), (status, Some("0/0")), "{case}: {}", answer.text());
    }
    for (case, request) in [
        ("read", bare(Method::GET, &path(1, ""), &ada)),
        ("refused", bare(Method::POST, &path(2, "/start"), &ada)),
        ("not there", bare(Method::POST, &path(9, "/start"), &ada)),
        ("listed", list("")),
    ] {
        assert_eq!(position(&service.send(request).await), None, "{case}");
    }
}

async fn with_progress(progress: impl StoreProgress + 'static) -> Service {
    let store = MemorySessionRepository::default();
    fill(&store, (1..=3).map(session)).await;
    Setup { store, progress: Some(Arc::new(progress)), ..Setup::default() }.start().await
}

#[actix_web::test]
async fn a_write_is_answered_also_where_its_position_cannot_be_had() {
    let mut progress = MockStoreProgress::new();
    progress.expect_position().returning(|| Err(StoreError::Unavailable("away".into())));
    let answer = with_progress(progress).await.create(&host("ada"), &draft()).await;
    assert_eq!((answer.status, position(&answer)), (StatusCode::CREATED, None));
}

/// Never says anything.
struct Silent;

#[async_trait]
impl StoreProgress for Silent {
    async fn position(&self) -> Result<StorePosition, StoreError> {
        std::future::pending().await
    }

    async fn is_ahead(&self, _: StorePosition) -> Result<bool, StoreError> {
        std::future::pending().await
    }
}

#[actix_web::test]
async fn a_position_is_waited_for_until_the_deadline_of_the_request() {
    let service = with_progress(Silent).await;
    tokio::time::pause();
    let begun = Instant::now();
    let answer = service.create(&host("ada"), &draft()).await;
    assert_eq!((answer.status, position(&answer)), (StatusCode::CREATED, None));
    assert!((2_000..2_200).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
    let begun = Instant::now();
    assert_eq!(service.send(list("").insert_header((LIVE_POSITION, "0/1"))).await.error(), "503 unavailable");
    assert!((2_000..2_200).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
}

#[actix_web::test]
async fn a_list_takes_a_position_as_an_answer_had_it() {
    let service = Service::with((1..=3).map(session)).await;
    let send = async |query: &str, fields: &[&str]| {
        let request = fields.iter().fold(list(query), |request, field| request.append_header((LIVE_POSITION, *field)));
        service.send(request).await
    };
    assert_eq!(send("", &["0/0"]).await.numbers(), [3, 2, 1]);
    for (fields, message) in [
        (&["0"][..], "Live-Position must be as an answer had it: two hexadecimal numbers, as in 0/16B3748"),
        (&["0/16b3748"], "Live-Position must be as an answer had it: two hexadecimal numbers, as in 0/16B3748"),
        (&[""], "Live-Position must be as an answer had it: two hexadecimal numbers, as in 0/16B3748"),
        (&["0/0", "0/0"], "Live-Position is given twice: send the later one"),
        (&["0/1"], "Live-Position is ahead of the store: send one that this service answered a write with"),
    ] {
        let answer = send("", fields).await;
        assert_eq!(answer.error(), "400 validation_error", "{fields:?}");
        assert_eq!(answer.json()["message"], message);
        assert_eq!(parameters(&answer), ["Live-Position"]);
    }
    assert_eq!(parameters(&send("limit=0", &["x"]).await), ["Live-Position", "limit"], "header fields come first");
    assert_eq!(send("cursor=x", &["x"]).await.error(), "400 validation_error");
    for (field, expected) in [("0/0", "200 -"), ("x", "400 validation_error"), ("0/1", "400 validation_error")] {
        let calendar = bearer(get(CALENDAR), &ada()).insert_header((LIVE_POSITION, field));
        assert_eq!(service.send(calendar).await.error(), expected, "a calendar takes it as the list does");
    }
}

#[actix_web::test]
async fn the_store_is_asked_for_its_position_only_when_a_list_brings_one() {
    // A mock that is asked what it does not expect panics.
    let service = with_progress(MockStoreProgress::new()).await;
    assert_eq!(service.send(list("")).await.numbers(), [3, 2, 1]);
    assert_eq!(service.send(list("").insert_header((LIVE_POSITION, "x"))).await.error(), "400 validation_error");
}

#[actix_web::test]
async fn what_reads_no_list_of_sessions_passes_over_a_position() {
    let service = with_progress(MockStoreProgress::new()).await;
    for path in [path(1, ""), path(1, "/registrations"), "/readyz".to_owned()] {
        let request = bare(Method::GET, &path, &host("ada")).insert_header((LIVE_POSITION, "x"));
        assert_eq!(service.send(request).await.status, StatusCode::OK, "{path}");
    }
}

#[actix_web::test]
async fn a_walk_carries_the_position_and_its_tag_does_not() {
    let service = Service::with((1..=3).map(session)).await;
    let plain = service.list("limit=1").await;
    let positioned = service.send(list("limit=1").insert_header((LIVE_POSITION, "0/0"))).await;
    assert_eq!(plain.tag(), positioned.tag());
    let cursors = [plain, positioned].map(|answer| answer.next_cursor().expect("a cursor"));
    assert_ne!(cursors[0], cursors[1]);
    for cursor in cursors {
        assert_eq!(service.list(&format!("limit=1&cursor={cursor}")).await.numbers(), [2]);
        let request = list(&format!("limit=1&cursor={cursor}")).insert_header((LIVE_POSITION, "0/0"));
        assert_eq!(service.send(request).await.numbers(), [2]);
    }
    let unchanged = list("limit=1").insert_header((LIVE_POSITION, "0/0"));
    let tag = service.list("limit=1").await.tag();
    assert_eq!(service.send(unchanged.insert_header(("If-None-Match", tag))).await.status, StatusCode::NOT_MODIFIED);
}
