//! Calendars, as a reader of others' making understands them; and feeds of a service that is started again.

use std::io::Write;
use std::process::{Command, Stdio};

use live_adapters::test_support::PgDatabase;
use serde_json::{Value, json};

use crate::npm::{self, WHAT_TO_INSTALL};
use crate::support::{Answer, Machine, Server, client, get, post, said};

const FEEDS: &str = "/v1/live/feeds";

const READER: [(&str, &str); 3] = [
    ("package.json", include_str!("icalendar/package.json")),
    ("package-lock.json", include_str!("icalendar/package-lock.json")),
    ("read.mjs", include_str!("icalendar/read.mjs")),
];

/// What the reader makes of a calendar.
fn read(calendar: &str) -> Value {
    let mut command = Command::new("node");
    command.arg("read.mjs").current_dir(npm::installed("icalendar-reader", &READER));
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut reader = command.spawn().unwrap_or_else(|error| panic!("node: {error}; {WHAT_TO_INSTALL}"));
    reader.stdin.take().unwrap().write_all(calendar.as_bytes()).unwrap();
    let said = said(reader);
    assert_eq!(said.code, 0, "{}\n{calendar}", said.err);
    serde_json::from_str(&said.out).unwrap()
}

async fn text(url: &str, token: Option<&str>) -> String {
    let request = token.into_iter().fold(client().get(url), reqwest::RequestBuilder::bearer_auth);
    request.send().await.unwrap().error_for_status().unwrap().text().await.unwrap()
}

/// Makes a feed with a key, so that it can be asked for again.
async fn feed(server: &Server, token: &str, body: &Value) -> Answer {
    let answer = post(&server.url(FEEDS), token, "key", Some(body)).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer
}

/// The URL of the feed at that server.
fn address(server: &Server, feed: &Answer) -> String {
    server.url(&format!("/v1/live/{}", feed.body["url"].as_str().unwrap()))
}

/// Titles that break what is not written with care.
fn awkward() -> [String; 7] {
    [
        r"Semicolons; commas, colons: back\slashes \n \, \; all at once".to_owned(),
        "🦀".repeat(200),
        "ä".repeat(199) + "!",
        " spaces at the ends ".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        "\u{2028}\u{feff}a\u{301}e\u{200d}👩‍🚀".to_owned(),
        format!("{} folded before a space", "x".repeat(66)),
    ]
}

fn line(number: usize, title: &str) -> String {
    let line = json!({
        "id": format!("00000000-0000-0000-0000-{number:012}"), "host_id": "ada", "brand_id": "acme", "title": title,
        "scheduled_at": format!("2026-03-01T18:0{number}:00.999Z"), "max_participants": 10, "category": "a, b; c",
        "duration_minutes": (number > 0).then_some(1440), "status": if number == 1 { "cancelled" } else { "scheduled" },
        "recording_url": "https://video.example/a?b=c,d;e", "created_at": "2026-01-02T03:04:05Z",
        "updated_at": "2026-02-03T04:05:06Z",
    });
    line.to_string() + "\n"
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_of_others_understands_every_event() {
    let machine = Machine::serving("sqlite:some.db");
    machine.ok(&["migrate"]);
    let lines: String = awkward().iter().enumerate().map(|(number, title)| line(number, title)).collect();
    machine.ok(&["import", "sessions", &machine.file("sessions", &lines)]);
    let server = Server::serve(&machine);
    let token = machine.token("ada");
    let calendar = text(&server.url("/v1/live/sessions.ics?month=2026-03&brand_id=acme"), Some(&token)).await;
    let found = read(&calendar);
    let expected = json!({"version": "2.0", "prodid": "-//live//live sessions//EN", "name": "Live sessions of acme",
        "x-wr-calname": "Live sessions of acme", "refresh-interval": "PT15M", "x-published-ttl": "PT15M"});
    assert_eq!(found["calendar"], expected);
    let events = found["events"].as_array().unwrap();
    assert_eq!(events.len(), awkward().len());
    for (number, (event, title)) in events.iter().zip(awkward()).enumerate() {
        let start = format!("2026-03-01T18:0{number}:00Z");
        let end = if number > 0 { start.replace("03-01", "03-02") } else { start.clone() };
        let mut expected = json!({
            "uid": format!("00000000-0000-0000-0000-{number:012}@live"), "summary": title, "sequence": "0",
            "start": start, "end": end, "dtstart": start, "dtstamp": "2026-02-03T04:05:06Z",
            "last-modified": "2026-02-03T04:05:06Z", "created": "2026-01-02T03:04:05Z", "categories": "a, b; c",
            "status": if number == 1 { "CANCELLED" } else { "CONFIRMED" }, "transp": "TRANSPARENT",
            "url": "https://video.example/a?b=c,d;e",
        });
        if number > 0 {
            expected["duration"] = json!("PT1440M");
        }
        assert_eq!(*event, expected);
    }
    let feed = feed(&server, &token, &json!({"month": "2026-03", "brand_id": "acme"})).await;
    assert_eq!(text(&address(&server, &feed), None).await, calendar, "a feed is the same calendar");
}

#[tokio::test(flavor = "multi_thread")]
async fn feeds_and_their_answers_outlive_the_process_and_end_with_their_owner() {
    let database = PgDatabase::create().await;
    for url in ["sqlite:some.db", database.url_text()] {
        let machine = Machine::serving(url);
        let (token, body) = (machine.token("ada"), json!({"upcoming": true}));
        let server = Server::serve(&machine);
        let first = feed(&server, &token, &body).await;
        let calendar = text(&address(&server, &first), None).await;
        assert_eq!(server.stop(), 0);

        let server = Server::serve(&machine);
        assert_eq!(text(&address(&server, &first), None).await, calendar);
        let again = feed(&server, &token, &body).await;
        assert_eq!((&again.body, &again.headers["idempotent-replayed"]), (&first.body, &"true".parse().unwrap()));
        let said = machine.run(&["forget", "--sub", "ada"]);
        assert!(said.err.contains("1 kept answers; 1 calendar feeds were revoked"), "{}", said.err);
        let gone = get(&address(&server, &first), None).await;
        assert_eq!((gone.status, &gone.body["error"]), (404, &json!("not_found")));
        assert_eq!(server.stop(), 0);
    }
}
