//! The last released version.

use std::process::Command;

use crate::error::Result;
use crate::process;
use crate::workspace::root;

/// Release tags begin with this.
const TAGS: &str = "v*";

pub(crate) fn git(arguments: &[&str]) -> Command {
    let mut git = process::command("git");
    git.current_dir(root()).args(arguments);
    git
}

/// The tag of the newest release that this version comes after. A tag on this very commit is this version's own.
pub(crate) fn last() -> Result<Option<String>> {
    let describe = ["describe", "--tags", "--abbrev=0", "--match", TAGS, "HEAD^"];
    if !process::succeeds(&mut git(&describe)) {
        return Ok(None);
    }
    Ok(Some(process::text(&mut git(&describe))?.trim().to_owned()))
}

/// What to make of it that no release was found.
pub(crate) fn why_none() -> &'static str {
    let says = |arguments: &[&str], expected: &str| {
        git(arguments).output().is_ok_and(|output| String::from_utf8_lossy(&output.stdout).trim() == expected)
    };
    if !says(&["rev-parse", "--is-inside-work-tree"], "true") {
        "this is no git clone, in which a release could be found"
    } else if says(&["rev-parse", "--is-shallow-repository"], "true") {
        "there is no release tag in this clone, which is shallow (`git fetch --unshallow --tags` gets the tags)"
    } else {
        "no version was released yet"
    }
}
