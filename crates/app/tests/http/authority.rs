//! **who**: which scopes let whom do what.

use actix_web::http::{Method, StatusCode};
use live_domain::Session;
use live_domain::contract::fixtures::{exported_sessions, fill, session};
use serde_json::json;

use crate::session_writes::is_session;
use crate::support::{Failures, Service, Setup};
use crate::writing::{Snapshot, bare, draft, host, limited, path, person, with_json};

#[actix_web::test]
async fn who_may_do_what() {
    let service = Service::empty().await;
    let globex = Session { brand_id: "globex".parse().expect("a brand"), ..session(2) };
    let owned = Session { host_id: "cleo".parse().expect("a host"), ..session(3) };
    fill(&service.store, [session(1), globex, owned]).await;
    let before = Snapshot::of(&service.store).await;
    let mut failures = Failures::default();
    let manage = "manage:live";
    let acme = |name, scopes| limited(name, scopes, "acme");
    for (case, token, number, expected) in [
        ("another host", host("bob"), 1, "403 forbidden"),
        ("a host without the brand", acme("ada", "write:live"), 2, "404 not_found"),
        ("a manager without the brand", acme("bob", manage), 2, "404 not_found"),
        ("a reader", person("ada", "read:live"), 1, "403 insufficient_scope"),
        ("nobody in particular", person("ada", ""), 1, "403 insufficient_scope"),
        ("scopes like the real ones", person("ada", "write:live2 write MANAGE:LIVE"), 1, "403 insufficient_scope"),
        ("another host of the brand", acme("ada", "write:live"), 3, "403 forbidden"),
    ] {
        for (method, rest) in [
            (Method::PATCH, ""),
            (Method::POST, "/start"),
            (Method::POST, "/end"),
            (Method::POST, "/cancel"),
            (Method::GET, "/registrations"),
        ] {
            let path = path(number, rest);
            let request = if method == Method::PATCH {
                with_json(method.clone(), &path, &token, &json!({"title": "New"}))
            } else {
                bare(method.clone(), &path, &token)
            };
            let answer = service.send(request).await;
            failures.check(&format!("{case}: {method} {rest}"), answer.error(), expected.to_owned());
            if expected.ends_with("scope") {
                let challenge = Some("Bearer realm=\"live\", error=\"insufficient_scope\", scope=\"write:live\"");
                failures.check(case, answer.header("www-authenticate"), challenge);
            }
        }
    }
    assert_eq!(Snapshot::of(&service.store).await, before);
    for token in [host("ada"), person("bob", manage), acme("bob", manage), person("ada", "write:live manage:live")] {
        is_session(&service.patch(1, &token, &json!({"title": "New"})).await, 200);
    }
}

#[actix_web::test]
async fn who_may_create_for_whom() {
    let service = Service::empty().await;
    let acme = |name, scopes| limited(name, scopes, "acme");
    let mut failures = Failures::default();
    for (case, token, host_id, brand_id, expected) in [
        ("a host for herself", host("ada"), "ada", "acme", "201 -"),
        ("a host for another", host("ada"), "bob", "acme", "403 forbidden"),
        ("a manager for another", person("ada", "manage:live"), "bob", "acme", "201 -"),
        ("a host for a brand that she has", acme("ada", "write:live"), "ada", "acme", "201 -"),
        ("a host for a brand that she has not", acme("ada", "write:live"), "ada", "globex", "403 forbidden"),
        ("a manager for a brand that she has not", acme("ada", "manage:live"), "ada", "globex", "403 forbidden"),
        ("a reader", person("ada", ""), "ada", "acme", "403 insufficient_scope"),
        ("one whose sub is another letter case", host("Ada"), "ada", "acme", "403 forbidden"),
        ("one whose sub no host can have", host(&"a".repeat(129)), "ada", "acme", "403 forbidden"),
    ] {
        let before = exported_sessions(&service.store).await.len();
        let mut body = draft();
        (body["host_id"], body["brand_id"]) = (json!(host_id), json!(brand_id));
        let answer = service.create(&token, &body).await;
        failures.check(case, answer.error(), expected.to_owned());
        let created = exported_sessions(&service.store).await.len() - before;
        failures.check(case, created, usize::from(expected == "201 -"));
    }
}

#[actix_web::test]
async fn the_scopes_are_those_that_are_set() {
    let setup = Setup { write_scope: "host", manage_scope: "boss", list_scopes: &["read:live"], ..Setup::default() };
    let service = setup.start().await;
    fill(&service.store, [session(1)]).await;
    let refused = service.create(&host("ada"), &draft()).await;
    assert_eq!(refused.error(), "403 insufficient_scope");
    let challenge = "Bearer realm=\"live\", error=\"insufficient_scope\", scope=\"host\"";
    assert_eq!(refused.header("www-authenticate"), Some(challenge));
    // Editing takes the scope to edit and no other; reading takes what the list takes.
    is_session(&service.create(&person("ada", "host"), &draft()).await, 201);
    is_session(&service.patch(1, &person("bob", "boss"), &json!({"title": "New"})).await, 200);
    for (method, rest) in [
        (Method::GET, ""),
        (Method::GET, "/registrations/me"),
        (Method::POST, "/registrations"),
        (Method::DELETE, "/registrations/me"),
    ] {
        let answer = service.send(bare(method.clone(), &path(1, rest), &person("ada", "host boss"))).await;
        assert_eq!(answer.error(), "403 insufficient_scope", "{method} {rest}");
        assert!(answer.header("www-authenticate").is_some_and(|challenge| challenge.ends_with("scope=\"read:live\"")));
    }
    assert_eq!(service.post(&path(1, "/registrations"), &person("bob", "read:live")).await.status, StatusCode::CREATED);
    is_session(&service.read(&path(1, ""), &person("bob", "read:live")).await, 200);
}
