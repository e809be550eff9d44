//! Starting the binary, and reading what it says.

use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// How long a process may take for what it does at once. Far more than it needs: a bound, not a measure.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);
pub(crate) const SECRET: &str = "a secret of the tests, of more than 32 bytes";

/// A machine of its own for the binary: a home, a working folder, and no variable that is not set here.
pub(crate) struct Machine {
    binary: PathBuf,
    folder: TempDir,
    variables: Vec<(String, String)>,
}

/// What a command said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Machine {
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let home = folder.path().to_str().unwrap().to_owned();
        let variables = vec![("HOME".to_owned(), home), ("LIVE_ADMIN_BIND".to_owned(), "127.0.0.1:0".to_owned())];
        Self { binary: env!("CARGO_BIN_EXE_live").into(), folder, variables }
    }

    /// A machine that is set up for `live serve` on that store.
    pub(crate) fn serving(database_url: &str) -> Self {
        Self::new().with("DATABASE_URL", database_url).with("LIVE_AUTH_HS256_SECRET", SECRET).with("LIVE_DRAIN_MS", "0")
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With the binary of the last release, where `PREVIOUS_RELEASE` names it; else with the one under test, too.
    pub(crate) fn of_previous_release(self) -> Self {
        let binary = std::env::var_os("PREVIOUS_RELEASE").map_or(self.binary, PathBuf::from);
        Self { binary, ..self }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path = self.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn command(&self, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Command {
        let mut command = Command::new(&self.binary);
        command.args(arguments).env_clear().envs(self.variables.iter().cloned()).current_dir(self.path());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        said(self.command(arguments).spawn().unwrap())
    }

    /// Runs a command to its end, with that on its standard input.
    pub(crate) fn run_with(&self, arguments: &[&str], input: &str) -> Said {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        said(child)
    }

    /// Runs a command that must succeed; its standard output.
    pub(crate) fn ok(&self, arguments: &[&str]) -> String {
        let said = self.run(arguments);
        assert_eq!(said.code, 0, "{arguments:?}: {}", said.err);
        said.out
    }

    /// A token for that person.
    pub(crate) fn token(&self, sub: &str) -> String {
        self.ok(&["token", "--sub", sub]).trim().to_owned()
    }

    /// A token for that person, who may create sessions and change their own.
    pub(crate) fn host_token(&self, sub: &str) -> String {
        self.ok(&["token", "--sub", sub, "--scope", "write:live"]).trim().to_owned()
    }
}

/// Waits for a command to end, and for what it said.
pub(crate) fn said(child: Child) -> Said {
    let pid = child.id();
    let (sender, outputs) = channel();
    std::thread::spawn(move || sender.send(child.wait_with_output().unwrap()));
    let output = outputs.recv_timeout(PATIENCE).unwrap_or_else(|error| {
        signal(pid, "KILL");
        panic!("{error}: the command does not end")
    });
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) }
}

/// A server under way; killed when it is dropped.
pub(crate) struct Server {
    child: Child,
    lines: Receiver<String>,
    pub(crate) address: String,
    /// What it said until it listened.
    pub(crate) said: Vec<String>,
}

impl Server {
    /// Starts `live serve` on a free port.
    pub(crate) fn serve(machine: &Machine) -> Self {
        Self::serve_at(machine, "127.0.0.1:0")
    }

    /// Starts `live serve` on that address.
    pub(crate) fn serve_at(machine: &Machine, bind: &str) -> Self {
        let address = |line: &str| Some(line.split_once("\"address\":\"")?.1.split_once('"')?.0.to_owned());
        Self::start(machine, ["serve", "--bind", bind], address)
    }

    /// Starts `live dev` on a free port.
    pub(crate) fn dev(machine: &Machine) -> Self {
        let mut server = Self::start(machine, ["dev", "--bind", "127.0.0.1:0"], |line| {
            Some(line.strip_prefix("live listens on http://")?.to_owned())
        });
        server.read_until(|line| line.starts_with("curl "));
        server
    }

    fn start(machine: &Machine, command: [&str; 3], address: impl Fn(&str) -> Option<String>) -> Self {
        let mut child = machine.command(command).spawn().unwrap();
        let (sender, lines) = channel();
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for stream in streams {
            let sender = sender.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    // Nobody may be listening any more; the stream is read on, lest the server block.
                    let _unheard = sender.send(line);
                }
            });
        }
        let mut server = Self { child, lines, address: String::new(), said: Vec::new() };
        let line = server.read_until(|line| address(line).is_some());
        server.address = address(&line).unwrap();
        server
    }

    pub(crate) fn read_until(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|error| panic!("{error}; it said: {}", self.said.join("\n")));
            self.said.push(line.clone());
            if wanted(&line) {
                return line;
            }
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to stop, as a service manager does, and returns its exit code.
    pub(crate) fn stop(self) -> i32 {
        signal(self.pid(), "TERM");
        self.ended()
    }

    /// Waits for it to end by itself, and returns its exit code.
    pub(crate) fn ended(mut self) -> i32 {
        wait(&mut self.child)
    }

    /// Everything it says from now on until it ends.
    pub(crate) fn rest(mut self) -> String {
        signal(self.pid(), "TERM");
        wait(&mut self.child);
        self.lines.iter().collect::<Vec<_>>().join("\n")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _already_gone = self.child.kill();
        let _already_reaped = self.child.wait();
    }
}

pub(crate) fn signal(pid: u32, name: &str) {
    let status = Command::new("kill").args([format!("-{name}"), pid.to_string()]).status().unwrap();
    assert!(status.success());
}

/// Waits for a process to end by itself.
pub(crate) fn wait(child: &mut Child) -> i32 {
    let begun = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code().unwrap_or(-1);
        }
        assert!(begun.elapsed() < PATIENCE, "the process does not end");
        std::thread::yield_now();
    }
}

/// An answer of the server.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: serde_json::Value,
    pub(crate) took: Duration,
}

pub(crate) async fn get(url: &str, token: Option<&str>) -> Answer {
    let request = client().get(url);
    send(token.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth)).await.unwrap()
}

/// Reads with these header fields.
pub(crate) async fn get_with(url: &str, token: &str, fields: &[(&str, &str)]) -> Answer {
    send(with_fields(client().get(url).bearer_auth(token), fields)).await.unwrap()
}

/// Edits with these header fields.
pub(crate) async fn patch_with(url: &str, token: &str, patch: &serde_json::Value, fields: &[(&str, &str)]) -> Answer {
    let request = client().patch(url).bearer_auth(token).header("Content-Type", "application/json");
    send(with_fields(request.body(patch.to_string()), fields)).await.unwrap()
}

fn with_fields(request: reqwest::RequestBuilder, fields: &[(&str, &str)]) -> reqwest::RequestBuilder {
    fields.iter().fold(request, |request, (name, value)| request.header(*name, *value))
}

/// Posts with a key, so that it can be sent again. None: the connection broke before there was a whole answer.
pub(crate) async fn post(url: &str, token: &str, key: &str, body: Option<&serde_json::Value>) -> Option<Answer> {
    let request = client().post(url).bearer_auth(token).header("Idempotency-Key", key);
    let request = match body {
        Some(body) => request.header("Content-Type", "application/json").body(body.to_string()),
        None => request,
    };
    send(request).await.ok()
}

/// Sends a request with these header fields.
pub(crate) async fn send_with(method: &str, url: &str, fields: &[(&str, &str)]) -> Answer {
    let request = client().request(method.parse().unwrap(), url);
    send(fields.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await.unwrap()
}

pub(crate) fn client() -> reqwest::Client {
    // No TLS here: the certificates of the system need not be read for each request.
    reqwest::Client::builder().no_proxy().tls_certs_only([]).timeout(PATIENCE).build().unwrap()
}

async fn send(request: reqwest::RequestBuilder) -> reqwest::Result<Answer> {
    let begun = Instant::now();
    let response = request.send().await?;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = serde_json::from_str(&response.text().await?).unwrap_or_default();
    Ok(Answer { status, headers, body, took: begun.elapsed() })
}

/// The lines of sessions to import.
pub(crate) fn session_lines(numbers: std::ops::RangeInclusive<u32>) -> String {
    let line = |number| {
        format!(
            r#"{{"id":"00000000-0000-0000-0000-{number:012}","host_id":"ada","brand_id":"acme","title":"Session {number}","scheduled_at":"2026-03-01T18:00:00Z","max_participants":10}}"#
        )
    };
    numbers.map(|number| line(number) + "\n").collect()
}

/// The lines of one registration of `ada` for each of the sessions.
pub(crate) fn registration_lines(numbers: std::ops::RangeInclusive<u32>) -> String {
    let line = |number| format!(r#"{{"session_id":"00000000-0000-0000-0000-{number:012}","user_id":"ada"}}"#);
    numbers.map(|number| line(number) + "\n").collect()
}
