//! **idempotency**: a request that is sent again with its key has one effect, and gets the answer that was lost.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use live_domain::contract::fixtures::{exported_sessions, fill, session};
use live_domain::{Session, SessionStatus};
use serde_json::json;
use time::Duration;

use crate::support::{Answer, Failures, Service, Setup};
use crate::writing::{CREATE, Snapshot, bare, draft, host, limited, parameters, path, person, with_json};

fn keyed(request: TestRequest, key: &str) -> TestRequest {
    request.insert_header(("Idempotency-Key", key))
}

fn create(key: &str) -> TestRequest {
    keyed(with_json(Method::POST, CREATE, &host("ada"), &draft()), key)
}

/// Everything of an answer that a replay has to say again.
fn said(answer: &Answer) -> (u16, String, Option<String>, Option<String>) {
    let field = |name| answer.header(name).map(str::to_owned);
    (answer.status.as_u16(), answer.text().to_owned(), field("location"), field("etag"))
}

/// A write, and how it is asked for.
type Named = (&'static str, fn() -> TestRequest);

/// Every write that takes a key, as a request that succeeds on the fixtures.
fn writes() -> [Named; 7] {
    [
        ("create", || with_json(Method::POST, CREATE, &host("ada"), &draft())),
        ("start", || bare(Method::POST, &path(1, "/start"), &host("ada"))),
        ("start what is live", || bare(Method::POST, &path(3, "/start"), &host("ada"))),
        ("cancel", || bare(Method::POST, &path(2, "/cancel"), &host("ada"))),
        ("end", || {
            with_json(Method::POST, &path(3, "/end"), &host("ada"), &json!({"recording_url": "https://a.example"}))
        }),
        ("register", || bare(Method::POST, &path(4, "/registrations"), &person("bob", ""))),
        ("register again", || bare(Method::POST, &path(4, "/registrations"), &person("bob", ""))),
    ]
}

async fn fixtures() -> Service {
    let live = Session { status: SessionStatus::Live, ..session(3) };
    Service::with([session(1), session(2), live, session(4)]).await
}

#[actix_web::test]
async fn a_repeat_with_the_key_is_answered_alike_and_does_nothing() {
    let service = fixtures().await;
    let mut failures = Failures::default();
    for (index, (case, request)) in writes().into_iter().enumerate() {
        let key = format!("key-{index}");
        let first = service.send(keyed(request(), &key)).await;
        assert!(first.status.is_success(), "{case}: {}", first.text());
        failures.check(case, first.header("idempotent-replayed"), None);
        let after = Snapshot::of(&service.store).await;
        service.clock.advance(Duration::hours(23));
        let again = service.send(keyed(request(), &key)).await;
        failures.check(case, said(&again), said(&first));
        failures.check(case, again.header("idempotent-replayed"), Some("true"));
        failures.check(case, Snapshot::of(&service.store).await, after);
    }
}

#[actix_web::test]
async fn a_kept_answer_is_as_it_was_whatever_happened_since() {
    let service = fixtures().await;
    let created = service.send(create("k")).await;
    let id = created.json()["id"].as_str().expect("an id").to_owned();
    let register = || keyed(bare(Method::POST, &format!("{CREATE}/{id}/registrations"), &person("eve", "")), "r");
    for name in ["bob", "cleo", "dan"] {
        service.post(&format!("{CREATE}/{id}/registrations"), &person(name, "")).await;
    }
    let waiting = service.send(register()).await;
    assert_eq!(waiting.json()["position"], 2);
    service.delete(&format!("{CREATE}/{id}/registrations/me"), &person("bob", "")).await;
    service.send(with_json(Method::PATCH, &format!("{CREATE}/{id}"), &host("ada"), &json!({"title": "New"}))).await;
    assert_eq!(said(&service.send(create("k")).await), said(&created));
    assert_eq!(said(&service.send(register()).await), said(&waiting));
}

#[actix_web::test]
async fn a_key_is_forgotten_after_a_day() {
    let service = Service::empty().await;
    let first = service.send(create("k")).await.json()["id"].clone();
    service.clock.advance(Duration::DAY - Duration::MICROSECOND);
    assert_eq!(service.send(create("k")).await.json()["id"], first);
    service.clock.advance(Duration::MICROSECOND);
    assert_ne!(service.send(create("k")).await.json()["id"], first);
}

#[actix_web::test]
async fn a_key_belongs_to_one_person() {
    let service = fixtures().await;
    let register = |name| keyed(bare(Method::POST, &path(4, "/registrations"), &person(name, "")), "k");
    assert_eq!(service.send(register("bob")).await.json()["user_id"], "bob");
    let other = service.send(register("cleo")).await;
    assert_eq!((other.status.as_u16(), other.header("idempotent-replayed")), (201, None));
    assert_eq!(other.json()["user_id"], "cleo");
}

#[actix_web::test]
async fn a_key_with_another_request_is_a_conflict() {
    let service = fixtures().await;
    let manager = person("ada", "manage:live write:live");
    let mut other = draft();
    other["title"] = json!("Another");
    let create = |body: String| {
        let request = bare(Method::POST, CREATE, &manager).insert_header(("Content-Type", "application/json"));
        keyed(request.set_payload(body), "k")
    };
    service.send(create(draft().to_string())).await;
    let before = Snapshot::of(&service.store).await;
    for (case, request) in [
        ("another body", create(other.to_string())),
        ("the same body in other bytes", create(format!("{} ", draft()))),
        ("another route", keyed(bare(Method::POST, &path(1, "/start"), &manager), "k")),
        ("another thing", keyed(bare(Method::POST, &path(1, "/registrations"), &manager), "k")),
        ("a session that is not there", keyed(bare(Method::POST, &path(9, "/start"), &manager), "k")),
        ("an id that is none", keyed(bare(Method::POST, "/v1/sessions/x/start", &manager), "k")),
        ("an id that is none, to register", keyed(bare(Method::POST, "/v1/sessions/x/registrations", &manager), "k")),
    ] {
        let answer = service.send(request).await;
        assert_eq!(answer.error(), "409 conflict", "{case}");
        assert_eq!(parameters(&answer), [""; 0], "{case}");
    }
    assert_eq!(Snapshot::of(&service.store).await, before);
}

#[actix_web::test]
async fn no_refusal_is_kept() {
    let service = Service::with([Session { status: SessionStatus::Live, ..session(1) }]).await;
    let cancel = || keyed(bare(Method::POST, &path(2, "/cancel"), &host("ada")), "k");
    assert_eq!(service.send(cancel()).await.error(), "404 not_found");
    fill(&service.store, [session(2)]).await;
    assert_eq!(service.send(cancel()).await.status.as_u16(), 200);
    let bad = || keyed(with_json(Method::POST, CREATE, &host("ada"), &json!({})), "b");
    assert_eq!(service.send(bad()).await.error(), "400 validation_error");
    assert_eq!(service.send(create("b")).await.status.as_u16(), 201);
}

#[actix_web::test]
async fn a_kept_answer_is_for_those_who_could_still_read_the_thing() {
    let service = fixtures().await;
    let requests: [fn(&str) -> TestRequest; 2] = [
        |token| keyed(bare(Method::POST, &path(1, "/start"), token), "s"),
        |token| keyed(bare(Method::POST, &path(4, "/registrations"), token), "r"),
    ];
    for request in requests {
        assert!(service.send(request(&limited("ada", "write:live", "acme"))).await.status.is_success());
        assert_eq!(service.send(request(&limited("ada", "write:live", "globex"))).await.error(), "404 not_found");
        assert!(service.send(request(&host("ada"))).await.status.is_success());
    }
    let create = |token: &str| keyed(with_json(Method::POST, CREATE, token, &draft()), "c");
    assert_eq!(service.send(create(&host("ada"))).await.status.as_u16(), 201);
    // The brand in the body is judged before.
    assert_eq!(service.send(create(&limited("ada", "write:live", "globex"))).await.error(), "403 forbidden");
    // Without the scope nothing is given, kept or not.
    assert_eq!(service.send(create(&person("ada", ""))).await.error(), "403 insufficient_scope");
}

#[actix_web::test]
async fn two_creates_with_one_key_make_one_session() {
    let service = Service::empty().await;
    let first = service.send(create("k")).await;
    let second = service.send(create("k")).await;
    assert_eq!(said(&first), said(&second));
    assert_eq!(exported_sessions(&service.store).await.len(), 1);
}

#[actix_web::test]
async fn a_key_has_its_form_and_stands_once() {
    let service = fixtures().await;
    let before = Snapshot::of(&service.store).await;
    let mut failures = Failures::default();
    let too_long = "k".repeat(256);
    let routes: [fn() -> TestRequest; 5] = [
        || with_json(Method::POST, CREATE, &host("ada"), &draft()),
        || bare(Method::POST, &path(1, "/start"), &host("ada")),
        || bare(Method::POST, &path(3, "/end"), &host("ada")),
        || bare(Method::POST, &path(2, "/cancel"), &host("ada")),
        || bare(Method::POST, &path(4, "/registrations"), &host("ada")),
    ];
    for route in routes {
        for key in ["", "a b", "é", &too_long] {
            let answer = service.send(keyed(route(), key)).await;
            failures.check(key, answer.error(), "400 validation_error".to_owned());
            failures.check(key, parameters(&answer), vec!["Idempotency-Key".to_owned()]);
            let message = "Idempotency-Key must have between 1 and 255 visible ASCII characters";
            failures.check(key, answer.json()["message"].as_str(), Some(message));
        }
        let twice = route().append_header(("Idempotency-Key", "k")).append_header(("Idempotency-Key", "k"));
        let answer = service.send(twice).await;
        failures.check("twice", answer.json()["message"].as_str(), Some("Idempotency-Key is given twice"));
    }
    assert_eq!(Snapshot::of(&service.store).await, before);
    let longest = "~".repeat(255);
    assert_eq!(service.send(create(&longest)).await.status.as_u16(), 201);
}

#[actix_web::test]
async fn a_key_changes_no_check_before_the_store() {
    let service = Setup { list_scopes: &["read:live"], ..Setup::default() }.start().await;
    fill(&service.store, [session(1)]).await;
    let register = |token: &str| keyed(bare(Method::POST, &path(1, "/registrations"), token), "k");
    assert_eq!(service.send(register(&person("bob", "read:live"))).await.status.as_u16(), 201);
    assert_eq!(service.send(register(&person("bob", ""))).await.error(), "403 insufficient_scope");
    let body = register(&person("bob", "read:live")).set_payload("x");
    assert_eq!(service.send(body).await.error(), "400 validation_error");
}
