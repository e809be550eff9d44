//! `GET /v1/live/sessions.ics`: the list as a calendar.

use actix_web::http::header::{ACCEPT_ENCODING, IF_NONE_MATCH};
use live_app::http::list_query::CALENDAR_PARAMETERS;
use live_domain::contract::fixtures::{fill, full_session, minutes, register, registration, session};
use live_domain::{DurationMinutes, RegistrationStatus, Session, SessionStatus};

use crate::coding::unpacked;
use crate::openapi::document;
use crate::support::{Answer, CALENDAR, Failures, Service, ada, bearer, get};
use crate::writing::{host, limited, path};

/// The calendar with that query, for `ada`.
async fn calendar(service: &Service, query: &str) -> Answer {
    service.send(bearer(get(&format!("{CALENDAR}?{query}")), &ada())).await
}

/// The lines of a calendar, unfolded.
#[track_caller]
pub(crate) fn lines(answer: &Answer) -> Vec<String> {
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, Some("text/calendar; charset=utf-8")));
    let text = answer.text().replace("\r\n ", "");
    text.split_terminator("\r\n").map(str::to_owned).collect()
}

/// The numbers of the sessions of a calendar, as the fixtures number them.
#[track_caller]
pub(crate) fn numbers(answer: &Answer) -> Vec<u128> {
    let number = |line: &String| {
        let id = line.strip_prefix("UID:")?.strip_suffix("@live").expect("our part of the name");
        Some(id.parse::<uuid::Uuid>().expect("an id").as_u128())
    };
    lines(answer).iter().filter_map(number).collect()
}

#[actix_web::test]
async fn a_session_is_an_event() {
    let plain = Session {
        title: r"Semicolons; commas, back\slashes: all".parse().expect("a title"),
        category: Some("Q&A, live".parse().expect("a category")),
        duration_minutes: Some(DurationMinutes::new(90).expect("a duration")),
        ..session(1)
    };
    let service = Service::with([plain]).await;
    register(&service.store, [registration(1, "ada", RegistrationStatus::Registered, 71)]).await;
    let expected = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//live//live sessions//EN",
        "NAME:Live sessions of acme",
        "X-WR-CALNAME:Live sessions of acme",
        "REFRESH-INTERVAL;VALUE=DURATION:PT15M",
        "X-PUBLISHED-TTL:PT15M",
        "BEGIN:VEVENT",
        "UID:00000000-0000-0000-0000-000000000001@live",
        "DTSTAMP:20251231T012000Z",
        "CREATED:20251231T012000Z",
        "LAST-MODIFIED:20251231T012000Z",
        "SEQUENCE:0",
        "DTSTART:20260310T120100Z",
        "DURATION:PT90M",
        r"SUMMARY:Semicolons\; commas\, back\\slashes: all",
        r"CATEGORIES:Q&A\, live",
        "STATUS:CONFIRMED",
        "TRANSP:OPAQUE",
        "END:VEVENT",
        "END:VCALENDAR",
    ];
    assert_eq!(lines(&calendar(&service, "brand_id=acme").await), expected);
}

#[actix_web::test]
async fn an_event_has_what_its_session_has_and_nothing_else() {
    let recorded =
        Session { duration_minutes: None, category: None, status: SessionStatus::Cancelled, ..full_session(1) };
    let recording_url = Some("https://vidéo.example/a,%20b;ü".parse().expect("a recording"));
    let recorded = Session { recording_url, ..recorded };
    let service = Service::with([recorded, session(2)]).await;
    register(&service.store, [registration(1, "ada", RegistrationStatus::Registered, 71)]).await;
    let lines = lines(&calendar(&service, "").await);
    let having = |start: &str| lines.iter().filter(|line| line.starts_with(start)).cloned().collect::<Vec<_>>();
    assert_eq!(having("STATUS:"), ["STATUS:CONFIRMED", "STATUS:CANCELLED"]);
    assert_eq!(having("TRANSP:"), ["TRANSP:TRANSPARENT", "TRANSP:TRANSPARENT"], "called off, it takes no time");
    assert_eq!(having("URL:"), ["URL:https://xn--vido-dpa.example/a,%20b;%C3%BC"], "in ASCII");
    assert_eq!((having("DURATION:"), having("CATEGORIES:")), (vec![], vec![]));
}

#[actix_web::test]
async fn an_edit_moves_the_sequence_and_the_revision_and_a_registration_neither() {
    let service = Service::with([session(1)]).await;
    let revision = |answer: &Answer| {
        let of_revision =
            |line: &String| ["SEQUENCE:", "LAST-MODIFIED:", "DTSTAMP:"].iter().any(|start| line.starts_with(start));
        lines(answer).into_iter().filter(of_revision).collect::<Vec<_>>()
    };
    let before = calendar(&service, "").await;
    service.register(1, "bob").await;
    assert_eq!(calendar(&service, "").await.body, before.body, "of somebody else's registration nothing is seen");
    service.register(1, "ada").await;
    let registered = calendar(&service, "").await;
    assert_eq!(revision(&registered), revision(&before));
    assert_ne!(registered.body, before.body);
    service.patch(1, &host("ada"), &serde_json::json!({"title": "Another"})).await.ok();
    let edited = calendar(&service, "").await;
    assert_eq!(revision(&edited), ["DTSTAMP:20260310T120000Z", "LAST-MODIFIED:20260310T120000Z", "SEQUENCE:1"]);
    service.post(&path(1, "/cancel"), &host("ada")).await.ok();
    assert_eq!(revision(&calendar(&service, "").await).last().map(String::as_str), Some("SEQUENCE:2"));
}

#[actix_web::test]
async fn a_calendar_holds_what_the_list_holds_in_its_order() {
    let mut sessions: Vec<_> = (1..=150).map(session).collect();
    sessions.push(Session { brand_id: "globex".parse().expect("a brand"), scheduled_at: minutes(-31), ..session(151) });
    let service = Service::with(sessions).await;
    let mut failures = Failures::default();
    for query in
        ["", "brand_id=acme", "upcoming=true", "month=2026-03", "upcoming_only=1&host_user_id=ada", "kind=live"]
    {
        let mut expected = Vec::new();
        let mut page = service.list(&format!("{query}&limit=100")).await;
        expected.extend(page.numbers());
        while let Some(cursor) = page.next_cursor() {
            page = service.list(&format!("{query}&limit=100&cursor={cursor}")).await;
            expected.extend(page.numbers());
        }
        failures.check(query, numbers(&calendar(&service, query).await), expected);
    }
    let limited = service.read(CALENDAR, &limited("ada", "", "globex")).await;
    assert_eq!(numbers(&limited), [151]);
    assert_eq!(
        service.read(&format!("{CALENDAR}?brand_id=acme"), &self::limited("ada", "", "globex")).await.error(),
        "403 forbidden"
    );
}

#[actix_web::test]
async fn a_calendar_holds_a_thousand_sessions_and_no_more() {
    let service = Service::with((1..=1_001).map(session)).await;
    assert_eq!(numbers(&calendar(&service, "").await), (2..=1_001).rev().collect::<Vec<_>>(), "the latest");
    assert_eq!(numbers(&calendar(&service, "upcoming=1").await), (1..=1_000).collect::<Vec<_>>(), "the next ones");
}

#[actix_web::test]
async fn a_calendar_without_sessions_is_one_all_the_same() {
    let service = Service::empty().await;
    let lines = lines(&calendar(&service, "brand_id=a%2Cb").await);
    assert!(lines.contains(&r"NAME:Live sessions of a\,b".to_owned()), "{lines:?}");
    assert!(!lines.contains(&"BEGIN:VEVENT".to_owned()));
}

#[actix_web::test]
async fn a_calendar_takes_the_filters_of_the_list_as_strictly_and_has_no_pages() {
    let service = Service::with([session(1)]).await;
    for (query, message) in [
        ("limit=5", "unknown parameter"),
        ("cursor=x", "unknown parameter"),
        ("brandid=acme", "unknown parameter; the nearest known one is brand_id"),
        ("status=over", "status must be one or more of scheduled, live, ended, cancelled, separated by commas"),
        ("time_zone=UTC", "time_zone goes with month: give both or neither"),
        ("upcoming=1&upcoming_only=0", "upcoming_only and upcoming are two names of one parameter and must not differ"),
    ] {
        let answer = calendar(&service, query).await;
        assert_eq!(answer.error(), "400 validation_error", "{query}");
        let told = answer.json()["message"].as_str().expect("a message").to_owned();
        assert!(told.starts_with(message), "{told}");
    }
    assert_eq!(service.anonymous(CALENDAR).await.error(), "401 unauthenticated");
    let document = document(&service).await;
    let named = document["paths"][CALENDAR]["get"]["parameters"].as_array().expect("parameters");
    let named = named.iter().filter(|parameter| parameter["in"] == "query");
    let named: Vec<_> = named.map(|parameter| parameter["name"].as_str().expect("a name")).collect();
    assert_eq!(named, CALENDAR_PARAMETERS);
}

#[actix_web::test]
async fn a_calendar_that_did_not_change_is_not_sent_again() {
    let service = Service::with([session(1)]).await;
    let ask = |tag: &str| {
        bearer(get(&format!("{CALENDAR}?upcoming=true")), &ada()).insert_header((IF_NONE_MATCH, tag.to_owned()))
    };
    let first = service.send(ask("")).await;
    assert_eq!(first.header("cache-control"), Some("private, no-cache"));
    assert_eq!(first.header("vary"), Some("Authorization, Accept-Encoding"));
    service.clock.advance(time::Duration::minutes(1));
    let again = service.send(ask(&first.tag())).await;
    assert_eq!((again.status.as_u16(), again.tag(), again.body.len()), (304, first.tag(), 0));
    service.clock.advance(time::Duration::minutes(31));
    assert_eq!(numbers(&service.send(ask(&first.tag())).await), [0; 0], "it is overdue by now");
    let packed = service.send(ask("").insert_header((ACCEPT_ENCODING, "gzip"))).await;
    assert_eq!(packed.header("content-encoding"), Some("gzip"));
    assert!(unpacked("gzip", &packed.body).await.starts_with(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"));
}

#[actix_web::test]
async fn no_line_is_longer_than_75_octets() {
    let title = "🦀".repeat(200);
    let service = Service::empty().await;
    fill(&service.store, [Session { title: title.parse().expect("a title"), ..session(1) }]).await;
    let answer = calendar(&service, "").await;
    assert!(answer.text().split("\r\n").all(|line| line.len() <= 75 && !line.contains('\n')));
    assert!(lines(&answer).contains(&format!("SUMMARY:{title}")));
}
