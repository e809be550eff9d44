//! A client that does not take its answers.

use std::io::{ErrorKind, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::time::Duration;

use actix_web::web;
use live_app::http::connection::Patience;
use live_app::server;

use crate::support::Setup;

#[actix_web::test]
async fn who_does_not_take_their_answers_is_cut() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let address = listener.local_addr().expect("an address");
    let patience = Patience { answer: Duration::from_millis(200), ..Patience::default() };
    let server = server::start(listener, Setup::default().state(), patience).expect("a server");
    let handle = server.handle();
    actix_web::rt::spawn(server);
    let ended = web::block(move || {
        let mut socket = TcpStream::connect(address).expect("a connection");
        socket.set_write_timeout(Some(Duration::from_mins(1))).expect("a socket");
        // Until the server reads no more, because its answers fill every buffer on their way, and closes.
        loop {
            if let Err(fault) = socket.write_all(b"GET /openapi.json HTTP/1.1\r\nHost: live\r\n\r\n") {
                return fault.kind();
            }
        }
    });
    let ended = ended.await.expect("an end");
    assert!(matches!(ended, ErrorKind::BrokenPipe | ErrorKind::ConnectionReset), "{ended:?}");
    handle.stop(false).await;
}
