//! A store of either kind, opened from its address.

use std::sync::Arc;

use async_trait::async_trait;
use live_domain::{
    BulkRepository, FeedRepository, HistoryRepository, KeptAnswers, PersonRepository, RegistrationRepository,
    SessionRepository, SessionWriter, StoreError, StoreHealth, StoreProgress,
};

use crate::backlog::HistoryBacklog;
use crate::checkup::Checkup;
use crate::database_url::{DatabaseUrl, PostgresUrl};
use crate::migrations::Migrations;
use crate::postgres::{PgReplicas, PgSessionRepository};
use crate::sqlite::SqliteSessionRepository;
use crate::store_settings::{StandbySettings, StoreSettings};
use crate::usage::StoreUsage;

/// Tells whether a store is there yet.
#[async_trait]
pub trait Startup: Send + Sync {
    /// Connects once.
    ///
    /// # Errors
    ///
    /// [`NotUp`] when the store takes no connection; it says whether that may pass by itself.
    async fn check_up(&self) -> Result<(), NotUp>;
}

/// Why a store takes no connection.
#[derive(Debug, thiserror::Error)]
pub enum NotUp {
    /// It may still be starting: nobody listens, its name is not known, or it says so.
    #[error(transparent)]
    Yet(StoreError),
    /// It has refused: waiting would not help.
    #[error(transparent)]
    Refused(StoreError),
}

/// The ports of a store.
#[derive(Clone)]
pub struct Store {
    /// Lists and reads sessions.
    pub sessions: Arc<dyn SessionRepository>,
    /// Creates and changes sessions.
    pub writer: Arc<dyn SessionWriter>,
    /// Registers people.
    pub registrations: Arc<dyn RegistrationRepository>,
    /// Keeps answers for requests that are sent again.
    pub kept: Arc<dyn KeptAnswers>,
    /// Keeps calendar feeds.
    pub feeds: Arc<dyn FeedRepository>,
    /// The history.
    pub history: Arc<dyn HistoryRepository>,
    /// Forgets people.
    pub people: Arc<dyn PersonRepository>,
    /// Tells how far its readers are behind.
    pub backlog: Arc<dyn HistoryBacklog>,
    /// Imports and exports.
    pub bulk: Arc<dyn BulkRepository>,
    /// Tells how far it has come.
    pub progress: Arc<dyn StoreProgress>,
    /// Tells whether it can serve.
    pub health: Arc<dyn StoreHealth>,
    /// Brings its schema up.
    pub migrations: Arc<dyn Migrations>,
    /// Examines it.
    pub checkup: Arc<dyn Checkup>,
    /// Tells whether it is there yet.
    pub startup: Arc<dyn Startup>,
    /// Tells how it is used.
    pub usage: Arc<dyn StoreUsage>,
}

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// What the address asks for cannot be had: the text says what is wrong, and never holds a secret.
    #[error("{0}")]
    Setting(String),
    /// There is no store to be had.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Opens the store at the address. It connects when it is first asked something.
///
/// # Errors
///
/// [`OpenError::Setting`] when a file that the address names is no good; [`OpenError::Store`] when no pool can be made of
/// the settings.
pub fn open(url: &DatabaseUrl, settings: StoreSettings) -> Result<Store, OpenError> {
    match url {
        DatabaseUrl::Postgres(url) => Ok(ports_of(PgSessionRepository::new(url, settings)?)),
        DatabaseUrl::Sqlite(path) => Ok(ports_of(SqliteSessionRepository::new(path, settings)?)),
    }
}

/// Opens the store on a primary, of which lists are read from standbys. It connects to each of them from now on, and whoever
/// is away is read from once it is there.
///
/// # Errors
///
/// As for [`open`].
pub fn open_with_standbys(
    primary: &PostgresUrl,
    standbys: &StandbySettings,
    settings: StoreSettings,
) -> Result<Store, OpenError> {
    let primary = PgSessionRepository::new(primary, settings)?;
    let replicas = Arc::new(PgReplicas::new(primary.clone(), standbys, settings)?);
    Ok(Store {
        sessions: Arc::<PgReplicas>::clone(&replicas),
        progress: Arc::<PgReplicas>::clone(&replicas),
        usage: replicas,
        ..ports_of(primary)
    })
}

fn ports_of<T>(store: T) -> Store
where
    T: SessionRepository
        + SessionWriter
        + RegistrationRepository
        + KeptAnswers
        + FeedRepository
        + HistoryRepository
        + PersonRepository
        + HistoryBacklog
        + BulkRepository
        + StoreProgress
        + StoreHealth
        + Migrations
        + Checkup
        + Startup
        + StoreUsage
        + Clone
        + 'static,
{
    let store = Arc::new(store);
    Store {
        sessions: Arc::<T>::clone(&store),
        writer: Arc::<T>::clone(&store),
        registrations: Arc::<T>::clone(&store),
        kept: Arc::<T>::clone(&store),
        feeds: Arc::<T>::clone(&store),
        history: Arc::<T>::clone(&store),
        people: Arc::<T>::clone(&store),
        backlog: Arc::<T>::clone(&store),
        bulk: Arc::<T>::clone(&store),
        progress: Arc::<T>::clone(&store),
        health: Arc::<T>::clone(&store),
        migrations: Arc::<T>::clone(&store),
        checkup: Arc::<T>::clone(&store),
        startup: Arc::<T>::clone(&store),
        usage: store,
    }
}
