//! `live serve`: start, health, logs, stop.

use live_adapters::test_support::PgDatabase;

use crate::support::{Machine, Server, get, session_lines};

#[tokio::test(flavor = "multi_thread")]
async fn serves_on_either_store() {
    let database = PgDatabase::create().await;
    for url in ["sqlite:some.db", database.url_text()] {
        let machine = Machine::serving(url);
        let server = Server::serve(&machine);
        machine.ok(&["import", "sessions", &machine.file("sessions.ndjson", &session_lines(1..=30))]);
        let answer = get(&server.url("/v1/live/sessions"), Some(&machine.token("ada"))).await;
        assert_eq!(answer.body["sessions"].as_array().map(Vec::len), Some(20), "{url}: {}", answer.body);
        assert_eq!(get(&server.url("/readyz"), None).await.status, 200, "{url}");
        machine.ok(&["healthcheck", "--bind", &server.address]);
        assert_eq!(server.stop(), 0, "{url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn is_not_ready_before_the_schema_is_there() {
    let machine = Machine::serving("sqlite:some.db").with("LIVE_MIGRATE_ON_START", "false");
    let server = Server::serve(&machine);
    assert_eq!(get(&server.url("/livez"), None).await.status, 200);
    let answer = get(&server.url("/readyz"), None).await;
    assert_eq!((answer.status, answer.body["error"].as_str()), (503, Some("unavailable")));
    assert_eq!(machine.run(&["healthcheck", "--bind", &server.address]).code, 1);
    machine.ok(&["migrate"]);
    while get(&server.url("/readyz"), None).await.status != 200 {}
}

#[tokio::test(flavor = "multi_thread")]
async fn several_may_start_at_once_on_one_new_store() {
    let database = PgDatabase::create_empty().await;
    for url in ["sqlite:some.db", database.url_text()] {
        let machine = Machine::serving(url);
        let children: Vec<_> = (0..4).map(|_| machine.command(["migrate"]).spawn().unwrap()).collect();
        for child in children {
            let said = crate::support::said(child);
            assert_eq!(said.code, 0, "{url}: {}", said.err);
        }
        machine.ok(&["migrate", "--check"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_waits_to_migrate_can_be_stopped() {
    let database = PgDatabase::create().await;
    let lock = database.connect().await;
    // The lock that one process migrates under.
    lock.batch_execute("SELECT pg_advisory_lock(7310295001)").await.unwrap();
    let machine = Machine::serving(database.url_text());
    let mut child = machine.command(["serve", "--bind", "127.0.0.1:0"]).spawn().unwrap();
    let waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    while lock.query_opt(waiting, &[]).await.unwrap().is_none() {
        assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
    }
    crate::support::signal(child.id(), "TERM");
    assert_eq!(crate::support::wait(&mut child), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_and_no_secret_stands_in_the_log() {
    let machine = Machine::serving("sqlite:some.db").with("RUST_LOG", "trace");
    let token = machine.token("ada");
    let server = Server::serve(&machine);
    let paths = ["/v1/live/sessions", "/v1/live/sessions?limit=0", "/nowhere"];
    for path in paths {
        get(&server.url(path), Some(&token)).await;
        get(&server.url(&format!("{path}?access_token={token}")), None).await;
    }
    let log = server.rest();
    assert!(!log.contains(&token) && !log.contains(crate::support::SECRET));
}
