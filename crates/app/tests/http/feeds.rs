//! Calendar feeds: made and revoked with a token, read without one.

use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::IF_NONE_MATCH;
use actix_web::test::TestRequest;
use live_domain::contract::fixtures::{fill, id, now, session, subject};
use live_domain::{MockSessionRepository, PersonRepository, Pseudonym, Session, StoreError, Timestamp};
use serde_json::{Value, json};
use time::Duration;

use crate::calendar::{lines, numbers};
use crate::support::{Answer, CALENDAR, Failures, Service, Setup, ada, bearer, get, in_seconds, rate, token};
use crate::writing::{limited, parameters, path, person, with_json};

const FEEDS: &str = "/v1/live/feeds";

async fn make(service: &Service, token: &str, body: &Value) -> Answer {
    service.send(with_json(Method::POST, FEEDS, token, body)).await
}

/// The body of a 201.
#[track_caller]
fn made(answer: &Answer) -> Value {
    assert_eq!(answer.status.as_u16(), 201, "{}", answer.text());
    answer.json()
}

/// The path of the address of a feed.
fn address(feed: &Value) -> String {
    format!("/v1/live/{}", feed["url"].as_str().expect("an address"))
}

/// The path by which its owner revokes it.
fn own(feed: &Value) -> String {
    format!("{FEEDS}/{}", feed["id"].as_str().expect("an id"))
}

/// A feed of `ada`'s.
async fn feed(service: &Service, body: &Value) -> Value {
    made(&make(service, &ada(), body).await)
}

fn instant(text: &Value) -> Timestamp {
    live_app::json::read_instant(text.as_str().expect("an instant")).expect("an instant")
}

#[actix_web::test]
async fn a_feed_is_told_once_with_an_address_of_256_bits() {
    let service = Service::empty().await;
    let answer = make(&service, &ada(), &json!({})).await;
    let feed = made(&answer);
    let members: Vec<_> = feed.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, ["created_at", "expires_at", "id", "url"]);
    let id = feed["id"].as_str().expect("an id");
    assert_eq!(answer.header("location"), Some(format!("feeds/{id}").as_str()));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let url = feed["url"].as_str().expect("an address");
    let secret = url.strip_prefix("feeds/").and_then(|url| url.strip_suffix(".ics")).expect("our form");
    assert_eq!(secret.len(), 43);
    assert!(secret.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')), "{secret}");
    assert_eq!(instant(&feed["expires_at"]), instant(&feed["created_at"]).later_by(Duration::days(90)));
    let nobody = service.post(FEEDS, &ada()).await;
    assert_ne!(made(&nobody)["url"], feed["url"], "no body is as good as an empty one, and each has its own secret");
}

#[actix_web::test]
async fn a_feed_shows_without_a_token_what_its_owner_sees_as_of_now() {
    let globex = Session { brand_id: "globex".parse().expect("a brand"), ..session(3) };
    let service = Service::with([session(1), session(2), globex]).await;
    service.register(2, "ada").await;
    let all = feed(&service, &json!({})).await;
    let answer = service.anonymous(&address(&all)).await;
    assert_eq!(numbers(&answer), [3, 2, 1]);
    let transparency: Vec<_> = lines(&answer).into_iter().filter(|line| line.starts_with("TRANSP:")).collect();
    assert_eq!(transparency, ["TRANSP:TRANSPARENT", "TRANSP:OPAQUE", "TRANSP:TRANSPARENT"], "as ada sees them");
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));

    let confined = made(&make(&service, &limited("ada", "", "acme"), &json!({"upcoming": true})).await);
    assert_eq!(
        numbers(&service.anonymous(&address(&confined)).await),
        [1, 2],
        "the brands of the token, next ones first"
    );
    service.clock.advance(Duration::minutes(32));
    assert_eq!(numbers(&service.anonymous(&address(&confined)).await), [2], "one is overdue by now");
    let tag = service.anonymous(&address(&confined)).await.tag();
    let again = get(&address(&confined)).insert_header((IF_NONE_MATCH, tag));
    assert_eq!(service.send(again).await.status.as_u16(), 304);
    // Whatever a program sends along.
    let query = format!("{}?limit=0&cursor=x&%zz", address(&confined));
    assert_eq!(numbers(&service.send(bearer(get(&query), "nonsense")).await), [2]);
}

#[actix_web::test]
async fn a_feed_takes_every_filter_of_the_list() {
    let service = Service::empty().await;
    let text = |text: &str| text.parse().expect("a text");
    let other = Session { brand_id: text("globex"), host_id: "bob".parse().expect("a host"), ..session(1) };
    let community = Some("c".parse().expect("a community"));
    let special = Session { community_id: community, category: Some("q".parse().expect("a category")), ..session(2) };
    let april = Session { scheduled_at: now().later_by(Duration::days(31)), ..session(3) };
    let ended = Session { status: live_domain::SessionStatus::Ended, ..session(4) };
    let hours = Session { kind: live_domain::SessionKind::OfficeHours, ..session(5) };
    fill(&service.store, [other, special, april, ended, hours]).await;
    let mut failures = Failures::default();
    for (body, expected) in [
        (json!({}), &[3, 5, 4, 2, 1][..]),
        (json!({"brand_id": "globex"}), &[1]),
        (json!({"host_id": "bob"}), &[1]),
        (json!({"community_id": "c"}), &[2]),
        (json!({"category": "q"}), &[2]),
        (json!({"status": ["ended"]}), &[4]),
        (json!({"status": ["ended", "scheduled"], "kind": ["office_hours"]}), &[5]),
        (json!({"upcoming": true}), &[1, 2, 5, 3]),
        (json!({"upcoming": false}), &[3, 5, 4, 2, 1]),
        (json!({"month": "2026-04"}), &[3]),
        (json!({"month": "2026-03", "time_zone": "America/New_York", "upcoming": true}), &[1, 2, 5]),
    ] {
        let feed = feed(&service, &body).await;
        failures.check(&body.to_string(), numbers(&service.anonymous(&address(&feed)).await), expected.to_vec());
    }
}

#[actix_web::test]
async fn a_body_is_read_as_strictly_as_any() {
    let service = Service::empty().await;
    let mut failures = Failures::default();
    for (body, expected) in [
        (json!({"brandid": "acme"}), "/brandid: unknown member; the nearest known one is brand_id"),
        (json!({"limit": 5}), "/limit: unknown member"),
        (json!({"brand_id": ""}), "/brand_id: brand_id must have between 1 and 128 characters"),
        (json!({"brand_id": null}), "/brand_id: brand_id must be a string"),
        (json!({"host_id": "a\u{0}"}), "/host_id: host_id must not contain control characters"),
        (
            json!({"status": "live"}),
            "/status: status must be an array of one or more of scheduled, live, ended, cancelled, each once",
        ),
        (json!({"status": []}), "/status: status must be an array of one or more of"),
        (json!({"status": ["live", "live"]}), "/status: status must be an array of one or more of"),
        (json!({"kind": ["Live"]}), "/kind: kind must be an array of one or more of live, office_hours, each once"),
        (json!({"kind": [1]}), "/kind: kind must be an array"),
        (json!({"upcoming": "true"}), "/upcoming: upcoming must be true or false"),
        (json!({"month": "2026-3"}), "/month: month must have the form YYYY-MM"),
        (json!({"month": 202_603}), "/month: month must be a string"),
        (json!({"time_zone": "UTC"}), "/time_zone: time_zone goes with month: give both or neither"),
        (
            json!({"month": "2026-03", "time_zone": "utc"}),
            "/time_zone: time_zone must be the name of an IANA time zone",
        ),
        (json!({"expires_in": 0}), "/expires_in: expires_in must be between 1 and 31622400"),
        (json!({"expires_in": 31_622_401}), "/expires_in: expires_in must be between 1 and 31622400"),
        (json!({"expires_in": "1"}), "/expires_in: expires_in must be a whole number, in digits"),
        (json!([]), ": the body must be a JSON object"),
    ] {
        let answer = make(&service, &ada(), &body).await;
        failures.check(&body.to_string(), answer.error(), "400 validation_error".to_owned());
        let detail = &answer.json()["details"][0];
        let told =
            format!("{}: {}", detail["parameter"].as_str().unwrap_or("-"), detail["message"].as_str().unwrap_or("-"));
        failures.check(&told, told.starts_with(expected), true);
    }
    let all = make(&service, &ada(), &json!({"month": "x", "time_zone": "y", "expires_in": 0, "z": 1})).await;
    assert_eq!(parameters(&all), ["/expires_in", "/month", "/time_zone", "/z"]);
    let plain = bearer(TestRequest::with_uri(FEEDS).method(Method::POST), &ada()).set_payload("{}");
    assert_eq!(service.send(plain).await.error(), "415 unsupported_media_type");
    assert_eq!(service.post(&format!("{FEEDS}?brand_id=acme"), &ada()).await.error(), "400 validation_error");
    let foreign = make(&service, &limited("ada", "", "acme"), &json!({"brand_id": "globex"})).await;
    assert_eq!(foreign.error(), "403 forbidden");
}

#[actix_web::test]
async fn a_feed_needs_what_the_list_needs_to_be_made_and_revoked() {
    let service = Setup { list_scopes: &["read:live"], ..Setup::default() }.start().await;
    assert_eq!(make(&service, &ada(), &json!({})).await.error(), "403 insufficient_scope");
    let feed = made(&make(&service, &person("ada", "read:live"), &json!({})).await);
    assert_eq!(service.delete(&own(&feed), &ada()).await.error(), "403 insufficient_scope");
    assert_eq!(service.anonymous(&address(&feed)).await.status.as_u16(), 200, "to be read it needs nothing");
    assert_eq!(service.delete(&own(&feed), &person("ada", "read:live")).await.status.as_u16(), 204);
}

#[actix_web::test]
async fn revoked_expired_and_unknown_are_one_404() {
    let service = Service::with([session(1)]).await;
    let (revoked, expired) = (feed(&service, &json!({})).await, feed(&service, &json!({"expires_in": 60})).await);
    let gone = service.delete(&own(&revoked), &ada()).await;
    assert_eq!((gone.status.as_u16(), gone.body.len()), (204, 0));
    service.clock.advance(Duration::seconds(59));
    assert_eq!(numbers(&service.anonymous(&address(&expired)).await), [1]);
    service.clock.advance(Duration::seconds(1));
    let told = |answer: &Answer| {
        let mut body = answer.json();
        body.as_object_mut().expect("an object").remove("request_id");
        let mut headers: Vec<_> = answer.headers.keys().map(|name| name.as_str().to_owned()).collect();
        headers.sort();
        (answer.error(), body, headers)
    };
    let unknown = told(&service.anonymous(&format!("{FEEDS}/{}.ics", "A".repeat(43))).await);
    assert_eq!(unknown.0, "404 not_found");
    for path in [
        address(&revoked),
        address(&expired),
        format!("{FEEDS}/x.ics"),
        format!("{FEEDS}/{}.ics", "A".repeat(44)),
        format!("{FEEDS}/{}.ics", "%C3%BC".repeat(8)),
        format!("{FEEDS}/%ff.ics"),
    ] {
        assert_eq!(told(&service.anonymous(&path).await), unknown, "{path}");
    }
    for feed in [&revoked, &expired] {
        assert_eq!(told(&service.delete(&own(feed), &ada()).await).0, "404 not_found");
    }
}

#[actix_web::test]
async fn only_its_owner_revokes_a_feed_whatever_brands_they_see_by_now() {
    let service = Service::empty().await;
    let feed = feed(&service, &json!({})).await;
    let others = service.delete(&own(&feed), &person("bob", "manage:live")).await;
    assert_eq!(others.error(), "404 not_found");
    assert_eq!(service.delete(&format!("{FEEDS}/{}", id(9)), &ada()).await.json()["message"], others.json()["message"]);
    for (path, expected) in
        [(format!("{FEEDS}/x"), "404 not_found"), (format!("{}?x=1", own(&feed)), "400 validation_error")]
    {
        assert_eq!(service.delete(&path, &ada()).await.error(), expected, "{path}");
    }
    let with_body = bearer(TestRequest::with_uri(&own(&feed)).method(Method::DELETE), &ada()).set_payload("{}");
    assert_eq!(service.send(with_body).await.error(), "400 validation_error");
    assert_eq!(service.anonymous(&own(&feed)).await.error(), "405 method_not_allowed");
    assert_eq!(service.delete(&own(&feed), &limited("ada", "", "globex")).await.status.as_u16(), 204);
}

#[actix_web::test]
async fn nobody_has_more_than_a_hundred_feeds() {
    let service = Service::empty().await;
    let first = feed(&service, &json!({})).await;
    for _ in 1..100 {
        feed(&service, &json!({})).await;
    }
    let refused = make(&service, &ada(), &json!({})).await;
    assert_eq!((refused.error().as_str(), parameters(&refused)), ("412 precondition_failed", vec![String::new()]));
    assert_eq!(refused.json()["message"], "you have 100 calendar feeds: revoke one, or wait until one expires");
    service.delete(&own(&first), &ada()).await;
    feed(&service, &json!({})).await;
}

fn keyed(token: &str, body: &Value) -> TestRequest {
    with_json(Method::POST, FEEDS, token, body).insert_header(("Idempotency-Key", "key"))
}

#[actix_web::test]
async fn a_request_that_is_sent_again_makes_no_other_feed_and_gets_the_same_address() {
    let service = Service::empty().await;
    let body = json!({"brand_id": "acme"});
    let first = service.send(keyed(&ada(), &body)).await;
    service.clock.advance(Duration::hours(23));
    let again = service.send(keyed(&ada(), &body)).await;
    assert_eq!((&again.status, &again.body), (&first.status, &first.body));
    assert_eq!(
        (again.header("location"), again.header("idempotent-replayed")),
        (first.header("location"), Some("true"))
    );
    assert_eq!(service.send(keyed(&ada(), &json!({}))).await.error(), "409 conflict");
    assert_ne!(made(&service.send(keyed(&person("bob", ""), &body)).await)["url"], made(&first)["url"]);
    // It shows more than exists for this token.
    assert_eq!(service.send(keyed(&limited("ada", "", "acme"), &body)).await.error(), "404 not_found");
    assert_eq!(service.send(keyed(&limited("ada", "", "globex"), &body)).await.error(), "403 forbidden");
    service.delete(&own(&made(&first)), &ada()).await;
    assert_eq!(service.send(keyed(&ada(), &body)).await.error(), "404 not_found");
}

#[actix_web::test]
async fn an_address_that_cannot_be_told_again_is_told_to_be_so() {
    let service = Service::empty().await;
    let first = made(&service.send(keyed(&ada(), &json!({}))).await);
    let restarted = Setup { store: service.store.clone(), feed_secret: b"another", ..Setup::default() }.start().await;
    let again = restarted.send(keyed(&ada(), &json!({}))).await;
    assert_eq!(again.error(), "404 not_found");
    let message = again.json()["message"].as_str().expect("a message").to_owned();
    assert!(message.contains(first["id"].as_str().expect("an id")) && message.contains("DELETE"), "{message}");
    assert_eq!(restarted.anonymous(&address(&first)).await.status.as_u16(), 200, "it is read as ever");
}

#[actix_web::test]
async fn feeds_are_limited_by_address() {
    let service = Setup { rate: Some(rate(2)), ..Setup::default() }.start().await;
    let feed = feed(&service, &json!({})).await;
    for (path, expected) in [
        (address(&feed), 200),
        (format!("{FEEDS}/{}.ics", "A".repeat(43)), 404),
        (address(&feed), 429),
        (format!("{FEEDS}/x.ics"), 429),
    ] {
        let answer = service.anonymous(&path).await;
        assert_eq!(answer.status.as_u16(), expected);
        assert_eq!(answer.header("x-ratelimit-limit"), Some("2"));
    }
}

#[actix_web::test]
async fn the_feeds_of_one_who_is_forgotten_stop_working() {
    let service = Service::with([session(1)]).await;
    let own = feed(&service, &json!({})).await;
    let theirs = made(&make(&service, &person("bob", ""), &json!({"host_id": "ada"})).await);
    service.store.forget(&subject("ada"), &Pseudonym::random(), now()).await.expect("forgotten");
    assert_eq!(service.anonymous(&address(&own)).await.error(), "404 not_found");
    assert_eq!(numbers(&service.anonymous(&address(&theirs)).await), [1], "whoever hosts them is called otherwise");
}

#[actix_web::test]
async fn a_feed_outlives_the_token_that_it_was_made_with() {
    let service = Service::with([session(1)]).await;
    let brief = token(&json!({"sub": "ada", "exp": in_seconds(60)}));
    let feed = made(&make(&service, &brief, &json!({})).await);
    service.clock.advance(Duration::days(2));
    assert_eq!(service.read(&path(1, ""), &brief).await.error(), "401 invalid_token");
    assert_eq!(numbers(&service.anonymous(&address(&feed)).await), [1]);
}

#[actix_web::test]
async fn no_error_tells_the_address_that_was_asked_for() {
    let service = Service::empty().await;
    let secret = "s3cr3t-".repeat(6) + "A";
    for path in [format!("{FEEDS}/{secret}.ics"), format!("{FEEDS}/{secret}"), format!("{FEEDS}/{secret}.ics/x")] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = service.send(TestRequest::with_uri(&path).method(method)).await;
            assert!(answer.status.is_client_error());
            let headers = answer.headers.iter().any(|(_, value)| value.to_str().unwrap_or_default().contains("s3cr3t"));
            assert!(!answer.text().contains("s3cr3t") && !headers, "{}", answer.text());
        }
    }
}

#[actix_web::test]
async fn a_feed_is_unavailable_while_the_store_is() {
    let mut gone = MockSessionRepository::new();
    gone.expect_list().returning(|_, _, _, _, _| Err(StoreError::Unavailable("gone".into())));
    let service = Setup { repository: Some(Arc::new(gone)), ..Setup::default() }.start().await;
    let feed = feed(&service, &json!({})).await;
    let answer = service.anonymous(&address(&feed)).await;
    assert_eq!((answer.error().as_str(), answer.header("retry-after")), ("503 unavailable", Some("1")));
    assert_eq!(service.read(CALENDAR, &ada()).await.error(), "503 unavailable");
}

#[actix_web::test]
async fn a_feed_answers_head_as_it_answers_get() {
    let service = Service::with([session(1)]).await;
    let feed = feed(&service, &json!({})).await;
    let (whole, head) = (get(&address(&feed)), get(&address(&feed)).method(Method::HEAD));
    let (whole, head) = (service.send(whole).await, service.send(head).await);
    assert_eq!(
        (head.status, head.tag(), head.header("content-type")),
        (whole.status, whole.tag(), whole.header("content-type"))
    );
}
