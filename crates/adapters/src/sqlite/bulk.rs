//! Whole stores in and out of SQLite.
//!
//! What is not cached by diesel here runs a few times in an import, over as many rows as there are lines.

mod export;
mod history;
mod registrations;
mod sessions;

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use live_domain::bulk::{BadLine, RegistrationLine, SessionLine};
use live_domain::{BulkRepository, Export, Import, ImportError, Registration, Session, StoreError, Timestamp};
use tokio::task::spawn_blocking;

use self::export::SqliteExport;
use self::registrations::RegistrationImport;
use self::sessions::SessionImport;
use super::SqliteSessionRepository;
use super::connection::Opener;
use super::error::{Refusal, SqliteError};
use crate::bulk_lines::{Fault, first_fault, line_number};

/// A connection of one import or export. When it is dropped, its tables and all that was not committed go with it.
struct BulkConnection(Option<SqliteConnection>);

/// Temporary tables lie in a file of their own: writing them locks nothing of the store, and takes no memory. 24 MiB of
/// the store are kept at hand, where its indexes grow; each sort takes as much, and an import then stays near 110 MiB.
const SETTINGS: &str = "PRAGMA temp_store = FILE; PRAGMA cache_size = -24576; PRAGMA busy_timeout = 600000;";

impl BulkConnection {
    async fn open(opener: &Opener, start: impl AsRef<str> + Send + 'static) -> Result<Self, SqliteError> {
        let opener = opener.clone();
        let open = move || {
            let mut connection = opener.open()?;
            connection.batch_execute(SETTINGS)?;
            history::prepare(&mut connection)?;
            connection.batch_execute(start.as_ref())?;
            Ok(Self(Some(connection)))
        };
        spawn_blocking(open).await?
    }

    /// Runs the work on a thread that may block. If the caller goes away, the connection ends with the work.
    async fn run<T, E, W>(&mut self, work: W) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<SqliteError> + Send + 'static,
        W: FnOnce(&mut SqliteConnection) -> Result<T, E> + Send + 'static,
    {
        let Some(mut connection) = self.0.take() else {
            return Err(SqliteError::from(diesel::result::Error::BrokenTransactionManager).into());
        };
        let done = spawn_blocking(move || {
            let result = work(&mut connection);
            (connection, result)
        });
        let (connection, result) = done.await.map_err(SqliteError::from)?;
        self.0 = Some(connection);
        result
    }
}

impl From<Refusal<Fault>> for ImportError {
    fn from(refusal: Refusal<Fault>) -> Self {
        match refusal {
            Refusal::Rule((number, reason)) => Self::BadLine { number, reason },
            Refusal::Store(error) => StoreError::from(error).into(),
        }
    }
}

/// Refuses the import if there is a fault.
fn first(faults: impl IntoIterator<Item = Option<Fault>>) -> Result<(), Refusal<Fault>> {
    first_fault(faults).map_or(Ok(()), |fault| Err(Refusal::Rule(fault)))
}

fn repeated(connection: &mut SqliteConnection, statement: &str) -> QueryResult<Option<Fault>> {
    let found = diesel::dsl::sql::<(BigInt, BigInt)>(statement).get_result::<(i64, i64)>(connection).optional()?;
    Ok(found.map(|(line, first)| (line.unsigned_abs(), BadLine::RepeatedKey { first: first.unsigned_abs() })))
}

fn oversold(connection: &mut SqliteConnection, statement: &str) -> QueryResult<Option<Fault>> {
    let query = diesel::dsl::sql::<(BigInt, BigInt, BigInt)>(statement);
    let found = query.get_result::<(i64, i64, i64)>(connection).optional()?;
    Ok(found.map(|(line, registered, seats)| {
        let seats = u32::try_from(seats).unwrap_or(u32::MAX);
        (line.unsigned_abs(), BadLine::Oversold { registered: registered.unsigned_abs(), seats })
    }))
}

/// Runs a statement and returns how many rows it wrote.
#[expect(clippy::disallowed_methods, reason = "once in an import, over all of its lines: preparing it is nothing")]
fn execute(connection: &mut SqliteConnection, statement: &str) -> QueryResult<u64> {
    let rows = diesel::sql_query(statement).execute(connection)?;
    Ok(u64::try_from(rows).unwrap_or(u64::MAX))
}

#[async_trait]
impl BulkRepository for SqliteSessionRepository {
    async fn import_sessions(&self, now: Timestamp) -> Result<Box<dyn Import<SessionLine>>, StoreError> {
        Ok(Box::new(SessionImport::begin(&self.opener, now).await?))
    }

    async fn import_registrations(&self, now: Timestamp) -> Result<Box<dyn Import<RegistrationLine>>, StoreError> {
        Ok(Box::new(RegistrationImport::begin(&self.opener, now).await?))
    }

    async fn export_sessions(&self) -> Result<Box<dyn Export<Session>>, StoreError> {
        Ok(Box::new(SqliteExport::<uuid::Uuid>::begin(&self.opener).await?))
    }

    async fn export_registrations(&self) -> Result<Box<dyn Export<Registration>>, StoreError> {
        Ok(Box::new(SqliteExport::<(uuid::Uuid, live_domain::Subject)>::begin(&self.opener).await?))
    }
}
