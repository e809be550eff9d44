//! The acceptance tests at their full sizes.

use std::ffi::OsString;
use std::time::Instant;

use crate::cli::Size;
use crate::console;
use crate::error::{Context, Result};
use crate::haproxy;
use crate::node;
use crate::postgres;
use crate::process;
use crate::test::runner::{Order, Runner};

const FILTER: &str = "acceptance";

pub(crate) fn run(runner_arguments: &[OsString]) -> Result<()> {
    let filter = [OsString::from(FILTER)];
    let arguments = if runner_arguments.is_empty() { filter.as_slice() } else { runner_arguments };
    let begin = Instant::now();
    haproxy::provide();
    let outcome = postgres::with_cluster(|cluster| {
        let mut command =
            Runner::installed().command(&Order { release: true, show_output: true, arguments, left_out: None });
        command.env("TEST_SIZE", Size::Full.name());
        process::run(node::announce_to(cluster.announce_to(&mut command)))
    });
    let seconds = begin.elapsed().as_secs();
    outcome.context(|| format!("acceptance at full size: FAILED after {seconds} s"))?;
    console::note(format!("acceptance at full size: passed in {seconds} s"));
    Ok(())
}
