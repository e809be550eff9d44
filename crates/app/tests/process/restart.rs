//! Postgres stopped in the middle of everything, and started again.

use std::time::{Duration, Instant};

use live_adapters::test_support::PgCluster;

use crate::load::{Load, SESSIONS};
use crate::support::{Machine, Server, session_lines};

const DEADLINE: Duration = Duration::from_secs(1);
/// What the network and a loaded machine may add to the deadline.
const SLACK: Duration = Duration::from_millis(1_500);
/// How soon after the store's return requests succeed.
const RETURN: Duration = Duration::from_secs(2);

fn is_good(status: u16) -> bool {
    matches!(status, 200 | 201)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_is_stopped_under_load_is_503_until_it_is_back_and_loses_nothing() {
    let mut cluster = PgCluster::start(&[]).await;
    let machine =
        Machine::serving(&cluster.url("postgres")).with("LIVE_DB_TIMEOUT_MS", &DEADLINE.as_millis().to_string());
    machine.ok(&["migrate"]);
    machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=SESSIONS))]);
    let server = Server::serve(&machine);
    let load = Load::on(&server);
    let disturb = async {
        let mut away = Vec::new();
        for _ in 0..2 {
            load.until(Instant::now(), 100, is_good).await;
            let stopped = Instant::now();
            cluster.crash();
            load.until(Instant::now(), 100, |status| status == 503).await;
            cluster.restart(&[]);
            let back = Instant::now();
            let first = load.until(back, 1, is_good).await;
            assert!(first.at - back < RETURN, "{:?} after the store's return", first.at - back);
            away.push(stopped..back + RETURN);
        }
        load.until(Instant::now(), 100, is_good).await;
        load.end();
        away
    };
    let (registered, away) = tokio::join!(load.run(), disturb);
    for seen in load.seen() {
        let is_away = away.iter().any(|away| away.contains(&seen.at));
        assert!(is_good(seen.status) || seen.status == 503 && is_away, "{seen:?}, away {away:?}");
        assert!(seen.took < DEADLINE + SLACK, "{seen:?}");
    }

    let registrations = machine.ok(&["export", "registrations"]);
    assert_eq!(
        registrations.lines().count(),
        registered,
        "what was sent again has one effect, what was answered is there"
    );
    assert_eq!(server.stop(), 0);
}
