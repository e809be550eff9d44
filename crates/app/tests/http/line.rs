//! The registrations of a session, as its host reads them: order, filter, pages, conditional reads.

use actix_web::http::{Method, StatusCode};
use live_domain::contract::fixtures::{fill, session};
use serde_json::{Value, json};

use crate::registration_writes::{leave, with_seats};
use crate::support::{Answer, Failures, Service, bearer, get, in_seconds, token};
use crate::writing::{bare, host, path};

const LINE: &str = "/registrations";

/// A page of the line, as its host reads it.
async fn line(service: &Service, query: &str) -> Answer {
    service.read(&format!("{}{query}", path(1, LINE)), &host("ada")).await
}

fn people(answer: &Answer) -> Vec<String> {
    let body = answer.ok();
    let registrations = body["registrations"].as_array().expect("a list");
    registrations.iter().map(|registration| registration["user_id"].as_str().expect("a person").to_owned()).collect()
}

/// A session of two seats, for which `a` to `e` came in that order, upon which `b` left.
async fn with_a_line() -> Service {
    let service = with_seats(2).await;
    for name in ["e", "d", "c", "b", "a"] {
        service.register(1, name).await;
    }
    leave(&service, "d").await;
    service
}

#[actix_web::test]
async fn the_line_is_listed_in_its_order_without_positions() {
    let service = with_a_line().await;
    let answer = line(&service, "").await;
    assert_eq!(people(&answer), ["e", "d", "c", "b", "a"]);
    let body = answer.json();
    assert_eq!(body["next_cursor"], Value::Null);
    let members: Vec<&str> =
        body["registrations"][0].as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members.len(), 6, "{members:?}");
    let first = &body["registrations"][0];
    assert_eq!((&first["status"], &first["cancelled_at"]), (&json!("registered"), &Value::Null));
    assert!(body["registrations"][1]["cancelled_at"].is_string());
    for (name, value) in [("cache-control", "private, no-cache"), ("vary", "Authorization, Accept-Encoding")] {
        assert_eq!(answer.header(name), Some(value));
    }
    assert!(answer.header("link").is_none());
}

#[actix_web::test]
async fn the_line_is_filtered_by_status() {
    let service = with_a_line().await;
    for (query, expected) in [
        ("?status=registered", vec!["e", "c"]),
        ("?status=waitlist", vec!["b", "a"]),
        ("?status=cancelled", vec!["d"]),
        ("?status=cancelled,waitlist", vec!["d", "b", "a"]),
        ("?status=cancelled,waitlist,registered", vec!["e", "d", "c", "b", "a"]),
    ] {
        assert_eq!(people(&line(&service, query).await), expected, "{query}");
    }
}

#[actix_web::test]
async fn the_line_is_walked_page_by_page_by_cursor_and_by_link() {
    let service = with_a_line().await;
    let (mut query, mut seen, mut pages) = ("?limit=2&status=waitlist,registered".to_owned(), Vec::new(), 0);
    loop {
        let answer = line(&service, &query).await;
        seen.extend(people(&answer));
        pages += 1;
        let next = answer.json()["next_cursor"].as_str().map(str::to_owned);
        let link = answer.header("link").map(str::to_owned);
        assert_eq!(next.is_some(), link.is_some());
        let Some(next) = next else { break };
        let link = link.expect("a link");
        query =
            link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).expect("a link").to_owned();
        assert_eq!(query, format!("?limit=2&status=waitlist%2Cregistered&cursor={next}"));
    }
    assert_eq!((seen, pages), (["e", "c", "b", "a"].map(str::to_owned).to_vec(), 2));
    assert_eq!(people(&line(&service, "?limit=4&status=waitlist,registered").await).len(), 4);
    assert_eq!(line(&service, "?limit=4&status=waitlist,registered").await.json()["next_cursor"], Value::Null);
}

#[actix_web::test]
async fn a_cursor_of_the_line_belongs_to_its_session_and_statuses() {
    let service = with_a_line().await;
    fill(&service.store, [session(2)]).await;
    let cursor = line(&service, "?limit=1").await.json()["next_cursor"].as_str().expect("a cursor").to_owned();
    // The same statuses written out, in any order, are the same query; so is another limit.
    let same = line(&service, &format!("?limit=2&status=cancelled,waitlist,registered&cursor={cursor}")).await;
    assert_eq!(people(&same), ["d", "c"]);
    let other = service.read(&format!("{}?cursor={cursor}", path(2, LINE)), &host("ada")).await;
    assert_eq!(other.error(), "400 invalid_cursor");
    let altered = format!("B{}", &cursor[1..]);
    let list = service.list("limit=1").await.next_cursor().expect("a cursor of the other list");
    let too_long = "x".repeat(513);
    for cursor in [altered.as_str(), "x", &list, &too_long] {
        assert_eq!(line(&service, &format!("?cursor={cursor}")).await.error(), "400 invalid_cursor", "{cursor}");
    }
    assert_eq!(line(&service, &format!("?status=waitlist&cursor={cursor}")).await.error(), "400 invalid_cursor");
    assert_eq!(service.list(&format!("cursor={cursor}")).await.error(), "400 invalid_cursor");
}

#[actix_web::test]
async fn a_cursor_and_a_tag_of_the_line_belong_to_the_brand_scope_as_a_set() {
    let service = with_a_line().await;
    let scoped = |brands: Value| {
        token(&json!({"sub": "ada", "exp": in_seconds(86_400), "scope": "write:live", "brand_id": brands}))
    };
    let groups = [
        vec![host("ada")],
        vec![scoped(json!("acme")), scoped(json!(["acme", "acme"]))],
        vec![scoped(json!(["acme", "globex"])), scoped(json!(["globex", "acme"]))],
    ];
    let asked = async |token: &str, query: &str, tag: &str| {
        let request = bearer(get(&format!("{}?{query}", path(1, LINE))), token);
        service.send(request.insert_header(("If-None-Match", tag.to_owned()))).await
    };
    let mut failures = Failures::default();
    for (made_by, makers) in groups.iter().enumerate() {
        for maker in makers {
            let made = asked(maker, "limit=1", "").await;
            let cursor = made.next_cursor().expect("a next page");
            for (used_by, users) in groups.iter().enumerate() {
                for user in users {
                    let case = format!("made by {made_by}, used by {used_by}");
                    let is_same = made_by == used_by;
                    let next = asked(user, &format!("cursor={cursor}"), "").await.error();
                    failures.check(&case, next, if is_same { "200 -" } else { "400 invalid_cursor" }.to_owned());
                    let known = asked(user, "limit=1", &made.tag()).await.status == StatusCode::NOT_MODIFIED;
                    failures.check(&case, known, is_same);
                }
            }
        }
    }
}

#[actix_web::test]
async fn the_line_is_read_conditionally() {
    let service = with_a_line().await;
    let asked = async |query: &str, tag: &str| {
        let request = bearer(get(&format!("{}{query}", path(1, LINE))), &host("ada"));
        service.send(request.insert_header(("If-None-Match", tag.to_owned()))).await
    };
    let tag = line(&service, "").await.tag();
    let known = asked("", &tag).await;
    assert_eq!((known.status, known.body.len(), known.header("link")), (StatusCode::NOT_MODIFIED, 0, None));
    assert_eq!(
        asked("?status=waitlist", &line(&service, "?status=registered").await.tag()).await.status,
        StatusCode::OK
    );
    assert_eq!(asked("", &line(&service, "?limit=4").await.tag()).await.status, StatusCode::OK);
    let head = service.send(bare(Method::HEAD, &path(1, LINE), &host("ada"))).await;
    assert_eq!((head.status, head.tag()), (StatusCode::OK, tag.clone()));
    leave(&service, "a").await;
    assert_eq!(asked("", &tag).await.status, StatusCode::OK);
}

#[actix_web::test]
async fn the_line_is_read_strictly() {
    let service = with_a_line().await;
    for (query, parameter, message) in [
        ("?status=", "status", "status must not be empty"),
        (
            "?status=live",
            "status",
            "status must be one or more of registered, waitlist, cancelled, separated by commas",
        ),
        (
            "?status=waitlist,",
            "status",
            "status must be one or more of registered, waitlist, cancelled, separated by commas",
        ),
        ("?status=waitlist,waitlist", "status", "status must not hold waitlist twice"),
        ("?limit=0", "limit", "limit must be a whole number between 1 and 100, in digits"),
        ("?limit=101", "limit", "limit must be a whole number between 1 and 100, in digits"),
        ("?limti=1", "limti", "unknown parameter; the nearest known one is limit"),
        ("?brand_id=acme", "brand_id", "unknown parameter; the nearest known one is limit"),
        ("?cursor=x&limit=0", "limit", "limit must be a whole number between 1 and 100, in digits"),
        ("?limit=1&limit=1", "limit", "limit is given twice"),
    ] {
        let answer = line(&service, query).await;
        assert_eq!(answer.error(), "400 validation_error", "{query}");
        if !query.starts_with("?brand") {
            assert_eq!(answer.json()["details"], json!([{"parameter": parameter, "message": message}]), "{query}");
        }
    }
}
