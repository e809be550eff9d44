//! **one edit**: `If-Match` compares the version of a session, and nothing else.

use actix_web::http::header::HeaderValue;
use actix_web::http::{Method, StatusCode};
use live_domain::contract::fixtures::{fill, session};
use serde_json::{Value, json};

use crate::support::{Answer, SESSIONS, Service, bearer, get};
use crate::writing::{Snapshot, bare, host, parameters, path, with_json};

async fn edit(service: &Service, title: &str, fields: &[&[u8]]) -> Answer {
    let request = with_json(Method::PATCH, &path(1, ""), &host("ada"), &json!({"title": title}));
    let request = fields.iter().fold(request, |request, field| {
        request.append_header(("If-Match", HeaderValue::from_bytes(field).expect("a field")))
    });
    service.send(request).await
}

async fn tag(service: &Service, number: u32) -> String {
    service.read(&path(number, ""), &host("ada")).await.tag()
}

#[actix_web::test]
async fn an_edit_of_the_version_that_was_read_is_made() {
    let service = Service::with([session(1)]).await;
    let forms: [fn(&str) -> String; 7] = [
        str::to_owned,
        |tag| tag.trim_start_matches("W/").to_owned(),
        |tag| format!("\"other\", {tag}"),
        |tag| format!(" , \"a,b\" ,W/\"\",{tag},"),
        |tag| format!("\t{tag} "),
        |_| "*".to_owned(),
        |_| " * ".to_owned(),
    ];
    for (number, form) in forms.iter().enumerate() {
        let before = tag(&service, 1).await;
        let answer = edit(&service, &format!("Title {number}"), &[form(&before).as_bytes()]).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", form(&before));
        assert_ne!(answer.tag(), before);
    }
}

#[actix_web::test]
async fn the_first_of_two_edits_with_one_version_is_made() {
    let service = Service::with([session(1)]).await;
    let read = tag(&service, 1).await;
    let first = edit(&service, "One", &[read.as_bytes()]).await;
    let second = edit(&service, "Two", &[read.as_bytes()]).await;
    assert_eq!(first.status, StatusCode::OK);
    assert_eq!(
        (second.error().as_str(), parameters(&second)),
        ("412 precondition_failed", vec!["If-Match".to_owned()])
    );
    let message = "the session is in another version by now: read the session again";
    assert_eq!(second.json()["details"], json!([{"parameter": "If-Match", "message": message}]));
    // What the first was answered with is what the next edit is made with.
    assert_eq!(edit(&service, "Two", &[first.tag().as_bytes()]).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn every_answer_with_a_session_gives_the_tag_for_the_next_edit() {
    let service = Service::empty().await;
    let created = service.create(&host("ada"), &crate::writing::draft()).await;
    let id = created.json()["id"].as_str().expect("an id").to_owned();
    let mut tag = created.tag();
    for (method, rest, body) in [
        (Method::PATCH, "", Some(json!({"title": "New"}))),
        (Method::POST, "/start", None),
        (Method::POST, "/end", None),
        (Method::PATCH, "", Some(json!({"category": "over"}))),
    ] {
        let path = format!("/v1/sessions/{id}{rest}");
        let request = match &body {
            Some(body) => with_json(method, &path, &host("ada"), body),
            None => bare(method, &path, &host("ada")),
        };
        let answer = service.send(request.insert_header(("If-Match", tag.clone()))).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
        tag = answer.tag();
    }
}

#[actix_web::test]
async fn registrations_never_spoil_an_edit() {
    let service = Service::with([session(1)]).await;
    let read = tag(&service, 1).await;
    for name in ["ada", "bob"] {
        service.register(1, name).await;
    }
    assert_ne!(tag(&service, 1).await, read);
    assert_eq!(edit(&service, "New", &[read.as_bytes()]).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn a_well_formed_tag_that_is_not_the_current_one_is_412() {
    let service = Service::with([session(1), session(2)]).await;
    let (mine, other) = (tag(&service, 1).await, tag(&service, 2).await);
    let list = service.send(bearer(get(SESSIONS), &host("ada"))).await.tag();
    let registrations = service.read(&path(1, "/registrations"), &host("ada")).await.tag();
    let version = mine.split('.').next().expect("a version").to_owned();
    let before = Snapshot::of(&service.store).await;
    for field in [
        other.as_str(),
        &list,
        &registrations,
        "\"\"",
        "\"x\"",
        "W/\"x\"",
        "\"*\"",
        "\"a,b\", \"c\"",
        &format!("{version}\""),
        &mine.replace("W/\"", "W/\"A"),
        &mine.to_ascii_uppercase(),
    ] {
        for (method, rest) in
            [(Method::PATCH, ""), (Method::POST, "/start"), (Method::POST, "/cancel"), (Method::POST, "/end")]
        {
            let path = path(1, rest);
            let request = if method == Method::PATCH {
                with_json(method, &path, &host("ada"), &json!({"title": "New"}))
            } else {
                bare(method, &path, &host("ada"))
            };
            let answer = service.send(request.insert_header(("If-Match", field))).await;
            assert_eq!(answer.error(), "412 precondition_failed", "{path} {field}");
            assert_eq!(parameters(&answer), ["If-Match"], "{path} {field}");
        }
    }
    assert_eq!(edit(&service, "New", &[b"\"\xe9\""]).await.error(), "412 precondition_failed");
    assert_eq!(Snapshot::of(&service.store).await, before);
}

#[actix_web::test]
async fn a_malformed_tag_is_400() {
    let service = Service::with([session(1)]).await;
    let read = tag(&service, 1).await;
    let before = Snapshot::of(&service.store).await;
    let strong = read.trim_start_matches("W/");
    let malformed = [
        String::new(),
        ",".to_owned(),
        "x".to_owned(),
        strong.trim_matches('"').to_owned(),
        format!("w/{strong}"),
        format!("{read} {read}"),
        format!("{read}x"),
        format!("{read}, *"),
        format!("*, {read}"),
        "\"open".to_owned(),
        "\"a b\"".to_owned(),
    ];
    for field in &malformed {
        let answer = edit(&service, "New", &[field.as_bytes()]).await;
        assert_eq!(
            (answer.error().as_str(), parameters(&answer)),
            ("400 validation_error", vec!["If-Match".to_owned()]),
            "{field}"
        );
    }
    let twice = edit(&service, "New", &[read.as_bytes(), read.as_bytes()]).await;
    assert_eq!((twice.error().as_str(), parameters(&twice)), ("400 validation_error", vec!["If-Match".to_owned()]));
    assert_eq!(twice.json()["message"], "If-Match is given twice: send one list of tags");
    assert_eq!(Snapshot::of(&service.store).await, before);
}

#[actix_web::test]
async fn the_version_is_judged_after_the_owner_and_before_the_state() {
    let service = Service::with([session(1)]).await;
    fill(&service.store, [live_domain::Session { status: live_domain::SessionStatus::Ended, ..session(2) }]).await;
    let stale = |request: actix_web::test::TestRequest| request.insert_header(("If-Match", "\"x\""));
    let somebody_else = service.send(stale(bare(Method::POST, &path(2, "/start"), &host("bob")))).await;
    assert_eq!(somebody_else.error(), "403 forbidden");
    let owner = service.send(stale(bare(Method::POST, &path(2, "/start"), &host("ada")))).await;
    assert_eq!(parameters(&owner), ["If-Match"]);
    // One that is there already is judged as well.
    let there = service.send(stale(bare(Method::POST, &path(2, "/end"), &host("ada")))).await;
    assert_eq!((there.error().as_str(), parameters(&there)), ("412 precondition_failed", vec!["If-Match".to_owned()]));
    let missing = service.send(stale(bare(Method::POST, &path(9, "/end"), &host("ada")))).await;
    assert_eq!(missing.error(), "404 not_found");
}

#[actix_web::test]
async fn reads_and_registrations_do_not_look_at_if_match() {
    let service = Service::with([session(1)]).await;
    for (method, rest, status) in
        [(Method::GET, "", 200), (Method::POST, "/registrations", 201), (Method::DELETE, "/registrations/me", 200)]
    {
        let request = bare(method.clone(), &path(1, rest), &host("ada")).insert_header(("If-Match", "nonsense"));
        let answer = service.send(request).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {rest}");
        assert_ne!(answer.json(), Value::Null);
    }
}
