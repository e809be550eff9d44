//! How fast the service is: the server under load by turns with `pgbench` running the very statements that the server
//! sends, which is what the database itself can do on this machine. `cargo xtask bench` builds everything and runs it.

mod classes;
mod data;
mod failure;
mod http;
mod load;
mod measure;
mod pgbench;
mod processes;
mod report;
mod server;
mod startup;
mod subject;
mod wrk;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use failure::Failure;
use subject::Subject;

/// What is measured, and with what.
#[derive(Debug, Parser)]
pub(crate) struct Arguments {
    /// The binary of the service, a release build
    #[arg(long)]
    live: PathBuf,
    /// The program `pgbench`
    #[arg(long)]
    pgbench: PathBuf,
    /// A Postgres with nothing in it that matters
    #[arg(long)]
    database_url: String,
    /// How many sessions there are, each with two registrations
    #[arg(long, default_value_t = 200_000)]
    sessions: u32,
    /// How many sessions there are in another database: how much more a page costs beside many than beside few
    #[arg(long, default_value_t = 10_000)]
    few: u32,
    /// How often each measurement is made; the median counts
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// How long one measurement takes
    #[arg(long, default_value_t = 5)]
    seconds: u32,
    /// Only classes whose name holds this
    #[arg(long, default_value = "")]
    only: String,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            say(&format!("error: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Failure> {
    wrk::is_there()?;
    let many = Subject::new(arguments, "live_bench", arguments.sessions)?;
    let few = Subject::new(arguments, "live_bench_few", arguments.few)?;
    let figures = measure::measure(arguments, &many, &few)?;
    let Subject { site, server, .. } = many;
    let memory = processes::peak_memory(server.pid())?;
    drop((server, few));
    let starts = startup::measure(&site, arguments.rounds)?;
    print(&report::report(arguments, &figures, memory, &starts))
}

/// Tells the person who waits what is being done.
#[expect(clippy::print_stderr, reason = "progress is told on standard error")]
fn say(text: &str) {
    eprintln!("{text}");
}

fn print(text: &str) -> Result<(), Failure> {
    Ok(std::io::stdout().lock().write_all(text.as_bytes())?)
}
