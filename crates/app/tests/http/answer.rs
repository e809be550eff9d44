//! The answer 200: its members, their form, and its headers.

use live_domain::contract::fixtures::{fill, minutes, register, registration, session};
use live_domain::{
    Category, CommunityId, DurationMinutes, HostId, MaxParticipants, Metadata, RecordingUrl, RegistrationStatus,
    Session, SessionKind, SessionStatus, StreamCallId, Timestamp, Title,
};
use serde_json::{Value, json};
use time::macros::datetime;

use crate::schema;
use crate::support::{SESSIONS, Service, ada, bearer, get, in_seconds, list, token};

const METADATA: &str =
    r#"{"z":1.0e2,"a":[12345678901234567890123,-0.10,1E+2],"s":"\u00e9\/ é \" ]}","o":{"b":null,"a":true},"n":-0}"#;

/// A session that has every member.
fn whole() -> Session {
    Session {
        id: "018f2f3e-0000-7000-8000-0000000000ff".parse().expect("an id"),
        host_id: HostId::new("bob \"the host\"").expect("a host"),
        community_id: Some(CommunityId::new("rust").expect("a community")),
        title: Title::new(" Zoë & <b>friends</b> \u{2028}🎥 ").expect("a title"),
        kind: SessionKind::OfficeHours,
        category: Some(Category::new("Q&A").expect("a category")),
        scheduled_at: Timestamp::clamped(datetime!(2026-03-11 08:30:00.5 UTC)),
        started_at: Some(Timestamp::clamped(datetime!(2026-03-11 08:31:02.000001 UTC))),
        ended_at: Some(Timestamp::clamped(datetime!(2026-03-11 09:00:00.123450 UTC))),
        status: SessionStatus::Ended,
        stream_call_id: Some(StreamCallId::new("call-1").expect("a call")),
        max_participants: MaxParticipants::new(1_000_000).expect("a number"),
        duration_minutes: Some(DurationMinutes::new(1_440).expect("a number")),
        recording_url: Some(RecordingUrl::new("https://video.example/a?b=c&d").expect("a URL")),
        metadata: Metadata::parse(METADATA).expect("metadata"),
        created_at: Timestamp::EARLIEST,
        updated_at: Timestamp::LATEST,
        ..session(1)
    }
}

#[actix_web::test]
async fn answer_has_every_member_in_its_form() {
    let service = Service::with([whole(), session(2)]).await;
    register(
        &service.store,
        [
            registration(2, "ada", RegistrationStatus::Registered, 71),
            registration(2, "bob", RegistrationStatus::Registered, 72),
            registration(2, "cyd", RegistrationStatus::Waitlist, 73),
            registration(2, "dan", RegistrationStatus::Cancelled, 74),
        ],
    )
    .await;
    let body = service.list("").await.ok();
    let metadata: Value = serde_json::from_str(METADATA).expect("JSON");
    let expected = json!({
        "sessions": [
            {
                "id": "018f2f3e-0000-7000-8000-0000000000ff",
                "host_id": "bob \"the host\"",
                "brand_id": "acme",
                "title": " Zoë & <b>friends</b> \u{2028}🎥 ",
                "kind": "office_hours",
                "category": "Q&A",
                "scheduled_at": "2026-03-11T08:30:00.5Z",
                "started_at": "2026-03-11T08:31:02.000001Z",
                "ended_at": "2026-03-11T09:00:00.12345Z",
                "status": "ended",
                "stream_call_id": "call-1",
                "max_participants": 1_000_000,
                "duration_minutes": 1_440,
                "recording_url": "https://video.example/a?b=c&d",
                "metadata": metadata,
                "created_at": "1970-01-01T00:00:00Z",
                "updated_at": "9998-12-31T23:59:59.999999Z",
                "registered_count": 0,
                "is_registered": false,
            },
            {
                "id": "00000000-0000-0000-0000-000000000002",
                "host_id": "ada",
                "brand_id": "acme",
                "title": "Session 2",
                "kind": "live",
                "category": null,
                "scheduled_at": "2026-03-10T12:02:00Z",
                "started_at": null,
                "ended_at": null,
                "status": "scheduled",
                "stream_call_id": null,
                "max_participants": 10,
                "duration_minutes": null,
                "recording_url": null,
                "metadata": {},
                "created_at": "2025-12-31T01:20:00Z",
                "updated_at": "2025-12-31T01:20:00Z",
                "registered_count": 2,
                "is_registered": true,
            },
        ],
        "next_cursor": null,
    });
    // Member by member: nothing is missing, and nothing is there beyond, `community_id` least of all.
    assert_eq!(body, expected);
}

#[actix_web::test]
async fn answer_keeps_metadata_as_the_text_that_was_stored() {
    let service = Service::with([whole(), session(2)]).await;
    let answer = service.list("").await;
    let member = format!("\"metadata\":{METADATA}");
    assert!(answer.text().contains(&member), "{}", answer.text());
    assert!(answer.text().contains("\"metadata\":{}"));
    // White space between its tokens, and nothing else, was dropped when it was stored.
    let spaced = Metadata::parse("{ \"b\" : [ 1.50 , 2 ] ,\n\"a\" : \" x \" }").expect("metadata");
    let service = Service::with([Session { metadata: spaced, ..session(1) }]).await;
    assert!(service.list("").await.text().contains(r#""metadata":{"b":[1.50,2],"a":" x "}"#));
}

#[actix_web::test]
async fn answer_follows_the_schema() {
    let schema = schema::list_live_sessions();
    let service = Service::with([whole(), session(2)]).await;
    for query in ["", "limit=1", "host_id=nobody"] {
        let faults = schema::faults(&schema, &service.list(query).await.ok(), "");
        assert!(faults.is_empty(), "{query}: {faults:#?}");
    }
    // The check itself finds what is missing or of another type.
    let mut body = service.list("").await.ok();
    body["sessions"][0]["max_participants"] = json!("10");
    body["sessions"][1]["scheduled_at"] = json!("yesterday");
    body["sessions"][1].as_object_mut().expect("a session").remove("category");
    assert_eq!(schema::faults(&schema, &body, "").len(), 3);
}

#[actix_web::test]
async fn answer_is_about_the_caller() {
    let service = Service::with([session(1)]).await;
    let waiting = RegistrationStatus::Waitlist;
    let people = [("ada", RegistrationStatus::Registered), ("bob", waiting), ("cyd", RegistrationStatus::Cancelled)];
    let lines = people.into_iter().zip(71..).map(|((person, status), id)| registration(1, person, status, id));
    register(&service.store, lines).await;
    for (person, expected) in [("ada", true), ("bob", false), ("cyd", false), ("Ada", false), ("dan", false)] {
        let body = service.list_as(&token(&json!({"sub": person, "exp": in_seconds(60)})), "").await.ok();
        assert_eq!(body["sessions"][0]["is_registered"], expected, "{person}");
        assert_eq!(body["sessions"][0]["registered_count"], 1);
    }
}

#[actix_web::test]
async fn answer_has_the_headers_of_a_private_read() {
    let service = Service::with([session(1)]).await;
    let answer = service.list("").await;
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("private, no-cache"));
    assert_eq!(answer.header("vary"), Some("Authorization, Accept-Encoding"));
    let tag = answer.tag();
    let opaque = tag.strip_prefix("W/\"").and_then(|tag| tag.strip_suffix('"')).expect("a weak tag");
    assert!(opaque.len() >= 16 && opaque.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b','));
    assert!(answer.header("x-request-id").is_some());
    assert!(answer.header("link").is_none(), "there is no next page");
    assert!(answer.header("content-encoding").is_none());
}

/// The target of a `Link: <...>; rel="next"`.
fn target(link: &str) -> &str {
    link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).expect("a next link")
}

#[actix_web::test]
async fn link_leads_to_the_next_page_and_is_gone_on_the_last() {
    let rename = |number: u32| Session {
        category: Some(Category::new("Q&A + \"é\" >;,%").expect("a category")),
        scheduled_at: minutes(i64::from(number)),
        ..session(number)
    };
    let service = Service::empty().await;
    fill(&service.store, (1..=5).map(rename)).await;
    let query = "&category=Q%26A+%2B%20%22%C3%A9%22+%3E%3B%2C%25&limit=2&status=scheduled%2Clive&upcoming_only=TRUE\
                 &host_id=ada&host_user_id=ada";
    let mut path = format!("{SESSIONS}?{query}");
    let mut met = Vec::new();
    loop {
        let answer = service.send(bearer(get(&path), &ada())).await;
        met.extend(answer.numbers());
        let Some(link) = answer.header("link") else {
            assert_eq!(answer.next_cursor(), None);
            break;
        };
        let target = target(link);
        let query = target.strip_prefix('?').expect("a link relative to the request");
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let cursor = answer.next_cursor().expect("a cursor beside the link");
        let expected = [
            ("category", "Q&A + \"é\" >;,%"),
            ("limit", "2"),
            ("status", "scheduled,live"),
            ("upcoming_only", "TRUE"),
            ("host_id", "ada"),
            ("host_user_id", "ada"),
            ("cursor", &cursor),
        ];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        path = format!("{SESSIONS}{target}");
    }
    assert_eq!(met, [1, 2, 3, 4, 5]);
}

#[actix_web::test]
async fn link_of_a_list_without_parameters_carries_the_cursor_alone() {
    let service = Service::with((1..=21).map(session)).await;
    let first = service.send(list("")).await;
    let cursor = first.next_cursor().expect("a next page");
    assert_eq!(first.header("link"), Some(format!("<?cursor={cursor}>; rel=\"next\"").as_str()));
    let last = service.list(&format!("cursor={cursor}")).await;
    assert_eq!((last.numbers(), last.next_cursor()), (vec![1], None));
    assert!(last.header("link").is_none());
}
