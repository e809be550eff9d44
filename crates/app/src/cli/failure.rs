//! How a command fails: a sentence, and an exit code that scripts can tell apart.

use std::fmt;
use std::io::ErrorKind;
use std::process::ExitCode;

use live_adapters::causes::chain;
use live_domain::{ImportError, StoreError};

use crate::settings::SettingError;

/// A command failed. The codes beyond 2 are those of `sysexits.h`.
#[derive(Debug)]
pub enum Failure {
    /// It did not work: exit code 1.
    Failed(String),
    /// The command was called in a way that cannot work: exit code 2.
    Usage(String),
    /// The store is unavailable: exit code 69.
    StoreUnavailable(String),
    /// A setting is missing or wrong: exit code 78.
    Configuration(String),
    /// Whoever read the data reads no further: that ends the command, and is nothing to tell.
    ReaderGone,
}

impl Failure {
    /// The exit code.
    #[must_use]
    pub fn exit_code(&self) -> ExitCode {
        match self {
            Self::Failed(_) => ExitCode::from(1),
            Self::Usage(_) => ExitCode::from(2),
            Self::StoreUnavailable(_) => ExitCode::from(69),
            Self::Configuration(_) => ExitCode::from(78),
            Self::ReaderGone => ExitCode::SUCCESS,
        }
    }

    /// Data could not be written.
    pub(super) fn output(error: &std::io::Error) -> Self {
        match error.kind() {
            ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::Failed(format!("standard output cannot be written: {error}")),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(text) | Self::Usage(text) | Self::StoreUnavailable(text) | Self::Configuration(text) => {
                formatter.write_str(text)
            }
            Self::ReaderGone => formatter.write_str("nobody reads standard output any more"),
        }
    }
}

impl From<SettingError> for Failure {
    fn from(error: SettingError) -> Self {
        Self::Configuration(error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::StoreUnavailable(chain(&error)),
            StoreError::Failed(_) => Self::Failed(chain(&error)),
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::BadLine { .. } => Self::Failed(format!("{error}; nothing was imported")),
            ImportError::Store(error) => error.into(),
        }
    }
}
