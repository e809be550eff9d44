//! A standby that takes the place of its primary while the service runs.

use std::time::{Duration, Instant};

use live_adapters::test_support::PgCluster;
use serde_json::Value;

use crate::support::{Answer, Machine, PATIENCE, Server, get, post, session_lines};

const CONNECTIONS: usize = 2;
const DEADLINE: Duration = Duration::from_secs(2);

/// Waits until the standby has everything that was committed on the primary.
async fn has_caught_up(primary: &PgCluster, standby: &PgCluster) {
    let written = primary.connect().await.query_one("SELECT pg_current_wal_lsn()::text", &[]).await.unwrap();
    let standby = standby.connect().await;
    let ask = format!("SELECT pg_last_wal_replay_lsn() >= '{}'::pg_lsn", written.get::<_, String>(0));
    let begun = Instant::now();
    while !standby.query_one(&ask, &[]).await.unwrap().get::<_, bool>(0) {
        assert!(begun.elapsed() < PATIENCE, "the standby does not follow");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn register(server: &Server, token: &str, session: u32) -> Answer {
    let path = format!("/v1/sessions/00000000-0000-0000-0000-{session:012}/registrations");
    post(&server.url(&path), token, &format!("key-{session}"), None).await.expect("a whole answer")
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_failover_no_error_lasts_longer_than_one_request_per_connection() {
    let mut primary = PgCluster::start(&[]).await;
    let standby = primary.standby().await;
    // The standby is named first: it must be passed over while it is one.
    let url = format!(
        "postgres://postgres@{},{}/postgres?target_session_attrs=read-write",
        standby.address(),
        primary.address()
    );
    let machine = Machine::serving(&url)
        .with("LIVE_DB_POOL_SIZE", &CONNECTIONS.to_string())
        .with("LIVE_DB_TIMEOUT_MS", &DEADLINE.as_millis().to_string());
    machine.ok(&["migrate"]);
    machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=9))]);
    let server = Server::serve(&machine);
    let token = machine.token("ada");
    let list = || async { get(&server.url("/v1/live/sessions"), Some(&token)).await };
    let before = futures_util::future::join_all((0..CONNECTIONS).map(|_| list())).await;
    assert!(before.iter().all(|answer| answer.status == 200));
    assert_eq!(register(&server, &token, 1).await.status, 201);

    has_caught_up(&primary, &standby).await;
    primary.crash();
    standby.promote();

    let mut errors = 0;
    for _ in 0..CONNECTIONS * 4 {
        let answer = list().await;
        if answer.status != 200 {
            assert_eq!(answer.status, 503, "{}", answer.body);
            errors += 1;
        }
    }
    assert!(errors <= CONNECTIONS, "{errors} errors");
    assert_eq!(register(&server, &token, 2).await.status, 201);
    let known = register(&server, &token, 1).await;
    assert_eq!((known.status, known.headers.contains_key("idempotent-replayed")), (201, true), "{}", known.body);
    let listed = list().await;
    let mine = |session: &Value| session["is_registered"] == true;
    assert_eq!(listed.body["sessions"].as_array().unwrap().iter().filter(|session| mine(session)).count(), 2);
    assert_eq!(server.stop(), 0);
}
