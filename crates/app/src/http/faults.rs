//! What is wrong with a request, gathered from its parts so that all of it is told at once.

use super::error::{ApiError, Detail};

/// The faults of a part of a request; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Faults(Vec<Detail>);

impl Faults {
    /// What was read, if nothing is wrong with it. Where there are no faults there is something.
    ///
    /// # Errors
    ///
    /// All of the faults.
    pub fn none<T>(details: Vec<Detail>, read: Option<T>) -> Result<T, Self> {
        read.filter(|_| details.is_empty()).ok_or(Self(details))
    }

    /// One fault.
    #[must_use]
    pub fn one(parameter: &str, message: impl Into<String>) -> Self {
        Self(vec![Detail { parameter: parameter.to_owned(), message: message.into() }])
    }
}

impl From<Faults> for ApiError {
    fn from(Faults(details): Faults) -> Self {
        Self::validation(details)
    }
}

/// Both parts of a request.
///
/// # Errors
///
/// The faults of the first, then those of the second.
pub fn both<A, B>(first: Result<A, Faults>, second: Result<B, Faults>) -> Result<(A, B), Faults> {
    match (first, second) {
        (Ok(first), Ok(second)) => Ok((first, second)),
        (Err(fault), Ok(_)) | (Ok(_), Err(fault)) => Err(fault),
        (Err(Faults(first)), Err(Faults(second))) => Err(Faults([first, second].concat())),
    }
}
