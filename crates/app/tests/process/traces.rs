//! Traces, as a collector gets them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use live_adapters::test_support::PgDatabase;

use crate::support::{Machine, Server, get};

const SESSIONS: &str = "/v1/live/sessions";
const TRACE: u128 = 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c;
const PARENT: u64 = 0xb7ad_6b71_6920_3331;

/// A collector that keeps the bodies it is sent.
struct Collector {
    url: String,
    bodies: Receiver<Vec<u8>>,
}

impl Collector {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (sender, bodies) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let sender = sender.clone();
                std::thread::spawn(move || collect(&stream, &sender));
            }
        });
        Self { url, bodies }
    }

    /// Everything that was sent, once nothing more comes: the service has ended.
    fn all(self) -> Vec<u8> {
        self.bodies.try_iter().flatten().collect()
    }
}

fn collect(mut stream: &TcpStream, bodies: &Sender<Vec<u8>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        (reader.read_line(&mut head).ok()? > 0).then_some(())?;
    }
    assert!(head.starts_with("POST /v1/traces HTTP/1.1\r\n"), "{head}");
    let head = head.to_lowercase();
    assert!(head.contains("content-type: application/x-protobuf\r\n"), "{head}");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    bodies.send(body).ok()?;
    stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").ok()
}

/// A member of a protobuf message: its number and its bytes, of which there are fewer than 128.
fn member(number: u8, bytes: &[u8]) -> Vec<u8> {
    [&[number << 3 | 2, u8::try_from(bytes.len()).unwrap()], bytes].concat()
}

fn place(all: &[u8], part: &[u8]) -> Option<usize> {
    all.windows(part.len()).position(|window| window == part)
}

/// The ids of the spans of that name and parent in that trace.
fn spans(all: &[u8], name: &str, parent: Option<&[u8]>) -> Vec<Vec<u8>> {
    // Trace, span, state and parent stand before the name in a span, in the order of their numbers.
    let trace = member(1, &TRACE.to_be_bytes());
    let starts = (0..all.len()).filter(|start| all[*start..].starts_with(&trace));
    let ids = starts.filter_map(|start| {
        let span = &all[start..];
        let end = place(&span[1..], &trace).map_or(span.len(), |end| end + 1);
        let named = place(&span[..end], &member(5, name.as_bytes()))?;
        let is_of = parent.is_none_or(|parent| place(&span[..named], &member(4, parent)).is_some());
        is_of.then(|| span[trace.len() + 2..trace.len() + 10].to_vec())
    });
    ids.collect()
}

async fn traced(server: &Server, path: &str, token: &str) {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let request = client.get(server.url(path)).bearer_auth(token);
    request.header("traceparent", format!("00-{TRACE:032x}-{PARENT:016x}-01")).send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_gets_the_span_of_a_request_and_of_its_store_work_under_the_one_that_it_names() {
    let database = PgDatabase::create().await;
    for url in ["sqlite:some.db", database.url_text()] {
        let collector = Collector::start();
        let machine = Machine::serving(url).with("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url);
        let server = Server::serve(&machine);
        let token = machine.token("ada");
        traced(&server, SESSIONS, &token).await;
        traced(&server, "/nowhere/secret", &token).await;
        assert_eq!(server.stop(), 0);
        let all = collector.all();
        let request = spans(&all, "GET /v1/live/sessions", Some(&PARENT.to_be_bytes()));
        assert_eq!(request.len(), 1, "{url}");
        assert_eq!(spans(&all, "store read", Some(&request[0])).len(), 1, "{url}");
        assert_eq!(spans(&all, "GET", Some(&PARENT.to_be_bytes())).len(), 1, "{url}");
        for secret in [token.as_bytes(), b"/nowhere/secret"] {
            assert_eq!(place(&all, secret), None, "{url}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_is_away_or_says_nothing_costs_no_request_its_time() {
    // It takes connections, and never answers.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let away = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for address in [address, away] {
        let machine = Machine::serving("sqlite:some.db")
            .with("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{address}"))
            .with("OTEL_BSP_SCHEDULE_DELAY", "10");
        let server = Server::serve(&machine);
        let token = machine.token("ada");
        for _ in 0..20 {
            let answer = get(&server.url(SESSIONS), Some(&token)).await;
            assert_eq!(answer.status, 200);
            assert!(answer.took < Duration::from_secs(4), "{:?}", answer.took);
        }
        let begun = Instant::now();
        assert_eq!(server.stop(), 0);
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_that_cannot_be_reached_is_told_once() {
    let away = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let machine = Machine::serving("sqlite:some.db")
        .with("OTEL_EXPORTER_OTLP_ENDPOINT", &format!("http://{away}"))
        .with("OTEL_BSP_SCHEDULE_DELAY", "10");
    let mut server = Server::serve(&machine);
    let warning = "traces cannot be sent to the collector";
    get(&server.url("/"), None).await;
    server.read_until(|line| line.contains(warning));
    get(&server.url("/"), None).await;
    assert!(!server.rest().contains(warning));
}

#[test]
fn a_collector_that_is_none_keeps_serve_from_starting() {
    let machine = Machine::serving("sqlite:some.db").with("OTEL_EXPORTER_OTLP_ENDPOINT", "http://a b");
    let said = machine.run(&["serve", "--bind", "127.0.0.1:0"]);
    assert_eq!(said.code, 78, "{}", said.err);
    let fault = "OTEL_EXPORTER_OTLP_ENDPOINT must be an http(s) URL without user and password";
    assert!(said.err.contains(fault), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_where_the_variables_say_so() {
    for (name, value) in [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none")] {
        let collector = Collector::start();
        let machine = Machine::serving("sqlite:some.db").with("OTEL_EXPORTER_OTLP_ENDPOINT", &collector.url);
        let server = Server::serve(&machine.with(name, value));
        assert_eq!(get(&server.url("/"), None).await.status, 200);
        assert_eq!(server.stop(), 0);
        assert!(collector.all().is_empty(), "{name}");
    }
}
