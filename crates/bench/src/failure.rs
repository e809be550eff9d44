//! Why nothing was measured.

/// Why nothing was measured.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A program that is needed is missing, or something it said was not understood.
    #[error("{0}")]
    Other(String),
    /// Reading, writing, or starting a program failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl Failure {
    /// In the words of this crate.
    pub(crate) fn because(text: impl std::fmt::Display) -> Self {
        Self::Other(text.to_string())
    }
}
