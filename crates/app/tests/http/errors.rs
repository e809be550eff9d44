//! Every error, from every layer, has the one body.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use async_trait::async_trait;
use live_domain::{
    BrandScope, ListedSession, MockSessionRepository, MockStoreHealth, Page, PageSize, SchemaState, SessionFilter,
    SessionRepository, SessionScan, StoreError, Viewer,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::support::{
    Answer, ROUTES, SESSIONS, Service, Setup, WRITE_ROUTES, ada, bearer, get, in_seconds, list, token,
};

const SECRETS: [&str; 5] = ["SELECT", "postgres://", "/var/lib", "hunter2", "relation"];
const CAUSE: &str = "SELECT * FROM live_sessions: relation is gone (postgres://u:hunter2@db, /var/lib/live.db)";

/// The status and the code are these, and everything about the error has the form that every error has.
#[track_caller]
fn is_error(answer: &Answer, expected: &str) -> Value {
    assert_eq!(answer.error(), expected, "{}", answer.text());
    let body = answer.json();
    let members: BTreeSet<&str> = body.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut documented = BTreeSet::from(["error", "message", "request_id"]);
    if expected.ends_with("validation_error") || expected.ends_with("precondition_failed") {
        documented.insert("details");
    }
    assert_eq!(members, documented);
    assert!(body["message"].as_str().is_some_and(|message| !message.is_empty()));
    let request_id = body["request_id"].as_str().expect("a request id");
    assert_eq!(answer.header("x-request-id"), Some(request_id));
    assert!((1..=128).contains(&request_id.len()));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    for secret in SECRETS {
        assert!(!answer.text().contains(secret), "{}", answer.text());
    }
    body
}

async fn over(repository: impl SessionRepository + 'static) -> Service {
    Setup { repository: Some(Arc::new(repository)), ..Setup::default() }.start().await
}

fn failing(error: fn() -> StoreError) -> MockSessionRepository {
    let mut repository = MockSessionRepository::new();
    repository.expect_list().returning(move |_, _, _, _, _| Err(error()));
    repository
}

#[actix_web::test]
async fn an_unknown_path_is_not_found() {
    let service = Service::empty().await;
    for path in [
        "/nowhere",
        "/v1",
        "/v1/live",
        "/v1/live/sessions/",
        "/v1/live/sessions//",
        "//v1/live/sessions",
        "/v1//live/sessions",
        "/V1/live/sessions",
        "/v1/live/Sessions",
        "/v1/live/sessions.json",
        "/v1/live/sessions/x",
        "/v1/live/sessions%2F",
        "/v1/live%2Fsessions",
        "/livez/",
        "/readyz/",
        "/openapi.json/",
        "/openapi",
        "/metrics",
        "/..",
        "/v1/live/../../etc/passwd",
        "/%00",
        "/%ff",
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE, Method::OPTIONS] {
            let answer = service.send(TestRequest::with_uri(path).method(method.clone())).await;
            is_error(&answer, "404 not_found");
            assert!(answer.header("allow").is_none(), "{method} {path}");
            assert!(answer.header("www-authenticate").is_none(), "{method} {path}");
        }
        let answer = service.send(bearer(get(path), &ada())).await;
        is_error(&answer, "404 not_found");
    }
}

#[actix_web::test]
async fn a_wrong_method_is_not_allowed_on_every_route() {
    let service = Service::empty().await;
    let methods =
        ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "QUERY", "get"];
    for (path, allowed) in ROUTES.map(|path| (path, "GET, HEAD")).iter().chain(WRITE_ROUTES) {
        for method in methods.into_iter().filter(|method| !allowed.split(", ").any(|allowed| allowed == *method)) {
            let method = Method::from_bytes(method.as_bytes()).expect("a method");
            for request in [get(path), bearer(get(path), &ada()), bearer(get(path), "nonsense")] {
                let answer = service.send(request.method(method.clone())).await;
                is_error(&answer, "405 method_not_allowed");
                assert_eq!(answer.header("allow"), Some(*allowed), "{method} {path}");
            }
        }
    }
}

#[actix_web::test]
async fn a_preflight_is_a_wrong_method_where_no_origin_is_set() {
    let service = Service::empty().await;
    let preflight = get(SESSIONS)
        .method(Method::OPTIONS)
        .insert_header(("Origin", "https://app.example"))
        .insert_header(("Access-Control-Request-Method", "GET"));
    let answer = service.send(preflight).await;
    is_error(&answer, "405 method_not_allowed");
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control")));
}

#[actix_web::test]
async fn a_panic_is_an_internal_error() {
    struct Panicking;
    #[async_trait]
    impl SessionRepository for Panicking {
        async fn list(
            &self,
            _: &BrandScope,
            _: &Viewer,
            _: &SessionFilter,
            _: SessionScan,
            _: PageSize,
        ) -> Result<Page<ListedSession, SessionScan>, StoreError> {
            panic!("{CAUSE}")
        }

        async fn find(&self, _: &BrandScope, _: &Viewer, _: Uuid) -> Result<Option<ListedSession>, StoreError> {
            panic!("{CAUSE}")
        }
    }
    let service = over(Panicking).await;
    let body = is_error(&service.send(list("").insert_header(("X-Request-Id", "it-was-me"))).await, "500 internal");
    assert_eq!(body["request_id"], "it-was-me");
    // The service goes on.
    is_error(&service.list("").await, "500 internal");
    assert_eq!(service.anonymous("/livez").await.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_store_that_fails_is_an_internal_error_of_fixed_text() {
    let service = over(failing(|| StoreError::Failed(CAUSE.into()))).await;
    let body = is_error(&service.list("").await, "500 internal");
    let other = over(failing(|| StoreError::Failed("something else".into()))).await;
    assert_eq!(is_error(&other.list("limit=5").await, "500 internal")["message"], body["message"]);
}

#[actix_web::test]
async fn a_store_that_does_not_answer_is_unavailable() {
    let service = over(failing(|| StoreError::Unavailable(CAUSE.into()))).await;
    let answer = service.list("").await;
    is_error(&answer, "503 unavailable");
    assert!(
        answer.header("retry-after").is_some_and(|seconds| seconds.parse::<u32>().is_ok_and(|seconds| seconds > 0))
    );
}

#[actix_web::test]
async fn readyz_is_unavailable_while_the_store_is_away_or_its_schema_behind() {
    type State = fn() -> Result<SchemaState, StoreError>;
    let states: [(State, &str); 4] = [
        (|| Ok(SchemaState::Current), "200 -"),
        (|| Ok(SchemaState::Behind), "503 unavailable"),
        (|| Err(StoreError::Unavailable(CAUSE.into())), "503 unavailable"),
        (|| Err(StoreError::Failed(CAUSE.into())), "503 unavailable"),
    ];
    for (state, expected) in states {
        let mut health = MockStoreHealth::new();
        health.expect_schema_state().returning(state);
        let service = Setup { health: Some(Arc::new(health)), ..Setup::default() }.start().await;
        let answer = service.anonymous("/readyz").await;
        if expected == "200 -" {
            assert_eq!(answer.error(), expected);
        } else {
            is_error(&answer, expected);
        }
        assert_eq!(answer.header("retry-after").is_some(), expected.starts_with("503"));
        assert_eq!(service.anonymous("/livez").await.status, StatusCode::OK, "the process runs all the same");
    }
}

#[actix_web::test]
async fn every_client_error_has_the_one_body() {
    let service = Service::empty().await;
    let scoped = token(&json!({"sub": "ada", "exp": in_seconds(60), "brand_id": "acme"}));
    is_error(&service.list("limit=0&x=1").await, "400 validation_error");
    is_error(&service.list("cursor=x").await, "400 invalid_cursor");
    is_error(&service.send(bearer(bearer(get(SESSIONS), &ada()), &ada())).await, "400 invalid_request");
    is_error(&service.anonymous(SESSIONS).await, "401 unauthenticated");
    is_error(&service.list_as("nonsense", "").await, "401 invalid_token");
    is_error(&service.list_as(&scoped, "brand_id=globex").await, "403 forbidden");
    let demanding = Setup { list_scopes: &["read:live"], ..Setup::default() }.start().await;
    is_error(&demanding.list("").await, "403 insufficient_scope");
}

#[actix_web::test]
async fn no_body_holds_the_token() {
    let service = Service::empty().await;
    let bad = format!("{}x", ada());
    let signature = bad.rsplit('.').next().expect("a signature");
    for query in ["", "limit=0", "access_token=1"] {
        let answer = service.list_as(&bad, query).await;
        assert!(!answer.text().contains(signature));
        assert!(answer.headers.iter().all(|(_, value)| !value.to_str().unwrap_or_default().contains(signature)));
    }
}

#[actix_web::test]
async fn a_request_id_is_kept_or_made_anew() {
    let service = Service::empty().await;
    let longest = "x".repeat(128);
    let kept = ["x", "a-b_c.d:e/f", "0123456789", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", &longest];
    let longer = "x".repeat(129);
    let made_anew: [&[u8]; 7] = [b"", b"a b", b"a\tb", "é".as_bytes(), b"\xff", longer.as_bytes(), b" "];
    for path in ROUTES.into_iter().chain(["/nowhere", "/v1/live/sessions?limit=0"]) {
        let ask = async |id: Option<&[u8]>| {
            let request = id.into_iter().fold(get(path), |request, id| {
                let id = actix_web::http::header::HeaderValue::from_bytes(id).expect("a value");
                request.insert_header(("X-Request-Id", id))
            });
            let answer = service.send(request).await;
            let id = answer.header("x-request-id").expect("a request id").to_owned();
            if !answer.status.is_success() {
                assert_eq!(answer.json()["request_id"], id.as_str(), "{path}");
            }
            id
        };
        for id in kept {
            assert_eq!(ask(Some(id.as_bytes())).await, id, "{path}");
        }
        let mut fresh = BTreeSet::new();
        for id in made_anew.into_iter().map(Some).chain([None]) {
            let made = ask(id).await;
            assert!(made.bytes().all(|byte| byte.is_ascii_graphic()) && (1..=128).contains(&made.len()));
            assert!(made.parse::<uuid::Uuid>().is_ok(), "{path}: {made} was not made here");
            assert!(fresh.insert(made), "{path}: every request has its own");
        }
    }
    // Of two, none is the one.
    let request = list("").append_header(("X-Request-Id", "a")).append_header(("X-Request-Id", "b"));
    let answer = service.send(request).await;
    assert!(answer.header("x-request-id").is_some_and(|id| id.parse::<uuid::Uuid>().is_ok()));
}
