//! What the tests of writes share: who writes, how, and whether anything was written.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use live_domain::contract::fixtures::{exported_registrations, exported_sessions, history, id};
use live_domain::memory::MemorySessionRepository;
use live_domain::{Event, Registration, Session};
use serde_json::{Value, json};

use crate::support::{Answer, Service, bearer, in_seconds, token};

pub(crate) const CREATE: &str = "/v1/sessions";

/// A token of that person with these scopes, for every brand.
pub(crate) fn person(name: &str, scopes: &str) -> String {
    token(&json!({"sub": name, "exp": in_seconds(86_400 * 30), "scope": scopes}))
}

/// A token of that person with these scopes, limited to a brand.
pub(crate) fn limited(name: &str, scopes: &str, brand: &str) -> String {
    token(&json!({"sub": name, "exp": in_seconds(86_400 * 30), "scope": scopes, "brand_id": brand}))
}

/// A token of that person, who hosts.
pub(crate) fn host(name: &str) -> String {
    person(name, "write:live")
}

/// The path of a session of the fixtures, and what follows it.
pub(crate) fn path(number: u32, rest: &str) -> String {
    format!("/v1/sessions/{}{rest}", id(u64::from(number)))
}

/// The members of a session to create that are required.
pub(crate) fn draft() -> Value {
    json!({
        "host_id": "ada", "brand_id": "acme", "title": "Office hours",
        "scheduled_at": "2026-04-01T18:00:00+02:00", "max_participants": 2,
    })
}

/// A request with no body.
pub(crate) fn bare(method: Method, path: &str, token: &str) -> TestRequest {
    bearer(TestRequest::with_uri(path).method(method), token)
}

/// A request with a JSON body.
pub(crate) fn with_json(method: Method, path: &str, token: &str, body: &Value) -> TestRequest {
    bare(method, path, token).insert_header(("Content-Type", "application/json")).set_payload(body.to_string())
}

impl Service {
    pub(crate) async fn post(&self, path: &str, token: &str) -> Answer {
        self.send(bare(Method::POST, path, token)).await
    }

    pub(crate) async fn delete(&self, path: &str, token: &str) -> Answer {
        self.send(bare(Method::DELETE, path, token)).await
    }

    pub(crate) async fn read(&self, path: &str, token: &str) -> Answer {
        self.send(bare(Method::GET, path, token)).await
    }

    pub(crate) async fn create(&self, token: &str, body: &Value) -> Answer {
        self.send(with_json(Method::POST, CREATE, token, body)).await
    }

    pub(crate) async fn patch(&self, number: u32, token: &str, body: &Value) -> Answer {
        self.send(with_json(Method::PATCH, &path(number, ""), token, body)).await
    }

    /// Registers that person for session `number`.
    pub(crate) async fn register(&self, number: u32, name: &str) -> Answer {
        self.post(&path(number, "/registrations"), &person(name, "")).await
    }
}

/// All that a store holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Snapshot {
    pub(crate) sessions: Vec<Session>,
    pub(crate) registrations: Vec<Registration>,
    pub(crate) events: Vec<Event>,
}

impl Snapshot {
    pub(crate) async fn of(store: &MemorySessionRepository) -> Self {
        Self {
            sessions: exported_sessions(store).await,
            registrations: exported_registrations(store).await,
            events: history(store).await,
        }
    }
}

/// The parameters of the details of an error.
pub(crate) fn parameters(answer: &Answer) -> Vec<String> {
    let body = answer.json();
    let details = body["details"].as_array().cloned().unwrap_or_default();
    details.iter().map(|detail| detail["parameter"].as_str().expect("a parameter").to_owned()).collect()
}
