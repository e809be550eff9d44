//! What the admin address tells.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use live_adapters::test_support::PgDatabase;

use crate::proxy::Proxy;
use crate::support::{Machine, PATIENCE, SECRET, Server, get, post, send_with, session_lines};

const OPERATIONS_PAGE: &str = include_str!("../../../../docs/operations.md");
const SESSIONS: &str = "/v1/live/sessions";

/// The samples of a scrape, by name and labels.
struct Samples(BTreeMap<String, String>);

impl Samples {
    fn read(text: &str) -> Self {
        let samples = text.lines().filter(|line| !line.starts_with('#')).map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap();
            (name.to_owned(), value.to_owned())
        });
        Self(samples.collect())
    }

    fn value(&self, name: &str) -> &str {
        self.0.get(name).unwrap_or_else(|| panic!("{name} is not told"))
    }

    /// The samples whose names begin so, but for those that are 0.
    fn beginning(&self, start: &str) -> BTreeMap<&str, &str> {
        let beginning = self.0.iter().filter(|(name, value)| name.starts_with(start) && *value != "0");
        beginning.map(|(name, value)| (name.trim_start_matches(start), value.as_str())).collect()
    }
}

pub(crate) fn metrics_url(server: &Server) -> String {
    let url = |line: &String| Some(line.split_once("\"url\":\"")?.1.split_once('"')?.0.to_owned());
    server.said.iter().find_map(url).unwrap()
}

pub(crate) async fn scraped(url: &str) -> String {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(PATIENCE).build().unwrap();
    let answer = client.get(url).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert_eq!(answer.headers()["content-type"], content_type);
    let text = answer.text().await.unwrap();
    assert!(text.ends_with("# EOF\n"));
    text
}

async fn scrape(server: &Server) -> Samples {
    Samples::read(&scraped(&metrics_url(server)).await)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_request_and_every_refusal_is_counted_once() {
    let machine =
        Machine::serving("sqlite:some.db").with("LIVE_AUTH_LIST_SCOPES", "read").with("LIVE_CORS_ORIGINS", "*");
    let server = Server::serve(&machine);
    let mint = |more: &[&str]| machine.ok(&[&["token", "--sub", "ada"], more].concat()).trim().to_owned();
    let (reader, nobody) = (mint(&["--scope", "read", "--scope", "write:live"]), mint(&[]));
    for (path, token, times) in [
        (SESSIONS, Some(&reader), 3),
        ("/v1/live/sessions?limit=0", Some(&reader), 2),
        (SESSIONS, Some(&nobody), 2),
        (SESSIONS, None, 4),
        ("/v1/live/sessions?access_token=x", Some(&reader), 1),
        (SESSIONS, Some(&format!("{reader}x")), 2),
        (SESSIONS, Some(&"x".to_owned()), 1),
        ("/v1/sessions/00000000-0000-0000-0000-000000000001", Some(&reader), 2),
        ("/nowhere", None, 5),
        ("/livez", None, 3),
    ] {
        for _ in 0..times {
            get(&server.url(path), token.map(String::as_str)).await;
        }
    }
    let preflight = [("Origin", "https://example.org"), ("Access-Control-Request-Method", "GET")];
    send_with("OPTIONS", &server.url(SESSIONS), &preflight).await;
    post(&server.url("/v1/sessions"), &reader, "key", Some(&serde_json::json!({}))).await.unwrap();

    let samples = scrape(&server).await;
    let expected = BTreeMap::from([
        (r#"{route="/livez",method="GET",status="2xx"}"#, "3"),
        (r#"{route="/v1/live/sessions",method="GET",status="2xx"}"#, "3"),
        (r#"{route="/v1/live/sessions",method="GET",status="4xx"}"#, "12"),
        (r#"{route="/v1/sessions",method="POST",status="4xx"}"#, "1"),
        (r#"{route="/v1/sessions/{id}",method="GET",status="4xx"}"#, "2"),
        (r#"{route="preflight",method="OPTIONS",status="2xx"}"#, "1"),
        (r#"{route="unmatched",method="GET",status="4xx"}"#, "5"),
    ]);
    assert_eq!(samples.beginning("live_http_requests_total"), expected);
    assert_eq!(samples.beginning("live_http_request_duration_seconds_count"), expected);
    let reasons = BTreeMap::from([
        (r#"{reason="ambiguous"}"#, "1"),
        (r#"{reason="insufficient_scope"}"#, "2"),
        (r#"{reason="malformed"}"#, "1"),
        (r#"{reason="no_token"}"#, "4"),
        (r#"{reason="signature"}"#, "2"),
    ]);
    assert_eq!(samples.beginning("live_guard_refusals_total"), reasons);
    assert_eq!(samples.value("live_http_requests_in_flight"), "0");
    let started: u64 = samples.value("process_start_time_seconds").parse().unwrap();
    assert!(started > 1_700_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_limit_refuses_is_counted_beside_what_it_takes_the_place_of() {
    let machine = Machine::serving("sqlite:some.db").with("LIVE_RATE_PER_MINUTE", "1");
    let server = Server::serve(&machine);
    let token = machine.token("ada");
    for token in [Some(&token), Some(&token), None, None, None] {
        get(&server.url(SESSIONS), token.map(String::as_str)).await;
    }
    let reasons = BTreeMap::from([(r#"{reason="no_token"}"#, "3"), (r#"{reason="rate_limited"}"#, "3")]);
    assert_eq!(scrape(&server).await.beginning("live_guard_refusals_total"), reasons);
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_clients_send_the_series_stay_the_same() {
    let machine = Machine::serving("sqlite:some.db");
    let server = Server::serve(&machine);
    let mut socket = TcpStream::connect(&server.address).unwrap();
    let mut ask = |method: &str, path: &str| {
        let head = format!("{method} {path} HTTP/1.1\r\nHost: live\r\nX-Request-Id: {path}\r\n\r\n");
        socket.write_all(head.as_bytes()).unwrap();
        let mut answer = Vec::new();
        while !answer.ends_with(b"}") {
            let mut bytes = [0; 4_096];
            let read = socket.read(&mut bytes).unwrap();
            assert!(read > 0);
            answer.extend_from_slice(&bytes[..read]);
        }
    };
    let mut odd = |numbers: std::ops::Range<u32>| {
        for number in numbers {
            ask("GET", &format!("/{number}/secret-{number}"));
            ask(&format!("ODD{number}"), &format!("/v1/sessions/{number}"));
            ask("DELETE", &format!("/v1/sessions/{number}?a={number}"));
        }
    };
    odd(0..1);
    let before = scrape(&server).await;
    odd(1..1_000);
    let after = scrape(&server).await;
    let names = |samples: &Samples| samples.0.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&before), names(&after));
    let expected = BTreeMap::from([
        (r#"{route="/v1/sessions/{id}",method="DELETE",status="4xx"}"#, "1000"),
        (r#"{route="/v1/sessions/{id}",method="other",status="4xx"}"#, "1000"),
        (r#"{route="unmatched",method="GET",status="4xx"}"#, "1000"),
    ]);
    assert_eq!(after.beginning("live_http_requests_total"), expected);
}

/// The rows of the table of metrics: name, type and meaning.
fn documented() -> BTreeSet<[String; 3]> {
    let rows = OPERATIONS_PAGE.lines().filter(|line| line.starts_with("| `live_") || line.starts_with("| `process_"));
    let cells = |line: &str| line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    rows.map(cells).map(|row| [row[0].trim_matches('`').to_owned(), row[1].clone(), row[3].clone()]).collect()
}

/// What a scrape says of itself, in the same form.
fn described(text: &str) -> BTreeSet<[String; 3]> {
    let after = |mark: &str| -> BTreeMap<&str, &str> {
        text.lines().filter_map(|line| line.strip_prefix(mark)?.split_once(' ')).collect()
    };
    let (helps, types) = (after("# HELP "), after("# TYPE "));
    let row = |(name, help): (&&str, &&str)| {
        let suffix = match types[name] {
            "counter" => "_total",
            "info" => "_info",
            _ => "",
        };
        [format!("{name}{suffix}"), types[name].to_owned(), help.trim_end_matches('.').to_owned()]
    };
    helps.iter().map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_documentation_names_every_metric() {
    let database = PgDatabase::create().await;
    // There is more to tell where lists are read from several servers; one that is the primary is one of them.
    let machine = Machine::serving(database.url_text()).with("LIVE_DATABASE_READ_URLS", database.url_text());
    let server = Server::serve(&machine);
    get(&server.url(SESSIONS), None).await;
    assert_eq!(described(&scraped(&metrics_url(&server)).await), documented());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_history_is_among_the_metrics_while_the_store_answers() {
    let database = PgDatabase::create().await;
    let proxy = Proxy::to(database.url_text()).await;
    let machine = Machine::serving(proxy.url()).with("LIVE_DB_TIMEOUT_MS", "1000");
    let server = Server::serve(&machine);
    machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=7))]);
    get(&server.url(SESSIONS), Some(&machine.token("ada"))).await;
    let text = scraped(&metrics_url(&server)).await;
    let samples = Samples::read(&text);
    assert_eq!(samples.value("live_history_events_unplaced"), "7");
    let age: f64 = samples.value("live_history_unplaced_age_seconds").parse().unwrap();
    assert!(age > 0.0 && age < PATIENCE.as_secs_f64(), "{age}");
    assert_eq!(samples.value("live_pool_connections_open"), samples.value("live_pool_connections_idle"));

    // While the store is frozen the scrape does not hang, and soon does not tell what it no longer knows.
    proxy.freeze();
    get(&server.url(SESSIONS), Some(&machine.token("ada"))).await;
    let mut samples = scrape(&server).await;
    assert_eq!(samples.value(r#"live_store_failures_total{kind="deadline"}"#), "1");
    while samples.0.contains_key("live_history_events_unplaced") {
        samples = scrape(&server).await;
    }
    proxy.pass();
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_nothing_but_metrics_on_the_admin_address() {
    let machine = Machine::serving("sqlite:some.db");
    let server = Server::serve(&machine);
    let url = metrics_url(&server);
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let head = client.head(&url).send().await.unwrap();
    assert_eq!((head.status().as_u16(), head.text().await.unwrap()), (200, String::new()));
    let posted = client.post(&url).send().await.unwrap();
    assert_eq!((posted.status().as_u16(), posted.headers()["allow"].as_bytes()), (405, b"GET, HEAD".as_slice()));
    for path in ["/", "/v1/live/sessions", "/livez", "/metrics/"] {
        let answer = get(&url.replace("/metrics", path), Some(&machine.token("ada"))).await;
        assert_eq!((answer.status, answer.body["error"].as_str()), (404, Some("not_found")), "{path}");
    }
    assert_eq!(get(&server.url("/metrics"), None).await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_and_many_clients_of_the_admin_address_do_not_disturb_the_others() {
    let machine = Machine::serving("sqlite:some.db");
    let server = Server::serve(&machine);
    let admin = metrics_url(&server).replace("http://", "").replace("/metrics", "");
    let slow: Vec<_> = (0..20)
        .map(|_| {
            let mut socket = TcpStream::connect(&admin).unwrap();
            socket.write_all(b"GET /metrics HTTP/1.1\r\nHost").unwrap();
            socket
        })
        .collect();
    let token = machine.token("ada");
    for _ in 0..5 {
        assert_eq!(get(&server.url(SESSIONS), Some(&token)).await.status, 200);
    }
    // They are let go, and whoever waits for a place has one then.
    scrape(&server).await;
    drop(slow);
    assert_eq!(server.stop(), 0);
}

#[test]
fn an_admin_address_that_is_taken_keeps_serve_from_starting_and_dev_from_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let machine = Machine::serving("sqlite:some.db").with("LIVE_ADMIN_BIND", &address);
    let said = machine.run(&["serve", "--bind", "127.0.0.1:0"]);
    assert_eq!(said.code, 1, "{}", said.err);
    let remedy = "choose another address with LIVE_ADMIN_BIND or --admin-bind, or off for none";
    assert!(said.err.contains(&format!("cannot listen on {address}: ")) && said.err.contains(remedy), "{}", said.err);
    let server = Server::dev(&machine);
    let warnings: Vec<_> = server.said.iter().filter(|line| line.starts_with("warning")).collect();
    assert!(warnings.len() == 1 && warnings[0].contains(remedy), "{warnings:?}");
    assert_eq!(server.stop(), 0);
}

#[test]
fn off_means_that_there_is_no_admin_address() {
    let machine = Machine::new().with("LIVE_AUTH_HS256_SECRET", SECRET).with("DATABASE_URL", "sqlite:some.db");
    let machine = machine.with("LIVE_ADMIN_BIND", "off");
    let server = Server::serve(&machine);
    assert!(!server.said.join("\n").contains("metrics"), "{:?}", server.said);
    let said = machine.run(&["serve", "--bind", "127.0.0.1:0", "--admin-bind", "nowhere"]);
    assert_eq!(said.code, 78);
    assert!(said.err.contains("--admin-bind must be off, or a host and a port"), "{}", said.err);
}
