//! The examples of the OpenAPI document: a session that is created, edited and attended. A test sends the requests, and holds
//! the answers against the schemas and against what is really answered.

use serde_json::{Value, json};
use utoipa::Modify;
use utoipa::openapi::example::ExampleBuilder;
use utoipa::openapi::{Content, Ref, RefOr};

use super::error::{ERRORS, ErrorCode};
use super::index;
use super::openapi::operations_of;

/// The session of the examples, as parameters name it.
pub const SESSION: &str = "0199a6f2-5b1e-7c41-9d3a-2f6b8c0e4a17";
/// The calendar feed of the examples, as parameters name it.
pub const FEED: &str = "0199a6f6-7e31-7d02-b4c9-5a1e3f7d8b26";
/// The secret in its address.
pub const FEED_SECRET: &str = "qZl1mGDrhTlA2vXmC0z4S9w0wCkQ3n3mY3c9nEgf5bM";
const REGISTRATION: &str = "0199a6f4-01c2-7a90-8e55-6b7d9f1c3e20";
const CREATED: &str = "2026-03-01T09:00:00Z";
const BEGIN: &str = "2026-04-01T16:00:00Z";
const REGISTERED: &str = "2026-03-10T12:00:00.25Z";
const RECORDING: &str = "https://video.example/sourdough";
const CALL: &str = "call-7";

/// What every operation is sent and answers, and every error.
pub struct Examples;

impl Modify for Examples {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        for operation in operations_of(openapi) {
            let id = operation.operation_id.as_deref().unwrap_or_default();
            if let (Some(RefOr::T(body)), Some(example)) = (&mut operation.request_body, request(id)) {
                body.content.values_mut().for_each(|content| show(content, &example));
            }
            let successes = operation.responses.responses.iter_mut().filter(|(status, _)| status.starts_with('2'));
            for (_, response) in successes {
                let RefOr::T(response) = response else { continue };
                for (media_type, example) in [("application/json", answer(id)), ("text/calendar", calendar_of(id))] {
                    if let (Some(content), Some(example)) = (response.content.get_mut(media_type), example) {
                        show(content, &example);
                    }
                }
            }
        }
        let components = openapi.components.get_or_insert_with(Default::default);
        for kind in ERRORS {
            let example = ExampleBuilder::new().summary(kind.meaning).value(Some(refusal(kind.code))).build();
            components.examples.insert(kind.name.to_owned(), example.into());
        }
    }
}

fn show(content: &mut RefOr<Content>, example: &Value) {
    if let RefOr::T(content) = content {
        content.example = Some(example.clone());
    }
}

/// The example of an error, where it stands in the document.
#[must_use]
pub fn of_error(name: &str) -> RefOr<utoipa::openapi::example::Example> {
    RefOr::Ref(Ref::new(format!("#/components/examples/{name}")))
}

/// The body that an operation is sent.
fn request(operation: &str) -> Option<Value> {
    Some(match operation {
        "createSession" => json!({
            "host_id": "ada", "brand_id": "acme", "title": "Sourdough from scratch", "category": "cooking",
            "scheduled_at": "2026-04-01T18:00:00+02:00", "duration_minutes": 45, "max_participants": 25,
            "metadata": {"language": "en"},
        }),
        "patchSession" => {
            json!({"title": "Sourdough, and rye", "max_participants": 40, "metadata": {"level": "beginner"}})
        }
        "startSession" => json!({"stream_call_id": CALL}),
        "endSession" => json!({"recording_url": RECORDING}),
        "cancelSession" => json!({}),
        "createFeed" => json!({"brand_id": "acme", "upcoming": true}),
        _ => return None,
    })
}

/// What an operation answers when all is well.
fn answer(operation: &str) -> Option<Value> {
    Some(match operation {
        "listLiveSessions" => json!({"sessions": [session(&json!({"registered_count": 12}))], "next_cursor": null}),
        "createSession" => session(&json!({"updated_at": CREATED})),
        "getSession" => session(&json!({"registered_count": 12, "is_registered": true})),
        "patchSession" => session(&json!({
            "title": "Sourdough, and rye", "max_participants": 40, "metadata": {"language": "en", "level": "beginner"},
        })),
        "startSession" => {
            session(&json!({"status": "live", "started_at": "2026-04-01T16:01:30Z", "stream_call_id": CALL}))
        }
        "endSession" => session(&json!({
            "status": "ended", "started_at": "2026-04-01T16:01:30Z", "ended_at": "2026-04-01T16:47:05Z",
            "stream_call_id": CALL, "recording_url": RECORDING,
        })),
        "cancelSession" => session(&json!({"status": "cancelled"})),
        "listRegistrations" => json!({"registrations": [registration("registered")], "next_cursor": null}),
        "register" => own_registration("waitlist", &json!(3)),
        "getOwnRegistration" => own_registration("registered", &Value::Null),
        "cancelOwnRegistration" => own_registration("cancelled", &Value::Null),
        "createFeed" => json!({
            "id": FEED, "url": format!("feeds/{FEED_SECRET}.ics"), "created_at": CREATED,
            "expires_at": "2026-05-30T09:00:00Z",
        }),
        "isAlive" => json!({"status": "alive"}),
        "isReady" => json!({"status": "ready"}),
        "getIndex" => index::links(),
        "getOpenApi" => {
            json!({"openapi": "3.1.0", "info": {"title": "live", "version": env!("CARGO_PKG_VERSION")}, "paths": {}})
        }
        _ => return None,
    })
}

/// The calendar that an operation answers with, if it does.
fn calendar_of(operation: &str) -> Option<Value> {
    ["getCalendar", "readFeed"].contains(&operation).then(|| {
        json!(format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//live//live sessions//EN\r\nNAME:Live sessions of acme\r\n\
             X-WR-CALNAME:Live sessions of acme\r\nREFRESH-INTERVAL;VALUE=DURATION:PT15M\r\nX-PUBLISHED-TTL:PT15M\r\n\
             BEGIN:VEVENT\r\nUID:{SESSION}@live\r\nDTSTAMP:20260302T103000Z\r\nCREATED:20260301T090000Z\r\n\
             LAST-MODIFIED:20260302T103000Z\r\nSEQUENCE:1\r\nDTSTART:20260401T160000Z\r\nDURATION:PT45M\r\n\
             SUMMARY:Sourdough from scratch\r\nCATEGORIES:cooking\r\nSTATUS:CONFIRMED\r\nTRANSP:TRANSPARENT\r\n\
             END:VEVENT\r\nEND:VCALENDAR\r\n"
        ))
    })
}

/// The session, with these members in place of those of one that was just announced.
fn session(other: &Value) -> Value {
    let mut session = json!({
        "id": SESSION, "host_id": "ada", "brand_id": "acme", "title": "Sourdough from scratch", "kind": "live",
        "category": "cooking", "scheduled_at": BEGIN, "started_at": null, "ended_at": null, "status": "scheduled",
        "stream_call_id": null, "max_participants": 25, "duration_minutes": 45, "recording_url": null,
        "created_at": CREATED, "updated_at": "2026-03-02T10:30:00Z", "registered_count": 0, "is_registered": false,
        "metadata": {"language": "en"},
    });
    put(&mut session, other);
    session
}

fn registration(status: &str) -> Value {
    let cancelled_at = if status == "cancelled" { json!("2026-03-20T08:15:00Z") } else { Value::Null };
    json!({
        "id": REGISTRATION, "session_id": SESSION, "user_id": "bob", "status": status, "registered_at": REGISTERED,
        "cancelled_at": cancelled_at,
    })
}

fn own_registration(status: &str, position: &Value) -> Value {
    let mut registration = registration(status);
    put(&mut registration, &json!({"position": position}));
    registration
}

fn put(object: &mut Value, other: &Value) {
    if let (Value::Object(members), Value::Object(other)) = (object, other) {
        members.extend(other.clone());
    }
}

/// The body of an error.
fn refusal(code: ErrorCode) -> Value {
    let (message, parameter) = message_of(code);
    let mut body = json!({"error": code, "message": message, "request_id": "0199a6f5-3d20-7b66-a1f8-4c5e7d9b2f31"});
    if let Some(parameter) = parameter {
        put(&mut body, &json!({"details": [{"parameter": parameter, "message": message}]}));
    }
    body
}

/// What is said with an error, and of which part of the request where that is told.
fn message_of(code: ErrorCode) -> (&'static str, Option<&'static str>) {
    match code {
        ErrorCode::ValidationError => ("limit must be a whole number between 1 and 100, in digits", Some("limit")),
        ErrorCode::InvalidCursor => {
            ("cursor is not one that this very query was given: start again without cursor", None)
        }
        ErrorCode::InvalidRequest => ("the body breaks off or is malformed", None),
        ErrorCode::Unauthenticated => ("a bearer token is needed: send `Authorization: Bearer <token>`", None),
        ErrorCode::InvalidToken => ("the token has expired", None),
        ErrorCode::InsufficientScope => ("the token must have the scope write:live", None),
        ErrorCode::Forbidden => ("the session is somebody else's", None),
        ErrorCode::NotFound => ("there is no such thing, or none that exists for you", None),
        ErrorCode::MethodNotAllowed => ("this route knows GET, HEAD alone", None),
        ErrorCode::RequestTimeout => ("the body came too slowly", None),
        ErrorCode::Conflict => ("the idempotency key was used with another request: take a new one", None),
        ErrorCode::PreconditionFailed => {
            ("the session is in another version by now: read the session again", Some("If-Match"))
        }
        ErrorCode::PayloadTooLarge => ("the body must have at most 65536 bytes", None),
        ErrorCode::UnsupportedMediaType => {
            ("the body must be of the type application/json, in UTF-8 and without a content encoding", None)
        }
        ErrorCode::RateLimited => ("more than 600 requests in a minute; the next one may come in 1 s", None),
        ErrorCode::Internal => ("something went wrong on our side; the request id helps to find out what", None),
        ErrorCode::Unavailable => ("the service cannot answer right now; try again shortly", None),
    }
}
