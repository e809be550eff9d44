//! Processes of Postgres that stand still.

use std::process::Command;

use live_adapters::test_support::PgCluster;

/// Processes that are frozen until this is dropped.
pub(crate) struct Frozen(Vec<String>);

impl Frozen {
    /// Those that serve the service: on the connections that it has nothing is heard any more.
    pub(crate) async fn backends(cluster: &PgCluster) -> Self {
        let backends = "SELECT pid::text FROM pg_stat_activity WHERE application_name = 'live'";
        let backends = cluster.connect().await.query(backends, &[]).await.unwrap();
        assert!(!backends.is_empty(), "the service has connections");
        let frozen = Self(backends.iter().map(|row| row.get(0)).collect());
        frozen.signal("STOP");
        frozen
    }

    /// Those, and the one that accepts others.
    pub(crate) async fn server(cluster: &PgCluster) -> Self {
        let mut frozen = Self::backends(cluster).await;
        let lock = std::fs::read_to_string(cluster.folder().join("data/postmaster.pid")).unwrap();
        frozen.0.extend(lock.lines().next().map(str::to_owned));
        frozen.signal("STOP");
        frozen
    }

    fn signal(&self, name: &str) {
        // Some may have ended by themselves: those of connections that were closed.
        let _ended = Command::new("kill").arg(format!("-{name}")).args(&self.0).output();
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.signal("CONT");
    }
}
