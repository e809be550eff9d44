//! The examples of the OpenAPI document are true.

use std::collections::BTreeSet;

use actix_web::http::Method;
use live_app::http::error::ERRORS;
use live_domain::contract::fixtures::id;
use serde_json::Value;

use crate::openapi::{document, fixture, good, operations};
use crate::schema;
use crate::support::{Failures, Service, bearer};
use crate::writing::{person, with_json};

/// The JSON contents of an operation's answers, with their statuses.
fn answers(operation: &Value) -> impl Iterator<Item = (&String, &Value)> {
    let responses = operation["responses"].as_object().expect("responses").iter();
    responses.filter_map(|(status, response)| Some((status, response["content"].get("application/json")?)))
}

/// The contents that an operation may be sent.
fn requests(operation: &Value) -> impl Iterator<Item = &Value> {
    operation["requestBody"]["content"].as_object().into_iter().flat_map(|contents| contents.values())
}

/// The examples of a content, with their names.
fn examples<'a>(document: &'a Value, content: &'a Value) -> Vec<(&'a str, &'a Value)> {
    let named = content["examples"].as_object().into_iter().flatten().map(|(name, reference)| {
        let pointer = reference["$ref"].as_str().and_then(|text| text.strip_prefix('#')).expect("a reference");
        (name.as_str(), &document.pointer(pointer).expect("an example")["value"])
    });
    content.get("example").map(|example| ("", example)).into_iter().chain(named).collect()
}

#[actix_web::test]
async fn every_operation_has_an_id_a_summary_and_examples_of_all_that_it_takes_and_answers() {
    let document = document(&Service::empty().await).await;
    let mut failures = Failures::default();
    for (method, path, operation) in operations(&document) {
        let case = |what: &str| format!("{method} {path}: {what}");
        let has = |name: &str| operation[name].as_str().is_some_and(|text| !text.is_empty());
        failures.check(&case("operationId"), has("operationId"), true);
        failures.check(&case("summary"), has("summary"), true);
        let summary = operation["summary"].as_str().unwrap_or_default();
        failures.check(
            &case("the summary is one short line of plain text"),
            summary.len() > 60 || summary.contains(['\n', '`']),
            false,
        );
        let description = operation["description"].as_str().unwrap_or_default();
        failures.check(&case("the description is for clients"), description.contains("# Errors"), false);
        for content in requests(operation).chain(answers(operation).map(|(_, content)| content)) {
            failures.check(&case("examples"), examples(&document, content).is_empty(), false);
        }
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter["required"] == true) {
            failures.check(&case("a required parameter"), parameter.get("example").is_some(), true);
        }
    }
}

#[actix_web::test]
async fn every_example_is_as_its_schema_says() {
    let document = document(&Service::empty().await).await;
    let mut failures = Failures::default();
    for (method, path, operation) in operations(&document) {
        for content in requests(operation).chain(answers(operation).map(|(_, content)| content)) {
            for (name, example) in examples(&document, content) {
                let faults = schema::faults_within(&document, &content["schema"], example, name);
                failures.check(&format!("{method} {path}"), faults, Vec::new());
            }
        }
    }
    // The check itself finds what is off.
    let (schema, draft) = (&document["components"]["schemas"]["CreateSession"], crate::writing::draft());
    assert_eq!(schema::faults_within(&document, schema, &draft, ""), [""; 0]);
    for (member, value) in [("title", ""), ("kind", "webinar"), ("colour", "red"), ("scheduled_at", "tomorrow")] {
        let mut draft = draft.clone();
        draft[member] = value.into();
        assert!(!schema::faults_within(&document, schema, &draft, "").is_empty(), "{member}");
    }
}

#[actix_web::test]
async fn every_error_has_the_example_of_its_code() {
    let document = document(&Service::empty().await).await;
    for (method, path, operation) in operations(&document) {
        for (status, content) in answers(operation).filter(|(status, _)| status.starts_with(['4', '5'])) {
            let description = operation["responses"][status]["description"].as_str().expect("a description");
            let named: BTreeSet<_> = description.split(" or ").collect();
            let shown = examples(&document, content);
            assert_eq!(shown.iter().map(|(name, _)| *name).collect::<BTreeSet<_>>(), named, "{method} {path} {status}");
            for (name, example) in shown {
                assert_eq!(example["error"], name);
                let row = ERRORS.iter().find(|row| row.name == name).expect("a row of the table");
                assert_eq!(row.status.as_str(), status, "{method} {path}: {name}");
            }
        }
    }
}

#[actix_web::test]
async fn what_an_example_sends_is_taken_and_what_is_answered_is_as_documented() {
    let document = document(&Service::empty().await).await;
    for (method, path, operation) in operations(&document) {
        let token = person("ada", "manage:live");
        let example = requests(operation).next().map(|content| &content["example"]);
        let request = match example {
            Some(body) => with_json(method.clone(), &path.replace("{id}", &id(1).to_string()), &token, body),
            None => bearer(good(&method, &path), &token),
        };
        let answer = fixture(&path).await.send(request).await;
        assert!(answer.status.is_success(), "{method} {path}: {}", answer.text());
        let Some((_, content)) = answers(operation).find(|(status, _)| **status == answer.status.as_str()) else {
            let contents = &operation["responses"][answer.status.as_str()]["content"];
            check_calendar(contents, answer.text(), &format!("{method} {path}"));
            continue;
        };
        let faults = schema::faults_within(&document, &content["schema"], &answer.json(), "");
        assert_eq!(faults, [""; 0], "{method} {path}");
        // The document itself is shown in outline.
        if path != "/openapi.json" {
            let members =
                |value: &Value| value.as_object().expect("an object").keys().cloned().collect::<BTreeSet<_>>();
            assert_eq!(members(&answer.json()), members(&content["example"]), "{method} {path}");
        }
        if let (Some(sent), &Method::POST | &Method::PATCH) = (example, &method) {
            for (member, value) in sent.as_object().expect("an object").iter().filter(|(_, value)| value.is_number()) {
                assert_eq!(content["example"][member], *value, "{method} {path}: {member}");
            }
        }
    }
}

/// What is answered that is no JSON: nothing, or a calendar, whose example has the properties of one that is answered.
fn check_calendar(contents: &Value, answered: &str, case: &str) {
    let names = |calendar: &str| {
        let names = calendar.split_terminator("\r\n").filter_map(|line| line.split([':', ';']).next());
        names.map(str::to_owned).collect::<BTreeSet<_>>()
    };
    let shown = contents["text/calendar"]["example"].as_str().unwrap_or_default();
    let optional = BTreeSet::from(["CATEGORIES", "DURATION"].map(str::to_owned));
    assert_eq!(&names(shown) - &optional, names(answered), "{case}");
}

#[actix_web::test]
async fn the_server_of_the_document_is_where_it_comes_from() {
    let document = document(&Service::empty().await).await;
    let servers = document["servers"].as_array().expect("servers");
    assert_eq!(servers.len(), 1);
    // Behind whatever path and host a proxy shows the document, this leads to the folder that it is in.
    assert_eq!(servers[0]["url"], ".");
}
