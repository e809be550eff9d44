//! A pooler in transaction mode, `PgBouncer`, in front of a server.

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use live_adapters::test_support::{PgCluster, free_port};

use crate::support::PATIENCE;

const MISSING: &str = "this test needs PgBouncer 1.21 or newer as `pgbouncer` in PATH: install the package pgbouncer \
                       (Debian 13, PGDG), or build it from its sources";

/// A pooler under way; killed when it is dropped.
pub(crate) struct Pooler {
    child: Child,
    settings: PathBuf,
    port: u16,
}

impl Pooler {
    pub(crate) fn before(cluster: &PgCluster) -> Self {
        let users = cluster.file("users", "\"postgres\" \"\"\n");
        let (host, server_port) =
            cluster.address().split_once(':').map(|(host, port)| (host.to_owned(), port.to_owned())).unwrap();
        let port = free_port();
        let settings = cluster.file(
            "pgbouncer.ini",
            &format!(
                "[databases]\n* = host={host} port={server_port}\n\
                 [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
                 auth_type = trust\nauth_file = {}\n\
                 pool_mode = transaction\nmax_prepared_statements = 200\ndefault_pool_size = 4\n",
                users.display()
            ),
        );
        Self { child: start(cluster, &settings, port), settings, port }
    }

    /// Stops it in the middle of everything and starts it again, with no connection of before.
    pub(crate) fn restart(&mut self, cluster: &PgCluster) {
        self.stop();
        self.child = start(cluster, &self.settings, self.port);
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    fn stop(&mut self) {
        let _already_gone = self.child.kill();
        let _already_reaped = self.child.wait();
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.stop();
    }
}

/// The program, if it is new enough to know prepared statements in transaction mode.
fn program() -> PathBuf {
    let output =
        Command::new("pgbouncer").arg("--version").output().unwrap_or_else(|error| panic!("{MISSING}: {error}"));
    let text = String::from_utf8_lossy(&output.stdout);
    let version = text.lines().find_map(|line| line.strip_prefix("PgBouncer ")).unwrap_or_default();
    let mut numbers = version.split('.').map_while(|number| number.parse::<u32>().ok());
    let version = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    assert!(version >= (1, 21), "{MISSING}; this one is {text}");
    PathBuf::from("pgbouncer")
}

fn start(cluster: &PgCluster, settings: &PathBuf, port: u16) -> Child {
    let mut command = cluster.command(&program());
    let mut child = command.arg(settings).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(child.try_wait().unwrap().is_none(), "the pooler does not start");
        assert!(begun.elapsed() < PATIENCE, "the pooler does not listen");
        std::thread::yield_now();
    }
    child
}
