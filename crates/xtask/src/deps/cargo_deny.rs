//! cargo-deny, which reads deny.toml.

use std::path::PathBuf;

use crate::console;
use crate::error::{Context, Result};
use crate::process;
use crate::workspace::{TOOLS, cargo, file, root};

/// The version whose settings deny.toml is written for.
const VERSION: &str = "0.20.2";

pub(crate) fn check(advisories: bool) -> Result<()> {
    let mut deny = process::command(find_or_install()?);
    deny.current_dir(root()).args(["check", "bans", "licenses", "sources"]);
    if advisories {
        deny.arg("advisories");
    }
    process::run(&mut deny)
}

fn find_or_install() -> Result<PathBuf> {
    let own = file(TOOLS).join("bin/cargo-deny");
    let known = [PathBuf::from("cargo-deny"), own.clone()];
    if let Some(installed) =
        known.into_iter().find(|program| process::succeeds(process::command(program).arg("--version")))
    {
        return Ok(installed);
    }
    console::note(format!("cargo-deny is not installed; building it into {TOOLS}, once, which takes some minutes"));
    let mut install = cargo(&["install", "cargo-deny", "--version", VERSION, "--locked", "--root", TOOLS]);
    process::run(&mut install)
        .context(|| "cannot install cargo-deny; install it by hand and run this again".to_owned())?;
    Ok(own)
}
