//! Bad writes: bodies as a whole, their size and type, and what no body or query is taken for.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::Value;

use crate::bad_writes::{Bad, bad, create, draft_with, patch, sent};
use crate::support::{Service, bearer};
use crate::writing::{CREATE, bare, draft, host, limited, parameters, path, person};

/// Bodies that are no good as a whole, for create and for a patch.
const BAD_BODIES: &[(&[u8], &str)] = &[
    (b"", "the body is not valid JSON: see line 1, column 0"),
    (b" ", "the body is not valid JSON: see line 1, column 1"),
    (b"{", "the body is not valid JSON: see line 1, column 1"),
    (b"{\"title\":\"a\"", "the body is not valid JSON: see line 1, column 12"),
    (b"{\"title\":\"a\",}", "the body is not valid JSON: see line 1, column 14"),
    (b"{title:\"a\"}", "the body is not valid JSON: see line 1, column 2"),
    (b"{'title':'a'}", "the body is not valid JSON: see line 1, column 2"),
    (b"{\"title\":\"a\"} x", "the body is not valid JSON: see line 1, column 15"),
    (b"{\"title\":\n01}", "the body is not valid JSON: see line 2, column 2"),
    (b"{\"title\":NaN}", "the body is not valid JSON: see line 1, column 10"),
    (b"{\"title\":\"a\nb\"}", "the body is not valid JSON: see line 1, column 11"),
    (b"{\"title\":\"a\0b\"}", "the body is not valid JSON: see line 1, column 11"),
    (b"{\"title\":\"\\x\"}", "the body is not valid JSON: see line 1, column 12"),
    (b"\xef\xbb\xbf{}", "the body is not valid JSON: see line 1, column 1"),
    (b"{\"title\":\"\xff\"}", "the body is not valid UTF-8"),
    (b"{\"title\":\"\xed\xa0\x80\"}", "the body is not valid UTF-8"),
    (b"[]", "the body must be a JSON object"),
    (b"[{\"title\":\"a\"}]", "the body must be a JSON object"),
    (b"null", "the body must be a JSON object"),
    (b"\"title\"", "the body must be a JSON object"),
    (b"1", "the body must be a JSON object"),
    (b"{\"\\ud800\":1}", "the name of a member holds a lone surrogate"),
];

/// Types that a JSON body does not have: the fields of the request.
const BAD_TYPES: &[&[(&str, &str)]] = &[
    &[],
    &[("Content-Type", "")],
    &[("Content-Type", "text/plain")],
    &[("Content-Type", "application/x-www-form-urlencoded")],
    &[("Content-Type", "application/jsonp")],
    &[("Content-Type", "application/json; charset=latin1")],
    &[("Content-Type", "application/json; charset=utf-16")],
    &[("Content-Type", "application/json"), ("Content-Type", "application/json")],
    &[("Content-Type", "application/json"), ("Content-Encoding", "gzip")],
    &[("Content-Type", "application/json"), ("Content-Encoding", "identity")],
    &[("Content-Type", "application/json-patch+json")],
];

#[actix_web::test]
async fn a_body_that_is_no_object_is_one_fault_of_the_whole() {
    let mut bad = bad().await;
    for (body, message) in BAD_BODIES {
        let case = String::from_utf8_lossy(body).into_owned();
        bad.faults(&format!("patch {case}"), patch(*body), "", message).await;
        if !case.contains("ud800") {
            bad.faults(&format!("create {case}"), create(*body), "", message).await;
        }
    }
    bad.faults("an empty patch", patch("{ }"), "", "the body must name at least one member to change").await;
    let deep = vec![b'['; 60_000];
    bad.refuses("brackets", create(deep), "400 validation_error").await;
}

#[actix_web::test]
async fn a_type_that_is_no_json_in_utf_8_is_415() {
    let mut bad = bad().await;
    let paths = [path(1, ""), path(1, "/start"), path(2, "/end"), path(1, "/cancel")];
    for fields in BAD_TYPES {
        let typed = |method: Method, path: &str, body: String| {
            let request = bare(method, path, &host("ada")).set_payload(body);
            fields.iter().fold(request, |request, field| request.append_header(*field))
        };
        let case = format!("{fields:?}");
        let create = typed(Method::POST, CREATE, draft().to_string());
        let answer = bad.refuses(&format!("create {case}"), create, "415 unsupported_media_type").await;
        bad.failures.check(&case, answer.header("accept-patch"), None);
        for path in &paths[1..] {
            bad.refuses(
                &format!("{path} {case}"),
                typed(Method::POST, path, "{}".to_owned()),
                "415 unsupported_media_type",
            )
            .await;
        }
        let patch = typed(Method::PATCH, &paths[0], r#"{"title":"New"}"#.to_owned());
        let answer = bad.refuses(&format!("patch {case}"), patch, "415 unsupported_media_type").await;
        let accepted = Some("application/merge-patch+json, application/json");
        bad.failures.check(&case, answer.header("accept-patch"), accepted);
    }
    // A merge patch is for patches.
    for path in [CREATE.to_owned(), path(1, "/start")] {
        let request = bare(Method::POST, &path, &host("ada"))
            .insert_header(("Content-Type", "application/merge-patch+json"))
            .set_payload("{}");
        bad.refuses(&path, request, "415 unsupported_media_type").await;
    }
    // Nothing is no body of any type, where something is needed.
    bad.refuses("nothing", bare(Method::POST, CREATE, &host("ada")), "415 unsupported_media_type").await;
    bad.refuses("nothing", bare(Method::PATCH, &paths[0], &host("ada")), "415 unsupported_media_type").await;
}

#[actix_web::test]
async fn a_body_of_more_than_64_kib_is_413_before_its_type_is_looked_at() {
    let mut bad = bad().await;
    let padded = |body: &str, length: usize| format!("{body}{}", " ".repeat(length - body.len()));
    let routes = [
        (Method::POST, CREATE.to_owned()),
        (Method::PATCH, path(1, "")),
        (Method::POST, path(1, "/start")),
        (Method::POST, path(2, "/end")),
        (Method::POST, path(1, "/cancel")),
        (Method::POST, path(1, "/registrations")),
        (Method::DELETE, path(1, "/registrations/me")),
    ];
    for (method, path) in routes {
        for media_type in ["application/json", "text/plain"] {
            let request = bare(method.clone(), &format!("{path}?a=1"), &host("ada"))
                .insert_header(("Content-Type", media_type))
                .set_payload(padded("{}", 65_537));
            bad.refuses(&format!("{method} {path}"), request, "413 payload_too_large").await;
        }
    }
    let Bad { service, .. } = bad;
    assert_eq!(service.send(create(padded(&draft().to_string(), 65_536))).await.status.as_u16(), 201);
}

#[actix_web::test]
async fn what_a_step_takes_is_checked_as_well() {
    let mut bad = bad().await;
    for (step, body, parameter, message) in [
        ("/start", r#"{"stream_call_id":null}"#, "/stream_call_id", "stream_call_id must be a string"),
        (
            "/start",
            r#"{"stream_call_id":""}"#,
            "/stream_call_id",
            "stream_call_id must have between 1 and 255 characters",
        ),
        ("/start", r#"{"stream_call_id":7}"#, "/stream_call_id", "stream_call_id must be a string"),
        (
            "/start",
            r#"{"recording_url":"https://a.example"}"#,
            "/recording_url",
            "unknown member; the nearest known one is stream_call_id",
        ),
        ("/end", r#"{"recording_url":null}"#, "/recording_url", "recording_url must be a string"),
        (
            "/end",
            r#"{"recording_url":"a.example"}"#,
            "/recording_url",
            "recording_url must be an absolute http or https URL",
        ),
        (
            "/end",
            r#"{"stream_call_id":"x"}"#,
            "/stream_call_id",
            "unknown member; the nearest known one is recording_url",
        ),
        ("/end", r#"{"title":"x"}"#, "/title", "unknown member; the nearest known one is recording_url"),
        ("/cancel", r#"{"reason":"rain"}"#, "/reason", "this route takes no members"),
        ("/cancel", "null", "", "the body must be a JSON object"),
        ("/start", "[]", "", "the body must be a JSON object"),
        ("/end", " ", "", "the body is not valid JSON: see line 1, column 1"),
    ] {
        for number in 1..=4 {
            let case = format!("{number}{step} {body}");
            bad.faults(&case, sent(Method::POST, &path(number, step), body), parameter, message).await;
        }
    }
}

#[actix_web::test]
async fn a_body_where_none_is_taken_is_refused_whatever_its_type() {
    let mut bad = bad().await;
    for (method, rest) in [(Method::POST, "/registrations"), (Method::DELETE, "/registrations/me")] {
        for body in ["{}", " ", "x", "null"] {
            for media_type in ["application/json", "text/plain", "nonsense"] {
                let request = bare(method.clone(), &path(1, rest), &host("ada"))
                    .insert_header(("Content-Type", media_type))
                    .set_payload(body);
                bad.faults(&format!("{method} {body} {media_type}"), request, "", "this route takes no body").await;
            }
        }
    }
}

#[actix_web::test]
async fn a_query_where_none_is_taken_is_refused() {
    let mut bad = bad().await;
    let body = |method: &Method, path: &str| match (method, path) {
        (&Method::POST, CREATE) => draft().to_string(),
        (&Method::PATCH, _) => r#"{"title":"New"}"#.to_owned(),
        _ => String::new(),
    };
    for (method, path) in [
        (Method::POST, CREATE.to_owned()),
        (Method::GET, path(1, "")),
        (Method::PATCH, path(1, "")),
        (Method::POST, path(1, "/start")),
        (Method::POST, path(2, "/end")),
        (Method::POST, path(1, "/cancel")),
        (Method::POST, path(1, "/registrations")),
        (Method::GET, path(1, "/registrations/me")),
        (Method::DELETE, path(1, "/registrations/me")),
    ] {
        for (query, parameter) in [("dry_run=true", "dry_run"), ("limit", "limit"), ("%zz=1", "%zz")] {
            let request = sent(method.clone(), &format!("{path}?{query}"), body(&method, &path));
            let answer = bad.refuses(&format!("{method} {path}?{query}"), request, "400 validation_error").await;
            bad.failures.check(&path, parameters(&answer), vec![parameter.to_owned()]);
        }
        // A query of nothing asks nothing.
        if method == Method::GET {
            assert_eq!(bad.service.read(&format!("{path}?&"), &host("ada")).await.status.as_u16(), 200);
        }
    }
}

#[actix_web::test]
async fn each_check_of_a_write_comes_before_the_next() {
    let mut bad = bad().await;
    let too_large = " ".repeat(65_537);
    let everything_off = |token: Option<&str>, body: &str| {
        let request = TestRequest::with_uri(&format!("{CREATE}?a=1")).method(Method::POST).set_payload(body.to_owned());
        let request = request.insert_header(("Content-Type", "text/plain")).insert_header(("Idempotency-Key", ""));
        token.into_iter().fold(request, bearer)
    };
    let reader = person("ada", "");
    let (outsider, stranger) = (limited("ada", "write:live", "globex"), host("bob"));
    bad.refuses("a route", everything_off(None, "").uri("/v1/sessions/"), "404 not_found").await;
    bad.refuses("a method", everything_off(None, "").method(Method::PUT), "405 method_not_allowed").await;
    bad.refuses("a token", everything_off(None, &too_large), "401 unauthenticated").await;
    bad.refuses("a token", everything_off(Some("x"), &too_large), "401 invalid_token").await;
    bad.refuses("the scope", everything_off(Some(&reader), &too_large), "403 insufficient_scope").await;
    bad.refuses("the size", everything_off(Some(&outsider), &too_large), "413 payload_too_large").await;
    bad.refuses("the type", everything_off(Some(&outsider), "{"), "415 unsupported_media_type").await;
    let typed = everything_off(Some(&outsider), "{").insert_header(("Content-Type", "application/json"));
    let answer = bad.refuses("the rest of the request", typed, "400 validation_error").await;
    assert_eq!(parameters(&answer), ["Idempotency-Key", "a", ""]);
    for (case, token) in [("the brand", &outsider), ("the host", &stranger)] {
        let request = bare(Method::POST, CREATE, token).insert_header(("Content-Type", "application/json"));
        bad.refuses(case, request.set_payload(draft().to_string()), "403 forbidden").await;
    }
    let final_state = sent(Method::PATCH, &path(3, ""), r#"{"max_participants":5}"#);
    bad.refuses("the state", final_state, "412 precondition_failed").await;
}

#[actix_web::test]
async fn refusals_hold_no_text_of_the_request() {
    let service = Service::empty().await;
    let secret = "hunter2hunter2";
    let bodies = [
        draft_with("title", &format!("[\"{secret}\"]")),
        format!("{{\"title\": {secret}}}"),
        draft_with("kind", &format!("\"{secret}\"")),
    ];
    for body in bodies {
        let answer = service.send(create(body)).await;
        assert_eq!(answer.error(), "400 validation_error");
        assert!(!answer.text().contains(secret), "{}", answer.text());
    }
    let answer: Value = service.send(create("{\"title\": hunter2}")).await.json();
    assert_eq!(answer["details"][0]["parameter"], "");
}
