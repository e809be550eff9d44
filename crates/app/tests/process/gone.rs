//! A client that goes away while its write is under way.

use std::io::Write;
use std::net::TcpStream;

use crate::support::{Machine, Server, get, session_lines};
use live_adapters::test_support::PgDatabase;

const SESSION: &str = "00000000-0000-0000-0000-000000000001";

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_leaves_no_lock_and_no_half_used_connection() {
    let database = PgDatabase::create().await;
    let machine = Machine::serving(database.url_text()).with("LIVE_DB_POOL_SIZE", "2");
    machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=1))]);
    let server = Server::serve(&machine);
    let (holder, watcher) = (database.connect().await, database.connect().await);
    let count = async |rows: &str| -> i64 {
        watcher.query_one(&format!("SELECT count(*) FROM {rows}"), &[]).await.unwrap().get(0)
    };
    let until = async |rows: &str, wanted: i64| while count(rows).await != wanted {};
    let waiting = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

    for person in ["bob", "cleo"] {
        let token = machine.token(person);
        holder.batch_execute("BEGIN; SELECT FROM sessions FOR UPDATE").await.unwrap();
        let mut socket = TcpStream::connect(&server.address).unwrap();
        // The answer to the first request stays unread, so that the end of the connection is a reset.
        let request = format!(
            "GET /livez HTTP/1.1\r\nHost: live\r\n\r\nPOST /v1/sessions/{SESSION}/registrations HTTP/1.1\r\nHost: live\r\nAuthorization: Bearer {token}\r\n\
             Content-Length: 0\r\n\r\n"
        );
        socket.write_all(request.as_bytes()).unwrap();
        until(waiting, 1).await;
        socket.peek(&mut [0]).unwrap();
        drop(socket);
        holder.batch_execute("COMMIT").await.unwrap();
        until(waiting, 0).await;
    }

    let transactions = "pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    until(transactions, 0).await;
    let token = machine.token("ada");
    let url = server.url("/v1/live/sessions");
    let requests = (0..8).map(|_| get(&url, Some(&token)));
    let mut counts = Vec::new();
    for answer in futures_util::future::join_all(requests).await {
        assert_eq!(answer.status, 200, "{}", answer.body);
        counts.push(answer.body["sessions"][0]["registered_count"].as_i64().unwrap());
    }
    // Done or not, it was done whole.
    let rows = count("registrations WHERE status = 'registered'").await;
    let events = count("session_events WHERE type = 'registration.registered'").await;
    assert_eq!((counts, events), (vec![rows; 8], rows));
    // Who went away has a line in the log like everybody else.
    let said = server.rest();
    assert_eq!(said.matches("\"message\":\"broken off\"").count(), 2, "{said}");
}
