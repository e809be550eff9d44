//! Bytes on the socket that no well-behaved client sends.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use crate::support::{Machine, PATIENCE, Server, get};

#[tokio::test]
async fn what_is_no_http_leaves_no_line_in_the_log() {
    let machine = Machine::serving("sqlite:some.db");
    let server = Server::serve(&machine);
    assert_eq!(status(&server, b"no http at all\r\n\r\n"), Some(400));
    assert_eq!(server.rest(), "");
}

/// Sends the bytes and reads until the server closes.
fn said(server: &Server, request: &[u8]) -> String {
    let mut socket = TcpStream::connect(&server.address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    // The server may refuse what it has seen, and close, before it has seen everything.
    let _cut_short = socket.write_all(request);
    let mut answer = Vec::new();
    // Closed or reset is all the same, but not one of our own patience.
    let ended = socket.read_to_end(&mut answer).map_err(|fault| fault.kind());
    assert!(!matches!(ended, Err(ErrorKind::WouldBlock | ErrorKind::TimedOut)), "the server does not close");
    String::from_utf8_lossy(&answer).into_owned()
}

/// The status of what the server answers to the bytes before it closes, if it answers.
fn status(server: &Server, request: &[u8]) -> Option<u16> {
    said(server, request).split(' ').nth(1)?.parse().ok()
}

fn request(target: &str, fields: &[u8]) -> Vec<u8> {
    let head = format!("GET {target} HTTP/1.1\r\nHost: live\r\nConnection: close\r\n");
    [head.as_bytes(), fields, b"\r\n"].concat()
}

#[tokio::test]
async fn whatever_comes_the_contract_answers_and_the_server_lives() {
    let machine = Machine::serving("sqlite:some.db");
    let server = Server::serve(&machine);
    let token = machine.token("ada");
    let bearer = format!("Authorization: Bearer {token}\r\n");
    let long = |bytes: usize| format!("Authorization: Bearer {}\r\n", "x".repeat(bytes)).into_bytes();
    let list = "/v1/live/sessions";
    for (name, bytes, expected) in [
        ("a good request", request(list, bearer.as_bytes()), 200),
        ("two Authorization fields", request(list, bearer.repeat(2).as_bytes()), 400),
        ("a token of 9 KB", request(list, &long(9_000)), 401),
        ("a token of 100 KB", request(list, &long(100_000)), 401),
        ("a token of 200 KB, more than a head may have", request(list, &long(200_000)), 431),
        ("bytes that are no ASCII in a token", request(list, b"Authorization: Bearer \xff\xfe\r\n"), 401),
        ("bytes that are no ASCII in a scheme", request(list, b"Authorization: \xff\xfe\r\n"), 401),
        ("bytes that are no UTF-8 in a path", request("/%ff", b""), 404),
        (
            "bytes in the query that should be percent-encoded",
            [
                b"GET /v1/live/sessions?brand_id=\xc3\xbc HTTP/1.1\r\nHost: live\r\nConnection: close\r\n",
                bearer.as_bytes(),
                b"\r\n",
            ]
            .concat(),
            400,
        ),
        ("a control character in the query", request("/v1/live/sessions?brand_id=a%00b", bearer.as_bytes()), 400),
        ("no HTTP", b"nonsense\r\n\r\n".to_vec(), 400),
        ("a head that never ends its line", [b"GET /".to_vec(), vec![b'a'; 200_000]].concat(), 431),
        (
            "a method nobody knows",
            b"BREW /v1/live/sessions HTTP/1.1\r\nHost: live\r\nConnection: close\r\n\r\n".to_vec(),
            405,
        ),
    ] {
        assert_eq!(status(&server, &bytes), Some(expected), "{name}");
        assert_eq!(get(&server.url(list), Some(&token)).await.status, 200, "after {name}");
    }
    assert_eq!(server.stop(), 0);
}

#[tokio::test]
async fn a_chunked_body_that_is_refused_or_unread_is_not_waited_for() {
    let machine = Machine::serving("sqlite:some.db");
    let server = Server::serve(&machine);
    let bearer = |token: String| format!("Authorization: Bearer {token}\r\n");
    let (host, reader) = (bearer(machine.host_token("ada")), bearer(machine.token("ada")));
    let list = "GET /v1/live/sessions";
    for (name, route, fields, bytes, expected) in [
        ("without a token", "POST /v1/sessions", "", 1, 401),
        ("without the scope", "POST /v1/sessions", reader.as_str(), 1, 403),
        ("too large", "POST /v1/sessions", &host, 65_537, 413),
        ("of no route", "POST /nowhere", &host, 1, 404),
        ("of another method", "DELETE /v1/sessions", &host, 1, 405),
        ("that means nothing", list, &host, 1, 200),
        ("that means nothing to a conditional read", list, &format!("{host}If-None-Match: *\r\n"), 1, 304),
    ] {
        // The chunk that would be the last never comes.
        let head = format!("{route} HTTP/1.1\r\nHost: live\r\nTransfer-Encoding: chunked\r\n{fields}\r\n");
        let chunk = format!("{bytes:x}\r\n{}\r\n", "x".repeat(bytes));
        assert_eq!(status(&server, (head + &chunk).as_bytes()), Some(expected), "a body {name}");
    }
    // One that is read to its end leaves the connection to the next request.
    let whole = format!(
        "POST /v1/sessions/x/registrations HTTP/1.1\r\nHost: live\r\nTransfer-Encoding: chunked\r\n{reader}\r\n0\r\n\r\n"
    );
    let answers = said(&server, &[whole.as_bytes(), &request("/livez", b"")].concat());
    assert_eq!(answers.matches("HTTP/1.1 ").count(), 2, "{answers}");
    assert_eq!(server.stop(), 0);
}
