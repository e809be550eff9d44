//! Bad writes: which members are refused, with which words, and that nothing was written.

use actix_web::http::Method;
use actix_web::test::TestRequest;
use live_domain::contract::fixtures::{register, registration, session};
use live_domain::{RegistrationStatus, Session, SessionStatus};

use crate::support::{Answer, Failures, Service};
use crate::writing::{CREATE, Snapshot, bare, draft, host, parameters, path};

const TEXT: &str = "must have between 1 and 128 characters";
const STRING: &str = "must be a string";
const SURROGATE: &str = "must not hold a lone surrogate";
const CONTROL: &str = "must not contain control characters";
const DIGITS: &str = "must be a whole number, in digits";
const SEATS: &str = "must be between 1 and 1000000";
const MINUTES: &str = "must be between 1 and 1440";
const TIME: &str = "must be an RFC 3339 time with an offset, as in 2026-03-01T18:00:00Z";
const RANGE: &str = "must be between 1970-01-01T00:00:00Z and 9998-12-31T23:59:59.999999Z";
const KIND: &str = "must be one of live, office_hours";
const URL: &str = "must be an absolute http or https URL";
const OBJECT: &str = "must be a JSON object";
const METADATA: &str = "must be valid JSON, without lone surrogates and with numbers in double-precision range";
const SERVICE: &str = "is set by the service";
const FIXED: &str = "cannot be changed";

/// A member of a body, a value that it cannot have, and what is said of it. These hold on create and in a patch.
const BAD_ON_BOTH: &[(&str, &str, &str)] = &[
    ("title", "null", STRING),
    ("title", "1", STRING),
    ("title", "[\"a\"]", STRING),
    ("title", "{}", STRING),
    ("title", r#""""#, "must have between 1 and 200 characters"),
    ("title", r#"" \u2003 ""#, "must not be blank"),
    ("title", r#""a\u0000b""#, CONTROL),
    ("title", r#""a\nb""#, CONTROL),
    ("title", r#""\u0085""#, CONTROL),
    ("title", r#""\ud83d""#, SURROGATE),
    ("title", r#""\udfa5\ud83c""#, SURROGATE),
    ("category", "true", STRING),
    ("category", r#""""#, TEXT),
    ("category", r#""\t""#, CONTROL),
    ("category", r#""\ud800""#, SURROGATE),
    ("community_id", "1", STRING),
    ("community_id", r#""""#, TEXT),
    ("community_id", r#""\u007f""#, CONTROL),
    ("kind", r#""Live""#, KIND),
    ("kind", r#""""#, KIND),
    ("kind", "1", KIND),
    ("kind", r#"["live"]"#, KIND),
    ("scheduled_at", "null", STRING),
    ("scheduled_at", "1775000000", STRING),
    ("scheduled_at", r#""""#, TIME),
    ("scheduled_at", r#""2026-04-01""#, TIME),
    ("scheduled_at", r#""2026-04-01T18:00:00""#, TIME),
    ("scheduled_at", r#""2026-02-30T18:00:00Z""#, TIME),
    ("scheduled_at", r#""2026-04-01_18:00:00Z""#, TIME),
    ("scheduled_at", r#""2026-04-01 18:00:00Z""#, TIME),
    ("scheduled_at", r#""2026-04-01T18:00:60Z""#, TIME),
    ("scheduled_at", r#""2026-04-01T24:00:00Z""#, TIME),
    ("scheduled_at", r#"" 2026-04-01T18:00:00Z""#, TIME),
    ("scheduled_at", r#""1969-12-31T23:59:59.999999Z""#, RANGE),
    ("scheduled_at", r#""1970-01-01T00:59:59+01:00""#, RANGE),
    ("scheduled_at", r#""9999-01-01T00:00:00Z""#, RANGE),
    ("max_participants", "null", DIGITS),
    ("max_participants", "0", SEATS),
    ("max_participants", "1000001", SEATS),
    ("max_participants", "99999999999999999999", SEATS),
    ("max_participants", "-1", DIGITS),
    ("max_participants", "2.0", DIGITS),
    ("max_participants", "1e3", DIGITS),
    ("max_participants", "\"2\"", DIGITS),
    ("max_participants", "[2]", DIGITS),
    ("duration_minutes", "0", MINUTES),
    ("duration_minutes", "1441", MINUTES),
    ("duration_minutes", "1.5", DIGITS),
    ("duration_minutes", "1E1", DIGITS),
    ("duration_minutes", "-0", DIGITS),
    ("duration_minutes", "\"60\"", DIGITS),
    ("duration_minutes", "false", DIGITS),
    ("metadata", "[]", OBJECT),
    ("metadata", "\"{}\"", OBJECT),
    ("metadata", "1", OBJECT),
    ("metadata", r#"{"a":1,"a":2}"#, "must not hold a name twice"),
    ("metadata", r#"{"a":{"b":1,"\u0062":2}}"#, "must not hold a name twice"),
    ("metadata", r#"{"a":"\u0000"}"#, "must not contain the NUL character"),
    ("metadata", r#"{"\u0000":1}"#, "must not contain the NUL character"),
    ("metadata", r#"{"a":"\ud800"}"#, METADATA),
    ("metadata", r#"{"a":1e999}"#, METADATA),
];

/// What a new session cannot have.
const BAD_ON_CREATE: &[(&str, &str, &str)] = &[
    ("host_id", "null", STRING),
    ("host_id", "1", STRING),
    ("host_id", r#""""#, TEXT),
    ("host_id", r#""a\u0001""#, CONTROL),
    ("host_id", r#""\udc00""#, SURROGATE),
    ("brand_id", "null", STRING),
    ("brand_id", "{}", STRING),
    ("brand_id", r#""""#, TEXT),
    ("brand_id", r#""\n""#, CONTROL),
    ("kind", "null", KIND),
    ("metadata", "null", OBJECT),
    ("stream_call_id", "\"call\"", "is set by start or by a patch"),
    ("recording_url", "null", "is set by end or by a patch"),
    ("id", "\"x\"", SERVICE),
    ("status", "\"live\"", SERVICE),
    ("started_at", "null", SERVICE),
    ("ended_at", "null", SERVICE),
    ("created_at", "\"2026-03-10T12:00:00Z\"", SERVICE),
    ("updated_at", "0", SERVICE),
    ("registered_count", "0", SERVICE),
    ("is_registered", "false", SERVICE),
    ("Status", "\"live\"", "unknown member; the nearest known one is title"),
    ("Title", "\"x\"", "unknown member; the nearest known one is title"),
    ("titel", "[[]]", "unknown member; the nearest known one is title"),
];

/// What an edit cannot say.
const BAD_IN_PATCH: &[(&str, &str, &str)] = &[
    ("id", "\"x\"", FIXED),
    ("host_id", "\"ada\"", FIXED),
    ("brand_id", "null", FIXED),
    ("status", "\"live\"", "changes by start, end and cancel"),
    ("started_at", "null", FIXED),
    ("ended_at", "null", FIXED),
    ("created_at", "\"2026-03-10T12:00:00Z\"", FIXED),
    ("updated_at", "0", FIXED),
    ("registered_count", "0", FIXED),
    ("is_registered", "false", FIXED),
    ("statu", "1", "unknown member; the nearest known one is title"),
    ("stream_call_id", "1", STRING),
    ("stream_call_id", r#""""#, "must have between 1 and 255 characters"),
    ("recording_url", "true", STRING),
    ("recording_url", r#""""#, "must have between 1 and 2048 characters"),
    ("recording_url", r#""video.example""#, URL),
    ("recording_url", r#""ftp://video.example""#, URL),
    ("recording_url", r#""https://""#, URL),
    ("recording_url", r#"" https://video.example""#, URL),
    ("recording_url", r#""//video.example""#, URL),
];

/// A service, what its store is to hold still, and what went wrong.
pub(crate) struct Bad {
    pub(crate) service: Service,
    before: Snapshot,
    pub(crate) failures: Failures,
    cases: usize,
}

/// A service to send bad writes to: sessions of every status, all of `ada`; the first has somebody registered.
pub(crate) async fn bad() -> Bad {
    use SessionStatus::{Cancelled, Ended, Live, Scheduled};
    let statuses = [(1, Scheduled), (2, Live), (3, Ended), (4, Cancelled)];
    let service = Service::with(statuses.map(|(number, status)| Session { status, ..session(number) })).await;
    register(&service.store, [registration(1, "ada", RegistrationStatus::Registered, 71)]).await;
    let before = Snapshot::of(&service.store).await;
    Bad { service, before, failures: Failures::default(), cases: 0 }
}

impl Bad {
    /// Sends the request, and sees to it that it is refused so and that nothing was written.
    pub(crate) async fn refuses(&mut self, case: &str, request: TestRequest, expected: &str) -> Answer {
        let answer = self.service.send(request).await;
        self.cases += 1;
        self.failures.check(case, answer.error(), expected.to_owned());
        let unchanged = Snapshot::of(&self.service.store).await == self.before;
        self.failures.check(&format!("{case}: nothing was written"), unchanged, true);
        answer
    }

    /// The request is refused for one part of it.
    pub(crate) async fn faults(&mut self, case: &str, request: TestRequest, parameter: &str, message: &str) {
        let answer = self.refuses(case, request, "400 validation_error").await;
        let details = answer.json()["details"].clone();
        let expected = serde_json::json!([{"parameter": parameter, "message": message}]);
        self.failures.check(case, details, expected);
        self.failures.check(case, answer.json()["message"].as_str().map(str::to_owned), Some(message.to_owned()));
    }
}

pub(crate) fn sent(method: Method, path: &str, body: impl Into<Vec<u8>>) -> TestRequest {
    bare(method, path, &host("ada"))
        .insert_header(("Content-Type", "application/json"))
        .set_payload(actix_web::web::Bytes::from(body.into()))
}

pub(crate) fn create(body: impl Into<Vec<u8>>) -> TestRequest {
    sent(Method::POST, CREATE, body)
}

pub(crate) fn patch(body: impl Into<Vec<u8>>) -> TestRequest {
    sent(Method::PATCH, &path(1, ""), body)
}

/// A good draft, in which that member has that raw value.
pub(crate) fn draft_with(name: &str, value: &str) -> String {
    let mut members = draft();
    members.as_object_mut().expect("an object").remove(name);
    format!("{},\"{name}\":{value}}}", members.to_string().trim_end_matches('}'))
}

/// What is said of a member.
fn of(name: &str, fault: &str) -> String {
    if fault.starts_with("unknown") { fault.to_owned() } else { format!("{name} {fault}") }
}

#[actix_web::test]
async fn a_member_that_is_off_is_named_with_what_is_allowed() {
    let mut bad = bad().await;
    for (name, value, fault) in BAD_ON_BOTH.iter().chain(BAD_ON_CREATE) {
        let case = format!("create {name}: {value}");
        bad.faults(&case, create(draft_with(name, value)), &format!("/{name}"), &of(name, fault)).await;
    }
    for (name, value, fault) in BAD_ON_BOTH.iter().chain(BAD_IN_PATCH) {
        let case = format!("patch {name}: {value}");
        let body = format!("{{\"{name}\":{value}}}");
        bad.faults(&case, patch(body), &format!("/{name}"), &of(name, fault)).await;
    }
    assert!(bad.cases >= 120, "{}", bad.cases);
}

#[actix_web::test]
async fn a_member_is_bounded_exactly() {
    let mut bad = bad().await;
    let long = |length: usize| format!("\"{}\"", "ü".repeat(length));
    for (name, most) in [("title", 200), ("category", 128), ("community_id", 128)] {
        let fault = format!("{name} must have between 1 and {most} characters");
        bad.faults(name, create(draft_with(name, &long(most + 1))), &format!("/{name}"), &fault).await;
    }
    for name in ["host_id", "brand_id"] {
        bad.faults(name, create(draft_with(name, &long(129))), &format!("/{name}"), &format!("{name} {TEXT}")).await;
    }
    let url = |length: usize| format!("\"https://a.example/{}\"", "x".repeat(length - 18));
    for (name, value, most) in [("stream_call_id", long(256), 255), ("recording_url", url(2_049), 2_048)] {
        let fault = format!("{name} must have between 1 and {most} characters");
        bad.faults(name, patch(format!("{{\"{name}\":{value}}}")), &format!("/{name}"), &fault).await;
    }
    let metadata = |bytes: usize| format!(r#"{{ "a" : "{}" }}"#, "x".repeat(bytes - 8));
    let fault = "metadata must have at most 16384 bytes as compact JSON";
    bad.faults("metadata", create(draft_with("metadata", &metadata(16_385))), "/metadata", fault).await;
    let nested = |levels: usize| format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels));
    let fault = "metadata must be nested at most 31 levels deep";
    for levels in [32, 130, 5_000] {
        bad.faults("depth", create(draft_with("metadata", &nested(levels))), "/metadata", fault).await;
        bad.faults("depth", patch(format!("{{\"metadata\":{}}}", nested(levels))), "/metadata", fault).await;
    }
    bad.faults("a deep title", create(draft_with("title", &nested(5_000))), "/title", "title must be a string").await;
    // The last that fits.
    let Bad { service, .. } = bad;
    for (name, value) in [
        ("title", long(200)),
        ("category", long(128)),
        ("community_id", long(128)),
        ("metadata", metadata(16_384)),
        ("metadata", nested(31)),
        ("duration_minutes", "1440".to_owned()),
        ("max_participants", "1000000".to_owned()),
        ("scheduled_at", "\"1970-01-01T00:00:00Z\"".to_owned()),
    ] {
        assert_eq!(service.send(create(draft_with(name, &value))).await.status.as_u16(), 201, "{name}");
    }
    for (name, value) in [("stream_call_id", long(255)), ("recording_url", url(2_048))] {
        assert_eq!(service.send(patch(format!("{{\"{name}\":{value}}}"))).await.status.as_u16(), 200, "{name}");
    }
}

#[actix_web::test]
async fn every_member_that_is_missing_is_named() {
    let mut bad = bad().await;
    let answer = bad.refuses("nothing", create("{}"), "400 validation_error").await;
    assert_eq!(parameters(&answer), ["/host_id", "/brand_id", "/title", "/scheduled_at", "/max_participants"]);
    assert_eq!(answer.json()["message"], "host_id is required");
    for name in ["host_id", "brand_id", "title", "scheduled_at", "max_participants"] {
        let mut body = draft();
        body.as_object_mut().expect("an object").remove(name);
        bad.faults(name, create(body.to_string()), &format!("/{name}"), &format!("{name} is required")).await;
    }
}

#[actix_web::test]
async fn a_name_that_stands_twice_is_refused() {
    let mut bad = bad().await;
    for (name, value) in [("title", "\"Office hours\""), ("t\\u0069tle", "\"x\""), ("metadata", "{}")] {
        let body = draft_with("metadata", "{}");
        let body = format!("{},\"{name}\":{value}}}", &body[..body.len() - 1]);
        let name = if name == "metadata" { name } else { "title" };
        bad.faults(name, create(body), &format!("/{name}"), &format!("{name} is given twice")).await;
    }
    bad.faults("patch", patch(r#"{"title":"a","title":"a"}"#), "/title", "title is given twice").await;
}

#[actix_web::test]
async fn every_fault_is_told_headers_first_then_the_query_then_the_body() {
    let mut bad = bad().await;
    let request = sent(Method::POST, &format!("{}?b=1&a=2", path(1, "/start")), r#"{"x/y":1,"stream_call_id":null}"#)
        .insert_header(("Idempotency-Key", "a b"))
        .insert_header(("If-Match", "x"));
    let answer = bad.refuses("all of it", request, "400 validation_error").await;
    assert_eq!(parameters(&answer), ["Idempotency-Key", "If-Match", "b", "a", "/x~1y", "/stream_call_id"]);
    let request = sent(Method::POST, &format!("{CREATE}?a=1"), r#"{"title":"","x":1,"title":2}"#);
    let answer = bad.refuses("create", request, "400 validation_error").await;
    assert_eq!(
        parameters(&answer),
        ["a", "/title", "/x", "/title", "/host_id", "/brand_id", "/scheduled_at", "/max_participants"]
    );
    let request = bare(Method::POST, &format!("{}?a=1", path(1, "/registrations")), &host("ada"))
        .insert_header(("Idempotency-Key", ""))
        .set_payload("x");
    let answer = bad.refuses("register", request, "400 validation_error").await;
    assert_eq!(parameters(&answer), ["Idempotency-Key", "a", ""]);
}
