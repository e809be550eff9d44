//! The lines of import and export: one JSON object each.

mod registration_line;
mod session_line;
mod value;

pub use registration_line::{parse_registration, write_registration};
pub use session_line::{parse_session, write_session};

/// The longest line, in bytes, without its newline.
pub const MAX_LINE: usize = 65_536;

/// Why a line cannot be read, for a person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct LineError(String);

#[cfg(test)]
mod tests;
