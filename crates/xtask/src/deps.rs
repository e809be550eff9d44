//! Which crates may depend on which, and what the dependencies' licences and sources are.

mod arrow;
mod cargo_deny;

use crate::error::Result;

pub(crate) fn run(advisories: bool) -> Result<()> {
    arrow::check()?;
    cargo_deny::check(advisories)
}
