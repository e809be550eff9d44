//! Conditional reads: what the tag is over, and what `If-None-Match` makes of it.

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, IF_NONE_MATCH};
use live_domain::contract::fixtures::{brand, fill, minutes, register, registration, session};
use live_domain::{Metadata, RegistrationStatus, Session, Title};
use serde_json::json;
use time::Duration;

use crate::support::{Answer, Service, ada, in_seconds, list, token};

async fn asked(service: &Service, query: &str, fields: &[&[u8]]) -> Answer {
    let request = fields.iter().fold(list(query), |request, field| {
        request.append_header((IF_NONE_MATCH, HeaderValue::from_bytes(field).expect("a field")))
    });
    service.send(request).await
}

#[actix_web::test]
async fn a_matching_tag_gets_304_without_a_body() {
    let service = Service::with((1..=3).map(session)).await;
    for query in ["", "limit=2", "upcoming=true", "month=2026-03", "host_id=nobody"] {
        let whole = service.list(query).await;
        let (weak, strong) = (whole.tag(), whole.tag().trim_start_matches("W/").to_owned());
        let matching: [&[&str]; 12] = [
            &[&weak],
            &[&strong],
            &["*"],
            &[" * "],
            &[&format!("\"x\", {weak}")],
            &[&format!("{weak},\"x\"")],
            &[&format!("\"a\",\"b\" , {strong} , W/\"c\"")],
            &[&format!(",, {weak} ,")],
            &[&format!("nonsense, W/nonsense, \"open, {weak}")],
            &["\"x\"", &weak],
            &["nonsense", "W/\"y\"", &strong],
            &["\"x\"", "*"],
        ];
        for fields in matching {
            let bytes: Vec<&[u8]> = fields.iter().map(|field| field.as_bytes()).collect();
            let answer = asked(&service, query, &bytes).await;
            assert_eq!(answer.status, StatusCode::NOT_MODIFIED, "{query} {fields:?}");
            assert!(answer.body.is_empty());
            assert_eq!(answer.tag(), weak);
            for name in ["cache-control", "vary"] {
                assert_eq!(answer.header(name), whole.header(name));
            }
            assert!(answer.header("x-request-id").is_some());
        }
    }
}

#[actix_web::test]
async fn a_tag_that_does_not_match_gets_the_whole_answer() {
    let service = Service::with((1..=3).map(session)).await;
    let whole = service.list("").await;
    let (weak, strong) = (whole.tag(), whole.tag().trim_start_matches("W/").to_owned());
    let bare = strong.trim_matches('"').to_owned();
    for field in [
        String::new(),
        "\"x\"".to_owned(),
        "W/\"x\"".to_owned(),
        "\"*\"".to_owned(),
        "**".to_owned(),
        "\"x\", *".to_owned(),
        bare.clone(),
        format!("W/{bare}"),
        format!("w/{strong}"),
        format!("W{strong}"),
        format!("W/ {strong}"),
        format!("'{bare}'"),
        format!("\"{bare}"),
        format!("{bare}\""),
        format!("\"{bare}x\""),
        format!("\"x{bare}\""),
        format!("\"{}\"", bare.to_ascii_lowercase()),
        weak.replace('"', "\"\""),
        format!("W/{weak}"),
        "gar;bage \\\"".to_owned(),
    ] {
        let answer = asked(&service, "", &[field.as_bytes()]).await;
        assert_eq!(answer.status, StatusCode::OK, "{field}");
        assert_eq!(answer.body, whole.body);
    }
}

#[actix_web::test]
async fn a_malformed_member_does_not_spoil_the_others() {
    let service = Service::with([session(1)]).await;
    let tag = service.list("").await.tag();
    // Bytes past ASCII may stand in a tag (RFC 9110, section 8.8.3); these are not even UTF-8.
    for before in [&b"\"\xe9\", "[..], b"\xff\xfe, ", b"\"\xc3\xbc\","] {
        let field = [before, tag.as_bytes()].concat();
        assert_eq!(asked(&service, "", &[&field]).await.status, StatusCode::NOT_MODIFIED, "{before:?}");
    }
    assert_eq!(asked(&service, "", &[b"\"\xe9\""]).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn the_tag_of_upcoming_stays_while_nothing_changes_and_so_does_a_kept_cursor() {
    let service = Service::with([1, 2, 20, 21].map(session)).await;
    let first = service.list("upcoming=true&limit=2").await;
    let cursor = first.next_cursor().expect("a next page");
    for _ in 0..20 {
        service.clock.advance(Duration::seconds(47) + Duration::microseconds(3));
        let answer = asked(&service, "upcoming=true&limit=2", &[first.tag().as_bytes()]).await;
        assert_eq!(answer.status, StatusCode::NOT_MODIFIED);
    }
    let second = service.list(&format!("upcoming=true&limit=2&cursor={cursor}")).await;
    assert_eq!(second.numbers(), [20, 21]);
    // It moves when the time makes a session leave.
    service.clock.advance(Duration::minutes(30));
    assert_eq!(asked(&service, "upcoming=true&limit=2", &[first.tag().as_bytes()]).await.numbers(), [20, 21]);
}

#[actix_web::test]
async fn the_tag_is_the_same_for_the_same_answer() {
    let service = Service::with((1..=3).map(session)).await;
    let tag = service.list("").await.tag();
    assert_eq!(service.list("").await.tag(), tag);
    for query in
        ["upcoming=false", "limit=20", "limit=3", "status=live,ended,cancelled,scheduled", "kind=office_hours,live"]
    {
        assert_eq!(service.list(query).await.tag(), tag, "{query}");
    }
}

#[actix_web::test]
async fn the_tag_moves_with_every_change_that_can_be_seen() {
    let service = Service::with([session(1)]).await;
    let mut tags = BTreeSet::new();
    tags.insert(service.list("limit=1").await.tag());
    let mut moved = async |what: &str| {
        let tag = service.list("limit=1").await.tag();
        assert!(tags.insert(tag.clone()), "{what} left the tag as it was");
        let answer = asked(&service, "limit=1", &[tag.as_bytes()]).await;
        assert_eq!(answer.status, StatusCode::NOT_MODIFIED);
    };
    let title = Title::new("Another title").expect("a title");
    fill(&service.store, [Session { title: title.clone(), ..session(1) }]).await;
    moved("a title").await;
    let metadata = Metadata::parse(r#"{"a":1.0}"#).expect("metadata");
    fill(&service.store, [Session { title: title.clone(), metadata, ..session(1) }]).await;
    moved("metadata").await;
    let metadata = Metadata::parse(r#"{"a":1.00}"#).expect("metadata");
    fill(&service.store, [Session { title, metadata, ..session(1) }]).await;
    moved("the text of a number in metadata").await;
    register(&service.store, [registration(1, "bob", RegistrationStatus::Registered, 71)]).await;
    moved("somebody's registration").await;
    register(&service.store, [registration(1, "ada", RegistrationStatus::Registered, 72)]).await;
    moved("the caller's registration").await;
    fill(&service.store, [Session { scheduled_at: minutes(-5), ..session(2) }]).await;
    moved("a next page").await;
    fill(&service.store, [session(3)]).await;
    moved("a session before it").await;
}

#[actix_web::test]
async fn the_tag_differs_by_is_registered_alone() {
    let service = Service::with([session(1)]).await;
    register(&service.store, [registration(1, "ada", RegistrationStatus::Registered, 71)]).await;
    let by = |person: &str| token(&json!({"sub": person, "exp": in_seconds(60)}));
    let [ada, bob, cyd] = [by("ada"), by("bob"), by("cyd")];
    let tag = async |token: &str| service.list_as(token, "").await.tag();
    assert_ne!(tag(&ada).await, tag(&bob).await);
    assert_eq!(tag(&bob).await, tag(&cyd).await);
}

#[actix_web::test]
async fn the_tag_differs_where_the_cursor_would_be_bound_to_something_else() {
    let service = Service::with([session(1)]).await;
    let scoped = |brands: serde_json::Value| token(&json!({"sub": "ada", "exp": in_seconds(60), "brand_id": brands}));
    let everything = ada();
    let (acme, both) = (scoped(json!("acme")), scoped(json!(["acme", "globex"])));
    let mut tags = BTreeSet::new();
    let mut bodies = BTreeSet::new();
    let asked = [
        (&everything, ""),
        (&everything, "upcoming=true"),
        (&everything, "month=2026-03"),
        (&everything, "month=2026-03&upcoming=true"),
        (&everything, "brand_id=acme"),
        (&everything, "host_id=ada"),
        (&everything, "status=scheduled"),
        (&everything, "kind=live"),
        (&acme, ""),
        (&both, ""),
    ];
    for (token, query) in asked {
        let answer = service.list_as(token, query).await;
        bodies.insert(answer.body.to_vec());
        assert!(tags.insert(answer.tag()), "{query} has the tag of another list");
    }
    assert_eq!(bodies.len(), 1, "the sessions are the same, and so is everything in the body");
    assert_eq!(tags.len(), asked.len());
}

#[actix_web::test]
async fn a_refused_request_stays_refused_whatever_tag_it_names() {
    let service = Service::with([Session { brand_id: brand("globex"), ..session(1) }]).await;
    assert_eq!(asked(&service, "limit=0", &[b"*"]).await.error(), "400 validation_error");
    assert_eq!(asked(&service, "cursor=x", &[b"*"]).await.error(), "400 invalid_cursor");
}
