//! The command line.

mod admin;
mod completions;
mod definition;
mod dev;
mod dev_secret;
mod doctor;
mod examples;
mod export;
mod failure;
mod forget;
mod healthcheck;
mod identity;
mod import;
mod manual;
mod migrate;
mod openapi;
mod serve;
mod store;
mod subject;
mod token;

use std::io::Write;
use std::process::ExitCode;

use clap::{FromArgMatches, Parser, Subcommand};

pub use definition::{documented, is_builtin, leaves, parser, reads};
pub use failure::Failure;

use crate::settings::{SettingFlags, Settings};
use crate::telemetry::Telemetry;

/// Schedules and lists live sessions for brands and communities, over HTTP.
///
/// Every setting is an environment variable and a flag; the flag wins. `live serve --help` shows all of them, the help of
/// another command those that it reads.
///
/// Exit codes: 0 fine, 1 failed, 2 wrong usage, 69 store unavailable, 78 bad configuration.
#[derive(Parser)]
#[command(name = "live", version, propagate_version = true, subcommand_value_name = "COMMAND")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve on this machine alone, with everything defaulted: a SQLite file, sample sessions, a token, a line to paste
    Dev,
    /// Serve in production: needs `DATABASE_URL` and a way to verify tokens
    Serve,
    /// Bring the schema of the store up; safe when several start at once
    Migrate(migrate::Migrate),
    /// Read NDJSON into the store: all of it or nothing
    #[command(subcommand)]
    Import(import::Import),
    /// Write the store as NDJSON to standard output
    #[command(subcommand)]
    Export(export::Export),
    /// Mint a token with the HS256 secret, or with the one that `live dev` keeps
    Token(token::Token),
    /// Put a random pseudonym in the place of a person, wherever the store names them
    Forget(forget::Forget),
    /// Print what stands for a person in the log, to find their requests by
    Subject(subject::Subject),
    /// Print the OpenAPI 3.1 document
    Openapi,
    /// Exit 0 when the server at `LIVE_BIND` is ready
    Healthcheck,
    /// Check settings, keys, store and data one by one, and say how to mend what is wrong
    Doctor(doctor::Doctor),
    /// Print what makes a shell complete the commands and flags of `live`
    Completions(completions::Completions),
    /// Print the manual page
    Manual,
}

/// Runs the command that the arguments of this process name.
#[must_use]
pub fn main() -> ExitCode {
    // Wrong usage ends here, with exit code 2.
    let matches = parser().get_matches();
    let command = Command::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let flags = SettingFlags::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            say(&format!("error: no threads can be started: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let code = runtime.block_on(run(command, flags));
    // A thread that still reads standard input, for an import that has failed, is not waited for.
    runtime.shutdown_background();
    code
}

async fn run(command: Command, flags: SettingFlags) -> ExitCode {
    let settings = Settings::of_process(flags);
    for unknown in settings.unknown() {
        say(&format!("warning: {unknown}"));
    }
    match command.run(&settings).await {
        Ok(()) => ExitCode::SUCCESS,
        // Like `head`, it has what it wanted.
        Err(failure @ Failure::ReaderGone) => failure.exit_code(),
        Err(failure) => {
            say(&format!("error: {failure}"));
            failure.exit_code()
        }
    }
}

impl Command {
    async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let telemetry = match (&self, Telemetry::start(settings)) {
            // It tells of all that is wrong, of the settings of the log as well.
            (Self::Doctor(_), Err(_)) => Telemetry::default(),
            (_, telemetry) => telemetry?,
        };
        let outcome = self.carry_out(settings).await;
        telemetry.end().await;
        outcome
    }

    async fn carry_out(self, settings: &Settings) -> Result<(), Failure> {
        match self {
            Self::Dev => dev::run(settings).await,
            Self::Serve => serve::run(settings).await,
            Self::Migrate(command) => command.run(settings).await,
            Self::Import(command) => command.run(settings).await,
            Self::Export(command) => command.run(settings).await,
            Self::Token(command) => command.run(settings),
            Self::Forget(command) => command.run(settings).await,
            Self::Subject(command) => command.run(settings),
            Self::Openapi => openapi::run(),
            Self::Healthcheck => healthcheck::run(settings).await,
            Self::Doctor(command) => command.run(settings).await,
            Self::Completions(command) => command.run(),
            Self::Manual => manual::run(),
        }
    }
}

/// Tells the person at the command line something. Data goes to standard output, everything else comes here.
fn say(text: &str) {
    // Nobody may be reading any more, which is no reason to stop.
    let _unheard = writeln!(std::io::stderr(), "{text}");
}

/// Writes data.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(|error| Failure::output(&error))
}
