//! Registering and cancelling, and one's own registration.

use actix_web::http::{Method, StatusCode};
use live_domain::contract::fixtures::{exported_registrations, happened, minutes, register, registration, session};
use live_domain::{EventType, MaxParticipants, RegistrationStatus, Session, SessionStatus};
use serde_json::{Value, json};
use time::Duration;

use crate::support::{Answer, Service, bearer, get};
use crate::writing::{Snapshot, bare, parameters, path, person};

const ME: &str = "/registrations/me";

/// A service with session 1, which has so many seats.
pub(crate) async fn with_seats(seats: u32) -> Service {
    Service::with([Session { max_participants: MaxParticipants::new(seats).expect("a number"), ..session(1) }]).await
}

async fn me(service: &Service, name: &str) -> Answer {
    service.read(&path(1, ME), &person(name, "")).await
}

pub(crate) async fn leave(service: &Service, name: &str) -> Answer {
    service.delete(&path(1, ME), &person(name, "")).await
}

/// Status and position of somebody, as they see it.
async fn standing(service: &Service, name: &str) -> (String, Value) {
    let body = me(service, name).await.ok();
    (body["status"].as_str().expect("a status").to_owned(), body["position"].clone())
}

fn stands(status: &str, position: Option<u32>) -> (String, Value) {
    (status.to_owned(), json!(position))
}

#[actix_web::test]
async fn who_registers_gets_a_seat_and_finds_it_again() {
    let service = with_seats(2).await;
    let answer = service.register(1, "bob").await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.text());
    let body = answer.json();
    let expected = json!({
        "id": body["id"], "session_id": "00000000-0000-0000-0000-000000000001", "user_id": "bob", "status": "registered",
        "registered_at": minutes(0).to_string(), "cancelled_at": null, "position": null,
    });
    assert_eq!(body, expected);
    assert_eq!(answer.header("location"), Some("registrations/me"));
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    assert!(body["id"].as_str().is_some_and(|id| id.parse::<uuid::Uuid>().is_ok()));
    let read = me(&service, "bob").await;
    assert_eq!(read.ok(), body);
    for (name, value) in [("cache-control", "private, no-cache"), ("vary", "Authorization, Accept-Encoding")] {
        assert_eq!(read.header(name), Some(value));
    }
    let again =
        service.send(bearer(get(&path(1, ME)), &person("bob", "")).insert_header(("If-None-Match", read.tag()))).await;
    assert_eq!((again.status, again.body.len()), (StatusCode::NOT_MODIFIED, 0));
    let head = service.send(bare(Method::HEAD, &path(1, ME), &person("bob", ""))).await;
    assert_eq!((head.status, head.tag()), (StatusCode::OK, read.tag()));
}

#[actix_web::test]
async fn a_repeat_answers_with_what_is_there() {
    let service = with_seats(1).await;
    for name in ["bob", "cleo"] {
        let first = service.register(1, name).await.json();
        service.clock.advance(Duration::minutes(1));
        let before = Snapshot::of(&service.store).await;
        let again = service.register(1, name).await;
        assert_eq!((again.ok(), again.header("location")), (first, None));
        assert_eq!(Snapshot::of(&service.store).await, before);
    }
}

#[actix_web::test]
async fn the_waiting_are_promoted_in_their_order() {
    let service = with_seats(1).await;
    for (name, status, position) in
        [("a", "registered", None), ("b", "waitlist", Some(1)), ("c", "waitlist", Some(2)), ("d", "waitlist", Some(3))]
    {
        let body = service.register(1, name).await.json();
        assert_eq!((&body["status"], &body["position"]), (&json!(status), &json!(position)), "{name}");
    }
    let left = leave(&service, "c").await.ok();
    assert_eq!((&left["status"], &left["position"]), (&json!("cancelled"), &Value::Null));
    assert_eq!(standing(&service, "d").await, stands("waitlist", Some(2)));
    leave(&service, "a").await.ok();
    assert_eq!(standing(&service, "b").await, stands("registered", None));
    assert_eq!(standing(&service, "d").await, stands("waitlist", Some(1)));
    let session = service.read(&path(1, ""), &person("b", "")).await.ok();
    assert_eq!((&session["registered_count"], &session["is_registered"]), (&json!(1), &json!(true)));
}

#[actix_web::test]
async fn cancelling_is_told_once_and_answered_again() {
    let service = with_seats(1).await;
    let first = service.register(1, "bob").await.json();
    service.clock.advance(Duration::minutes(3));
    let cancelled = leave(&service, "bob").await;
    let body = cancelled.ok();
    assert_eq!((&body["id"], &body["cancelled_at"]), (&first["id"], &json!(minutes(3).to_string())));
    assert!(cancelled.header("location").is_none());
    service.clock.advance(Duration::minutes(1));
    let before = Snapshot::of(&service.store).await;
    assert_eq!(leave(&service, "bob").await.ok(), body);
    assert_eq!(me(&service, "bob").await.ok(), body);
    assert_eq!(Snapshot::of(&service.store).await, before);
    // Whoever comes back is new, and last.
    service.register(1, "cleo").await;
    let back = service.register(1, "bob").await;
    assert_eq!((back.status, back.header("location")), (StatusCode::CREATED, Some("registrations/me")));
    let back = back.json();
    assert_eq!(
        (&back["status"], &back["position"], &back["cancelled_at"]),
        (&json!("waitlist"), &json!(1), &Value::Null)
    );
    assert_ne!(back["id"], first["id"]);
    assert!(back["registered_at"].as_str() > first["registered_at"].as_str());
}

#[actix_web::test]
async fn a_session_that_is_over_takes_nobody_and_lets_everybody_go() {
    for (status, name) in [(SessionStatus::Ended, "ended"), (SessionStatus::Cancelled, "cancelled")] {
        let service = Service::with([Session { status, ..session(1) }]).await;
        let seated = [
            registration(1, "bob", RegistrationStatus::Registered, 71),
            registration(1, "cleo", RegistrationStatus::Waitlist, 72),
        ];
        register(&service.store, seated).await;
        for person in ["bob", "dan"] {
            let before = Snapshot::of(&service.store).await;
            let answer = service.register(1, person).await;
            assert_eq!(
                (answer.error().as_str(), parameters(&answer)),
                ("412 precondition_failed", vec![String::new()])
            );
            let message = format!("the session is {name}: nobody can register any more");
            assert_eq!(answer.json()["message"], message);
            assert_eq!(Snapshot::of(&service.store).await, before);
        }
        leave(&service, "bob").await.ok();
        assert_eq!(standing(&service, "cleo").await, stands("waitlist", Some(1)), "nobody is promoted any more");
    }
    let live = Service::with([Session { status: SessionStatus::Live, ..session(1) }]).await;
    assert_eq!(live.register(1, "bob").await.status, StatusCode::CREATED);
}

#[actix_web::test]
async fn who_never_registered_is_not_found() {
    let service = with_seats(1).await;
    service.register(1, "bob").await;
    let before = Snapshot::of(&service.store).await;
    assert_eq!(me(&service, "cleo").await.error(), "404 not_found");
    assert_eq!(leave(&service, "cleo").await.error(), "404 not_found");
    assert_eq!(Snapshot::of(&service.store).await, before);
}

#[actix_web::test]
async fn somebody_of_255_characters_can_register() {
    let service = with_seats(1).await;
    let name = "ü".repeat(255);
    assert_eq!(service.register(1, &name).await.json()["user_id"], name.as_str());
}

#[actix_web::test]
async fn a_delete_knows_no_idempotency_key() {
    let service = with_seats(1).await;
    service.register(1, "bob").await;
    let request = bare(Method::DELETE, &path(1, ME), &person("bob", ""));
    let request = request.append_header(("Idempotency-Key", "a b")).append_header(("Idempotency-Key", "c"));
    service.send(request).await.ok();
}

#[actix_web::test]
async fn every_change_of_a_registration_is_in_the_history() {
    let service = with_seats(1).await;
    for name in ["a", "b"] {
        service.register(1, name).await;
    }
    leave(&service, "a").await;
    let names: Vec<_> = happened(&service.store, 1).await.into_iter().map(EventType::as_str).collect();
    let expected =
        ["registration.registered", "registration.waitlisted", "registration.cancelled", "registration.promoted"];
    assert_eq!(names, expected);
}

#[actix_web::test]
async fn of_twelve_who_come_for_three_seats_three_get_one() {
    let service = with_seats(3).await;
    for number in 0..12 {
        service.register(1, &format!("person-{number}")).await;
    }
    let registrations = exported_registrations(&service.store).await;
    let seated = registrations.iter().filter(|one| one.status == RegistrationStatus::Registered).count();
    assert_eq!((registrations.len(), seated), (12, 3));
}
