//! The service is told to stop.

use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::{Machine, Server, get, signal};

#[tokio::test(flavor = "multi_thread")]
async fn it_goes_on_answering_while_it_says_that_it_is_not_ready() {
    let machine = Machine::serving("sqlite:some.db").with("LIVE_DRAIN_MS", "4000");
    let server = Server::serve(&machine);
    let token = machine.token("ada");
    let list = server.url("/v1/live/sessions");
    let before = get(&list, Some(&token)).await;
    assert!(!before.headers.contains_key("connection"));
    assert_eq!(get(&server.url("/readyz"), None).await.status, 200);

    signal(server.pid(), "TERM");
    while get(&server.url("/readyz"), None).await.status != 503 {}
    let answer = get(&list, Some(&token)).await;
    assert_eq!((answer.status, answer.headers["connection"].as_bytes()), (200, b"close".as_slice()));
    assert_eq!(get(&server.url("/livez"), None).await.status, 200);
    assert_eq!(server.ended(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_and_slow_clients_do_not_keep_it() {
    let machine = Machine::serving("sqlite:some.db");
    let server = Server::serve(&machine);
    let token = machine.host_token("ada");
    let connect = |bytes: &str| {
        let mut socket = TcpStream::connect(&server.address).unwrap();
        socket.write_all(bytes.as_bytes()).unwrap();
        socket
    };
    let slow_body = format!(
        "POST /v1/sessions HTTP/1.1\r\nHost: live\r\nAuthorization: Bearer {token}\r\nContent-Length: 9\r\n\
         Content-Type: application/json\r\n\r\n{{"
    );
    let sockets = ["", "GET /livez HTTP/1.1\r\nHost", &slow_body].map(connect);
    assert_eq!(get(&server.url("/livez"), None).await.status, 200);
    let begun = Instant::now();
    assert_eq!(server.stop(), 0);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    drop(sockets);
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_does_not_wait_for_load_balancers() {
    let machine = Machine::serving("sqlite:some.db").with("LIVE_DRAIN_MS", "600000");
    let server = Server::serve(&machine);
    signal(server.pid(), "INT");
    assert_eq!(server.ended(), 0);
}
