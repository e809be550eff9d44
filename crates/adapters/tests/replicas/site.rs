//! A primary and its standbys, and a store that reads from them.

use std::time::{Duration, Instant};

use live_adapters::test_support::{PgCluster, SETTINGS};
use live_adapters::{DatabaseUrl, PostgresUrl, ReplicaReading, StandbySettings, Store, StoreSettings};
use live_adapters::{open, open_with_standbys};
use live_domain::StorePosition;

/// Far more than any of it takes.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
/// A lag that no test comes to by chance.
pub(crate) const ANY_LAG: Duration = Duration::from_mins(10);

pub(crate) struct Site {
    pub(crate) primary: PgCluster,
    pub(crate) standbys: Vec<PgCluster>,
}

/// Waits until that is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !is_so().await {
        assert!(begun.elapsed() < PATIENCE, "it does not come to it that {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

pub(crate) fn url(text: &str) -> PostgresUrl {
    text.parse().expect("a good address")
}

impl Site {
    /// A primary with the schema, and so many standbys.
    pub(crate) async fn start(standbys: usize) -> Self {
        let mut site = Self { primary: PgCluster::start(&[]).await, standbys: Vec::new() };
        let store = open(&DatabaseUrl::Postgres(url(&site.primary.url("postgres"))), SETTINGS).expect("a store");
        store.migrations.run().await.expect("the migrations run");
        for _ in 0..standbys {
            site.standbys.push(site.primary.standby().await);
        }
        site
    }

    pub(crate) fn store(&self, max_lag: Duration, settings: StoreSettings) -> Store {
        self.store_at(&self.primary.url("postgres"), max_lag, settings)
    }

    /// With the primary at that address.
    pub(crate) fn store_at(&self, primary: &str, max_lag: Duration, settings: StoreSettings) -> Store {
        let urls = self.standbys.iter().map(|standby| url(&standby.url("postgres"))).collect();
        open_with_standbys(&url(primary), &StandbySettings { urls, max_lag }, settings).expect("a store")
    }

    /// Waits until each standby has all that was committed.
    pub(crate) async fn standbys_have_everything(&self) {
        let position = position(&self.primary).await;
        for standby in &self.standbys {
            has_come_to(standby, position).await;
        }
    }
}

/// Runs statements on a server.
pub(crate) async fn execute(cluster: &PgCluster, statements: &str) {
    cluster.connect().await.batch_execute(statements).await.expect("the statements are good");
}

/// How far the primary has come.
pub(crate) async fn position(primary: &PgCluster) -> StorePosition {
    let ask = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint";
    let number: i64 = primary.connect().await.query_one(ask, &[]).await.expect("a position").get(0);
    StorePosition::new(number.try_into().expect("a position"))
}

/// Waits until the standby has replayed that; the header of a page is nothing to be replayed.
pub(crate) async fn has_come_to(standby: &PgCluster, position: StorePosition) {
    let client = standby.connect().await;
    let ask = format!("SELECT pg_last_wal_replay_lsn() - '0/0' >= {} - 40", position.get());
    until("the standby follows", async || client.query_one(&ask, &[]).await.expect("an answer").get(0)).await;
}

pub(crate) fn reading(store: &Store) -> ReplicaReading {
    store.usage.reading().replicas.expect("a store with standbys")
}

/// How many lists were read from the primary, and from each standby.
pub(crate) fn lists(store: &Store) -> (u64, Vec<u64>) {
    let ReplicaReading { lists_of_primary, standbys, .. } = reading(store);
    (lists_of_primary, standbys.iter().map(|standby| standby.lists).collect())
}

/// Waits until exactly these standbys are read from.
pub(crate) async fn are_read(store: &Store, expected: &[bool]) {
    until(&format!("lists are read from {expected:?}"), async || {
        reading(store).standbys.iter().map(|standby| standby.is_read).eq(expected.iter().copied())
    })
    .await;
}
