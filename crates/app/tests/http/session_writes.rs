//! Creating, reading and editing a session.

use actix_web::http::{Method, StatusCode};
use live_domain::contract::fixtures::{exported_sessions, happened, minutes, session};
use live_domain::{Clock, EventType, Metadata, Session, SessionStatus};
use serde_json::{Value, json};
use time::Duration;
use uuid::Uuid;

use crate::support::{Answer, Failures, Service, bearer, get};
use crate::writing::{CREATE, Snapshot, bare, draft, host, parameters, path, person, with_json};

/// The answer is a session with the headers of one.
#[track_caller]
pub(crate) fn is_session(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    assert_eq!(answer.header("vary"), Some("Authorization, Accept-Encoding"));
    assert!(answer.tag().starts_with("W/\""), "{}", answer.tag());
    answer.json()
}

#[actix_web::test]
async fn creates_a_session_of_the_required_members() {
    let service = Service::empty().await;
    let answer = service.create(&host("ada"), &draft()).await;
    let body = is_session(&answer, 201);
    let id = body["id"].as_str().expect("an id").to_owned();
    let now = service.clock.now().to_string();
    let expected = json!({
        "id": id, "host_id": "ada", "brand_id": "acme", "title": "Office hours", "kind": "live", "category": null,
        "scheduled_at": "2026-04-01T16:00:00Z", "started_at": null, "ended_at": null, "status": "scheduled",
        "stream_call_id": null, "max_participants": 2, "duration_minutes": null, "recording_url": null,
        "metadata": {}, "created_at": now, "updated_at": now, "registered_count": 0, "is_registered": false,
    });
    assert_eq!(body, expected);
    assert_eq!(answer.header("location"), Some(format!("sessions/{id}").as_str()));
    assert_eq!(id.parse::<Uuid>().expect("an id").get_version_num(), 7);
    let read = service.read(&format!("{CREATE}/{id}"), &person("ada", "")).await;
    assert_eq!((read.ok(), read.tag()), (body, answer.tag()));
    assert_eq!(happened(&service.store, 0).await, [EventType::SessionCreated]);
}

#[actix_web::test]
async fn creates_a_session_of_every_member_as_sent() {
    let service = Service::empty().await;
    let metadata = r#"{"z":1.0e2,"a":[12345678901234567890123,-0.10],"s":"\u00e9\/ é","o":{"b":null}}"#;
    let body = format!(
        r#" {{"metadata": {}, "title": " Zoë 🎥 ", "category": "Q&A", "community_id": "rust", "kind": "office_hours",
        "duration_minutes": 1440, "host_id": "ada", "brand_id": "ac\u006de", "max_participants": 1000000,
        "scheduled_at": "9998-12-31T23:59:59.9999999Z"}} "#,
        metadata.replace(',', " ,\n")
    );
    let request = bare(Method::POST, CREATE, &host("ada"))
        .insert_header(("Content-Type", "Application/JSON; charset=\"UTF-8\""))
        .set_payload(body);
    let answer = service.send(request).await;
    let created = is_session(&answer, 201);
    assert!(answer.text().contains(&format!("\"metadata\":{metadata}")), "{}", answer.text());
    assert_eq!(created["scheduled_at"], "9998-12-31T23:59:59.999999Z");
    for (name, value) in
        [("title", " Zoë 🎥 "), ("category", "Q&A"), ("kind", "office_hours"), ("brand_id", "acme"), ("host_id", "ada")]
    {
        assert_eq!(created[name], value, "{name}");
    }
    assert_eq!((&created["duration_minutes"], &created["max_participants"]), (&json!(1440), &json!(1_000_000)));
    let stored = exported_sessions(&service.store).await;
    assert_eq!(stored[0].community_id.as_ref().map(live_domain::CommunityId::as_str), Some("rust"));
}

#[actix_web::test]
async fn null_is_nothing_for_what_may_be_empty_on_create() {
    let service = Service::empty().await;
    let mut body = draft();
    for name in ["category", "community_id", "duration_minutes"] {
        body[name] = Value::Null;
    }
    let created = is_session(&service.create(&host("ada"), &body).await, 201);
    assert_eq!((&created["category"], &created["duration_minutes"]), (&Value::Null, &Value::Null));
}

#[actix_web::test]
async fn a_read_is_conditional_and_answers_head() {
    let service = Service::with([session(1)]).await;
    let (path, token) = (path(1, ""), person("bob", ""));
    let whole = service.read(&path, &token).await;
    is_session(&whole, 200);
    let tag = whole.tag();
    let again = service.send(bearer(get(&path), &token).insert_header(("If-None-Match", tag.clone()))).await;
    assert_eq!((again.status, again.body.len(), again.tag()), (StatusCode::NOT_MODIFIED, 0, tag.clone()));
    let head = service.send(bare(Method::HEAD, &path, &token)).await;
    assert_eq!((head.status, head.tag()), (StatusCode::OK, tag.clone()));
    // What the viewer sees changes with a registration, the version does not.
    service.register(1, "bob").await;
    let registered = service.read(&path, &token).await;
    assert_eq!((&registered.ok()["registered_count"], &registered.ok()["is_registered"]), (&json!(1), &json!(true)));
    let version = |tag: &str| tag.split('.').next().map(str::to_owned);
    assert_ne!(registered.tag(), tag);
    assert_eq!(version(&registered.tag()), version(&tag));
    let changed = service.patch(1, &host("ada"), &json!({"title": "New"})).await;
    assert_ne!(version(&changed.tag()), version(&tag));
}

#[actix_web::test]
async fn an_id_is_taken_in_either_letter_case() {
    let id: Uuid = "018f2f3e-abcd-7000-8000-0000000000ff".parse().expect("an id");
    let service = Service::with([Session { id, ..session(1) }]).await;
    for path in [format!("/v1/sessions/{id}"), format!("/v1/sessions/{}", id.to_string().to_ascii_uppercase())] {
        assert_eq!(service.read(&path, &person("ada", "")).await.ok()["id"], id.to_string());
    }
}

#[actix_web::test]
async fn a_thing_that_is_not_there_is_one_and_the_same_404() {
    let globex = Session { brand_id: "globex".parse().expect("a brand"), ..session(2) };
    let service = Service::with([session(1), globex]).await;
    let token = crate::writing::limited("ada", "write:live manage:live", "acme");
    let hidden = path(2, "");
    let ids = [
        hidden.as_str(),
        "/v1/sessions/018f2f3e-0000-7000-8000-0000000000aa",
        "/v1/sessions/00000000000000000000000000000001",
        "/v1/sessions/{00000000-0000-0000-0000-000000000001}",
        "/v1/sessions/urn:uuid:00000000-0000-0000-0000-000000000001",
        "/v1/sessions/00000000-0000-0000-0000-00000000000g",
        "/v1/sessions/00000000-0000-0000-0000-0000000000001",
        "/v1/sessions/1",
        "/v1/sessions/%20",
        "/v1/sessions/%ff",
    ];
    let mut failures = Failures::default();
    for id in ids {
        for (method, rest, body) in [
            (Method::GET, "", None),
            (Method::PATCH, "", Some(json!({"title": "New"}))),
            (Method::POST, "/start", None),
            (Method::POST, "/end", None),
            (Method::POST, "/cancel", None),
            (Method::GET, "/registrations", None),
            (Method::POST, "/registrations", None),
            (Method::GET, "/registrations/me", None),
            (Method::DELETE, "/registrations/me", None),
        ] {
            let path = format!("{id}{rest}");
            let request = match &body {
                Some(body) => with_json(method.clone(), &path, &token, body),
                None => bare(method.clone(), &path, &token),
            };
            let answer = service.send(request.insert_header(("X-Request-Id", "x"))).await;
            let expected = r#"{"error":"not_found","message":"there is no such thing, or none that exists for you","request_id":"x"}"#;
            failures.check(&format!("{method} {path}"), answer.text(), expected);
            let anonymous = service.send(actix_web::test::TestRequest::with_uri(&path).method(method.clone())).await;
            failures.check(&path, anonymous.error(), "401 unauthenticated".to_owned());
        }
    }
}

#[actix_web::test]
async fn a_patch_changes_what_it_names_and_nothing_else() {
    let metadata = Metadata::parse(r#"{"keep":1.50,"drop":true,"o":{"a":1,"b":2}}"#).expect("metadata");
    let before = Session { category: Some("rust".parse().expect("a category")), metadata, ..session(1) };
    let service = Service::with([before]).await;
    let first = service.read(&path(1, ""), &host("ada")).await;
    service.clock.advance(Duration::minutes(5));
    let merge = r#"{"title":"New","metadata":{"drop":null,"o":{"b":3},"new":[ 1 ]},"stream_call_id":"call-1",
        "recording_url":"https://video.example/1","duration_minutes":90,"max_participants":3,"kind":"office_hours",
        "scheduled_at":"2026-05-01T00:00:00Z","community_id":"rust"}"#;
    let request = bare(Method::PATCH, &path(1, ""), &host("ada"))
        .insert_header(("Content-Type", "application/merge-patch+json"))
        .set_payload(merge);
    let answer = service.send(request).await;
    let body = is_session(&answer, 200);
    assert!(answer.header("location").is_none());
    let mut expected = first.ok();
    for (name, value) in [
        ("title", json!("New")),
        ("metadata", json!({"keep": 1.5, "o": {"a": 1, "b": 3}, "new": [1]})),
        ("stream_call_id", json!("call-1")),
        ("recording_url", json!("https://video.example/1")),
        ("duration_minutes", json!(90)),
        ("max_participants", json!(3)),
        ("kind", json!("office_hours")),
        ("scheduled_at", json!("2026-05-01T00:00:00Z")),
        ("updated_at", json!(minutes(5).to_string())),
    ] {
        expected[name] = value;
    }
    assert_eq!(body, expected);
    assert!(answer.text().contains(r#""metadata":{"keep":1.50,"o":{"a":1,"b":3},"new":[1]}"#), "{}", answer.text());
    assert_eq!(service.read(&path(1, ""), &host("ada")).await.tag(), answer.tag());
    assert_eq!(happened(&service.store, 1).await, [EventType::SessionUpdated]);
}

#[actix_web::test]
async fn null_empties_in_a_patch() {
    let service = Service::with([session(1)]).await;
    let full = json!({
        "category": "a", "community_id": "b", "duration_minutes": 5, "stream_call_id": "c",
        "recording_url": "https://video.example/1", "metadata": {"a": 1}, "kind": "office_hours",
    });
    service.patch(1, &host("ada"), &full).await.ok();
    let nulls: serde_json::Map<_, _> =
        full.as_object().expect("an object").keys().map(|name| (name.clone(), Value::Null)).collect();
    let body = service.patch(1, &host("ada"), &nulls.into()).await.ok();
    for name in ["category", "duration_minutes", "stream_call_id", "recording_url"] {
        assert_eq!(body[name], Value::Null, "{name}");
    }
    assert_eq!((&body["metadata"], &body["kind"]), (&json!({}), &json!("live")));
    assert_eq!(exported_sessions(&service.store).await[0].community_id, None);
}

#[actix_web::test]
async fn a_patch_that_changes_nothing_keeps_the_version() {
    let service = Service::with([session(1)]).await;
    let before = (service.read(&path(1, ""), &host("ada")).await.tag(), Snapshot::of(&service.store).await);
    service.clock.advance(Duration::minutes(5));
    let answer = service.patch(1, &host("ada"), &json!({"title": "Session 1", "category": null, "metadata": {}})).await;
    is_session(&answer, 200);
    assert_eq!((answer.tag(), Snapshot::of(&service.store).await), before);
}

#[actix_web::test]
async fn a_final_session_takes_four_members_alone() {
    for status in [SessionStatus::Ended, SessionStatus::Cancelled] {
        let service = Service::with([Session { status, ..session(1) }]).await;
        let taken =
            json!({"title": "T", "category": "c", "metadata": {"a": 1}, "recording_url": "https://video.example"});
        is_session(&service.patch(1, &host("ada"), &taken).await, 200);
        let before = Snapshot::of(&service.store).await;
        for (name, value) in [
            ("kind", json!("live")),
            ("community_id", json!(null)),
            ("scheduled_at", json!("2026-04-01T18:00:00Z")),
            ("max_participants", json!(10)),
            ("duration_minutes", json!(null)),
            ("stream_call_id", json!(null)),
        ] {
            let answer = service.patch(1, &host("ada"), &json!({"title": "U", name: value})).await;
            assert_eq!(answer.error(), "412 precondition_failed", "{name}");
            assert_eq!(parameters(&answer), [""], "{name}");
            let message = format!(
                "the session is {}: only title, category, metadata and recording_url can still change",
                status.as_str()
            );
            assert_eq!(answer.json()["message"], message);
            assert_eq!(answer.json()["details"][0]["message"], message);
        }
        assert_eq!(Snapshot::of(&service.store).await, before);
    }
}

#[actix_web::test]
async fn merged_metadata_are_bounded_as_a_member_of_the_body() {
    let service = Service::with([session(1)]).await;
    let big = "x".repeat(9_000);
    service.patch(1, &host("ada"), &json!({"metadata": {"a": big}})).await.ok();
    let before = Snapshot::of(&service.store).await;
    let answer = service.patch(1, &host("ada"), &json!({"metadata": {"b": big}})).await;
    assert_eq!(answer.error(), "400 validation_error");
    assert_eq!(parameters(&answer), ["/metadata"]);
    assert_eq!(answer.json()["message"], "metadata must have at most 16384 bytes as compact JSON");
    assert_eq!(Snapshot::of(&service.store).await, before);
    service.patch(1, &host("ada"), &json!({"metadata": {"a": null, "b": big}})).await.ok();
}

#[actix_web::test]
async fn seats_that_are_taken_stay_and_a_raise_promotes() {
    let service = Service::with([session(1)]).await;
    service.patch(1, &host("ada"), &json!({"max_participants": 2})).await.ok();
    for name in ["a", "b", "c", "d"] {
        service.register(1, name).await;
    }
    let answer = service.patch(1, &host("ada"), &json!({"max_participants": 1})).await;
    assert_eq!((answer.error().as_str(), parameters(&answer)), ("412 precondition_failed", vec![String::new()]));
    assert_eq!(answer.json()["message"], "2 are registered: there cannot be fewer seats");
    let raised = service.patch(1, &host("ada"), &json!({"max_participants": 3})).await.ok();
    assert_eq!((&raised["max_participants"], &raised["registered_count"]), (&json!(3), &json!(3)));
}
