//! Cleans up after a run that was killed.

use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::error::{Context, Result};

/// Waits until its standard input closes, which the system sees to however we end; then it stops the server, if
/// there still is one, and removes the folder.
const SCRIPT: &str = r#"
trap '' HUP INT TERM
read -r nothing
[ -d "$1" ] || exit 0
running() { [ -e "$1/data/postmaster.pid" ]; }
running "$1" && kill -s INT "$(head -n 1 "$1/data/postmaster.pid")"
tries=0
while running "$1" && [ "$tries" -lt 100 ]; do sleep 0.1; tries=$((tries + 1)); done
rm -rf "$1"
"#;

/// A process that outlives us when we are ended by a signal, upon which no code of ours runs any more.
#[derive(Debug)]
pub(crate) struct Guard {
    process: Child,
    handle: Option<ChildStdin>,
}

impl Guard {
    pub(crate) fn over(folder: &Path) -> Result<Self> {
        let mut command = Command::new("sh");
        command.args(["-c", SCRIPT, "live-postgres-guard"]).arg(folder).current_dir("/");
        // Whoever reads our output until its end is not to wait for the guard.
        command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.spawn().context(|| "cannot start `sh`".to_owned())?;
        let handle = process.stdin.take();
        Ok(Self { process, handle })
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        drop(self.handle.take());
        // It ends by itself now; this only collects it.
        let _ = self.process.wait();
    }
}
