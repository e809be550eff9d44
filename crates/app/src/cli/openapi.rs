//! `live openapi`.

use super::{Failure, print};
use crate::http::openapi::document;

pub(super) fn run() -> Result<(), Failure> {
    print(&document().map_err(|error| Failure::Failed(error.to_string()))?)
}
