//! The OpenAPI document names the header fields of answers.

use actix_web::http::Method;
use actix_web::http::header::HeaderName;
use live_domain::contract::fixtures::session;
use serde_json::Value;

use crate::openapi::{document, good, operations};
use crate::support::{Answer, SESSIONS, Service, Setup, UNGUARDED, bearer, get, rate};
use crate::writing::{CREATE, limited, path, person};

/// What every answer may have, which the document does not repeat.
const GENERIC: &[&str] = &["cache-control", "content-length", "content-type", "vary", "x-request-id"];

pub(crate) fn documented_headers(response: &Value) -> impl Iterator<Item = &str> {
    response["headers"].as_object().into_iter().flat_map(serde_json::Map::keys).map(String::as_str)
}

/// The header fields of an answer that its description does not name.
pub(crate) fn undocumented_headers<'a>(response: &Value, answer: &'a Answer) -> Vec<&'a str> {
    let named = |sent: &str| documented_headers(response).any(|name| name.eq_ignore_ascii_case(sent));
    let sent = answer.headers.keys().map(HeaderName::as_str);
    sent.filter(|sent| !GENERIC.contains(sent) && !named(sent)).collect()
}

#[actix_web::test]
async fn openapi_names_the_headers_that_an_answer_has_now_and_then() {
    let document = document(&Service::empty().await).await;
    let service = Service::with((1..=3).map(session)).await;
    for name in ["bob", "eve"] {
        service.register(1, name).await;
    }
    let (line, ada) = ("/v1/sessions/{id}/registrations", person("ada", "manage:live"));
    let again = |method: &Method, path: &str| good(method, path).insert_header(("Idempotency-Key", path.to_owned()));
    for (method, path, request, name) in [
        (Method::GET, SESSIONS, get(&format!("{SESSIONS}?limit=1")), "Link"),
        (Method::GET, line, get(&format!("{}?limit=1", path(1, "/registrations"))), "Link"),
        (Method::POST, line, again(&Method::POST, line), "Location"),
        (Method::POST, line, again(&Method::POST, line), "Idempotent-Replayed"),
        (Method::POST, line, good(&Method::POST, line), "ETag"),
        (Method::POST, CREATE, again(&Method::POST, CREATE), "Location"),
        (Method::POST, CREATE, again(&Method::POST, CREATE), "Idempotent-Replayed"),
        (
            Method::PATCH,
            "/v1/sessions/{id}",
            good(&Method::PATCH, "/v1/sessions/{id}").insert_header(("Content-Type", "text/plain")),
            "Accept-Patch",
        ),
    ] {
        let answer = service.send(bearer(request, &ada)).await;
        let case = format!("{method} {path} {} {name}", answer.status);
        assert!(answer.header(name).is_some(), "{case}");
        let operation = &document["paths"][path][method.as_str().to_lowercase()];
        let response = &operation["responses"][answer.status.as_str()];
        assert_eq!(undocumented_headers(response, &answer), [""; 0], "{case}");
    }
}

#[actix_web::test]
async fn openapi_names_the_headers_that_come_with_a_refusal() {
    let document = document(&Service::empty().await).await;
    for (method, path, operation) in operations(&document) {
        if UNGUARDED.contains(&path.as_str()) {
            continue;
        }
        let service = Setup { rate: Some(rate(1)), list_scopes: &["list"], ..Setup::default() }.start().await;
        let token = limited("bob", "", "acme");
        for (request, status) in [
            (good(&method, &path), "401"),
            (good(&method, &path), "429"),
            (bearer(good(&method, &path), &token), "403"),
            (bearer(good(&method, &path), &token), "429"),
        ] {
            let answer = service.send(request).await;
            let case = format!("{method} {path} {}", answer.text());
            assert_eq!(answer.status.as_str(), status, "{case}");
            let response = &operation["responses"][status];
            assert_eq!(undocumented_headers(response, &answer), [""; 0], "{case}");
            assert!(documented_headers(response).all(|name| answer.header(name).is_some()), "{case}");
        }
    }
}
