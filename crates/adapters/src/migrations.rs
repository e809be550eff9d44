//! The port that brings a store's schema up.

use async_trait::async_trait;
use live_domain::StoreError;

/// Brings a store's schema up.
#[async_trait]
pub trait Migrations: Send + Sync {
    /// The names of the migrations that are still to be run, in their order.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be reached or fails.
    async fn pending(&self) -> Result<Vec<String>, StoreError>;

    /// Runs the pending migrations and returns their names. Of several callers at once, in any process, one runs each
    /// migration and the others wait. It has no deadline.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be reached or a migration fails.
    async fn run(&self) -> Result<Vec<String>, StoreError>;
}
