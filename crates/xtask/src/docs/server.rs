//! The service, started as a page says and watched until it says how to ask it.

use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use super::reader::Reader;
use crate::console;
use crate::error::{Context, Error, Result};
use crate::process;

/// The first start compiles the service.
const START_LIMIT: Duration = Duration::from_mins(15);
const STOP_LIMIT: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Server {
    process: Child,
}

impl Server {
    /// Starts the service; returns it with the request it printed.
    pub(super) fn start(reader: &Reader, command: &str) -> Result<(Self, String)> {
        console::command(command);
        // Bash, cargo and the service replace each other, so that the child's id is the service's.
        let mut bash = reader.bash(&format!("exec {command}"));
        let mut process =
            bash.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context(|| "cannot start `bash`".to_owned())?;
        let (sender, lines) = mpsc::channel();
        if let Some(stdout) = process.stdout.take() {
            pass_on(stdout, sender.clone());
        }
        if let Some(stderr) = process.stderr.take() {
            pass_on(stderr, sender);
        }
        let server = Self { process };
        let request = wait_for_request(&lines).context(|| format!("`{command}`"))?;
        Ok((server, request))
    }

    /// Stops the service the way a process manager does, which it has to take well.
    pub(super) fn stop(mut self) -> Result<()> {
        process::signal(self.process.id(), "TERM");
        match process::wait_at_most(&mut self.process, STOP_LIMIT)? {
            Some(status) if status.success() => Ok(()),
            Some(status) => {
                Err(format!("the service ended with {status} on SIGTERM, and should with exit status: 0").into())
            }
            None => Err(format!("the service still ran {} s after SIGTERM", STOP_LIMIT.as_secs()).into()),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Reads on for as long as the service writes, as it must never wait for us; whether somebody still listens does not
/// matter.
fn pass_on(source: impl Read + Send + 'static, lines: Sender<String>) {
    thread::spawn(move || {
        for line in BufReader::new(source).split(b'\n').map_while(std::result::Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            console::echo(&line);
            let _ = lines.send(line);
        }
    });
}

fn wait_for_request(lines: &Receiver<String>) -> Result<String> {
    let deadline = Instant::now() + START_LIMIT;
    loop {
        match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok(line) if line.trim_start().starts_with("curl ") => return Ok(line.trim().to_owned()),
            Ok(_) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Err(Error::from("ended before it printed a `curl` line; what it said is above"));
            }
            Err(RecvTimeoutError::Timeout) => {
                return Err(format!("printed no `curl` line within {} minutes", START_LIMIT.as_secs() / 60).into());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::wait_for_request;

    #[test]
    fn finds_the_request_among_other_lines() {
        let (sender, lines) = mpsc::channel();
        for line in ["Compiling live", "listening", "  curl -H 'a: b' http://127.0.0.1:8080/ "] {
            sender.send(line.to_owned()).expect("somebody listens");
        }
        assert_eq!(wait_for_request(&lines).expect("one is a request"), "curl -H 'a: b' http://127.0.0.1:8080/");
    }

    #[test]
    fn does_not_wait_for_a_service_that_has_ended() {
        let (sender, lines) = mpsc::channel::<String>();
        drop(sender);
        assert!(wait_for_request(&lines).expect_err("nothing will come").to_string().contains("ended before"));
    }
}
