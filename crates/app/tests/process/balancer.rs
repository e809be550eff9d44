//! Several services behind a balancer, `HAProxy`, as the example in deploy/ sets it up.

use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use live_adapters::test_support::{PgCluster, free_port};
use serde_json::Value;

use crate::metrics::{metrics_url, scraped};
use crate::support::{Machine, PATIENCE, Server, client, session_lines, signal};

const MISSING: &str = "this test needs HAProxy 2.4 or newer as `haproxy` in PATH: install the package haproxy";
const SESSIONS: u32 = 120;
/// How many pages are read before anything happens, in the middle of a walk.
const PAGES: u32 = 100;

/// A balancer under way; killed when it is dropped.
struct Balancer {
    child: Child,
    address: String,
}

impl Balancer {
    fn before(services: &[String; 2]) -> Self {
        let configuration = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/haproxy/haproxy.cfg");
        let address = format!("127.0.0.1:{}", free_port());
        let mut haproxy = Command::new("haproxy");
        haproxy.arg("-db").arg("-f").arg(configuration).env("BALANCER", &address);
        haproxy.env("SERVICE_1", &services[0]).env("SERVICE_2", &services[1]);
        haproxy.stdin(Stdio::null()).stdout(Stdio::null());
        let child = haproxy.spawn().unwrap_or_else(|error| panic!("{MISSING} ({error})"));
        let balancer = Self { child, address };
        let begun = Instant::now();
        while TcpStream::connect(&balancer.address).is_err() {
            assert!(begun.elapsed() < PATIENCE, "the balancer does not start");
            std::thread::yield_now();
        }
        balancer
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _already_reaped = self.child.wait();
    }
}

/// Walks once, and notices everything but a whole page. Counts the pages.
async fn walk(client: &reqwest::Client, balancer: &Balancer, token: &str, pages: &AtomicU32) {
    let mut ids: Vec<String> = Vec::new();
    let mut query = "limit=7".to_owned();
    loop {
        let request = client.get(balancer.url(&format!("/v1/live/sessions?{query}"))).bearer_auth(token);
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        let page: Value = serde_json::from_str(&response.text().await.expect("a whole answer")).expect("a page");
        pages.fetch_add(1, Ordering::Relaxed);
        let sessions = page["sessions"].as_array().expect("a list");
        ids.extend(sessions.iter().map(|session| session["id"].as_str().expect("an id").to_owned()));
        match page["next_cursor"].as_str() {
            Some(cursor) => query = format!("limit=7&cursor={cursor}"),
            None => break,
        }
    }
    let expected: Vec<_> = (1..=SESSIONS).rev().map(|number| format!("00000000-0000-0000-0000-{number:012}")).collect();
    assert_eq!(ids, expected);
}

/// Waits until so many more pages were read: whatever follows happens in the middle of walks.
async fn go_on(pages: &AtomicU32) {
    let (begun, before) = (Instant::now(), pages.load(Ordering::Relaxed));
    while pages.load(Ordering::Relaxed) < before + PAGES {
        assert!(begun.elapsed() < PATIENCE, "walks do not go on");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Waits for the service to end, and lets walks go on meanwhile.
async fn ended_of(server: Server) -> i32 {
    tokio::task::spawn_blocking(|| server.ended()).await.expect("an exit code")
}

/// Waits until the service says that.
async fn is_ready(address: &str, status: u16) {
    let begun = Instant::now();
    loop {
        let answer = client().get(format!("http://{address}/readyz")).send().await;
        if answer.is_ok_and(|answer| answer.status() == status) {
            return;
        }
        assert!(begun.elapsed() < PATIENCE, "it does not become {status}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until the service has answered a list.
async fn until_asked(server: &Server) {
    let begun = Instant::now();
    while !scraped(&metrics_url(server)).await.contains("live_http_requests_total{route=\"/v1/live/sessions\"") {
        assert!(begun.elapsed() < PATIENCE, "nobody asks it");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_balancer_no_walk_notices_that_a_service_is_killed_or_drained() {
    let primary = PgCluster::start(&[]).await;
    let standby = primary.standby().await;
    let machine = Machine::serving(&primary.url("postgres"))
        .with("LIVE_DATABASE_READ_URLS", &standby.url("postgres"))
        .with("LIVE_DRAIN_MS", "5000");
    machine.ok(&["migrate"]);
    machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=SESSIONS))]);
    let addresses = [free_port(), free_port()].map(|port| format!("127.0.0.1:{port}"));
    let serve = |address: &String| Server::serve_at(&machine, address);
    let (first, second) = (serve(&addresses[0]), serve(&addresses[1]));
    let balancer = Balancer::before(&addresses);
    let token = machine.token("ada");

    let pages = AtomicU32::new(0);
    let (ended, end) = tokio::sync::watch::channel(false);
    let walks = futures_util::future::join_all((0..4).map(|_| async {
        let client = client();
        while !*end.borrow() {
            walk(&client, &balancer, &token, &pages).await;
        }
    }));
    let disturb = async {
        for address in &addresses {
            is_ready(address, 200).await;
        }
        go_on(&pages).await;
        signal(first.pid(), "KILL");
        ended_of(first).await;
        go_on(&pages).await;
        let first = serve(&addresses[0]);
        is_ready(&addresses[0], 200).await;
        // The balancer has seen it, too, once it sends requests there.
        until_asked(&first).await;
        signal(second.pid(), "TERM");
        is_ready(&addresses[1], 503).await;
        go_on(&pages).await;
        assert_eq!(ended_of(second).await, 0);
        go_on(&pages).await;
        ended.send_replace(true);
        first
    };
    let (_, first) = tokio::join!(walks, disturb);
    assert_eq!(first.stop(), 0);
}
