//! Formatting, clippy and rustdoc, with every warning an error.

use crate::error::Result;
use crate::process;
use crate::workspace::cargo;

pub(crate) fn run() -> Result<()> {
    process::run(&mut cargo(&["fmt", "--all", "--check"]))?;
    process::run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--all-features", "--", "-D", "warnings"]))?;
    // What a user builds: the default features, which the line above never sees alone.
    process::run(&mut cargo(&["clippy", "--", "-D", "warnings"]))?;
    let mut doc = cargo(&["doc", "--workspace", "--no-deps", "--all-features"]);
    process::run(doc.env("RUSTDOCFLAGS", "-D warnings"))?;
    // What an embedder sees by default, where nothing may link to what is not there.
    let mut doc = cargo(&["doc", "--package", "live-domain", "--no-deps"]);
    process::run(doc.env("RUSTDOCFLAGS", "-D warnings"))
}
