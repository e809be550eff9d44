//! Refuses an API that breaks a client of the last release: docs/compatibility.md says what may change.

mod operations;
mod schemas;

use serde_json::Value;

use crate::console;
use crate::error::{Context, Result};
use crate::openapi::DOCUMENT;
use crate::process;
use crate::release::{self, git};
use crate::workspace::file;

/// What would break a client, a sentence each.
type Breaks = Vec<String>;

pub(crate) fn run() -> Result<()> {
    let Some(tag) = release::last()? else {
        console::note(format!("{}: {DOCUMENT} is compared with nothing", release::why_none()));
        return Ok(());
    };
    let released = process::output(&mut git(&["show", &format!("{tag}:{DOCUMENT}")]))?;
    let current = std::fs::read(file(DOCUMENT)).context(|| format!("cannot read {DOCUMENT}"))?;
    let breaks = operations::breaks(&parse(&released, &tag)?, &parse(&current, "this version")?);
    if breaks.is_empty() {
        console::note(format!("{DOCUMENT} breaks no client of {tag}"));
        return Ok(());
    }
    Err(format!(
        "this API breaks clients of {tag}; keep what they rely on, or put the change under another prefix than /v1 \
         (docs/compatibility.md):\n  {}",
        breaks.join("\n  ")
    )
    .into())
}

fn parse(document: &[u8], version: &str) -> Result<Value> {
    serde_json::from_slice(document).context(|| format!("{DOCUMENT} of {version} is no JSON"))
}

/// A value, which the document may keep elsewhere and refer to.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let Some(pointer) = value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) else { return value };
    document.pointer(pointer).unwrap_or(&Value::Null)
}

/// The members of an object, none of anything else.
fn members(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

/// The elements of an array, none of anything else.
fn elements(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
