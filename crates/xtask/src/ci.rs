//! Every check but the tests, which `.ci/run` runs by the README's own command.

use std::time::Instant;

use crate::error::{Context, Result};
use crate::{compatibility, console, deploy, deps, docs, embedding, lint, microbench, openapi, upgrade};

pub(crate) fn run() -> Result<()> {
    step("lint", lint::run)?;
    step("deps", || deps::run(false))?;
    step("deploy", deploy::run)?;
    step("openapi --check", || openapi::run(true))?;
    step("compatibility", compatibility::run)?;
    step("microbench --check", || microbench::run(true, &[]))?;
    step("embedding", embedding::run)?;
    step("docs", || docs::run(&[]))?;
    step("upgrade", upgrade::run)
}

fn step(name: &str, task: impl FnOnce() -> Result<()>) -> Result<()> {
    console::heading(name);
    let begin = Instant::now();
    task().context(|| format!("`cargo xtask {name}`"))?;
    console::note(format!("{name}: passed in {:.1} s", begin.elapsed().as_secs_f64()));
    Ok(())
}
