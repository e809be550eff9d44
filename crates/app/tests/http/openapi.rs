//! The OpenAPI document says what the routes do.

use std::collections::BTreeSet;

use actix_web::http::Method;
use actix_web::test::TestRequest;
use live_app::http::error::ERRORS;
use live_app::http::feed_secret::FeedSecret;
use live_app::http::line_query::LINE_PARAMETERS;
use live_app::http::list_query::PARAMETERS;
use live_domain::contract::fixtures::{feed, fill, id, register, registration, secret, session, write};
use live_domain::{FeedRepository, RegistrationStatus, SealedSecret, Session, SessionStatus};
use serde_json::{Value, json};

use crate::openapi_headers::{documented_headers, undocumented_headers};
use crate::schema;
use crate::support::{Failures, ROUTES, SESSIONS, Service, Setup, UNGUARDED, WRITE_ROUTES, bearer, rate};
use crate::writing::{CREATE, Snapshot, draft, limited, person};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

pub(crate) async fn document(service: &Service) -> Value {
    let answer = service.anonymous("/openapi.json").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.ok()
}

/// Method, path and description of every operation.
pub(crate) fn operations(document: &Value) -> Vec<(Method, String, &Value)> {
    let paths = document["paths"].as_object().expect("paths");
    let mut operations = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("a path item") {
            if METHODS.contains(&method.as_str()) {
                let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).expect("a method");
                operations.push((method, path.clone(), operation));
            }
        }
    }
    operations
}

/// The body that an operation takes, if it takes one.
fn body_of(method: &Method, path: &str) -> Option<Value> {
    match (method, path) {
        (&Method::POST, CREATE) => Some(draft()),
        (&Method::PATCH, _) => Some(json!({"title": "New"})),
        _ => None,
    }
}

/// A good request for an operation, about session 1 of the fixtures.
pub(crate) fn good(method: &Method, path: &str) -> TestRequest {
    let named = path.replace("{id}", &id(1).to_string()).replace("{secret}", &feed_secret().reveal());
    let request = TestRequest::with_uri(&named).method(method.clone());
    match body_of(method, path) {
        Some(body) => request.insert_header(("Content-Type", "application/json")).set_payload(body.to_string()),
        None => request,
    }
}

/// The secret of calendar feed 1 of the fixtures.
fn feed_secret() -> FeedSecret {
    FeedSecret::read(&"A".repeat(43)).expect("a secret")
}

/// A service with session 1, of `ada` and the brand `acme`, for which she is registered, and with her calendar feed 1.
pub(crate) async fn fixture(path: &str) -> Service {
    let status = if path.ends_with("/end") { SessionStatus::Live } else { SessionStatus::Scheduled };
    let service = Setup { rate: Some(rate(1_000)), ..Setup::default() }.start().await;
    fill(&service.store, [Session { status, ..session(1) }]).await;
    register(&service.store, [registration(1, "ada", RegistrationStatus::Registered, 71)]).await;
    let sealed = SealedSecret { hash: feed_secret().hash(), ..secret(1) };
    service.store.create_feed(&feed(1, "ada"), &sealed, &write("ada", 0)).await.expect("a feed");
    service
}

#[actix_web::test]
async fn openapi_is_version_3_1_and_names_every_route() {
    let service = Service::empty().await;
    let document = document(&service).await;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")), "{}", document["openapi"]);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let named: BTreeSet<_> = operations(&document).into_iter().map(|(_, path, _)| path).collect();
    let routes = ROUTES.into_iter().chain(WRITE_ROUTES.iter().map(|(path, _)| *path));
    assert_eq!(named, routes.map(str::to_owned).collect());
}

#[actix_web::test]
async fn openapi_names_every_method_that_a_route_allows() {
    let service = Service::empty().await;
    let document = document(&service).await;
    for (path, allowed) in WRITE_ROUTES {
        let named: BTreeSet<_> = operations(&document)
            .into_iter()
            .filter(|(_, named, _)| named == path)
            .map(|(method, _, _)| method.to_string())
            .collect();
        // Every GET answers HEAD as well, which is not worth an operation of its own.
        let allowed = allowed.split(", ").filter(|method| *method != "HEAD").map(str::to_owned);
        assert_eq!(named, allowed.collect(), "{path}");
    }
}

#[actix_web::test]
async fn openapi_is_what_the_command_prints() {
    let service = Service::empty().await;
    let printed = live_app::http::openapi::document().expect("a document");
    assert_eq!(service.anonymous("/openapi.json").await.text(), printed);
}

#[actix_web::test]
async fn every_operation_answers_as_documented() {
    let document = document(&Service::empty().await).await;
    for (method, path, operation) in operations(&document) {
        let service = fixture(&path).await;
        let answer = service.send(bearer(good(&method, &path), &person("ada", "manage:live"))).await;
        assert!(answer.status.is_success(), "{method} {path}: {}", answer.text());
        let response = &operation["responses"][answer.status.as_str()];
        assert!(response.is_object(), "{method} {path}");
        if let Some(content) = response["content"].as_object() {
            let media_type = answer.header("content-type").expect("a type").split(';').next().expect("a type");
            assert!(content.contains_key(media_type), "{method} {path}: {media_type}");
        }
        for name in documented_headers(response) {
            let is_there = answer.header(name).is_some();
            assert!(is_there || ["Link", "Idempotent-Replayed"].contains(&name), "{method} {path}: {name}");
        }
        assert_eq!(undocumented_headers(response, &answer), [""; 0], "{method} {path}");
    }
}

#[actix_web::test]
async fn openapi_says_what_a_key_looks_like() {
    let document = document(&Service::empty().await).await;
    for (method, path, operation) in operations(&document) {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let keys: Vec<_> = parameters.filter(|parameter| parameter["name"] == "Idempotency-Key").collect();
        assert_eq!(keys.len(), usize::from(method == Method::POST), "{method} {path}");
        for key in keys {
            let form = json!({"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"});
            assert_eq!((&key["in"], &key["required"], &key["schema"]), (&json!("header"), &json!(false), &form));
        }
    }
}

#[actix_web::test]
async fn every_operation_answers_401_without_a_token_but_the_unguarded_ones() {
    let document = document(&Service::empty().await).await;
    let mut guarded = 0;
    for (method, path, operation) in operations(&document) {
        let service = fixture(&path).await;
        let before = Snapshot::of(&service.store).await;
        let answer = service.send(good(&method, &path)).await;
        if UNGUARDED.contains(&path.as_str()) {
            assert_eq!(answer.status.as_u16(), 200, "{method} {path}");
            assert!(operation.get("security").is_none(), "{method} {path}");
        } else {
            guarded += 1;
            assert_eq!(answer.error(), "401 unauthenticated", "{method} {path}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"live\""), "{method} {path}");
            assert!(operation["security"][0]["bearer"].is_array(), "{method} {path}");
            assert!(operation["responses"]["401"].is_object(), "{method} {path}");
        }
        assert_eq!(Snapshot::of(&service.store).await, before);
    }
    assert_eq!(guarded, OTHERS.len());
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
}

#[actix_web::test]
async fn openapi_says_which_bodies_may_be_left_out() {
    let document = document(&Service::empty().await).await;
    let mut failures = Failures::default();
    for (method, path, operation) in operations(&document) {
        let required = operation["requestBody"]["required"].as_bool();
        let is_step = ["/start", "/end", "/cancel"].iter().any(|step| path.ends_with(step));
        let expected =
            if is_step || path == "/v1/live/feeds" { Some(false) } else { body_of(&method, &path).map(|_| true) };
        failures.check(&format!("{method} {path}"), required, expected);
    }
}

/// What each guarded operation, by its id, answers about somebody else's session: to another host of its brand, to a
/// manager of another brand, and to one who has no scope at all.
const OTHERS: &[(&str, [&str; 3])] = &[
    ("listLiveSessions", ["200 -", "200 -", "200 -"]),
    ("getCalendar", ["200 -", "200 -", "200 -"]),
    ("createFeed", ["201 -", "201 -", "201 -"]),
    ("revokeFeed", ["404 not_found", "404 not_found", "404 not_found"]),
    ("createSession", ["403 forbidden", "403 forbidden", "403 insufficient_scope"]),
    ("getSession", ["200 -", "404 not_found", "200 -"]),
    ("patchSession", ["403 forbidden", "404 not_found", "403 insufficient_scope"]),
    ("startSession", ["403 forbidden", "404 not_found", "403 insufficient_scope"]),
    ("endSession", ["403 forbidden", "404 not_found", "403 insufficient_scope"]),
    ("cancelSession", ["403 forbidden", "404 not_found", "403 insufficient_scope"]),
    ("listRegistrations", ["403 forbidden", "404 not_found", "403 insufficient_scope"]),
    ("register", ["201 -", "404 not_found", "201 -"]),
    ("getOwnRegistration", ["404 not_found", "404 not_found", "404 not_found"]),
    ("cancelOwnRegistration", ["404 not_found", "404 not_found", "404 not_found"]),
];

#[actix_web::test]
async fn every_operation_keeps_others_to_what_is_theirs() {
    let document = document(&Service::empty().await).await;
    let tokens =
        [limited("bob", "write:live", "acme"), limited("bob", "manage:live", "globex"), limited("bob", "", "acme")];
    let mut failures = Failures::default();
    for (method, path, operation) in operations(&document) {
        let operation_id = operation["operationId"].as_str().expect("an id");
        if UNGUARDED.contains(&path.as_str()) {
            continue;
        }
        let others = OTHERS.iter().find(|(named, _)| *named == operation_id);
        let (_, expected) = others.unwrap_or_else(|| panic!("{operation_id}: say what others get"));
        for (token, expected) in tokens.iter().zip(expected) {
            let service = fixture(&path).await;
            let before = Snapshot::of(&service.store).await;
            let answer = service.send(bearer(good(&method, &path), token)).await;
            failures.check(operation_id, answer.error(), (*expected).to_owned());
            let documented = operation["responses"][answer.status.as_str()].is_object();
            failures.check(&format!("{operation_id} documents {}", answer.status), documented, true);
            if !answer.status.is_success() {
                failures.check(operation_id, Snapshot::of(&service.store).await == before, true);
            }
            if operation_id == "listLiveSessions" {
                let sessions = answer.json()["sessions"].as_array().map_or(0, Vec::len);
                failures.check("what is listed", sessions, usize::from(!token.eq(&tokens[1])));
            }
        }
    }
}

#[actix_web::test]
async fn every_code_of_a_response_is_one_of_that_status() {
    let document = document(&Service::empty().await).await;
    for (method, path, operation) in operations(&document) {
        for (status, response) in operation["responses"].as_object().expect("responses") {
            let is_error = status.starts_with(['4', '5']);
            let names = response["description"].as_str().expect("a description");
            for name in names.replace(", ", " or ").split(" or ").filter(|_| is_error) {
                let row = ERRORS.iter().find(|row| row.name == name);
                let row = row.unwrap_or_else(|| panic!("{method} {path} {status}: {name}"));
                assert_eq!(row.status.as_str(), status, "{method} {path}: {name}");
            }
        }
    }
}

#[actix_web::test]
async fn openapi_lists_the_parameters_that_the_handler_knows() {
    let service = Service::empty().await;
    let document = document(&service).await;
    let parameters = document["paths"][SESSIONS]["get"]["parameters"].as_array().expect("parameters");
    let (query, fields): (Vec<_>, Vec<_>) = parameters.iter().partition(|parameter| parameter["in"] == "query");
    let names: BTreeSet<_> = query.iter().map(|parameter| parameter["name"].as_str().expect("a name")).collect();
    assert_eq!(names, PARAMETERS.iter().copied().collect());
    assert_eq!(names.len(), query.len(), "each is there once");
    assert_eq!(fields.iter().map(|parameter| &parameter["name"]).collect::<Vec<_>>(), ["Live-Position"]);
    let line = document["paths"]["/v1/sessions/{id}/registrations"]["get"]["parameters"].as_array();
    let line = line.expect("parameters").iter().filter(|parameter| parameter["in"] == "query");
    let line: BTreeSet<_> = line.map(|parameter| parameter["name"].as_str().expect("a name")).collect();
    assert_eq!(line, LINE_PARAMETERS.iter().copied().collect());
    for parameter in parameters {
        assert_ne!(parameter["required"], true, "{parameter}");
        assert!(parameter["description"].as_str().is_some_and(|text| !text.is_empty()), "{parameter}");
    }
    // The handler knows each: it never calls one unknown, and it reads it.
    for name in PARAMETERS {
        let body = service.list(&format!("{name}=%00")).await.json();
        assert_eq!(body["message"], format!("{name} must not contain control characters"));
    }
}

#[actix_web::test]
async fn openapi_names_every_error_code() {
    let service = Service::empty().await;
    let document = document(&service).await;
    let codes =
        schema::texts(&document["components"]["schemas"]["ErrorCode"]["enum"]).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(codes, ERRORS.iter().map(|row| row.name).collect());
    let body = &document["components"]["schemas"]["ErrorBody"];
    let required = schema::texts(&body["required"]).into_iter().collect::<BTreeSet<_>>();
    assert_eq!(required, BTreeSet::from(["error", "message", "request_id"]));
    let members: BTreeSet<_> = body["properties"].as_object().expect("properties").keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(["error", "message", "details", "request_id"]));
    // Each status that the list answers with is documented.
    let responses = document["paths"][SESSIONS]["get"]["responses"].as_object().expect("responses");
    for status in ["200", "304", "400", "401", "403", "429", "500", "503"] {
        assert!(responses.contains_key(status), "{status}");
    }
}

#[actix_web::test]
async fn openapi_operation_ids_are_unique() {
    let service = Service::empty().await;
    let document = document(&service).await;
    let operations = operations(&document);
    let ids: BTreeSet<_> =
        operations.iter().filter_map(|(_, _, operation)| operation["operationId"].as_str()).collect();
    assert_eq!(ids.len(), operations.len());
}

#[actix_web::test]
async fn openapi_references_lead_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(members) => {
                found.extend(members.get("$ref").and_then(Value::as_str));
                members.values().for_each(|member| references(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| references(item, found)),
            _ => {}
        }
    }
    let service = Service::empty().await;
    let document = document(&service).await;
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let pointer = reference.strip_prefix('#').expect("a reference within the document");
        assert!(document.pointer(pointer).is_some(), "{reference}");
    }
}

#[actix_web::test]
async fn openapi_describes_the_session_as_the_minimum_schema_has_it() {
    let service = Service::empty().await;
    let document = document(&service).await;
    let minimum = schema::list_live_sessions();
    let minimum = &minimum["properties"]["sessions"]["items"];
    let session = &document["components"]["schemas"]["Session"];
    let required =
        |schema: &Value| schema::texts(&schema["required"]).into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
    let members =
        |schema: &Value| schema["properties"].as_object().expect("properties").keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(required(session), required(minimum));
    assert_eq!(members(session), members(minimum));
    for (name, rule) in minimum["properties"].as_object().expect("properties") {
        let described = resolved(&document, &session["properties"][name]);
        let kinds =
            |schema: &Value| schema::texts(&schema["type"]).into_iter().map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(kinds(described), kinds(rule), "{name}: {described}");
        assert_eq!(described["enum"], rule["enum"], "{name}");
        if rule.get("format").is_some() {
            assert_eq!(described["format"], rule["format"], "{name}");
        }
    }
    let list = resolved(
        &document,
        &document["paths"][SESSIONS]["get"]["responses"]["200"]["content"]["application/json"]["schema"],
    );
    assert_eq!(required(list), BTreeSet::from(["sessions".to_owned(), "next_cursor".to_owned()]));
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#'));
    reference.map_or(schema, |pointer| document.pointer(pointer).expect("a reference that leads somewhere"))
}
