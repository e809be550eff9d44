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
mod wrk;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use failure::Failure;

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
    let site = server::Site::new(arguments)?;
    say(&format!("loading {} sessions", arguments.sessions));
    data::load(&site, arguments.sessions)?;
    let server = site.serve()?;
    let classes = classes::classes(&site, &server)?;
    let chosen: Vec<_> = classes.into_iter().filter(|class| class.name.contains(&arguments.only)).collect();
    let figures = measure::measure(arguments, &server, &chosen)?;
    let memory = processes::peak_memory(server.pid())?;
    drop(server);
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
