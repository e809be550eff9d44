//! Running other programs.

use std::env;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::console;
use crate::error::{Context, Error, Result};

/// How often a program that is starting or stopping is looked at.
pub(crate) const POLL: Duration = Duration::from_millis(20);

/// A command without what `cargo run` told *us* about this package: build scripts of the nested cargo would take it for
/// a change of their environment, and build again what the developer's own cargo has built already.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// Shows the command, runs it to its end and fails when it does.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let text = describe(command);
    console::command(&text);
    let status = command.status().map_err(|error| not_started(&text, &error))?;
    expect_success(&text, status)
}

/// Runs the command and returns what it printed on standard output; its standard error is passed on.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let text = describe(command);
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| not_started(&text, &error))?;
    expect_success(&text, output.status)?;
    Ok(output.stdout)
}

/// [`output`] as text.
pub(crate) fn text(command: &mut Command) -> Result<String> {
    let printed = output(command)?;
    String::from_utf8(printed).context(|| format!("`{}` printed something other than text", describe(command)))
}

/// Whether the command can be run and succeeds, silently.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Whether we are root.
pub(crate) fn is_root() -> Result<bool> {
    Ok(text(command("id").arg("-u"))?.trim() == "0")
}

/// Sends a signal, named as in `INT`. A process that is gone already is no failure.
pub(crate) fn signal(process: u32, name: &str) {
    // The shell's own `kill`: a small system has no program of that name.
    let mut kill = Command::new("sh");
    kill.args(["-c", "kill -s \"$1\" \"$2\"", "kill", name]).arg(process.to_string());
    succeeds(&mut kill);
}

/// Waits for the end of a child, but not for ever: `None` when it still runs.
pub(crate) fn wait_at_most(child: &mut Child, limit: Duration) -> Result<Option<ExitStatus>> {
    let deadline = Instant::now() + limit;
    loop {
        let status = child.try_wait().context(|| "cannot wait for a process".to_owned())?;
        if status.is_some() || Instant::now() >= deadline {
            return Ok(status);
        }
        thread::sleep(POLL);
    }
}

/// The command as one would type it.
pub(crate) fn describe(command: &Command) -> String {
    let program = Path::new(command.get_program());
    let name = program.file_name().unwrap_or(program.as_os_str());
    let words = std::iter::once(name).chain(command.get_args());
    words.map(|word| quoted(&word.to_string_lossy())).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    if word.is_empty() || word.contains(|letter: char| letter.is_whitespace() || "\"'$\\".contains(letter)) {
        format!("'{}'", word.replace('\'', r"'\''"))
    } else {
        word.to_owned()
    }
}

fn not_started(text: &str, error: &std::io::Error) -> Error {
    Error::from(format!("cannot start `{text}`: {error}"))
}

fn expect_success(text: &str, status: ExitStatus) -> Result<()> {
    if status.success() { Ok(()) } else { Err(format!("`{text}` failed ({status})").into()) }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::describe;

    #[test]
    fn describes_a_command_as_one_would_type_it() {
        let mut command = Command::new("/usr/bin/psql");
        command.args(["-c", "select 'a'", ""]);
        assert_eq!(describe(&command), r"psql -c 'select '\''a'\''' ''");
    }
}
