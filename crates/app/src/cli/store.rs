//! The store of a command.

use live_adapters::Store;

use super::{Failure, say};
use crate::settings::{DatabaseDefault, Settings};

/// Opens the store, having said which one and where the choice came from.
pub(super) fn open(settings: &Settings, default: DatabaseDefault) -> Result<Store, Failure> {
    let database = settings.database(default)?;
    say(&format!("store: {database}"));
    Ok(live_adapters::open(&database.url, settings.store_settings()?)?)
}

/// Opens a store whose schema is this version's; one that is behind is told how to come up.
pub(super) async fn open_current(settings: &Settings) -> Result<Store, Failure> {
    let store = open(settings, DatabaseDefault::FileIfThere)?;
    let pending = store.migrations.pending().await?;
    if pending.is_empty() {
        return Ok(store);
    }
    Err(Failure::Failed("the schema of the store is behind: run `live migrate` first".to_owned()))
}

/// Brings the schema up and says what was done.
pub(super) async fn migrate(store: &Store) -> Result<(), Failure> {
    for migration in store.migrations.run().await? {
        say(&format!("migrated: {migration}"));
    }
    Ok(())
}
