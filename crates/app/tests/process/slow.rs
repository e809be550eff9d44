//! Clients that take their time.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use crate::support::{Machine, Server, get};

const HEAD: &[u8] = b"GET /livez HTTP/1.1\r\nHost: live\r\n\r\n";

fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(&server.address).unwrap()
}

/// Sends a request piece by piece and reads its answer.
fn exchange(socket: &mut TcpStream) {
    for piece in HEAD.chunks(7) {
        socket.write_all(piece).unwrap();
    }
    let (mut read, mut buffer) = (Vec::new(), [0; 1_000]);
    while !read.ends_with(br#"{"status":"alive"}"#) {
        let count = socket.read(&mut buffer).unwrap();
        assert_ne!(count, 0, "the server closes");
        read.extend(&buffer[..count]);
    }
}

/// Sends a head that goes on and on until the server closes: for how long, and what the server says.
fn drip(mut socket: TcpStream) -> (Duration, String) {
    socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    let (begun, mut said) = (Instant::now(), Vec::new());
    socket.write_all(b"GET /livez HTTP/1.1\r\nX-Slow: ").unwrap();
    loop {
        match socket.read_to_end(&mut said) {
            Err(fault) if matches!(fault.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                assert!(begun.elapsed() < crate::support::PATIENCE, "the server does not close");
                // The server may have closed since.
                let _too_late = socket.write_all(b"x");
            }
            _ => return (begun.elapsed(), String::from_utf8(said).unwrap()),
        }
    }
}

#[tokio::test]
async fn a_head_that_drips_is_cut_in_time_on_each_request_of_a_connection() {
    let machine = Machine::serving("sqlite:some.db");
    let server = Server::serve(&machine);
    let clients = [0, 1, 2].map(|requests_before| {
        let mut socket = connect(&server);
        std::thread::spawn(move || {
            (0..requests_before).for_each(|_| exchange(&mut socket));
            drip(socket)
        })
    });
    for (requests_before, client) in clients.into_iter().enumerate() {
        let (took, said) = client.join().unwrap();
        assert!(took < Duration::from_secs(15), "after {requests_before} requests: {took:?}");
        assert!(said.starts_with("HTTP/1.1 408 "), "after {requests_before} requests: {said}");
    }
    assert_eq!(server.rest(), "", "any client could fill the log");
}

#[tokio::test(flavor = "multi_thread")]
async fn five_hundred_idle_and_fifty_dripping_clients_disturb_nobody() {
    let machine = Machine::serving("sqlite:some.db");
    let server = Server::serve(&machine);
    let token = machine.token("ada");
    let mut idle: Vec<_> = (0..500).map(|_| connect(&server)).collect();
    // Half of them have had an answer before.
    idle[..250].iter_mut().for_each(exchange);
    let mut dripping: Vec<_> = (0..50).map(|_| connect(&server)).collect();
    dripping[..25].iter_mut().for_each(exchange);
    for byte in HEAD.chunks(1).take(20) {
        for socket in &mut dripping {
            // Those that the server has cut by now are replaced: there are always fifty.
            if socket.write_all(byte).is_err() {
                *socket = connect(&server);
            }
        }
        let answer = get(&server.url("/v1/live/sessions"), Some(&token)).await;
        assert_eq!(answer.status, 200);
        assert!(answer.took < Duration::from_secs(5), "{:?}", answer.took);
    }
    let begun = Instant::now();
    assert_eq!(server.stop(), 0);
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}
