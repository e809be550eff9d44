//! The one place that prints. All of it goes to standard error, so that standard output is that of the commands we run.
#![expect(clippy::print_stderr, reason = "a command-line tool speaks to its user here")]

use std::fmt::Display;

/// Says what is being done.
pub(crate) fn note(text: impl Display) {
    eprintln!("xtask: {text}");
}

/// Opens a part of a long run.
pub(crate) fn heading(text: impl Display) {
    eprintln!("\n=== {text} ===");
}

/// Shows a command about to run, the way one would type it.
pub(crate) fn command(text: impl Display) {
    eprintln!("$ {text}");
}

/// Passes on a line of a program whose output we read ourselves.
pub(crate) fn echo(line: &str) {
    eprintln!("| {line}");
}

/// Says why the task failed.
pub(crate) fn failure(reason: impl Display) {
    eprintln!("xtask: error: {reason}");
}
