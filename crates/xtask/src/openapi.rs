//! Keeps docs/openapi.json equal to what the code says.

use std::fs;

use crate::console;
use crate::error::{Context, Result};
use crate::process;
use crate::workspace::{cargo, file};

/// Where the document is kept.
pub(crate) const DOCUMENT: &str = "docs/openapi.json";

pub(crate) fn run(check: bool) -> Result<()> {
    let generated = process::output(&mut cargo(&["run", "--quiet", "--package", "live-app", "--", "openapi"]))?;
    if check { compare(&generated) } else { write(&generated) }
}

fn compare(generated: &[u8]) -> Result<()> {
    let committed = fs::read(file(DOCUMENT))
        .context(|| format!("cannot read {DOCUMENT}; run `cargo xtask openapi` to write it"))?;
    if committed != generated {
        return Err(
            format!("{DOCUMENT} is not what the code says; run `cargo xtask openapi` and commit the file").into()
        );
    }
    console::note(format!("{DOCUMENT} is up to date"));
    Ok(())
}

fn write(generated: &[u8]) -> Result<()> {
    fs::write(file(DOCUMENT), generated).context(|| format!("cannot write {DOCUMENT}"))?;
    console::note(format!("wrote {DOCUMENT}"));
    Ok(())
}
