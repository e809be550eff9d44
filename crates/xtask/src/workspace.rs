//! Where this workspace is, and its cargo.

use std::env;
use std::path::PathBuf;
use std::process::Command;

use crate::error::{Context, Result};
use crate::process;

/// Where programs are put that a task needs and the machine has not: beside the build, so that they are cached together
/// with it.
pub(crate) const TOOLS: &str = "target/tools";

/// The workspace's root folder.
pub(crate) fn root() -> PathBuf {
    // Cargo says at run time where the package is; the place at build time serves whoever starts the binary by itself.
    let package = env::var_os("CARGO_MANIFEST_DIR").unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    let package = PathBuf::from(package);
    package.ancestors().nth(2).map_or_else(|| package.clone(), PathBuf::from)
}

/// A file of the workspace, named from its root.
pub(crate) fn file(name: &str) -> PathBuf {
    root().join(name)
}

/// A program of the workspace that was built for release. It lies beside ours, wherever cargo is told to build.
pub(crate) fn built(program: &str) -> Result<PathBuf> {
    let ours = env::current_exe().context(|| "cannot tell where this program is".to_owned())?;
    let target = ours.ancestors().nth(2).unwrap_or(&ours);
    Ok(target.join("release").join(program))
}

/// The cargo that runs us, to be run in the workspace's root.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = process::command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root()).args(arguments);
    cargo
}
