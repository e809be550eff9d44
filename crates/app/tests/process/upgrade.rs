//! A rolling upgrade: the last release serves, the schema comes up beneath it, this version comes beside it and takes over.
//! Requests go on all the time, and none is lost.
//!
//! `cargo xtask upgrade` names the binary of the last release. Without one this version rolls to itself, which is a rolling
//! restart.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, RwLock};

use live_adapters::test_support::PgDatabase;
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::support::{Answer, Machine, PATIENCE, Server, get, get_with, patch_with, post, session_lines};

/// How many clients there are, and how many rounds they go together in each phase of the upgrade.
const CLIENTS: usize = 4;
const ROUNDS: usize = 24;

/// What a load balancer does: it knows which services take requests, and gives them to each in turn.
#[derive(Clone, Default)]
struct Balancer {
    services: Arc<RwLock<Vec<String>>>,
    given: Arc<AtomicUsize>,
}

impl Balancer {
    fn add(&self, server: &Server) {
        self.services.write().unwrap().push(server.url(""));
    }

    fn remove(&self, server: &Server) {
        self.services.write().unwrap().retain(|service| *service != server.url(""));
    }

    fn url(&self, path: &str) -> String {
        let services = self.services.read().unwrap();
        format!("{}{path}", services[self.given.fetch_add(1, Ordering::Relaxed) % services.len()])
    }
}

/// Clients at work.
struct Load {
    /// Each round, as it is done.
    rounds: UnboundedReceiver<()>,
    over: Arc<AtomicBool>,
    clients: Vec<JoinHandle<usize>>,
}

impl Load {
    fn begin(balancer: &Balancer, machine: &Machine) -> Self {
        let (done, rounds) = unbounded_channel();
        let over = Arc::<AtomicBool>::default();
        let client = |number: usize| {
            let (balancer, done, over) = (balancer.clone(), done.clone(), Arc::clone(&over));
            let host = format!("host {number}");
            let token = machine.host_token(&host);
            tokio::spawn(async move {
                let mut round = 0;
                while !over.load(Ordering::Relaxed) {
                    go_round(&balancer, &host, &token, round).await;
                    round += 1;
                    done.send(()).unwrap();
                }
                round
            })
        };
        let clients = (0..CLIENTS).map(client).collect();
        Self { rounds, over, clients }
    }

    /// Until some rounds more are done.
    async fn go_on(&mut self) {
        while self.rounds.try_recv().is_ok() {}
        for _ in 0..ROUNDS {
            timeout(PATIENCE, self.rounds.recv()).await.expect("clients go on").expect("a client is there");
        }
    }

    /// How many rounds there were.
    async fn end(self) -> usize {
        self.over.store(true, Ordering::Relaxed);
        let mut rounds = 0;
        for client in self.clients {
            rounds += client.await.unwrap();
        }
        rounds
    }
}

fn expect(answer: &Answer, status: u16, what: &str) {
    assert_eq!(answer.status, status, "{what}: {}", answer.body);
}

/// Creates a session, registers for it, edits, reads, lists, starts and cancels: each request by whichever service is next.
async fn go_round(balancer: &Balancer, host: &str, token: &str, round: usize) {
    let session = json!({"host_id": host, "brand_id": "acme", "title": format!("{host}, {round}"),
        "scheduled_at": "2099-01-01T00:00:00Z", "max_participants": 5});
    let created = post(&balancer.url("/v1/sessions"), token, &format!("create-{round}"), Some(&session)).await;
    let created = created.expect("an answer to the creation");
    expect(&created, 201, "create");
    let path = format!("/v1/sessions/{}", created.body["id"].as_str().unwrap());
    // A key and a tag are good at the other version, too.
    let again = post(&balancer.url("/v1/sessions"), token, &format!("create-{round}"), Some(&session)).await.unwrap();
    expect(&again, 201, "create again");
    assert_eq!(again.body, created.body);
    let tag = created.headers["etag"].to_str().unwrap().to_owned();
    let edit = json!({"category": "music"});
    expect(&patch_with(&balancer.url(&path), token, &edit, &[("If-Match", &tag)]).await, 200, "edit");
    let registrations = format!("{path}/registrations");
    expect(
        &post(&balancer.url(&registrations), token, &format!("enter-{round}"), None).await.unwrap(),
        201,
        "register",
    );
    let page = get(&balancer.url("/v1/live/sessions?limit=2&upcoming=true"), Some(token)).await;
    expect(&page, 200, "list");
    if let Some(cursor) = page.body["next_cursor"].as_str() {
        let next = balancer.url(&format!("/v1/live/sessions?limit=2&upcoming=true&cursor={cursor}"));
        expect(&get(&next, Some(token)).await, 200, "list on");
    }
    let read = get_with(&balancer.url(&path), token, &[]).await;
    assert_eq!((read.status, read.body["registered_count"].as_u64()), (200, Some(1)), "{}", read.body);
    expect(&get(&balancer.url(&registrations), Some(token)).await, 200, "line");
    expect(
        &post(&balancer.url(&format!("{path}/start")), token, &format!("start-{round}"), None).await.unwrap(),
        200,
        "start",
    );
}

/// What a command exports, a line each.
fn exported(machine: &Machine, what: &str) -> Vec<Value> {
    machine.ok(&["export", what]).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn rolling_from_the_last_release_to_this_version_loses_no_request() {
    let database = PgDatabase::create_empty().await;
    // Who was given a service before the balancer took it out still gets an answer.
    let machine =
        || Machine::serving(database.url_text()).with("LIVE_MIGRATE_ON_START", "false").with("LIVE_DRAIN_MS", "2000");
    let (previous, this) = (machine().of_previous_release(), machine());
    previous.ok(&["migrate"]);
    let old = Server::serve(&previous);
    let balancer = Balancer::default();
    balancer.add(&old);
    let mut load = Load::begin(&balancer, &this);
    load.go_on().await;

    // The schema comes up beneath the last release, which goes on working, and its commands do.
    this.ok(&["migrate"]);
    load.go_on().await;
    assert_eq!(get(&old.url("/readyz"), None).await.status, 200);
    previous.ok(&["import", "sessions", &previous.file("sessions", &session_lines(1..=20))]);
    // Those that no client is changing meanwhile: an import puts every session back to how its line has it.
    let sessions = previous.ok(&["export", "sessions"]);
    let of_import = sessions.lines().filter(|line| line.contains(r#""host_id":"ada""#)).collect::<Vec<_>>().join("\n");
    previous.ok(&["import", "sessions", &previous.file("again", &of_import)]);

    // Both at once, then this version alone.
    let new = Server::serve(&this);
    balancer.add(&new);
    load.go_on().await;
    balancer.remove(&old);
    assert_eq!(old.stop(), 0);
    load.go_on().await;

    let rounds = load.end().await;
    let (sessions, registrations) = (exported(&this, "sessions"), exported(&this, "registrations"));
    assert_eq!((sessions.len(), registrations.len()), (20 + rounds, rounds));
    assert_eq!(sessions.iter().filter(|session| session["status"] == "live").count(), rounds);
    assert_eq!(new.stop(), 0);
}
