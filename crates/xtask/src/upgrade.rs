//! The release before this one works on this one's schema, beside it.

use std::fs;
use std::path::PathBuf;

use crate::console;
use crate::error::{Context, Result};
use crate::postgres;
use crate::process;
use crate::release::{self, git};
use crate::workspace::{cargo, file};

/// Where the last release is checked out, and its binary kept.
const FOLDER: &str = "target/upgrade";
/// The tests that roll from the binary that `PREVIOUS_RELEASE` names to the one that they are built with.
const TESTS: [&str; 7] = ["test", "--package", "live-app", "--test", "process", "--", "upgrade::"];

pub(crate) fn run() -> Result<()> {
    let Some(tag) = release::last()? else {
        console::note(format!("{}: nothing is upgraded from", release::why_none()));
        return Ok(());
    };
    console::note(format!("the last release is {tag}"));
    let previous = build(&tag)?;
    postgres::with_cluster(|cluster| {
        let mut tests = cargo(&TESTS);
        process::run(cluster.announce_to(tests.env("PREVIOUS_RELEASE", previous)))
    })
}

/// Builds the release where its dependencies are built already, and keeps its binary beside ours.
fn build(tag: &str) -> Result<PathBuf> {
    let checkout = file(FOLDER).join("source");
    let name = checkout.to_string_lossy().into_owned();
    // What an interrupted run has left.
    process::succeeds(&mut git(&["worktree", "remove", "--force", &name]));
    process::run(&mut git(&["worktree", "add", "--force", "--detach", &name, tag]))?;
    let built = build_in(checkout, tag);
    process::run(&mut git(&["worktree", "remove", "--force", &name]))?;
    built
}

fn build_in(checkout: PathBuf, tag: &str) -> Result<PathBuf> {
    let target = file("target");
    let mut build = cargo(&["build", "--locked", "--package", "live-app"]);
    process::run(build.current_dir(checkout).env("CARGO_TARGET_DIR", &target))?;
    let binary = file(FOLDER).join(format!("live-{}", tag.replace('/', "-")));
    fs::copy(target.join("debug/live"), &binary).context(|| format!("cannot keep the binary of {tag}"))?;
    Ok(binary)
}
