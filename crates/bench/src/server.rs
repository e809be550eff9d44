//! The service under test, and the site that it runs at.

use std::io::{BufRead, BufReader, PipeWriter};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::Arguments;
use crate::failure::Failure;

const SECRET: &str = "a secret of the benchmark, of more than 32 bytes";
/// Whom the tokens are for: somebody who is registered for some of the sessions.
pub(crate) const VIEWER: &str = "person-7";

/// A folder, a database, a binary.
pub(crate) struct Site {
    folder: TempDir,
    live: PathBuf,
    pub(crate) database_url: String,
    psql: PathBuf,
}

impl Site {
    /// With an empty database of its own, of that name.
    pub(crate) fn new(arguments: &Arguments, database: &str) -> Result<Self, Failure> {
        let Arguments { live, pgbench, database_url, .. } = arguments;
        let site = Self {
            folder: TempDir::new()?,
            live: live.canonicalize()?,
            database_url: database_url.clone(),
            psql: pgbench.with_file_name("psql"),
        };
        site.psql(&format!("DROP DATABASE IF EXISTS {database}"))?;
        site.psql(&format!("CREATE DATABASE {database}"))?;
        let (server, _) = database_url.rsplit_once('/').ok_or_else(|| Failure::because("the URL names no database"))?;
        Ok(Self { database_url: format!("{server}/{database}"), ..site })
    }

    /// Runs a statement by itself.
    pub(crate) fn psql(&self, statement: &str) -> Result<(), Failure> {
        let mut psql = Command::new(&self.psql);
        psql.args(["-q", "-v", "ON_ERROR_STOP=1", "-c", statement]).arg(&self.database_url).stdout(Stdio::null());
        ended_well(statement, psql.spawn()?)
    }

    pub(crate) fn command(&self, database_url: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.live);
        command.args(arguments).env_clear().current_dir(self.folder.path()).env("DATABASE_URL", database_url);
        command.env("LIVE_AUTH_HS256_SECRET", SECRET).env("LIVE_ADMIN_BIND", "off").env("LIVE_DRAIN_MS", "0");
        command.stdin(Stdio::null()).stderr(Stdio::null());
        command
    }

    /// Imports what is written.
    pub(crate) fn import(
        &self,
        what: &str,
        write: impl FnOnce(PipeWriter) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        self.migrate(&self.database_url)?;
        let (reader, writer) = std::io::pipe()?;
        let mut command = self.command(&self.database_url, &["import", what, "-"]);
        let child = command.stdin(reader).stdout(Stdio::null()).stderr(Stdio::inherit()).spawn()?;
        // It holds the reading end as well, and would wait for itself.
        drop(command);
        write(writer)?;
        ended_well(&format!("live import {what}"), child)
    }

    pub(crate) fn migrate(&self, database_url: &str) -> Result<(), Failure> {
        ended_well("live migrate", self.command(database_url, &["migrate"]).spawn()?)
    }

    /// A token of somebody who sees these brands; none: all.
    pub(crate) fn token(&self, brands: &[String]) -> Result<String, Failure> {
        let mut arguments = vec!["token", "--sub", VIEWER, "--ttl", "1day"];
        arguments.extend(brands.iter().flat_map(|brand| ["--brand", brand]));
        let output = self.command(&self.database_url, &arguments).output()?;
        String::from_utf8(output.stdout).map(|token| token.trim().to_owned()).map_err(Failure::because)
    }

    pub(crate) fn serve(&self) -> Result<Server, Failure> {
        Server::start(self.command(&self.database_url, &["serve", "--bind", "127.0.0.1:0", "--log", "json"]))
    }

    /// A file of that name.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn ended_well(what: &str, mut child: Child) -> Result<(), Failure> {
    let status = child.wait()?;
    if status.success() { Ok(()) } else { Err(Failure::because(format!("`{what}` ended with {status}"))) }
}

/// The service under way; stopped when it is dropped.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: String,
}

impl Server {
    pub(crate) fn start(mut command: Command) -> Result<Self, Failure> {
        let mut child = command.stderr(Stdio::piped()).spawn()?;
        let log = child.stderr.take().ok_or_else(|| Failure::because("no standard error"))?;
        let mut lines = BufReader::new(log).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            let (_, after) = line.split_once("\"address\":\"")?;
            Some(after.split_once('"')?.0.to_owned())
        });
        // The log is read on, lest the server wait for somebody to read it.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let address = address.ok_or_else(|| Failure::because("the server does not listen"))?;
        Ok(Self { child, address })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _already_reaped = self.child.wait();
    }
}
