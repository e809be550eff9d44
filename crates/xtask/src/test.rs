//! The test suite, beside a throwaway PostgreSQL.

pub(crate) mod runner;

use std::ffi::OsString;

use crate::chromium;
use crate::cli::Size;
use crate::console;
use crate::error::Result;
use crate::haproxy;
use crate::node;
use crate::postgres::{self, Cluster};
use crate::process;
use crate::workspace::cargo;

use runner::{Order, Runner};

/// Few systems have a pooler that is new enough: `cargo xtask acceptance` runs what needs it.
const NEEDS_MORE: &str = "behind_pgbouncer";

pub(crate) fn run(size: Size, runner_arguments: &[OsString]) -> Result<()> {
    let runner = Runner::installed();
    console::note(runner.introduction());
    let left_out = runner_arguments.is_empty().then_some(NEEDS_MORE);
    if let Some(name) = left_out {
        console::note(format!("left to `cargo xtask acceptance`: tests with {name} in their names"));
    }
    chromium::provide();
    haproxy::provide();
    postgres::with_cluster(|cluster| {
        let order = Order { release: false, show_output: false, arguments: runner_arguments, left_out };
        let mut command = runner.command(&order);
        let command = node::announce_to(cluster.announce_to(&mut command));
        let tests = process::run(command.env("TEST_SIZE", size.name()));
        // What was asked of the test runner in particular says nothing about doctests.
        let doctests =
            if runner.runs_doctests() || !runner_arguments.is_empty() { Ok(()) } else { doctests(size, cluster) };
        // Both have run by now, and printed what is wrong with them.
        tests.and(doctests)
    })
}

fn doctests(size: Size, cluster: &Cluster) -> Result<()> {
    let mut command = cargo(&["test", "--workspace", "--all-features", "--no-fail-fast", "--doc"]);
    process::run(cluster.announce_to(&mut command).env("TEST_SIZE", size.name()))
}
