//! The steps of a session's life.

use actix_web::http::Method;
use live_domain::contract::fixtures::{happened, minutes, session};
use live_domain::{EventType, Session, SessionStatus};
use serde_json::{Value, json};
use time::Duration;

use crate::session_writes::is_session;
use crate::support::Service;
use crate::writing::{Snapshot, bare, host, path, with_json};

#[actix_web::test]
async fn a_session_goes_through_its_life() {
    let service = Service::with([session(1), session(2)]).await;
    let token = host("ada");
    let step = async |number, name: &str, body: Value| {
        service.send(with_json(Method::POST, &path(number, name), &token, &body)).await
    };
    service.clock.advance(Duration::minutes(1));
    let live = step(1, "/start", json!({"stream_call_id": "call-1"})).await;
    let body = is_session(&live, 200);
    assert_eq!((&body["status"], &body["stream_call_id"]), (&json!("live"), &json!("call-1")));
    assert_eq!(
        (&body["started_at"], &body["updated_at"]),
        (&json!(minutes(1).to_string()), &json!(minutes(1).to_string()))
    );
    service.clock.advance(Duration::minutes(1));
    // Already there: nothing changes, whatever is given.
    let again = step(1, "/start", json!({"stream_call_id": "call-2"})).await;
    assert_eq!((is_session(&again, 200), again.tag()), (body, live.tag()));
    let ended = is_session(&step(1, "/end", json!({"recording_url": "https://video.example/1"})).await, 200);
    assert_eq!((&ended["status"], &ended["recording_url"]), (&json!("ended"), &json!("https://video.example/1")));
    assert_eq!(ended["ended_at"], minutes(2).to_string());
    assert_eq!(is_session(&step(1, "/end", json!({})).await, 200), ended);
    let cancelled = is_session(&step(2, "/cancel", json!({})).await, 200);
    assert_eq!(cancelled["status"], "cancelled");
    assert_eq!(
        happened(&service.store, 2).await,
        [EventType::SessionStarted, EventType::SessionEnded, EventType::SessionCancelled]
    );
}

#[actix_web::test]
async fn a_step_needs_no_body_and_then_no_type() {
    let service = Service::with((1..=3).map(session)).await;
    for (number, steps) in [(1, ["/start", "/end"]), (2, ["/cancel", "/cancel"])] {
        for step in steps {
            is_session(&service.post(&path(number, step), &host("ada")).await, 200);
        }
    }
    // As `curl -d ''` sends it.
    let form = bare(Method::POST, &path(3, "/start"), &host("ada"))
        .insert_header(("Content-Type", "application/x-www-form-urlencoded"));
    is_session(&service.send(form).await, 200);
}

#[actix_web::test]
async fn any_other_step_is_refused_with_the_state_and_what_is_possible() {
    use SessionStatus::{Cancelled, Ended, Live, Scheduled};
    let statuses = [(1, Scheduled), (2, Live), (3, Ended), (4, Cancelled)];
    let service = Service::with(statuses.map(|(number, status)| Session { status, ..session(number) })).await;
    let before = Snapshot::of(&service.store).await;
    for (number, step, message) in [
        (1, "/end", "the session is scheduled; live or cancelled can follow"),
        (2, "/cancel", "the session is live; only ended can follow"),
        (3, "/start", "the session is ended; nothing can follow"),
        (3, "/cancel", "the session is ended; nothing can follow"),
        (4, "/start", "the session is cancelled; nothing can follow"),
        (4, "/end", "the session is cancelled; nothing can follow"),
    ] {
        let answer = service.post(&path(number, step), &host("ada")).await;
        assert_eq!(answer.error(), "412 precondition_failed", "{number}{step}");
        assert_eq!(answer.json()["message"], message);
        assert_eq!(answer.json()["details"], json!([{"parameter": "", "message": message}]));
    }
    assert_eq!(Snapshot::of(&service.store).await, before);
}
