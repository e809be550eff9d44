//! A cluster in a temporary folder, on a port of its own, gone with everything in it when dropped.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::account::{self, Account};
use super::find::Binaries;
use super::guard::Guard;
use crate::error::{Context, Error, Result};
use crate::process;
use crate::scratch::ScratchFolder;

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(20);
/// Somebody else may take the port between our look at it and the server's.
const PORT_ATTEMPTS: u32 = 5;
const LOG_TAIL: usize = 20;

/// What differs from the server's defaults; planner, vacuum and replication are to be those of production.
const SETTINGS: [&str; 8] = [
    "listen_addresses=127.0.0.1",
    // Nothing here has to survive a power cut.
    "fsync=off",
    "full_page_writes=off",
    "synchronous_commit=off",
    // Every test has a pool of its own, and many run at once.
    "max_connections=300",
    "shared_buffers=256MB",
    "max_wal_size=4GB",
    // A container or chroot may have no /dev/shm, or a tiny one.
    "dynamic_shared_memory_type=mmap",
];

/// A running server. Fields are dropped in this order: the guard must not find the folder any more.
#[derive(Debug)]
pub(crate) struct Cluster {
    server: Server,
    _folder: ScratchFolder,
    _guard: Guard,
}

impl Cluster {
    pub(crate) fn start(binaries: &Binaries) -> Result<Self> {
        let folder = ScratchFolder::new("postgres")?;
        let guard = Guard::over(folder.path())?;
        let site = Site {
            binaries: binaries.folder.clone(),
            account: account::of_server()?,
            folder: folder.path().to_path_buf(),
        };
        site.initialise()?;
        let server = site.serve()?;
        Ok(Self { server, _folder: folder, _guard: guard })
    }

    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.server.port)
    }

    /// A program that comes with the server.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.server.binaries.join(name)
    }

    /// Tells a command where the database is.
    pub(crate) fn announce_to<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.env("TEST_DATABASE_URL", self.url())
    }
}

/// Where a cluster lives, and whose it is.
struct Site {
    binaries: PathBuf,
    account: Option<Account>,
    folder: PathBuf,
}

impl Site {
    fn initialise(&self) -> Result<()> {
        if let Some(Account { user, group }) = self.account {
            chown(&self.folder, Some(user), Some(group))
                .context(|| format!("cannot give {} away", self.folder.display()))?;
        }
        // Older systems and macOS have no C.UTF-8.
        self.initdb("C.UTF-8").or_else(|_without| self.initdb("C"))
    }

    fn initdb(&self, locale: &str) -> Result<()> {
        let mut initdb = self.command("initdb");
        initdb.args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--no-sync", "--no-instructions"]);
        initdb.arg(format!("--locale={locale}")).arg("--pgdata").arg(self.data());
        let output = initdb.output().context(|| {
            format!(
                "cannot start `initdb` in {}; if its account may not enter that folder, set TMPDIR to one open to everybody",
                self.folder.display()
            )
        })?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!(
            "cannot make a cluster: initdb ended with {}:\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        )
        .into())
    }

    fn serve(&self) -> Result<Server> {
        for _ in 0..PORT_ATTEMPTS {
            let mut server = self.launch(free_port()?)?;
            match self.wait_until_ready(&mut server)? {
                Start::Ready => return Ok(server),
                Start::PortTaken => {}
            }
        }
        Err(format!("found no free port for PostgreSQL in {PORT_ATTEMPTS} attempts").into())
    }

    fn launch(&self, port: u16) -> Result<Server> {
        let log = File::create(self.log()).context(|| "cannot write the server's log".to_owned())?;
        let log_too = log.try_clone().context(|| "cannot write the server's log".to_owned())?;
        let mut postgres = self.command("postgres");
        postgres.arg("-D").arg(self.data());
        for setting in SETTINGS {
            postgres.args(["-c", setting]);
        }
        postgres.args(["-c", &format!("port={port}")]);
        postgres.args(["-c", &format!("unix_socket_directories={}", self.folder.display())]);
        postgres.stdout(log).stderr(log_too);
        let process = postgres.spawn().context(|| "cannot start `postgres`".to_owned())?;
        Ok(Server { process, port, binaries: self.binaries.clone() })
    }

    fn wait_until_ready(&self, server: &mut Server) -> Result<Start> {
        let deadline = Instant::now() + START_LIMIT;
        while Instant::now() < deadline {
            if self.reports_ready() {
                return Ok(Start::Ready);
            }
            let ended = server.process.try_wait().context(|| "cannot wait for the server".to_owned())?;
            match ended {
                None => thread::sleep(process::POLL),
                Some(_) if says_port_is_taken(&self.log_text()) => return Ok(Start::PortTaken),
                Some(status) => return Err(self.failure(&format!("PostgreSQL ended at its start with {status}"))),
            }
        }
        Err(self.failure(&format!("PostgreSQL was not ready after {} s", START_LIMIT.as_secs())))
    }

    /// The server writes its state into the eighth line of its lock file, which is what `pg_ctl --wait` reads.
    /// Unlike an answer on the port, it cannot be another server's.
    fn reports_ready(&self) -> bool {
        let lock = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        lock.lines().nth(7).is_some_and(|state| state.trim() == "ready")
    }

    fn failure(&self, what: &str) -> Error {
        let log = self.log_text();
        let lines: Vec<_> = log.lines().collect();
        let tail = lines.get(lines.len().saturating_sub(LOG_TAIL)..).unwrap_or_default();
        format!("{what}; its log ends with:\n{}", tail.join("\n")).into()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = process::command(self.binaries.join(program));
        // The log is searched for words, and the folder we are in may not be open to the server's account.
        command.env("LC_ALL", "C").current_dir(&self.folder).stdin(Stdio::null());
        if let Some(Account { user, group }) = self.account {
            command.uid(user).gid(group);
        }
        command
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("server.log")
    }

    fn log_text(&self) -> String {
        fs::read(self.log()).map(|log| String::from_utf8_lossy(&log).into_owned()).unwrap_or_default()
    }
}

/// How a start went that did not fail.
enum Start {
    Ready,
    PortTaken,
}

/// The server's process. It is a child in the foreground, so that Ctrl-C in a terminal reaches it as well as us.
#[derive(Debug)]
struct Server {
    process: Child,
    port: u16,
    binaries: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        // First a shutdown that disconnects clients, then one that leaves everything as it lies.
        for signal in ["INT", "QUIT"] {
            if matches!(self.process.try_wait(), Ok(None)) {
                process::signal(self.process.id(), signal);
                let _ = process::wait_at_most(&mut self.process, STOP_LIMIT);
            }
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> Result<u16> {
    let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    Ok(address.context(|| "cannot find a free port on 127.0.0.1".to_owned())?.port())
}

fn says_port_is_taken(log: &str) -> bool {
    log.contains("Address already in use")
}

#[cfg(test)]
mod tests {
    use super::says_port_is_taken;

    #[test]
    fn tells_a_taken_port_from_other_failures() {
        let taken = "LOG:  could not bind IPv4 address \"127.0.0.1\": Address already in use\n\
                     FATAL:  could not create any TCP/IP sockets\n";
        assert!(says_port_is_taken(taken));
        assert!(!says_port_is_taken("FATAL:  could not map anonymous shared memory: Cannot allocate memory"));
    }
}
