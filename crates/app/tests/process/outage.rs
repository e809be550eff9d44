//! The store away, frozen, silent or all taken while the service runs, and back again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use live_adapters::test_support::{PgCluster, PgDatabase};

use crate::frozen::Frozen;
use crate::proxy::Proxy;
use crate::support::{Answer, Machine, PATIENCE, Server, get, post, session_lines};

const DEADLINE: Duration = Duration::from_secs(1);
/// What the network and a loaded machine may add to the deadline.
const SLACK: Duration = Duration::from_millis(1_500);
/// What needs no store is answered within this.
const AT_ONCE: Duration = Duration::from_millis(50);
const LIST: &str = "/v1/live/sessions";

/// A service with two connections, a person, and what keeps the store.
struct Scene<Store> {
    store: Store,
    server: Server,
    token: String,
}

impl<Store> Scene<Store> {
    async fn new(store: Store, url: &str) -> Self {
        let machine = Machine::serving(url)
            .with("LIVE_DB_TIMEOUT_MS", &DEADLINE.as_millis().to_string())
            .with("LIVE_DB_POOL_SIZE", "2");
        machine.ok(&["migrate"]);
        machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=3))]);
        let server = Server::serve(&machine);
        let scene = Self { store, server, token: machine.token("ada") };
        scene.is_back().await;
        scene
    }

    async fn list(&self) -> Answer {
        get(&self.server.url(LIST), Some(&self.token)).await
    }

    async fn is_unavailable(&self) {
        let answer = self.list().await;
        assert_eq!((answer.status, answer.body["error"].as_str()), (503, Some("unavailable")), "{}", answer.body);
        assert!(answer.headers.contains_key("retry-after"));
        assert!(answer.took < DEADLINE + SLACK, "{:?}", answer.took);
        self.becomes(503, SLACK).await;
    }

    /// What the store said last counts for a moment longer than a request waits.
    async fn becomes(&self, readiness: u16, within: Duration) {
        let begun = Instant::now();
        while get(&self.server.url("/readyz"), None).await.status != readiness {
            assert!(begun.elapsed() < within, "the readiness does not become {readiness}");
        }
    }

    /// What is answered without a connection, however many there are: refusals, and how the service is.
    async fn answers_at_once_what_needs_no_store(&self, readiness: Option<u16>) {
        let good = Some(self.token.as_str());
        for (path, token, status) in [
            (LIST, None, Some(401)),
            (LIST, Some("nonsense"), Some(401)),
            ("/v1/live/sessions?limit=0", good, Some(400)),
            ("/v1/live/sessions?cursor=x", good, Some(400)),
            ("/nowhere", None, Some(404)),
            ("/livez", None, Some(200)),
            ("/readyz", None, readiness),
        ] {
            quickly(path, status, async || get(&self.server.url(path), token).await).await;
        }
        let post = async || post(&self.server.url("/livez"), &self.token, "key", None).await.unwrap();
        quickly("POST /livez", Some(405), post).await;
    }

    /// From the first request on.
    async fn is_back(&self) {
        let answer = self.list().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["sessions"].as_array().map(Vec::len), Some(3));
        self.becomes(200, PATIENCE).await;
    }
}

/// Asks until it has been quick once: the machine may be busy, but who waits for the store is never quick.
async fn quickly(path: &str, status: Option<u16>, ask: impl AsyncFn() -> Answer) {
    let mut quickest = Duration::MAX;
    for _ in 0..20 {
        let answer = ask().await;
        assert!(status.is_none_or(|status| answer.status == status), "{path}: {}", answer.status);
        quickest = quickest.min(answer.took);
        if quickest < AT_ONCE {
            return;
        }
    }
    panic!("{path} waits for the store: {quickest:?}");
}

impl Scene<(PgDatabase, Proxy)> {
    async fn behind_a_proxy() -> Self {
        let database = PgDatabase::create().await;
        let proxy = Proxy::to(database.url_text()).await;
        let url = proxy.url().to_owned();
        Self::new((database, proxy), &url).await
    }

    fn proxy(&self) -> &Proxy {
        &self.store.1
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_goes_away_is_503_until_it_is_back() {
    let scene = Scene::behind_a_proxy().await;
    for _ in 0..2 {
        scene.proxy().cut();
        scene.is_unavailable().await;
        scene.answers_at_once_what_needs_no_store(Some(503)).await;
        scene.is_unavailable().await;
        scene.proxy().pass();
        scene.is_back().await;
    }
    assert_eq!(scene.server.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_whose_packets_are_dropped_is_503_within_the_deadline() {
    let scene = Scene::behind_a_proxy().await;
    scene.proxy().freeze();
    for _ in 0..3 {
        scene.is_unavailable().await;
    }
    scene.answers_at_once_what_needs_no_store(Some(503)).await;
    scene.proxy().pass();
    scene.is_back().await;
    assert_eq!(scene.server.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_to_a_frozen_store_wait_no_longer_than_one() {
    let scene = Scene::behind_a_proxy().await;
    scene.proxy().freeze();
    let asked = (0..20).map(|_| scene.list());
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(answer.status, 503);
        assert!(answer.took < DEADLINE + SLACK, "{:?}", answer.took);
    }
    scene.proxy().pass();
    scene.is_back().await;
}

/// The peer is gone without a word: what is sent on the connections of before is never answered.
#[tokio::test(flavor = "multi_thread")]
async fn dead_connections_cost_one_request_however_many_there_are() {
    let scene = Scene::behind_a_proxy().await;
    // Both connections are open.
    futures_util::future::join_all((0..8).map(|_| scene.list())).await;
    scene.proxy().forget();
    assert_eq!(scene.list().await.status, 503);
    for _ in 0..5 {
        scene.is_back().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frozen_backend_costs_one_request_and_a_frozen_server_each_its_deadline() {
    let cluster = PgCluster::start(&[]).await;
    let url = cluster.url("postgres");
    let scene = Scene::new(cluster, &url).await;
    let frozen = Frozen::backends(&scene.store).await;
    let answer = scene.list().await;
    assert_eq!(answer.status, 503, "{}", answer.body);
    assert!(answer.took < DEADLINE + SLACK, "{:?}", answer.took);
    scene.is_back().await;
    drop(frozen);

    let frozen = Frozen::server(&scene.store).await;
    for _ in 0..3 {
        scene.is_unavailable().await;
    }
    scene.answers_at_once_what_needs_no_store(Some(503)).await;
    drop(frozen);
    scene.is_back().await;
    assert_eq!(scene.server.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_of_which_locks_hold_every_connection_is_503_within_the_deadline() {
    let database = PgDatabase::create().await;
    let url = database.url_text().to_owned();
    let scene = Scene::new(database, &url).await;
    let holder = scene.store.connect().await;
    holder.batch_execute("BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let is_over = AtomicBool::new(false);
    let wait_for_the_lock = async || {
        while !is_over.load(Ordering::SeqCst) {
            let answer = scene.list().await;
            assert_eq!(answer.status, 503, "{}", answer.body);
            assert!(answer.took < DEADLINE + SLACK, "{:?}", answer.took);
        }
    };
    let look_at_the_rest = async {
        // Every connection is taken, and others wait for one.
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let watcher = scene.store.connect().await;
        while watcher.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) < 2 {}
        for _ in 0..5 {
            // Whether it is ready depends on who gets the next connection.
            scene.answers_at_once_what_needs_no_store(None).await;
        }
        is_over.store(true, Ordering::SeqCst);
    };
    let many = futures_util::future::join_all((0..8).map(|_| wait_for_the_lock()));
    tokio::join!(many, look_at_the_rest);
    holder.batch_execute("ROLLBACK").await.unwrap();
    scene.is_back().await;
    assert_eq!(scene.server.stop(), 0);
}
