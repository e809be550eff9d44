//! The memory of the process over very many requests, good ones and bad ones.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::ops::Range;
use std::time::Instant;

use live_adapters::test_support::{PgDatabase, SqliteFile, is_full_size};

use crate::support::{Machine, PATIENCE, Server, session_lines};

/// How many clients ask at once, each on a connection that it keeps.
const CLIENTS: usize = 8;
const SESSIONS: u32 = 100;

/// How many requests it takes until caches and buffers are what they will be, and how many follow.
fn sizes() -> (usize, usize) {
    if is_full_size() { (100_000, 400_000) } else { (6_000, 6_000) }
}

/// A request: its head but for the token, whether it brings one, its body, and the statuses it may have.
type Request = (String, bool, String, &'static [u16]);

/// The request of that number.
fn request(number: usize) -> Request {
    let session = format!("00000000-0000-0000-0000-{:012}", number % 97 + 1);
    let registrations = format!("/v1/sessions/{session}/registrations");
    let none = String::new;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\n");
    let filter =
        ["brand_id=acme", "host_id=ada", "upcoming=true", "month=2026-03", "status=live,ended"][number / 20 % 5];
    match number % 20 {
        0..4 => (get(&format!("/v1/live/sessions?{filter}&limit={}", number % 100 + 1)), true, none(), &[200]),
        4 | 5 => (get(&format!("/v1/sessions/{session}")), true, none(), &[200]),
        6 => (get("/v1/live/sessions") + "If-None-Match: *\r\n", true, none(), &[304]),
        7 => (format!("POST {registrations} HTTP/1.1\r\n"), true, none(), &[200, 201]),
        8 => {
            let key = format!("POST {registrations} HTTP/1.1\r\nIdempotency-Key: {number}\r\n");
            (key, true, none(), &[200, 201])
        }
        9 => (format!("DELETE {registrations}/me HTTP/1.1\r\n"), true, none(), &[200, 404]),
        10 => (get(&format!("{registrations}/me")), true, none(), &[200, 404]),
        11 => (get(&format!("/v1/live/sessions?limit={}", number + 1_000)), true, none(), &[400]),
        12 => (get(&format!("/v1/live/sessions?cursor=x{number}")), true, none(), &[400]),
        13 => (get("/v1/live/sessions") + &format!("Authorization: Bearer a.b.{number}\r\n"), false, none(), &[401]),
        14 => (get("/v1/live/sessions"), false, none(), &[401]),
        15 => (get(&format!("/nowhere/{number}")), true, none(), &[404]),
        16 => (format!("PUT /v1/sessions/{session} HTTP/1.1\r\n"), true, none(), &[405]),
        17 => {
            let body = format!(r#"{{"title": "{}", "x{number}": [[[]]]}}"#, "t".repeat(number % 3_000));
            ("POST /v1/sessions HTTP/1.1\r\nContent-Type: application/json\r\n".to_owned(), true, body, &[400])
        }
        18 => (get(&format!("/v1/sessions/x{number}")), true, none(), &[404]),
        _ => (get("/readyz"), false, none(), &[200]),
    }
}

/// A client with a connection, and the tokens of the people that it asks for.
struct Client<'a> {
    address: &'a str,
    tokens: &'a [String],
    connection: BufReader<TcpStream>,
}

impl<'a> Client<'a> {
    fn new(address: &'a str, tokens: &'a [String]) -> Self {
        Self { address, tokens, connection: connect(address) }
    }

    fn ask(&mut self, number: usize) {
        let (head, has_token, body, statuses) = request(number);
        let token = &self.tokens[number / 20 % self.tokens.len()];
        let token = if has_token { format!("Authorization: Bearer {token}\r\n") } else { String::new() };
        let length = body.len();
        let request = format!("{head}Host: live\r\n{token}Content-Length: {length}\r\n\r\n{body}");
        self.connection.get_mut().write_all(request.as_bytes()).unwrap();
        let status = self.answer();
        assert!(statuses.contains(&status), "{status}: {request}");
        if number.is_multiple_of(1_000) {
            self.leave_in_the_middle();
        }
    }

    /// Reads an answer to its end; its status.
    fn answer(&mut self) -> u16 {
        let (mut status, mut length, mut line) = (0, 0, String::new());
        loop {
            line.clear();
            self.connection.read_line(&mut line).unwrap();
            if let Some(answer) = line.strip_prefix("HTTP/1.1 ") {
                status = answer[..3].parse().unwrap();
            } else if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
                length = value.trim().parse().unwrap();
            } else if line == "\r\n" {
                break;
            }
            assert!(!line.is_empty(), "the server closed the connection");
        }
        let mut body = vec![0; if status == 304 { 0 } else { length }];
        self.connection.read_exact(&mut body).unwrap();
        status
    }

    /// Goes away in the middle of a body, and in the middle of what is no HTTP.
    fn leave_in_the_middle(&mut self) {
        for bytes in ["POST /v1/sessions HTTP/1.1\r\nHost: live\r\nContent-Length: 9\r\n\r\n{", "no HTTP\r\n\r\n"] {
            self.connection.get_mut().write_all(bytes.as_bytes()).unwrap();
            self.connection.get_mut().shutdown(Shutdown::Both).unwrap();
            self.connection = connect(self.address);
        }
    }
}

fn connect(address: &str) -> BufReader<TcpStream> {
    let socket = TcpStream::connect(address).unwrap();
    socket.set_nodelay(true).unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    BufReader::new(socket)
}

/// Sends the requests of those numbers, all clients at once.
fn send(address: &str, tokens: &[String], numbers: &Range<usize>) {
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let numbers = numbers.clone().skip(client).step_by(CLIENTS);
            scope.spawn(move || {
                let mut client = Client::new(address, tokens);
                numbers.for_each(|number| client.ask(number));
            });
        }
    });
}

/// The resident memory of the process in KiB.
fn resident(server: &Server) -> u32 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

/// Serves the first requests, then the rest. What it needed, as a line.
fn stays_flat(url: &str) -> String {
    let machine = Machine::serving(url).with("LIVE_DB_TIMEOUT_MS", "60000");
    machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=SESSIONS))]);
    let tokens: Vec<_> = (0..20).map(|person| machine.host_token(&format!("person {person}"))).collect();
    let server = Server::serve(&machine);
    let (first, rest) = sizes();
    send(&server.address, &tokens, &(0..first));
    let (before, begun) = (resident(&server), Instant::now());
    send(&server.address, &tokens, &(first..first + rest));
    let after = resident(&server);
    let seconds = begun.elapsed().as_secs_f64();
    let line = format!("{before} KiB after {first} requests, {after} KiB after {rest} more in {seconds:.0} s");
    assert!(after < before + before / 10, "{line}");
    assert_eq!(server.stop(), 0);
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_memory_stays_flat_on_postgres() {
    let database = PgDatabase::create().await;
    println!("Postgres: {}", stays_flat(database.url_text()));
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_memory_stays_flat_on_sqlite() {
    let file = SqliteFile::create().await;
    println!("SQLite: {}", stays_flat(&format!("sqlite:{}", file.path().display())));
}
