//! Developer tasks of this workspace: `cargo xtask --help` lists them.
//!
//! They are written in Rust so that a machine with git, a C compiler and cargo is enough to build, test and check
//! everything.

mod acceptance;
mod bench;
mod chromium;
mod ci;
mod cli;
mod compatibility;
mod console;
mod deploy;
mod deps;
mod docs;
mod embedding;
mod error;
mod haproxy;
mod lint;
mod microbench;
mod node;
mod openapi;
mod packages;
mod postgres;
mod process;
mod python;
mod release;
mod scratch;
mod test;
mod upgrade;
mod workspace;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Task};
use error::Result;

fn main() -> ExitCode {
    match run(Cli::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console::failure(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Test { size, runner_arguments } => test::run(size, &runner_arguments),
        Task::Postgres { command } => postgres::run_inside(&command),
        Task::Lint => lint::run(),
        Task::Deps { advisories } => deps::run(advisories),
        Task::Deploy => deploy::run(),
        Task::Openapi { check } => openapi::run(check),
        Task::Embedding => embedding::run(),
        Task::Compatibility => compatibility::run(),
        Task::Docs { pages } => docs::run(&pages),
        Task::Upgrade => upgrade::run(),
        Task::Ci => ci::run(),
        Task::Acceptance { runner_arguments } => acceptance::run(&runner_arguments),
        Task::Bench { arguments } => bench::run(&arguments),
        Task::Microbench { check, arguments } => microbench::run(check, &arguments),
    }
}
