//! How many requests a caller may send in a minute.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use async_trait::async_trait;
use live_app::auth::{Caller, InvalidToken, TokenRefusal, TokenVerifier};
use live_domain::{BrandScope, MockSessionRepository, Viewer};
use serde_json::json;

use crate::support::{
    Answer, FEED, SESSIONS, Service, Setup, UNGUARDED, ada, bearer, get, in_seconds, list, rate, token,
};

const LIMIT: &str = "x-ratelimit-limit";
const REMAINING: &str = "x-ratelimit-remaining";
const RESET: &str = "x-ratelimit-reset";

/// A service with a limit of that many, and time that stands still.
async fn limited(per_minute: u32) -> Service {
    tokio::time::pause();
    Setup { rate: Some(rate(per_minute)), ..Setup::default() }.start().await
}

/// What is left, and in how many seconds all of it is there again.
#[track_caller]
fn left(answer: &Answer) -> (u32, u32) {
    let number = |name| answer.header(name).expect(name).parse().expect("a number");
    (number(REMAINING), number(RESET))
}

fn from(address: &str, request: TestRequest) -> TestRequest {
    request.peer_addr(format!("{address}:4711").parse().expect("an address"))
}

fn bob() -> String {
    token(&json!({"sub": "bob", "exp": in_seconds(86_400)}))
}

#[actix_web::test]
async fn a_subject_that_asks_too_often_is_told_when_to_ask_again() {
    let service = limited(3).await;
    for expected in [(2, 20), (1, 40), (0, 60)] {
        let answer = service.send(list("")).await;
        assert_eq!((answer.status.as_u16(), answer.header(LIMIT), left(&answer)), (200, Some("3"), expected));
    }
    tokio::time::advance(Duration::from_millis(1_500)).await;
    let answer = service.send(list("")).await;
    assert_eq!((answer.error().as_str(), answer.header("retry-after")), ("429 rate_limited", Some("19")));
    assert_eq!((answer.header(LIMIT), left(&answer)), (Some("3"), (0, 59)));
    let message = "more than 3 requests in a minute; the next one may come in 19 s";
    assert_eq!(answer.json()["message"], message);
    // One subject's limit is no other's, whatever the address.
    assert_eq!(service.list_as(&bob(), "").await.status, 200);
    tokio::time::advance(Duration::from_millis(18_500)).await;
    assert_eq!(service.send(list("")).await.status, 200);
    assert_eq!(service.send(list("")).await.status, 429);
}

#[actix_web::test]
async fn every_answer_to_a_subject_tells_what_is_left() {
    let service = limited(100).await;
    let tag = service.send(list("")).await.tag();
    let conditional = list("").insert_header(("If-None-Match", tag));
    for (case, request, expected) in [
        ("not modified", conditional, "304"),
        ("HEAD", list("").method(Method::HEAD), "200"),
        ("a bad query", list("limit=0"), "400"),
        ("no such session", bearer(get("/v1/sessions/x"), &ada()), "404"),
        ("without the scope", bearer(get("/v1/sessions").method(Method::POST), &ada()), "403"),
    ] {
        let answer = service.send(request).await;
        assert_eq!(answer.status.as_str(), expected, "{case}");
        assert_eq!(answer.header(LIMIT), Some("100"), "{case}");
    }
    assert_eq!(left(&service.send(list("")).await).0, 93, "each of them counts");
}

#[actix_web::test]
async fn a_panic_tells_it_too() {
    let repository = Arc::new(MockSessionRepository::new());
    let service = Setup { rate: Some(rate(2)), repository: Some(repository), ..Setup::default() }.start().await;
    let answer = service.send(list("")).await;
    assert_eq!((answer.error().as_str(), left(&answer).0), ("500 internal", 1));
}

#[actix_web::test]
async fn who_has_no_good_token_is_counted_by_address() {
    let service = limited(3).await;
    let twice = bearer(bearer(get(SESSIONS), &ada()), &ada());
    for (request, expected) in [
        (get(SESSIONS), "401 unauthenticated"),
        (bearer(get(SESSIONS), "a.b.c"), "401 invalid_token"),
        (twice, "400 invalid_request"),
        (bearer(get(SESSIONS), "a.b.d"), "429 rate_limited"),
        (get(SESSIONS), "429 rate_limited"),
    ] {
        let answer = service.send(from("192.0.2.1", request)).await;
        assert_eq!((answer.error().as_str(), answer.header(LIMIT)), (expected, Some("3")));
        assert_eq!(answer.header("retry-after").is_some(), expected.starts_with("429"));
    }
    // Neither somebody else, nor who has a good token, pays for it.
    assert_eq!(service.send(from("192.0.2.2", get(SESSIONS))).await.status, 401);
    assert_eq!(service.send(from("192.0.2.1", list(""))).await.status, 200);
}

#[actix_web::test]
async fn a_good_token_does_not_use_up_the_limit_of_its_address() {
    let service = limited(1).await;
    assert_eq!(service.send(from("192.0.2.1", list(""))).await.status, 200);
    assert_eq!(service.send(from("192.0.2.1", get(SESSIONS))).await.status, 401);
}

#[actix_web::test]
async fn behind_a_trusted_proxy_the_address_is_the_one_that_it_names() {
    let service = limited(1).await;
    let by_proxy = |client: &str| get(SESSIONS).insert_header(("X-Forwarded-For", client.to_owned()));
    for (peer, client, expected) in [
        ("10.0.0.1", "192.0.2.1", 401),
        ("10.0.0.2", "192.0.2.1", 429),
        ("10.0.0.2", "198.51.100.1, 192.0.2.1", 429),
        ("10.0.0.2", "192.0.2.2", 401),
        ("203.0.113.1", "192.0.2.3", 401),
        ("203.0.113.1", "192.0.2.4", 429),
    ] {
        let answer = service.send(from(peer, by_proxy(client))).await;
        assert_eq!(answer.status.as_u16(), expected, "{client} by {peer}");
    }
}

#[actix_web::test]
async fn what_needs_no_token_is_not_limited() {
    let service = limited(1).await;
    let unlimited = UNGUARDED.into_iter().filter(|path| *path != FEED);
    for path in unlimited.chain(["/nowhere"]).cycle().take(15) {
        let answer = service.anonymous(path).await;
        assert_ne!(answer.status, 429, "{path}");
        assert_eq!(answer.header(LIMIT), None, "{path}");
    }
    assert_eq!(service.send(get(SESSIONS).method(Method::DELETE)).await.error(), "405 method_not_allowed");
    assert_eq!(service.anonymous(SESSIONS).await.status, 401, "none of them counted");
}

#[actix_web::test]
async fn without_a_limit_nothing_is_said_of_it() {
    let service = Service::empty().await;
    let answer = service.send(list("")).await;
    assert_eq!([LIMIT, REMAINING, RESET].map(|name| answer.header(name)), [None; 3]);
}

#[actix_web::test]
async fn the_limit_is_told_after_the_route_and_the_token_and_before_all_else() {
    let service = Setup { rate: Some(rate(1)), list_scopes: &["list"], ..Setup::default() }.start().await;
    assert_eq!(service.send(list("")).await.error(), "403 insufficient_scope");
    let create = || TestRequest::with_uri("/v1/sessions").method(Method::POST);
    for (case, request, expected) in [
        ("no such route", bearer(get("/nowhere"), &ada()), "404 not_found"),
        ("no such method", list("").method(Method::DELETE), "405 method_not_allowed"),
        ("a bad token", bearer(get(SESSIONS), "a.b.c"), "401 invalid_token"),
        ("without the scope", list(""), "429 rate_limited"),
        ("a bad query", list("limit=0"), "429 rate_limited"),
        ("a body of no type", bearer(create().set_payload("{}"), &ada()), "429 rate_limited"),
        ("a body that is too large", bearer(create().set_payload("x".repeat(65_537)), &ada()), "429 rate_limited"),
        ("no such session", bearer(get("/v1/sessions/x"), &ada()), "429 rate_limited"),
    ] {
        assert_eq!(service.send(request).await.error(), expected, "{case}");
    }
}

/// An issuer that does not answer.
struct Silent;

#[async_trait]
impl TokenVerifier for Silent {
    async fn verify(&self, _: &str) -> Result<Caller, TokenRefusal> {
        Err(TokenRefusal::Unavailable("it does not answer".into()))
    }
}

#[actix_web::test]
async fn that_a_token_cannot_be_verified_now_does_not_count() {
    let service = Setup { rate: Some(rate(1)), verifier: Some(Arc::new(Silent)), ..Setup::default() }.start().await;
    for _ in 0..3 {
        let answer = service.send(list("")).await;
        assert_eq!((answer.error().as_str(), answer.header(LIMIT)), ("503 unavailable", None));
    }
}

/// An issuer that knows the token `good` of `ada`, and must be asked about each.
#[derive(Default)]
struct Asked(AtomicUsize);

#[async_trait]
impl TokenVerifier for Asked {
    async fn verify(&self, token: &str) -> Result<Caller, TokenRefusal> {
        self.0.fetch_add(1, Ordering::Relaxed);
        let viewer = Viewer::new("ada").map_err(|_| InvalidToken::Claims)?;
        let ada = Caller { viewer, brands: BrandScope::All, scopes: Arc::default() };
        if token == "good" { Ok(ada) } else { Err(InvalidToken::Inactive.into()) }
    }

    async fn verify_unasked(&self, _: &str) -> Option<Result<Caller, TokenRefusal>> {
        None
    }
}

#[actix_web::test]
async fn the_issuer_is_not_asked_about_tokens_from_where_too_many_were_bad() {
    tokio::time::pause();
    let issuer = Arc::new(Asked::default());
    let verifier: Arc<dyn TokenVerifier> = Arc::<Asked>::clone(&issuer);
    let service = Setup { rate: Some(rate(2)), verifier: Some(verifier), ..Setup::default() }.start().await;
    for (address, token, expected, asked) in [
        ("192.0.2.1", "good", 200, 1),
        ("192.0.2.1", "one", 401, 2),
        ("192.0.2.1", "two", 401, 3),
        ("192.0.2.1", "three", 429, 3),
        ("192.0.2.1", "good", 429, 3),
        ("192.0.2.2", "good", 200, 4),
    ] {
        let answer = service.send(from(address, bearer(get(SESSIONS), token))).await;
        assert_eq!((answer.status.as_u16(), issuer.0.load(Ordering::Relaxed)), (expected, asked), "{token}");
        assert_eq!(answer.header(LIMIT), Some("2"));
    }
    tokio::time::advance(Duration::from_secs(30)).await;
    let answer = service.send(from("192.0.2.1", bearer(get(SESSIONS), "good"))).await;
    assert_eq!((answer.status.as_u16(), issuer.0.load(Ordering::Relaxed)), (200, 5));
}
