//! What can go wrong, by what a caller can do about it.

use std::error::Error;

/// The cause of a store's failure, as the store's driver tells it.
pub type Cause = Box<dyn Error + Send + Sync>;

/// A store did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or did not answer in time: the same request may succeed later.
    #[error("the store is unavailable")]
    Unavailable(#[source] Cause),
    /// It answered with a failure that trying again does not mend.
    #[error("the store failed")]
    Failed(#[source] Cause),
}

/// Why sessions were not listed.
#[derive(Debug, thiserror::Error)]
pub enum ListSessionsError {
    /// The filter names a brand outside the caller's scope.
    #[error("the brand is outside the caller's scope")]
    BrandOutOfScope,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}
