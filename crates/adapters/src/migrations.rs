//! The port that brings a store's schema up.

use async_trait::async_trait;
use diesel::backend::Backend;
use diesel::migration::{Migration, MigrationSource};
use diesel_migrations::EmbeddedMigrations;
use live_domain::StoreError;

diesel::table! {
    /// Diesel's books: which migrations have been run.
    #[sql_name = "__diesel_schema_migrations"]
    applied_migrations (version) {
        /// Which migration.
        version -> Text,
        /// When it was run.
        run_on -> Timestamp,
    }
}

/// The name and the version of each migration, in their order.
pub(crate) fn embedded<DB: Backend>(source: &EmbeddedMigrations) -> diesel::migration::Result<Vec<(String, String)>> {
    let mut migrations: Vec<Box<dyn Migration<DB>>> = source.migrations()?;
    migrations.sort_by(|left, right| left.name().version().cmp(&right.name().version()));
    let names =
        migrations.iter().map(|migration| (migration.name().to_string(), migration.name().version().to_string()));
    Ok(names.collect())
}

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
