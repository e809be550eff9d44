//! The OpenAPI document says what the routes do.

use std::collections::BTreeSet;

use actix_web::http::Method;
use live_app::http::error::ERRORS;
use live_app::http::list_query::PARAMETERS;
use serde_json::Value;

use crate::schema;
use crate::support::{ROUTES, SESSIONS, Service, UNGUARDED, ada, bearer, get};

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

async fn document(service: &Service) -> Value {
    let answer = service.anonymous("/openapi.json").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    answer.ok()
}

/// Method, path and description of every operation.
fn operations(document: &Value) -> Vec<(Method, String, &Value)> {
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

#[actix_web::test]
async fn openapi_is_version_3_1_and_names_every_route() {
    let service = Service::empty().await;
    let document = document(&service).await;
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")), "{}", document["openapi"]);
    assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let named: BTreeSet<_> = operations(&document).into_iter().map(|(_, path, _)| path).collect();
    assert_eq!(named, ROUTES.map(str::to_owned).into_iter().collect());
}

#[actix_web::test]
async fn openapi_is_what_the_command_prints() {
    let service = Service::empty().await;
    let printed = live_app::http::openapi::document().expect("a document");
    assert_eq!(service.anonymous("/openapi.json").await.text(), printed);
}

#[actix_web::test]
async fn every_operation_answers_as_documented() {
    let service = Service::empty().await;
    let document = document(&service).await;
    for (method, path, operation) in operations(&document) {
        let answer = service.send(bearer(get(&path), &ada()).method(method.clone())).await;
        assert_eq!(answer.status.as_u16(), 200, "{method} {path}");
        assert!(operation["responses"]["200"].is_object(), "{method} {path}");
        let content = operation["responses"]["200"]["content"].as_object();
        if let Some(content) = content {
            let media_type = answer.header("content-type").expect("a type").split(';').next().expect("a type");
            assert!(content.contains_key(media_type), "{method} {path}: {media_type}");
        }
    }
}

#[actix_web::test]
async fn every_operation_answers_401_without_a_token_but_the_unguarded_ones() {
    let service = Service::empty().await;
    let document = document(&service).await;
    let mut guarded = 0;
    for (method, path, operation) in operations(&document) {
        let answer = service.send(get(&path).method(method.clone())).await;
        if UNGUARDED.contains(&path.as_str()) {
            assert_eq!(answer.status.as_u16(), 200, "{method} {path}");
            assert!(operation.get("security").is_none(), "{method} {path}");
        } else {
            guarded += 1;
            assert_eq!(answer.error(), "401 unauthenticated", "{method} {path}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer realm=\"live\""), "{method} {path}");
            assert!(operation["security"][0]["bearer"].is_array(), "{method} {path}");
        }
    }
    assert!(guarded > 0);
    assert_eq!(document["components"]["securitySchemes"]["bearer"]["scheme"], "bearer");
}

#[actix_web::test]
async fn openapi_lists_the_parameters_that_the_handler_knows() {
    let service = Service::empty().await;
    let document = document(&service).await;
    let parameters = document["paths"][SESSIONS]["get"]["parameters"].as_array().expect("parameters");
    let names: BTreeSet<_> = parameters.iter().map(|parameter| parameter["name"].as_str().expect("a name")).collect();
    assert_eq!(names, PARAMETERS.iter().copied().collect());
    assert_eq!(names.len(), parameters.len(), "each is there once");
    for parameter in parameters {
        assert_eq!(parameter["in"], "query", "{parameter}");
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
    for status in ["200", "304", "400", "401", "403", "500", "503"] {
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
