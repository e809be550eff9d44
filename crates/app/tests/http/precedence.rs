//! The order of the checks: who has no valid token learns nothing of the rest.

use std::sync::Arc;

use actix_web::http::Method;
use live_domain::{MockSessionRepository, StoreError};
use serde_json::{Value, json};

use crate::support::{Failures, SESSIONS, Service, Setup, ada, bearer, get, in_seconds, token};

/// A service whose store must not be asked: a call would be a panic, and so a 500.
async fn untouched(list_scopes: &'static [&'static str]) -> Service {
    let repository = Arc::new(MockSessionRepository::new());
    Setup { repository: Some(repository), list_scopes, ..Setup::default() }.start().await
}

fn scoped(others: &Value) -> String {
    let mut whole = json!({"sub": "ada", "exp": in_seconds(60), "brand_id": "acme"});
    whole.as_object_mut().expect("an object").extend(others.as_object().expect("an object").clone());
    token(&whole)
}

#[actix_web::test]
async fn each_check_comes_before_the_next() {
    let service = untouched(&["read:live"]).await;
    let (unscoped, scoped) = (scoped(&json!({})), scoped(&json!({"scope": "read:live"})));
    let everything_off = "?brand_id=globex&limit=0&cursor=x";
    let mut failures = Failures::default();
    for (case, path, tokens, expected) in [
        ("a path comes first", "/v1/live/nothing?limit=0", vec!["x", "x"], "404 not_found"),
        ("two fields", everything_off, vec!["nonsense", "nonsense"], "400 invalid_request"),
        ("a token in the query as well", "?access_token=x&limit=0", vec!["nonsense"], "400 invalid_request"),
        ("no token", everything_off, vec![], "401 unauthenticated"),
        ("no token but one in the query", "?access_token=x&limit=0", vec![], "401 unauthenticated"),
        ("a bad token", everything_off, vec!["nonsense"], "401 invalid_token"),
        ("a scope that is missing", everything_off, vec![&unscoped], "403 insufficient_scope"),
        ("a scope that is missing, of a good query", "", vec![&unscoped], "403 insufficient_scope"),
        ("a scope that is missing, of a good cursor", "?cursor=x", vec![&unscoped], "403 insufficient_scope"),
        ("a query that is off", everything_off, vec![&scoped], "400 validation_error"),
        ("an unknown name beside a bad cursor", "?nope=1&cursor=x", vec![&scoped], "400 validation_error"),
        ("a cursor that is off", "?brand_id=globex&cursor=x", vec![&scoped], "400 invalid_cursor"),
        ("a cursor that is too long", &format!("?cursor={}", "x".repeat(513)), vec![&scoped], "400 invalid_cursor"),
        (
            "a long cursor beside a bad limit",
            &format!("?cursor={}&limit=0", "x".repeat(513)),
            vec![&scoped],
            "400 validation_error",
        ),
        ("a brand outside the scope", "?brand_id=globex", vec![&scoped], "403 forbidden"),
    ] {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("{SESSIONS}{path}") };
        let request = tokens.iter().fold(get(&path), |request, token| bearer(request, token));
        failures.check(case, service.send(request).await.error(), expected.to_owned());
    }
}

#[actix_web::test]
async fn a_wrong_method_comes_before_the_token_and_the_query() {
    let service = untouched(&["read:live"]).await;
    for token in ["nonsense", &ada()] {
        let request = bearer(get(&format!("{SESSIONS}?limit=0")), token).method(Method::POST);
        assert_eq!(service.send(request).await.error(), "405 method_not_allowed");
    }
    let request = get(&format!("{SESSIONS}?limit=0")).method(Method::DELETE);
    assert_eq!(service.send(request).await.error(), "405 method_not_allowed");
}

#[actix_web::test]
async fn a_body_of_whatever_size_does_not_come_before_the_method() {
    let service = untouched(&[]).await;
    let request = get(SESSIONS).method(Method::POST).set_payload(vec![b'x'; 3_000_000]);
    assert_eq!(service.send(request).await.error(), "405 method_not_allowed");
}

#[actix_web::test]
async fn no_store_is_asked_for_a_request_that_fails_the_guard_or_validation() {
    let service = untouched(&[]).await;
    for query in ["limit=0", "nope=1", "month=2026", "cursor=x", "status=live,", "brand_id=%00", "time_zone=UTC"] {
        assert!(service.list(query).await.error().starts_with("400 "), "{query}");
    }
    assert_eq!(service.anonymous(SESSIONS).await.error(), "401 unauthenticated");
    assert_eq!(service.list_as(&scoped(&json!({})), "brand_id=globex").await.error(), "403 forbidden");
    assert_eq!(service.list_as(&scoped(&json!({"brand_id": []})), "brand_id=acme").await.error(), "403 forbidden");
    // The mock would be heard: a request that is good reaches it.
    assert_eq!(service.list("").await.error(), "500 internal");
}

#[actix_web::test]
async fn what_the_store_says_comes_last() {
    let mut repository = MockSessionRepository::new();
    repository.expect_list().returning(|_, _, _, _, _| Err(StoreError::Unavailable("gone".into())));
    let service = Setup { repository: Some(Arc::new(repository)), ..Setup::default() }.start().await;
    assert_eq!(service.list("limit=0").await.error(), "400 validation_error");
    assert_eq!(service.list_as("nonsense", "").await.error(), "401 invalid_token");
    assert_eq!(service.list_as(&scoped(&json!({})), "brand_id=globex").await.error(), "403 forbidden");
    assert_eq!(service.list("").await.error(), "503 unavailable");
}
