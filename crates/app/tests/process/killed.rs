//! The service is killed under load, started again, and everything is sent again with its keys.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::StreamExt;
use live_adapters::test_support::{PgDatabase, SqliteFile};
use serde_json::{Value, json};

use crate::support::{Machine, Server, post, session_lines, signal};

const PEOPLE: usize = 24;
const SESSIONS: u32 = 4;
const CREATES: usize = 60;
/// After so many answers the service is killed, with others on their way.
const ANSWERS: usize = 70;
const AT_ONCE: usize = 12;

/// A request with its key.
struct Request {
    path: String,
    token: String,
    key: String,
    body: Option<Value>,
}

/// Creates and registrations, mixed. Sessions have 10 seats, so that most people wait.
fn requests(machine: &Machine) -> Vec<Request> {
    let host = machine.host_token("ada");
    let tokens: Vec<_> = (0..PEOPLE).map(|person| machine.token(&format!("person {person}"))).collect();
    let create = |number: usize| Request {
        path: "/v1/sessions".to_owned(),
        token: host.clone(),
        key: format!("create-{number}"),
        body: Some(json!({"host_id": "ada", "brand_id": "acme", "title": format!("Created {number}"),
            "scheduled_at": "2099-01-01T00:00:00Z", "max_participants": 5})),
    };
    let register = |person: usize, session: u32| Request {
        path: format!("/v1/sessions/00000000-0000-0000-0000-{session:012}/registrations"),
        token: tokens[person].clone(),
        key: format!("register-{session}"),
        body: None,
    };
    let mut all: Vec<_> = (0..CREATES).map(create).collect();
    for person in 0..PEOPLE {
        all.extend((1..=SESSIONS).map(|session| register(person, session)));
    }
    // In an order that mixes them: the step and the number of requests have no common divisor.
    let (step, count) = (7, all.len());
    assert_ne!(count % step, 0);
    let mut slots: Vec<_> = all.into_iter().map(Some).collect();
    (0..count).filter_map(|number| slots[number * step % count].take()).collect()
}

async fn send(server: &Server, request: &Request) -> Option<(u16, Value)> {
    let Request { path, token, key, body } = request;
    let answer = post(&server.url(path), token, key, body.as_ref()).await?;
    Some((answer.status, answer.body))
}

/// Sends all of them, several at once; the service is killed on the way. What was answered.
async fn send_until_killed(server: &Server, requests: &[Request]) -> Vec<Option<Value>> {
    let answers = AtomicUsize::new(0);
    let send = async |request| {
        let (status, body) = send(server, request).await?;
        assert_eq!(status, 201, "{body}");
        if answers.fetch_add(1, Ordering::SeqCst) == ANSWERS {
            signal(server.pid(), "KILL");
        }
        Some(body)
    };
    futures_util::stream::iter(requests).map(send).buffered(AT_ONCE).collect().await
}

fn exported(machine: &Machine, what: &str) -> Vec<Value> {
    machine.ok(&["export", what]).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn everything_happens_once(machine: Machine) {
    machine.ok(&["migrate"]);
    machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=SESSIONS))]);
    let requests = requests(&machine);
    let server = Server::serve(&machine);
    let before = send_until_killed(&server, &requests).await;
    let lost = before.iter().filter(|answer| answer.is_none()).count();
    assert!(lost > 0 && before.len() - lost > ANSWERS / 2, "{lost} of {} were lost", before.len());
    drop(server);

    let server = Server::serve(&machine);
    for (request, before) in requests.iter().zip(before) {
        let (status, body) = send(&server, request).await.unwrap();
        assert_eq!(status, 201, "{body}");
        assert!(before.is_none_or(|before| before == body), "{body}");
    }
    assert_eq!(server.stop(), 0);

    let mut titles = BTreeMap::new();
    for session in exported(&machine, "sessions") {
        *titles.entry(session["title"].as_str().unwrap().to_owned()).or_insert(0) += 1;
    }
    let created = titles.iter().filter(|(title, _)| title.starts_with("Created")).count();
    assert_eq!((created, titles.values().max()), (CREATES, Some(&1)));
    let mut standing = BTreeMap::new();
    for registration in exported(&machine, "registrations") {
        let key = (registration["session_id"].to_string(), registration["status"].as_str().unwrap().to_owned());
        *standing.entry(key).or_insert(0) += 1;
    }
    let (seats, places) = (10, PEOPLE - 10);
    assert_eq!(standing.len(), 2 * usize::try_from(SESSIONS).unwrap());
    for ((_, status), count) in standing {
        assert_eq!(count, if status == "registered" { seats } else { places }, "{status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_after_a_kill_happens_once_on_postgres() {
    let database = PgDatabase::create().await;
    everything_happens_once(Machine::serving(database.url_text())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_again_after_a_kill_happens_once_on_sqlite() {
    let file = SqliteFile::create().await;
    let path = file.path().to_str().unwrap();
    everything_happens_once(Machine::serving(&format!("sqlite:{path}"))).await;
}
