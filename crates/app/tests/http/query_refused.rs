//! **strict-query**: what the list refuses, with which words.

use serde_json::{Value, json};

use crate::support::{Failures, Service};

const TEXT: &str = "must have between 1 and 128 characters";
const EMPTY: &str = "must not be empty";
const TWICE: &str = "is given twice";
const BROKEN: &str = "has a broken percent-encoding";
const NO_UTF_8: &str = "is not valid UTF-8";
const CONTROL: &str = "must not contain control characters";
const STATUS: &str = "must be one or more of scheduled, live, ended, cancelled, separated by commas";
const KIND: &str = "must be one or more of live, office_hours, separated by commas";
const FLAG: &str = "must be true, false, 1 or 0";
const MONTH: &str = "must have the form YYYY-MM, from 1970-01 to 9998-12";
const ZONE: &str = "must be the name of an IANA time zone, such as Europe/Berlin";
const LIMIT: &str = "must be a whole number between 1 and 100, in digits";

/// The query, the parameter that is named, and what is said of it.
const REFUSED: &[(&str, &str, &str)] = &[
    // A value that is empty or not there.
    ("brand_id=", "brand_id", EMPTY),
    ("brand_id", "brand_id", EMPTY),
    ("community_id=", "community_id", EMPTY),
    ("host_id=", "host_id", EMPTY),
    ("host_user_id=", "host_user_id", EMPTY),
    ("category=", "category", EMPTY),
    ("status=", "status", EMPTY),
    ("kind=", "kind", EMPTY),
    ("upcoming=", "upcoming", EMPTY),
    ("upcoming", "upcoming", EMPTY),
    ("upcoming_only=", "upcoming_only", EMPTY),
    ("month=", "month", EMPTY),
    ("month=2026-03&time_zone=", "time_zone", EMPTY),
    ("limit=", "limit", EMPTY),
    ("cursor=", "cursor", EMPTY),
    ("cursor", "cursor", EMPTY),
    // A name given twice, even with the same value, even when it is written in another way.
    ("brand_id=a&brand_id=b", "brand_id", TWICE),
    ("brand_id=a&brand_id=a", "brand_id", TWICE),
    ("limit=5&limit=5", "limit", TWICE),
    ("limit=5&%6Cimit=6", "limit", TWICE),
    ("status=live&status=ended", "status", TWICE),
    ("kind=live&kind=live", "kind", TWICE),
    ("host_id=a&host_user_id=a&host_id=a", "host_id", TWICE),
    ("upcoming=true&upcoming=true", "upcoming", TWICE),
    ("month=2026-03&month=2026-04", "month", TWICE),
    ("cursor=a&cursor=a", "cursor", TWICE),
    // Text that is no text.
    ("brand_id=%zz", "brand_id", BROKEN),
    ("brand_id=a%", "brand_id", BROKEN),
    ("brand_id=a%4", "brand_id", BROKEN),
    ("brand_id=%+41", "brand_id", BROKEN),
    ("category=100%&limit=5", "category", BROKEN),
    ("cursor=%G0", "cursor", BROKEN),
    ("brand_id=%FF", "brand_id", NO_UTF_8),
    ("brand_id=%C3", "brand_id", NO_UTF_8),
    ("host_id=%C0%80", "host_id", NO_UTF_8),
    ("host_id=%ED%A0%80", "host_id", NO_UTF_8),
    ("category=%F4%90%80%80", "category", NO_UTF_8),
    ("cursor=%80", "cursor", NO_UTF_8),
    ("brand_id=%00", "brand_id", CONTROL),
    ("brand_id=a%00b", "brand_id", CONTROL),
    ("brand_id=a%0A", "brand_id", CONTROL),
    ("community_id=%09", "community_id", CONTROL),
    ("host_id=%1F", "host_id", CONTROL),
    ("host_user_id=%7F", "host_user_id", CONTROL),
    ("category=%C2%85", "category", CONTROL),
    ("status=live%00", "status", CONTROL),
    ("limit=5%0D", "limit", CONTROL),
    ("month=2026-03&time_zone=UTC%00", "time_zone", CONTROL),
    ("cursor=abc%00", "cursor", CONTROL),
    ("cursor=%C2%9F", "cursor", CONTROL),
    // Lists.
    ("status=Live", "status", STATUS),
    ("status=canceled", "status", STATUS),
    ("status=live,", "status", STATUS),
    ("status=,live", "status", STATUS),
    ("status=live,,ended", "status", STATUS),
    ("status=,", "status", STATUS),
    ("status=live,+ended", "status", STATUS),
    ("status=live;ended", "status", STATUS),
    ("status=office_hours", "status", STATUS),
    ("status=all", "status", STATUS),
    ("status=live,live", "status", "must not hold live twice"),
    ("status=live,ended%2Clive", "status", "must not hold live twice"),
    ("kind=LIVE", "kind", KIND),
    ("kind=office-hours", "kind", KIND),
    ("kind=office_hours,", "kind", KIND),
    ("kind=live,ended", "kind", KIND),
    ("kind=office_hours,office_hours", "kind", "must not hold office_hours twice"),
    // Flags.
    ("upcoming=yes", "upcoming", FLAG),
    ("upcoming=2", "upcoming", FLAG),
    ("upcoming=01", "upcoming", FLAG),
    ("upcoming=on", "upcoming", FLAG),
    ("upcoming=t", "upcoming", FLAG),
    ("upcoming=+true", "upcoming", FLAG),
    ("upcoming=true,false", "upcoming", FLAG),
    ("upcoming_only=null", "upcoming_only", FLAG),
    ("upcoming_only=tr%C3%BCe", "upcoming_only", FLAG),
    // Months and zones.
    ("month=2026-3", "month", MONTH),
    ("month=2026-03-01", "month", MONTH),
    ("month=202603", "month", MONTH),
    ("month=26-03", "month", MONTH),
    ("month=02026-03", "month", MONTH),
    ("month=%2B202-03", "month", MONTH),
    ("month=-026-03", "month", MONTH),
    ("month=2026-00", "month", MONTH),
    ("month=2026-13", "month", MONTH),
    ("month=2026-%2B1", "month", MONTH),
    ("month=2026-+1", "month", MONTH),
    ("month=1969-12", "month", MONTH),
    ("month=9999-01", "month", MONTH),
    ("month=0000-01", "month", MONTH),
    ("month=March", "month", MONTH),
    ("month=%D9%A2%D9%A0%D9%A2%D9%A6-03", "month", MONTH),
    ("month=2026-03&time_zone=europe/berlin", "time_zone", ZONE),
    ("month=2026-03&time_zone=utc", "time_zone", ZONE),
    ("month=2026-03&time_zone=Europe/Atlantis", "time_zone", ZONE),
    ("month=2026-03&time_zone=localtime", "time_zone", ZONE),
    ("month=2026-03&time_zone=Factory", "time_zone", ZONE),
    ("month=2026-03&time_zone=posix/Europe/Berlin", "time_zone", ZONE),
    ("month=2026-03&time_zone=right/UTC", "time_zone", ZONE),
    ("month=2026-03&time_zone=posixrules", "time_zone", ZONE),
    ("month=2026-03&time_zone=%2B02:00", "time_zone", ZONE),
    ("month=2026-03&time_zone=CET-1CEST", "time_zone", ZONE),
    ("month=2026-03&time_zone=Europe/Berlin+", "time_zone", ZONE),
    ("month=2026-03&time_zone=../../etc/passwd", "time_zone", ZONE),
    ("month=2026-03&time_zone=/usr/share/zoneinfo/UTC", "time_zone", ZONE),
    ("month=2026-03&time_zone=Etc/Unknown", "time_zone", ZONE),
    ("month=2026-03&time_zone=zone.tab", "time_zone", ZONE),
    ("time_zone=UTC", "time_zone", "goes with month: give both or neither"),
    ("upcoming=true&time_zone=Europe/Berlin", "time_zone", "goes with month: give both or neither"),
    // Limits.
    ("limit=0", "limit", LIMIT),
    ("limit=101", "limit", LIMIT),
    ("limit=-1", "limit", LIMIT),
    ("limit=%2B5", "limit", LIMIT),
    ("limit=+5", "limit", LIMIT),
    ("limit=5+", "limit", LIMIT),
    ("limit=1e1", "limit", LIMIT),
    ("limit=5.0", "limit", LIMIT),
    ("limit=0x10", "limit", LIMIT),
    ("limit=1_0", "limit", LIMIT),
    ("limit=five", "limit", LIMIT),
    ("limit=257", "limit", LIMIT),
    ("limit=65537", "limit", LIMIT),
    ("limit=18446744073709551617", "limit", LIMIT),
    ("limit=%D9%A5", "limit", LIMIT),
    ("limit=5;kind=live", "limit", LIMIT),
    ("limit=5?kind=live", "limit", LIMIT),
    // Two names of one thing that say different things.
    ("host_id=a&host_user_id=b", "host_user_id", "and host_id are two names of one parameter and must not differ"),
    ("host_user_id=a&host_id=A", "host_user_id", "and host_id are two names of one parameter and must not differ"),
    (
        "upcoming=1&upcoming_only=false",
        "upcoming_only",
        "and upcoming are two names of one parameter and must not differ",
    ),
];

/// The name that is not known, and the known one that is nearest.
const UNKNOWN: &[(&str, &str)] = &[
    ("limti", "limit"),
    ("Limit", "limit"),
    ("limits", "limit"),
    ("LIMIT", "limit"),
    ("brand", "brand_id"),
    ("brandId", "brand_id"),
    ("brand_id[]", "brand_id"),
    ("communityid", "community_id"),
    ("host", "host_id"),
    ("host_userid", "host_user_id"),
    ("categories", "category"),
    ("statuses", "status"),
    ("kinds", "kind"),
    ("upcomming", "upcoming"),
    ("upcoming-only", "upcoming_only"),
    ("months", "month"),
    ("timezone", "time_zone"),
    ("after_cursor", "cursor"),
    ("CATEGORY", "category"),
    ("Time-Zone", "time_zone"),
];

fn first_detail(body: &Value) -> String {
    let detail = &body["details"][0];
    format!("{}: {}", detail["parameter"].as_str().unwrap_or("-"), detail["message"].as_str().unwrap_or("-"))
}

#[actix_web::test]
async fn strict_query_refuses_what_is_off_and_says_what_is_allowed() {
    let service = Service::empty().await;
    let mut failures = Failures::default();
    for (query, parameter, message) in REFUSED {
        let message = format!("{parameter} {message}");
        let answer = service.list(query).await;
        failures.check(query, answer.error(), "400 validation_error".to_owned());
        let body = if answer.status.is_success() { Value::Null } else { answer.json() };
        failures.check(query, first_detail(&body), format!("{parameter}: {message}"));
        failures.check(query, body["message"].clone(), json!(message));
    }
}

#[actix_web::test]
async fn strict_query_offers_the_nearest_name_for_an_unknown_one() {
    let service = Service::empty().await;
    let mut failures = Failures::default();
    for (name, nearest) in UNKNOWN {
        let answer = service.list(&format!("{name}=1")).await;
        failures.check(name, answer.error(), "400 validation_error".to_owned());
        let expected = format!("{name}: unknown parameter; the nearest known one is {nearest}");
        failures.check(name, first_detail(&answer.json()), expected);
    }
}

#[actix_web::test]
async fn strict_query_bounds_text_by_its_characters() {
    let service = Service::empty().await;
    let mut failures = Failures::default();
    for name in ["brand_id", "community_id", "host_id", "host_user_id", "category"] {
        for character in ["x", "%C3%BC", "%F0%9F%8E%A5", "e%CC%81"] {
            let count = if character.starts_with('e') { 65 } else { 129 };
            let query = format!("{name}={}", character.repeat(count));
            let answer = service.list(&query).await;
            failures.check(&query, answer.error(), "400 validation_error".to_owned());
            failures.check(&query, first_detail(&answer.json()), format!("{name}: {name} {TEXT}"));
        }
    }
}

#[actix_web::test]
async fn strict_query_refuses_a_name_that_is_no_text() {
    let service = Service::empty().await;
    let mut failures = Failures::default();
    for (query, parameter, fault) in [
        ("%ff=1", "%ff", NO_UTF_8),
        ("li%mit=1", "li%mit", BROKEN),
        ("limit%00=1", "limit%00", CONTROL),
        ("limit%0A=1", "limit%0A", CONTROL),
    ] {
        let answer = service.list(query).await;
        failures.check(query, answer.error(), "400 validation_error".to_owned());
        failures.check(query, first_detail(&answer.json()), format!("{parameter}: the name of a parameter {fault}"));
    }
    // The empty name is a name like others, and unknown.
    for query in ["=1", "=", "limit=5&=live"] {
        let answer = service.list(query).await;
        failures.check(query, answer.error(), "400 validation_error".to_owned());
        failures.check(query, answer.json()["details"][0]["parameter"].clone(), json!(""));
    }
}

#[actix_web::test]
async fn strict_query_lists_every_faulty_parameter_in_the_order_of_the_request() {
    let service = Service::empty().await;
    let query =
        "limit=0&nope=1&brand_id=&status=live&kind=x&month=2026&time_zone=Mars&limit=5&cursor=%00&upcoming=maybe";
    let body = service.list(query).await.json();
    let details = body["details"].as_array().expect("details");
    let parameters: Vec<_> = details.iter().map(|detail| detail["parameter"].as_str().expect("a name")).collect();
    assert_eq!(parameters, ["limit", "nope", "brand_id", "kind", "month", "time_zone", "limit", "cursor", "upcoming"]);
    assert_eq!(body["message"], details[0]["message"]);
    for detail in details {
        let members: Vec<_> = detail.as_object().expect("an object").keys().collect();
        assert_eq!(members, ["message", "parameter"]);
    }

    let body = service.list("upcoming=maybe&limit=0").await.json();
    assert_eq!(body["message"], format!("upcoming {FLAG}"));
    let body = service.list("limit=0&upcoming=maybe").await.json();
    assert_eq!(body["message"], format!("limit {LIMIT}"));
}

#[actix_web::test]
async fn strict_query_does_not_hide_a_month_behind_a_zone_that_is_off() {
    let service = Service::empty().await;
    let body = service.list("time_zone=Mars&month=2026-13").await.json();
    let parameters: Vec<_> = body["details"].as_array().expect("details").iter().map(|d| &d["parameter"]).collect();
    assert_eq!(parameters, ["time_zone", "month"]);
}

#[actix_web::test]
async fn strict_query_offers_a_name_for_a_long_one_as_well() {
    let service = Service::empty().await;
    let name = format!("limit{}", "x".repeat(50_000));
    let body = service.list(&format!("{name}=1")).await.json();
    assert_eq!(body["details"][0]["parameter"], name);
    let message = body["message"].as_str().expect("a message");
    assert!(message.starts_with("unknown parameter; the nearest known one is "), "{message}");
}
