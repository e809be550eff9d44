//! The store away or frozen while the service runs.

use std::time::Duration;

use live_adapters::test_support::PgDatabase;

use crate::proxy::Proxy;
use crate::support::{Machine, Server, get, session_lines};

const DEADLINE: Duration = Duration::from_secs(1);
/// What the network and a loaded machine may add to the deadline.
const SLACK: Duration = Duration::from_millis(1_500);

struct Scene {
    _database: PgDatabase,
    proxy: Proxy,
    server: Server,
    token: String,
}

impl Scene {
    async fn new() -> Self {
        let database = PgDatabase::create().await;
        let proxy = Proxy::to(database.url_text()).await;
        let machine = Machine::serving(proxy.url())
            .with("LIVE_DB_TIMEOUT_MS", &DEADLINE.as_millis().to_string())
            .with("LIVE_DB_POOL_SIZE", "2");
        machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=3))]);
        let server = Server::serve(&machine);
        let scene = Self { _database: database, proxy, server, token: machine.token("ada") };
        assert_eq!(scene.list().await.status, 200);
        scene
    }

    async fn list(&self) -> crate::support::Answer {
        get(&self.server.url("/v1/live/sessions"), Some(&self.token)).await
    }

    async fn is_unavailable(&self) {
        let answer = self.list().await;
        assert_eq!((answer.status, answer.body["error"].as_str()), (503, Some("unavailable")), "{}", answer.body);
        assert!(answer.headers.contains_key("retry-after"));
        assert!(answer.took < DEADLINE + SLACK, "{:?}", answer.took);
        assert_eq!(get(&self.server.url("/readyz"), None).await.status, 503);
    }

    /// More of each than there are connections: none of them may take one.
    async fn answers_what_needs_no_store(&self) {
        for (path, token, status) in [
            ("/v1/live/sessions", None, 401),
            ("/v1/live/sessions", Some("nonsense"), 401),
            ("/v1/live/sessions?limit=0", Some(self.token.as_str()), 400),
            ("/v1/live/sessions?cursor=x", Some(self.token.as_str()), 400),
            ("/nowhere", None, 404),
            ("/livez", None, 200),
        ] {
            for _ in 0..3 {
                let answer = get(&self.server.url(path), token).await;
                assert_eq!(answer.status, status, "{path}");
                assert!(answer.took < DEADLINE, "{path} waited for the store: {:?}", answer.took);
            }
        }
    }

    /// The first request may still meet a connection that died unseen.
    async fn is_back(&self) {
        self.list().await;
        let answer = self.list().await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body["sessions"].as_array().map(Vec::len), Some(3));
        assert_eq!(get(&self.server.url("/readyz"), None).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_goes_away_is_503_until_it_is_back() {
    let scene = Scene::new().await;
    for _ in 0..2 {
        scene.proxy.cut();
        scene.is_unavailable().await;
        scene.answers_what_needs_no_store().await;
        scene.is_unavailable().await;
        scene.proxy.pass();
        scene.is_back().await;
    }
    assert_eq!(scene.server.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_freezes_is_503_within_the_deadline() {
    let scene = Scene::new().await;
    scene.proxy.freeze();
    for _ in 0..3 {
        scene.is_unavailable().await;
    }
    scene.answers_what_needs_no_store().await;
    scene.proxy.pass();
    scene.is_back().await;
    assert_eq!(scene.server.stop(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_requests_to_a_frozen_store_wait_no_longer_than_one() {
    let scene = Scene::new().await;
    scene.proxy.freeze();
    let asked = (0..20).map(|_| scene.list());
    for answer in futures_util::future::join_all(asked).await {
        assert_eq!(answer.status, 503);
        assert!(answer.took < DEADLINE + SLACK, "{:?}", answer.took);
    }
    scene.proxy.pass();
    scene.is_back().await;
}
