//! Servers of one's own, where a test needs more than a database: TLS, a standby, a failover.

use std::fs::{self, File};
use std::io::Write;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio_postgres::Client;

use super::{NO_POSTGRES, connect, variable};

/// How long a server may take to start or stop: a bound, not a measure.
const PATIENCE: Duration = Duration::from_mins(1);
/// Somebody else may take the port between our look at it and the server's.
const PORT_ATTEMPTS: u32 = 5;

/// The programs of the server that `TEST_DATABASE_URL` names, and whose they run as.
#[derive(Debug, Clone)]
struct Programs {
    folder: PathBuf,
    account: (u32, u32),
}

impl Programs {
    /// Asks that server.
    async fn find() -> Self {
        let url = variable("TEST_DATABASE_URL").expect(NO_POSTGRES);
        let server = connect(&url.parse().expect("TEST_DATABASE_URL is the address of a Postgres")).await;
        let ask = "SELECT (SELECT setting FROM pg_config WHERE name = 'BINDIR'), current_setting('data_directory')";
        let row = server.query_one(ask, &[]).await.expect("the test's user may ask where the server's programs are");
        let data = fs::metadata(row.get::<_, String>(1)).expect("the server of TEST_DATABASE_URL is on this machine");
        Self { folder: row.get::<_, String>(0).into(), account: (data.uid(), data.gid()) }
    }

    fn command(&self, program: &str) -> Command {
        self.command_at(&self.folder.join(program))
    }

    fn command_at(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("LC_ALL", "C").current_dir("/").stdin(Stdio::null());
        // The server refuses to run as root.
        if may_be_others() {
            command.uid(self.account.0).gid(self.account.1);
        }
        command
    }
}

/// Whether this process may run others under another account.
fn may_be_others() -> bool {
    fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

/// A server of one's own: it stops, and everything in it goes, when it is dropped.
#[derive(Debug)]
pub struct PgCluster {
    programs: Programs,
    server: Option<Child>,
    port: u16,
    folder: TempDir,
}

impl PgCluster {
    /// A server that anybody on this machine may use, with these settings (`name=value`).
    pub async fn start(settings: &[&str]) -> Self {
        let mut cluster = Self::prepare().await;
        let mut initdb = cluster.programs.command("initdb");
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "--pgdata"]);
        run(initdb.arg(cluster.data()));
        cluster.launch(settings);
        cluster
    }

    /// A standby of this server, which follows it.
    pub async fn standby(&self) -> Self {
        self.standby_with(&[]).await
    }

    /// A standby of this server with these settings.
    pub async fn standby_with(&self, settings: &[&str]) -> Self {
        let mut standby = Self::prepare().await;
        let mut backup = standby.programs.command("pg_basebackup");
        backup.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--dbname", &self.url("postgres")]);
        run(backup.arg("--pgdata").arg(standby.data()));
        standby.launch(settings);
        standby
    }

    async fn prepare() -> Self {
        let programs = Programs::find().await;
        let folder = TempDir::new().expect("a folder");
        chown(folder.path(), Some(programs.account.0), Some(programs.account.1)).expect("the folder may be given away");
        Self { programs, server: None, port: 0, folder }
    }

    /// Its address, as a superuser who needs no password.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.address())
    }

    /// Its host and port.
    #[must_use]
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its folder for sockets, and for files that only it may read.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file that only the server may read, and returns its path.
    #[must_use]
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder().join(name);
        let mut file = File::create(&path).expect("a file");
        file.write_all(content.as_bytes()).expect("a file that can be written");
        file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("a file of one's own");
        chown(&path, Some(self.programs.account.0), Some(self.programs.account.1)).expect("the file may be given away");
        path
    }

    /// A program that runs as the server does, and may read its files.
    #[must_use]
    pub fn command(&self, program: &Path) -> Command {
        self.programs.command_at(program)
    }

    /// A connection for statements of the test.
    pub async fn connect(&self) -> Client {
        connect(&self.url("postgres").parse().expect("a good address")).await
    }

    /// Stops the server and starts it on the same port, with these settings.
    pub fn restart(&mut self, settings: &[&str]) {
        self.stop("INT");
        self.launch(settings);
    }

    /// Ends the server as a crash does.
    pub fn crash(&mut self) {
        self.stop("QUIT");
    }

    /// Makes a primary of this standby, and waits until it is one.
    pub fn promote(&self) {
        run(self.programs.command("pg_ctl").args(["promote", "--wait", "--pgdata"]).arg(self.data()));
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn launch(&mut self, settings: &[&str]) {
        for _ in 0..PORT_ATTEMPTS {
            if self.port == 0 {
                self.port = free_port();
            }
            let server = self.spawn(settings);
            self.server = Some(server);
            if self.is_ready() {
                return;
            }
            self.port = 0;
        }
        panic!("found no free port; the server's log: {}", self.log());
    }

    fn spawn(&self, settings: &[&str]) -> Child {
        let log = File::create(self.folder().join("log")).expect("a log");
        let mut postgres = self.programs.command("postgres");
        postgres.arg("-D").arg(self.data()).args(["-c", "fsync=off", "-c", "listen_addresses=127.0.0.1"]);
        postgres.args(["-c", "dynamic_shared_memory_type=mmap", "-c", "shared_buffers=16MB"]);
        postgres.args(["-c", &format!("port={}", self.port)]);
        postgres.args(["-c", &format!("unix_socket_directories={}", self.folder().display())]);
        for setting in settings {
            postgres.args(["-c", setting]);
        }
        postgres.stdout(log.try_clone().expect("a log")).stderr(log).spawn().expect("the server starts")
    }

    /// Waits until the server takes connections; false: its port was taken.
    fn is_ready(&mut self) -> bool {
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            // The eighth line of its lock file is its state, which no other server can be taken for.
            let lock = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
            if matches!(lock.lines().nth(7).map(str::trim), Some("ready" | "standby")) {
                return true;
            }
            if let Some(status) = self.server.as_mut().and_then(|server| server.try_wait().expect("a child")) {
                assert!(self.log().contains("Address already in use"), "{status}: {}", self.log());
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("the server does not start: {}", self.log())
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder().join("log")).unwrap_or_default()
    }

    fn stop(&mut self, signal: &str) {
        let Some(mut server) = self.server.take() else { return };
        let mut kill = Command::new("kill");
        drop(kill.args([format!("-{signal}"), server.id().to_string()]).status());
        let begun = Instant::now();
        while matches!(server.try_wait(), Ok(None)) && begun.elapsed() < PATIENCE {
            std::thread::sleep(Duration::from_millis(10));
        }
        drop(server.kill());
        drop(server.wait());
    }
}

impl Drop for PgCluster {
    fn drop(&mut self) {
        self.stop("QUIT");
    }
}

/// A port that nobody listened on a moment ago.
#[must_use]
pub fn free_port() -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("a free port").port()
}

fn run(command: &mut Command) {
    let output = command.output().expect("a program of the server");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
