//! What only a socket shows: that a body is not there, and what is refused before there is a request.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::web;
use live_app::http::connection::Patience;
use live_app::server;
use live_domain::contract::fixtures::{fill, session};
use live_domain::{MockSessionRepository, SessionRepository};

use crate::support::{ROUTES, SESSIONS, Setup, ada};
use crate::writing::person;

/// The service behind a socket of this machine.
struct Listening {
    address: SocketAddr,
    handle: ServerHandle,
}

impl Listening {
    async fn start(repository: Option<Arc<dyn SessionRepository>>) -> Self {
        let setup = Setup { repository, ..Setup::default() };
        fill(&setup.store, (1..=30).map(session)).await;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = server::start(listener, setup.state(), Patience::default()).expect("a server");
        let handle = server.handle();
        actix_web::rt::spawn(server);
        Self { address, handle }
    }

    /// Writes the requests to one connection and reads until the server closes it.
    async fn exchange(&self, requests: &[u8]) -> Vec<u8> {
        let (address, requests) = (self.address, requests.to_vec());
        let read = web::block(move || {
            let mut stream = TcpStream::connect(address).expect("a connection");
            stream.write_all(&requests).expect("written");
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).expect("read");
            answer
        });
        read.await.expect("an exchange")
    }

    async fn stop(self) {
        self.handle.stop(false).await;
    }
}

fn request(method: &str, target: &str, more: &str) -> Vec<u8> {
    let token = ada();
    format!("{method} {target} HTTP/1.1\r\nHost: live\r\nAuthorization: Bearer {token}\r\n{more}\r\n").into_bytes()
}

const CLOSE: &str = "Connection: close\r\n";

/// Head, as lower-case lines without what differs between any two answers, and body.
fn parts(answer: &[u8]) -> (Vec<String>, Vec<u8>) {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("the end of a head");
    let head = String::from_utf8(answer[..end].to_vec()).expect("a head");
    let kept = |line: &String| !line.starts_with("date:") && !line.starts_with("x-request-id:");
    let mut lines: Vec<_> = head.lines().map(str::to_ascii_lowercase).filter(kept).collect();
    lines[1..].sort();
    (lines, answer[end + 4..].to_vec())
}

#[actix_web::test]
async fn head_answers_like_get_without_a_body() {
    let server = Listening::start(None).await;
    let targets = ["/v1/live/sessions?limit=5", "/v1/live/sessions?limit=0", "/v1/live/sessions?cursor=x", "/nowhere"];
    for target in ROUTES.into_iter().chain(targets) {
        for more in
            [CLOSE.to_owned(), format!("{CLOSE}Accept-Encoding: gzip\r\n"), format!("{CLOSE}If-None-Match: *\r\n")]
        {
            let (get, body) = parts(&server.exchange(&request("GET", target, &more)).await);
            let (head, nothing) = parts(&server.exchange(&request("HEAD", target, &more)).await);
            assert_eq!(head, get, "{target} {more}");
            assert!(nothing.is_empty(), "{target} {more}");
            assert_eq!(body.is_empty(), get[0].contains("304"), "{target} {more}");
        }
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_connection_goes_on_after_head_304_and_errors() {
    let server = Listening::start(None).await;
    let requests = [
        request("HEAD", SESSIONS, ""),
        request("HEAD", SESSIONS, "Accept-Encoding: br\r\n"),
        request("GET", SESSIONS, "If-None-Match: *\r\nAccept-Encoding: gzip\r\n"),
        request("GET", "/v1/live/sessions?limit=0", ""),
        request("HEAD", "/v1/live/sessions?limit=0", ""),
        request("GET", "/nowhere", ""),
        request("POST", SESSIONS, "Content-Length: 2\r\n\r\n{}").strip_suffix(b"\r\n").expect("a request").to_vec(),
        request("GET", "/livez", CLOSE),
    ]
    .concat();
    let answer = String::from_utf8_lossy(&server.exchange(&requests).await).into_owned();
    let statuses: Vec<_> =
        answer.lines().filter_map(|line| line.split("HTTP/1.1 ").nth(1)).map(|line| &line[..3]).collect();
    assert_eq!(statuses, ["200", "200", "304", "400", "400", "404", "405", "200"], "{answer}");
    assert!(answer.ends_with("{\"status\":\"alive\"}"), "{answer}");
    server.stop().await;
}

#[actix_web::test]
async fn a_304_has_neither_body_nor_coding() {
    let server = Listening::start(None).await;
    let more = format!("{CLOSE}If-None-Match: *\r\nAccept-Encoding: gzip, br\r\n");
    let (head, body) = parts(&server.exchange(&request("GET", SESSIONS, &more)).await);
    assert!(head[0].starts_with("http/1.1 304") && body.is_empty());
    for name in ["content-encoding:", "transfer-encoding:", "content-type:"] {
        assert!(head.iter().all(|line| !line.starts_with(name)), "{head:?}");
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_panic_is_answered_and_the_next_request_too() {
    let server = Listening::start(Some(Arc::new(MockSessionRepository::new()))).await;
    for _ in 0..3 {
        let (head, body) = parts(&server.exchange(&request("GET", SESSIONS, CLOSE)).await);
        assert!(head[0].starts_with("http/1.1 500"), "{head:?}");
        let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
        assert_eq!(body["error"], "internal");
    }
    server.stop().await;
}

#[actix_web::test]
async fn bytes_that_no_query_may_hold_are_a_bare_400() {
    let server = Listening::start(None).await;
    for target in
        [&b"/v1/live/sessions?brand_id=\xc3\xbc"[..], b"/v1/live/sessions?brand_id=\xff", b"/v1/live/sessions?a=\x01"]
    {
        let raw = [b"GET ", target, b" HTTP/1.1\r\nHost: live\r\nConnection: close\r\n\r\n"].concat();
        let (head, body) = parts(&server.exchange(&raw).await);
        assert!(head[0].starts_with("http/1.1 400"), "{head:?}");
        assert!(body.is_empty());
    }
    server.stop().await;
}

#[actix_web::test]
async fn a_body_that_is_announced_too_large_is_refused_without_waiting_for_it() {
    let listening = Listening::start(None).await;
    let token = person("ada", "write:live");
    let request = format!(
        "POST /v1/sessions HTTP/1.1\r\nHost: live\r\nAuthorization: Bearer {token}\r\nContent-Length: 65537\r\n\r\n"
    );
    // The server closes what it does not read to its end: else this would not end.
    let (head, body) = parts(&listening.exchange(request.as_bytes()).await);
    assert_eq!(head[0], "http/1.1 413 payload too large");
    assert!(String::from_utf8(body).expect("a body").contains("payload_too_large"));
    listening.stop().await;
}

#[actix_web::test]
async fn a_chunked_body_is_read_like_any_other() {
    let listening = Listening::start(None).await;
    let token = person("ada", "write:live");
    let session = crate::writing::draft().to_string();
    let (first, second) = session.split_at(20);
    let request = format!(
        "POST /v1/sessions HTTP/1.1\r\nHost: live\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
         {:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
        first.len(),
        second.len()
    );
    let (head, _) = parts(&listening.exchange(request.as_bytes()).await);
    assert_eq!(head[0], "http/1.1 201 created");
    listening.stop().await;
}
