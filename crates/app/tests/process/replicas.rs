//! The service with a primary and standbys: whatever becomes of these, its answers are right.

use std::time::{Duration, Instant};

use live_adapters::test_support::PgCluster;
use serde_json::Value;

use crate::frozen::Frozen;
use crate::metrics::{metrics_url, scraped};
use crate::support::{Answer, Machine, PATIENCE, Server, get, get_with, post, session_lines};

const LIST: &str = "/v1/live/sessions";
const DEADLINE: Duration = Duration::from_secs(2);
/// What a loaded machine may add to the deadline.
const SLACK: Duration = Duration::from_millis(1_500);

/// `live serve` on these servers, with nine sessions.
fn serving(primary: &PgCluster, standbys: &[&PgCluster]) -> Machine {
    let urls: Vec<_> = standbys.iter().map(|standby| standby.url("postgres")).collect();
    let machine = Machine::serving(&primary.url("postgres"))
        .with("LIVE_DATABASE_READ_URLS", &urls.join(","))
        .with("LIVE_DB_TIMEOUT_MS", &DEADLINE.as_millis().to_string());
    machine.ok(&["migrate"]);
    machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=9))]);
    machine
}

async fn register(server: &Server, token: &str, session: u32) -> Answer {
    let path = format!("/v1/sessions/00000000-0000-0000-0000-{session:012}/registrations");
    post(&server.url(&path), token, &format!("key-{session}"), None).await.expect("a whole answer")
}

fn position(answer: &Answer) -> String {
    answer.headers["live-position"].to_str().unwrap().to_owned()
}

/// How many sessions the list shows `ada` as registered for, who has seen that position.
async fn registered(server: &Server, token: &str, seen: &str) -> usize {
    let answer = get_with(&server.url(LIST), token, &[("Live-Position", seen)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let sessions = answer.body["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 9);
    sessions.iter().filter(|session| session["is_registered"] == Value::Bool(true)).count()
}

/// What is told of a metric that begins so.
async fn sample(server: &Server, start: &str) -> Option<f64> {
    let text = scraped(&metrics_url(server)).await;
    text.lines().find_map(|line| line.strip_prefix(start)?.rsplit_once(' ')?.1.parse().ok())
}

async fn is_in_use(server: &Server, standby: &PgCluster, expected: f64) {
    let begun = Instant::now();
    let start = format!("live_standby_in_use{{server=\"{}\"", standby.address());
    while sample(server, &start).await != Some(expected) {
        assert!(begun.elapsed() < PATIENCE, "{start} is not {expected}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn list(server: &Server, token: &str) -> Answer {
    get(&server.url(LIST), Some(token)).await
}

async fn execute(cluster: &PgCluster, statement: &str) {
    cluster.connect().await.batch_execute(statement).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_sees_its_writes_beside_a_standby_that_is_delayed_and_one_that_is_killed() {
    let primary = PgCluster::start(&[]).await;
    let delayed = primary.standby_with(&["recovery_min_apply_delay=1h"]).await;
    let mut killed = primary.standby().await;
    let machine = serving(&primary, &[&delayed, &killed]);
    let server = Server::serve(&machine);
    assert!(server.said.iter().any(|line| line.starts_with("standbys: postgres://postgres@127.0.0.1:")));
    is_in_use(&server, &killed, 1.0).await;
    let token = machine.token("ada");
    for session in 1..=9 {
        if session == 5 {
            killed.crash();
        }
        let answer = register(&server, &token, session).await;
        assert_eq!(answer.status, 201);
        let seen = usize::try_from(session).unwrap();
        assert_eq!(registered(&server, &token, &position(&answer)).await, seen, "registration {session}");
        let without = get(&server.url(LIST), Some(&token)).await;
        assert_eq!(without.status, 200, "{}", without.body);
    }
    is_in_use(&server, &killed, 0.0).await;
    is_in_use(&server, &delayed, 0.0).await;
    assert!(sample(&server, "live_server_lists_total{role=\"primary\"").await > Some(0.0));
    assert_eq!(server.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_primary_lists_go_on_and_what_no_standby_has_is_503_at_the_deadline() {
    let mut primary = PgCluster::start(&[]).await;
    let standby = primary.standby().await;
    let machine = serving(&primary, &[&standby]);
    let server = Server::serve(&machine);
    let token = machine.token("ada");
    is_in_use(&server, &standby, 1.0).await;
    let first = position(&register(&server, &token, 1).await);
    assert_eq!(registered(&server, &token, &first).await, 1);
    execute(&standby, "SELECT pg_wal_replay_pause()").await;
    let second = position(&register(&server, &token, 2).await);
    assert_eq!(registered(&server, &token, &second).await, 2);
    primary.crash();

    let answer = get_with(&server.url(LIST), &token, &[("Live-Position", &second)]).await;
    assert_eq!((answer.status, &answer.body["error"]), (503, &Value::from("unavailable")));
    assert!(answer.took > DEADLINE / 2 && answer.took < DEADLINE + SLACK, "{:?}", answer.took);
    assert_eq!(register(&server, &token, 3).await.status, 503);
    execute(&standby, "SELECT pg_wal_replay_resume()").await;
    assert_eq!(registered(&server, &token, &second).await, 2);
    assert_eq!(get(&server.url("/readyz"), None).await.status, 503, "readiness is that of the primary");
    assert_eq!(server.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_falls_silent_fails_no_request() {
    let primary = PgCluster::start(&[]).await;
    let standby = primary.standby().await;
    let machine = serving(&primary, &[&standby]);
    let server = Server::serve(&machine);
    let token = machine.token("ada");
    is_in_use(&server, &standby, 1.0).await;
    for _ in 0..4 {
        assert_eq!(get(&server.url(LIST), Some(&token)).await.status, 200);
    }
    let frozen = Frozen::server(&standby).await;
    let requests = futures_util::future::join_all((0..8).map(|_| list(&server, &token)));
    for answer in requests.await {
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert!(answer.took < DEADLINE, "{:?}", answer.took);
    }
    is_in_use(&server, &standby, 0.0).await;
    assert!(get(&server.url(LIST), Some(&token)).await.took < DEADLINE / 2);
    drop(frozen);
    is_in_use(&server, &standby, 1.0).await;
    assert_eq!(server.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_was_never_answered_is_400_and_standbys_need_postgres() {
    let primary = PgCluster::start(&[]).await;
    let machine = serving(&primary, &[]);
    let server = Server::serve(&machine);
    let token = machine.token("ada");
    let now = position(&register(&server, &token, 1).await);
    assert_eq!(registered(&server, &token, &now).await, 1);
    for bad in ["FFFFFFFF/FFFFFFFF", "now"] {
        let answer = get_with(&server.url(LIST), &token, &[("Live-Position", bad)]).await;
        assert_eq!(answer.status, 400, "{bad}");
        assert_eq!(answer.body["details"][0]["parameter"], "Live-Position");
    }
    assert_eq!(server.stop(), 0);
    let machine = Machine::serving("sqlite:live.db").with("LIVE_DATABASE_READ_URLS", "postgres://live:secret@db/live");
    let said = machine.run(&["serve"]);
    assert_eq!(said.code, 78);
    assert!(said.err.contains("LIVE_DATABASE_READ_URLS needs a primary on Postgres"), "{}", said.err);
    assert!(!said.err.contains("secret"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_tells_of_each_standby_how_it_does() {
    let primary = PgCluster::start(&[]).await;
    let well = primary.standby().await;
    let delayed = primary.standby_with(&["recovery_min_apply_delay=1h"]).await;
    let mut away = primary.standby().await;
    let promoted = primary.standby().await;
    promoted.promote();
    away.crash();
    let other = PgCluster::start(&[]).await;
    let machine = serving(&primary, &[&well, &delayed, &away, &promoted, &other]);
    let role = "CREATE ROLE operator LOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO operator";
    execute(&primary, role).await;
    let said = machine.run(&["doctor", "--bind", "127.0.0.1:0"]);
    assert_eq!(said.code, 1, "{}", said.err);
    for (standby, finding) in [
        (&well, "ok   standby: {} follows the primary, by less than 1000 ms"),
        (&delayed, "warn standby: {} is more than 1000 ms behind: no lists are read from it"),
        (&away, "warn standby: {} is away: cannot connect to Postgres"),
        (&promoted, "warn standby: {} is no standby: it takes writes"),
        (&other, "FAIL standby: {} is no copy of the store"),
    ] {
        let finding = finding.replace("{}", &standby.address());
        assert!(said.out.contains(&finding), "{finding}: {}", said.out);
    }
    let urls = well.url("postgres").replace("postgres@", "operator@");
    let machine = Machine::serving(&primary.url("postgres").replace("postgres@", "operator@"))
        .with("LIVE_DATABASE_READ_URLS", &urls);
    let said = machine.run(&["doctor", "--bind", "127.0.0.1:0"]);
    assert!(said.out.contains("ok   standby: "), "a role that may do no more than serve can ask it: {}", said.out);
}
