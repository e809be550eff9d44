//! Bytes on the socket that no well-behaved client sends.

use std::io::{Read, Write};
use std::net::TcpStream;

use crate::support::{Machine, PATIENCE, Server, get};

/// Sends the bytes and reads until the server closes; the status, if there was an answer.
fn status(server: &Server, request: &[u8]) -> Option<u16> {
    let mut socket = TcpStream::connect(&server.address).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    // The server may refuse what it has seen, and close, before it has seen everything.
    let _cut_short = socket.write_all(request);
    let mut answer = Vec::new();
    let _reset = socket.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).split(' ').nth(1)?.parse().ok()
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
