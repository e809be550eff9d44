//! The store of a command.

use std::time::{Duration, Instant};

use live_adapters::causes::chain;
use live_adapters::{NotUp, OpenError, Store};

use super::{Failure, say};
use crate::settings::{DatabaseDefault, Settings};

/// How often a store is asked whether it is there.
const PAUSE: Duration = Duration::from_millis(250);

/// What is said where a command ends before the schema is up to date.
pub(super) const TOLD_TO_STOP: &str = "told to stop before the schema of the store was known to be up to date";

/// Opens the store, having said which one and where the choice came from.
pub(super) fn open(settings: &Settings, default: DatabaseDefault) -> Result<Store, Failure> {
    let database = settings.database(default)?;
    say(&format!("store: {database}"));
    live_adapters::open(&database.url, settings.store_settings()?).map_err(|error| match error {
        OpenError::Setting(fault) => database.fault(&fault).into(),
        OpenError::Store(error) => error.into(),
    })
}

/// Opens the store to serve from: with its standbys, where lists are read from some.
pub(super) fn open_serving(settings: &Settings, default: DatabaseDefault) -> Result<Store, Failure> {
    let Some(standbys) = settings.standbys(&settings.database(default)?)? else { return open(settings, default) };
    say(&format!("store: {}", settings.database(default)?));
    say(&format!("standbys: {standbys}"));
    let store = live_adapters::open_with_standbys(&standbys.primary, &standbys.settings, settings.store_settings()?);
    store.map_err(|error| match error {
        OpenError::Setting(fault) => standbys.fault(&fault).into(),
        OpenError::Store(error) => error.into(),
    })
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

/// Waits for a store that is still starting, as long as is set, and says so.
pub(super) async fn wait(settings: &Settings, store: &Store) -> Result<(), Failure> {
    let patience = settings.store_wait()?;
    let deadline = Instant::now() + patience;
    let mut told = String::new();
    loop {
        let error = match store.startup.check_up().await {
            Ok(()) => return Ok(()),
            Err(NotUp::Refused(error)) => return Err(error.into()),
            Err(NotUp::Yet(error)) => error,
        };
        if Instant::now() + PAUSE > deadline {
            return Err(error.into());
        }
        let cause = chain(&error);
        if cause != told {
            say(&format!("waiting up to {} s for the store: {cause}", patience.as_secs()));
            told = cause;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Brings the schema up, once the store is there, and says what was done.
pub(super) async fn migrate(settings: &Settings, store: &Store) -> Result<(), Failure> {
    wait(settings, store).await?;
    for migration in store.migrations.run().await? {
        say(&format!("migrated: {migration}"));
    }
    Ok(())
}
