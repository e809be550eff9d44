//! Pages of other origins.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::http::{Method, StatusCode};
use actix_web::test::TestRequest;
use live_domain::MockSessionRepository;

use crate::openapi::{document, operations};
use crate::support::{Answer, SESSIONS, Service, Setup, ada, bearer, get, list, rate};

const OURS: &str = "https://app.example";
const OTHERS: &str = "https://evil.example";
const ALLOW_ORIGIN: &str = "access-control-allow-origin";
const ALLOW_METHODS: &str = "access-control-allow-methods";
const ALLOW_HEADERS: &str = "access-control-allow-headers";
const EXPOSE: &str = "access-control-expose-headers";

async fn shared() -> Service {
    Setup { cors: "https://other.example,https://app.example".parse().ok(), ..Setup::default() }.start().await
}

fn by(origin: &str, request: TestRequest) -> TestRequest {
    request.insert_header(("Origin", origin.to_owned()))
}

fn preflight(origin: &str, path: &str) -> TestRequest {
    let request = TestRequest::with_uri(path).method(Method::OPTIONS);
    by(origin, request).insert_header(("Access-Control-Request-Method", "GET"))
}

/// The members of a list, in lower case.
fn members(list: &str) -> BTreeSet<String> {
    list.split(", ").map(str::to_lowercase).collect()
}

/// A page of that origin may read the answer, with its header fields.
#[track_caller]
fn is_readable(answer: &Answer, case: &str) {
    assert_eq!(answer.header(ALLOW_ORIGIN), Some(OURS), "{case}");
    assert!(members(answer.header(EXPOSE).expect(case)).contains("x-request-id"), "{case}");
    assert!(members(answer.header("vary").expect(case)).contains("origin"), "{case}");
    assert_eq!(answer.header("access-control-allow-credentials"), None, "{case}");
}

#[track_caller]
fn is_not_shared(answer: &Answer) {
    let shared: Vec<_> = answer.headers.keys().filter(|name| name.as_str().starts_with("access-control-")).collect();
    assert!(shared.is_empty(), "{shared:?}");
}

#[actix_web::test]
async fn a_preflight_is_answered_without_a_token_whatever_the_route() {
    let service = shared().await;
    for path in [SESSIONS, "/v1/sessions/x/start", "/readyz", "/nowhere"] {
        let answer = service.send(preflight(OURS, path)).await;
        assert_eq!((answer.status, answer.text()), (StatusCode::NO_CONTENT, ""), "{path}");
        is_readable(&answer, path);
        assert_eq!(answer.header("access-control-max-age"), Some("7200"));
    }
}

#[actix_web::test]
async fn a_preflight_is_answered_when_too_many_requests_are_at_work() {
    let service = Setup { cors: OURS.parse().ok(), max_in_flight: 0, ..Setup::default() }.start().await;
    assert_eq!(service.send(preflight(OURS, SESSIONS)).await.status, StatusCode::NO_CONTENT);
    let answer = service.send(by(OURS, list(""))).await;
    assert_eq!(answer.error(), "503 unavailable");
    is_readable(&answer, "503");
}

#[actix_web::test]
async fn a_page_can_read_good_answers_and_every_error() {
    let repository = Arc::new(MockSessionRepository::new());
    let panicking = Setup { cors: OURS.parse().ok(), repository: Some(repository), ..Setup::default() }.start().await;
    let limited = Setup { cors: OURS.parse().ok(), rate: Some(rate(1)), ..Setup::default() }.start().await;
    limited.send(list("")).await;
    let service = shared().await;
    let tag = service.send(list("")).await.tag();
    let post = bearer(get("/v1/sessions").method(Method::POST), &ada());
    for (service, request, expected) in [
        (&service, list(""), 200),
        (&service, list("").insert_header(("If-None-Match", tag)), 304),
        (&service, list("").method(Method::HEAD), 200),
        (&service, get("/livez"), 200),
        (&service, list("limit=0"), 400),
        (&service, get(SESSIONS), 401),
        (&service, post, 403),
        (&service, get("/nowhere"), 404),
        (&service, list("").method(Method::DELETE), 405),
        (&limited, list(""), 429),
        (&panicking, list(""), 500),
    ] {
        let answer = service.send(by(OURS, request)).await;
        assert_eq!(answer.status.as_u16(), expected);
        is_readable(&answer, answer.status.as_str());
    }
}

#[actix_web::test]
async fn pages_of_other_origins_get_the_same_answers_and_may_not_read_them() {
    let service = shared().await;
    for origin in [OTHERS, "null", "https://app.example.evil.example", "https://APP.example", ""] {
        let answer = service.send(by(origin, list(""))).await;
        assert_eq!(answer.status, 200, "{origin}");
        is_not_shared(&answer);
        assert!(members(answer.header("vary").expect("a vary")).contains("origin"));
        let answer = service.send(preflight(origin, SESSIONS)).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{origin}");
        is_not_shared(&answer);
    }
}

#[actix_web::test]
async fn everybody_may_call_where_that_is_set() {
    let service = Setup { cors: "*".parse().ok(), ..Setup::default() }.start().await;
    for request in [by(OTHERS, list("")), list(""), preflight(OTHERS, SESSIONS)] {
        let answer = service.send(request).await;
        assert_eq!(answer.header(ALLOW_ORIGIN), Some("*"));
        assert!(!members(answer.header("vary").expect("a vary")).contains("origin"));
    }
}

#[actix_web::test]
async fn options_is_no_method_unless_it_is_a_preflight_and_origins_are_set() {
    let (plain, shared) = (Service::empty().await, shared().await);
    let alone = || TestRequest::with_uri(SESSIONS).method(Method::OPTIONS);
    for (service, request) in [(&plain, preflight(OURS, SESSIONS)), (&shared, alone()), (&shared, by(OURS, alone()))] {
        let answer = service.send(request).await;
        assert_eq!(answer.error(), "405 method_not_allowed");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"));
    }
    is_not_shared(&plain.send(by(OURS, list(""))).await);
}

#[actix_web::test]
async fn a_page_may_do_and_read_what_the_document_names() {
    let service = shared().await;
    let document = document(&service).await;
    let answer = service.send(preflight(OURS, SESSIONS)).await;
    let told = |name| members(answer.header(name).expect(name));
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();

    let methods = operations(&document).into_iter().map(|(method, _, _)| method.as_str().to_lowercase());
    let methods = methods.chain(["head".to_owned()]);
    assert_eq!(told(ALLOW_METHODS), methods.collect());

    let parameters = operations(&document).into_iter().filter_map(|(_, _, it)| it["parameters"].as_array()).flatten();
    let fields = parameters.filter(|parameter| parameter["in"] == "header");
    let fields: BTreeSet<_> = fields.map(|field| field["name"].as_str().expect("a name").to_lowercase()).collect();
    // What every request may have, which the document does not repeat.
    let generic =
        named(&["authorization", "content-type", "if-none-match", "x-request-id", "traceparent", "tracestate"]);
    assert_eq!(told(ALLOW_HEADERS), &fields | &generic);

    let responses = operations(&document).into_iter().filter_map(|(_, _, it)| it["responses"].as_object());
    let fields = responses.flat_map(|responses| responses.values()).filter_map(|it| it["headers"].as_object());
    let fields: BTreeSet<_> = fields.flat_map(|headers| headers.keys()).map(|name| name.to_lowercase()).collect();
    assert_eq!(told(EXPOSE), &fields | &named(&["allow", "x-request-id"]));
}
