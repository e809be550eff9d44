use live_domain::Timestamp;
use uuid::Uuid;

use super::*;

fn now() -> Timestamp {
    Timestamp::from_micros(1_800_000_000_000_000).unwrap()
}

/// A good session with a member replaced or added; an empty text leaves the member out.
fn session_with(member: &str, value: &str) -> String {
    let good = [
        ("id", "\"0190d3a0-0000-7000-8000-000000000001\""),
        ("host_id", "\"ada\""),
        ("brand_id", "\"acme\""),
        ("title", "\"Title\""),
        ("scheduled_at", "\"2026-03-01T18:00:00Z\""),
        ("max_participants", "10"),
    ];
    let others = good.iter().filter(|(name, _)| *name != member);
    let mut members: Vec<String> = others.map(|(name, value)| format!("\"{name}\":{value}")).collect();
    if !value.is_empty() {
        members.push(format!("\"{member}\":{value}"));
    }
    format!("{{{}}}", members.join(","))
}

#[test]
fn a_session_takes_its_defaults() {
    let line = parse_session(&session_with("title", "\"Title\""), now()).unwrap();
    let session = line.session();
    assert!(!line.updated_at_given());
    assert_eq!((session.created_at, session.updated_at), (now(), now()));
    assert_eq!(
        (session.kind.as_str(), session.status.as_str(), session.metadata.as_str()),
        ("live", "scheduled", "{}")
    );
}

#[test]
fn what_is_written_reads_as_the_same() {
    let texts = [
        session_with("metadata", r#"{ "b": 1.0, "a": [12345678901234567890123] }"#),
        session_with("scheduled_at", "\"2026-03-01T18:00:00.123456789+05:30\""),
        session_with("community_id", "\"größe\""),
        session_with("updated_at", "\"2026-03-01T18:00:00Z\""),
    ];
    for text in texts {
        let first = parse_session(&text, now()).unwrap();
        let mut written = Vec::new();
        write_session(first.session(), &mut written);
        let written = String::from_utf8(written).unwrap();
        assert_eq!(written.matches('\n').count(), 1, "{written}");
        assert_eq!(parse_session(&written, now()).unwrap().session(), first.session());
    }
}

#[test]
fn a_bad_session_is_told_by_its_member() {
    const TIME: &str = "scheduled_at must be an RFC 3339 time with an offset, as in 2026-03-01T18:00:00Z";
    const RANGE: &str = "scheduled_at must be between 1970-01-01T00:00:00Z and 9998-12-31T23:59:59.999999Z";
    for (member, value, expected) in [
        ("id", "", "missing field `id`"),
        ("id", "\"0190d3a0000070008000000000000001\"", "id must be a UUID of 36 characters with hyphens"),
        ("id", "\"{0190d3a0-0000-7000-8000-00000000001}\"", "id must be a UUID of 36 characters with hyphens"),
        ("host_id", "\"\"", "host_id must have between 1 and 128 characters"),
        ("host_id", "7", "host_id: invalid type: integer `7`, expected a string"),
        ("brand_id", "\"a\\u0000b\"", "brand_id must not contain control characters"),
        ("title", "null", "title: invalid type: null, expected a string"),
        ("title", "\"  \"", "title must not be blank"),
        ("kind", "null", "kind: invalid type: null, expected a string"),
        ("kind", "\"Live\"", "kind must be one of live, office_hours"),
        ("status", "\"over\"", "status must be one of scheduled, live, ended, cancelled"),
        ("max_participants", "0", "max_participants must be between 1 and 1000000"),
        ("max_participants", "10.0", "max_participants: invalid type: floating point `10.0`, expected u32"),
        ("max_participants", "1e1", "max_participants: invalid type: floating point `10.0`, expected u32"),
        ("max_participants", "\"10\"", "max_participants: invalid type: string \"10\", expected u32"),
        ("duration_minutes", "1441", "duration_minutes must be between 1 and 1440"),
        ("recording_url", "\"ftp://x\"", "recording_url must be an absolute http or https URL"),
        ("metadata", "[]", "metadata must be a JSON object"),
        ("metadata", "null", "metadata must be a JSON object"),
        ("metadata", r#"{"a":1,"a":2}"#, "metadata must not hold a name twice"),
        ("scheduled_at", "\"2026-03-01T18:00:00\"", TIME),
        ("scheduled_at", "\"2016-12-31T23:59:60Z\"", TIME),
        ("scheduled_at", "\"2026-03-01 18:00:00Z\"", TIME),
        ("scheduled_at", "\"1969-12-31T23:59:59Z\"", RANGE),
        ("created_at", "null", "created_at: invalid type: null, expected a string"),
    ] {
        let text = session_with(member, value);
        assert_eq!(parse_session(&text, now()).unwrap_err().to_string(), expected, "{text}");
    }
    let ends_first = r#""2026-03-01T18:00:00Z","ended_at":"2026-03-01T17:00:00Z""#;
    let text = session_with("started_at", ends_first);
    assert_eq!(parse_session(&text, now()).unwrap_err().to_string(), "ended_at must not be before started_at");
}

#[test]
fn what_is_no_object_of_known_members_is_refused() {
    for (text, expected) in [
        ("not json", "must be a JSON object"),
        (r#"["a","b"]"#, "must be a JSON object"),
        (r#"{"id":"a","id":"b"}"#, "duplicate field `id`"),
        (r#"{"registered_count":1}"#, "unknown field `registered_count`"),
    ] {
        let fault = parse_session(text, now()).unwrap_err().to_string();
        assert!(fault.contains(expected), "{text}: {fault}");
    }
}

#[test]
fn a_bad_registration_is_told_by_its_member() {
    let session = "0190d3a0-0000-7000-8000-000000000001";
    let line = |more: &str| format!(r#"{{"session_id":"{session}","user_id":"ada"{more}}}"#);
    let fresh = Uuid::from_u128(1);
    assert!(parse_registration(&line(""), now(), fresh).is_ok());
    for (more, expected) in [
        (r#","status":"gone""#, "status must be one of registered, waitlist, cancelled"),
        (r#","registered_at":null"#, "registered_at: invalid type: null, expected a string"),
        (r#","registered_at":"2999-01-01T00:00:00Z""#, "registered_at must not be in the future"),
        (r#","id":"x""#, "id must be a UUID of 36 characters with hyphens"),
        (r#","cancelled_at":"2020-01-01T00:00:00Z""#, "cancelled_at goes with the status cancelled alone"),
    ] {
        assert_eq!(parse_registration(&line(more), now(), fresh).unwrap_err().to_string(), expected, "{more}");
    }
    let unknown = parse_registration(&line(r#","position":1"#), now(), fresh).unwrap_err().to_string();
    assert!(unknown.contains("unknown field `position`"), "{unknown}");
}
