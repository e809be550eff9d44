//! The command line as data: what is parsed, shown in help, completed and documented comes from here.

use clap::{Arg, Command, CommandFactory};

use super::{Cli, examples};
use crate::settings::{SETTINGS, Setting, arguments};

/// The commands with what is their own alone: the settings are explained once, for all of them.
#[must_use]
pub fn documented() -> Command {
    illustrated(Cli::command(), "live")
}

/// Puts its examples below the help of each command.
fn illustrated(command: Command, path: &str) -> Command {
    let command = command.mut_subcommands(|command| {
        let path = format!("{path} {}", command.get_name());
        illustrated(command, &path)
    });
    command.after_help(examples::below(path))
}

/// The commands, each with the settings that it reads.
pub(super) fn shown() -> Command {
    documented().mut_subcommands(|command| {
        let name = command.get_name();
        let read: Vec<_> = SETTINGS.iter().filter(|setting| reads(name, setting)).flat_map(arguments).collect();
        with(command, &read)
    })
}

/// What parses: every command takes every setting, so that one set of flags serves for all, and hides what it does not read.
#[must_use]
pub fn parser() -> Command {
    let hidden = SETTINGS.iter().flat_map(arguments).map(|argument| argument.global(true).hide(true));
    shown().args(hidden)
}

/// Adds arguments to where a command ends: a command of commands takes none.
fn with(command: Command, arguments: &[Arg]) -> Command {
    if command.has_subcommands() {
        return command.mut_subcommands(|command| with(command, arguments));
    }
    command.args(arguments)
}

/// Whether what a command does depends on a setting.
#[must_use]
pub fn reads(command: &str, setting: &Setting) -> bool {
    let read: &[&str] = match command {
        "serve" | "doctor" => return true,
        "dev" => return setting.name != "LIVE_MIGRATE_ON_START",
        "migrate" => &["DATABASE_URL", "LIVE_DB_POOL_SIZE", "LIVE_DB_TIMEOUT_MS", "LIVE_DB_WAIT_MS", "LIVE_LOG"],
        "import" | "export" | "forget" => &["DATABASE_URL", "LIVE_DB_POOL_SIZE", "LIVE_DB_TIMEOUT_MS", "LIVE_LOG"],
        "token" => &["LIVE_AUTH_HS256_SECRET", "LIVE_AUTH_ISSUER", "LIVE_AUTH_AUDIENCE", "LIVE_LOG"],
        "subject" => {
            &["LIVE_LOG_SUBJECT_KEY", "LIVE_AUTH_HS256_SECRET", "LIVE_AUTH_INTROSPECTION_CLIENT_SECRET", "LIVE_LOG"]
        }
        "healthcheck" => &["LIVE_BIND", "LIVE_LOG"],
        // The others print the same everywhere.
        _ => &[],
    };
    read.contains(&setting.name)
}

/// The commands that do something, in the order of the help: `import` alone does nothing, `import sessions` does.
#[must_use]
pub fn leaves(command: &Command) -> Vec<&Command> {
    command.get_subcommands().filter(|command| command.get_name() != "help").fold(Vec::new(), |mut found, command| {
        if command.has_subcommands() {
            found.extend(leaves(command));
        } else {
            found.push(command);
        }
        found
    })
}

/// Whether an argument is of every program.
#[must_use]
pub fn is_builtin(argument: &Arg) -> bool {
    matches!(argument.get_id().as_str(), "help" | "version")
}
