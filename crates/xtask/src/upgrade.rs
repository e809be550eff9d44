//! The release before this one works on this one's schema, beside it.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::console;
use crate::error::{Context, Result};
use crate::postgres;
use crate::process;
use crate::workspace::{cargo, file, root};

/// Release tags begin with this.
const TAGS: &str = "v*";
/// Where the last release is checked out, and its binary kept.
const FOLDER: &str = "target/upgrade";
/// The tests that roll from the binary that `PREVIOUS_RELEASE` names to the one that they are built with.
const TESTS: [&str; 7] = ["test", "--package", "live-app", "--test", "process", "--", "upgrade::"];

pub(crate) fn run() -> Result<()> {
    let Some(tag) = last_release()? else {
        console::note(why_no_release());
        return Ok(());
    };
    console::note(format!("the last release is {tag}"));
    let previous = build(&tag)?;
    postgres::with_cluster(|cluster| {
        let mut tests = cargo(&TESTS);
        process::run(cluster.announce_to(tests.env("PREVIOUS_RELEASE", previous)))
    })
}

fn git(arguments: &[&str]) -> Command {
    let mut git = process::command("git");
    git.current_dir(root()).args(arguments);
    git
}

/// The tag of the newest release that this version comes after. A tag on this very commit is this version's own.
fn last_release() -> Result<Option<String>> {
    let describe = ["describe", "--tags", "--abbrev=0", "--match", TAGS, "HEAD^"];
    if !process::succeeds(&mut git(&describe)) {
        return Ok(None);
    }
    Ok(Some(process::text(&mut git(&describe))?.trim().to_owned()))
}

/// What to make of it that no release was found.
fn why_no_release() -> &'static str {
    let says = |arguments: &[&str], expected: &str| {
        git(arguments).output().is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == expected)
    };
    if !says(&["rev-parse", "--is-inside-work-tree"], "true") {
        "this is no git clone: no release can be found to upgrade from"
    } else if says(&["rev-parse", "--is-shallow-repository"], "true") {
        "there is no release tag in this clone, which is shallow: nothing was upgraded from; to get the tags, run \
         `git fetch --unshallow --tags`"
    } else {
        "no version was released yet: there is nothing to upgrade from"
    }
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
