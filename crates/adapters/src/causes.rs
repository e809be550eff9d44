//! Errors with all that caused them, for logs and people at the command line.

use std::error::Error;

/// An error and what caused it, as one line.
#[must_use]
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut texts = vec![error.to_string()];
    let mut next = error.source();
    while let Some(cause) = next {
        texts.push(cause.to_string());
        next = cause.source();
    }
    texts.join(": ")
}
