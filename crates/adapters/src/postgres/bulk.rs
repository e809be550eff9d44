//! Whole stores in and out of Postgres.
//!
//! Imports speak to the driver itself: diesel knows no COPY, and what follows it are a few large statements over tables
//! of the connection, of which nothing is gained by preparing them.

mod export;
mod registrations;
mod sessions;
mod snapshot;

use async_trait::async_trait;
use live_domain::bulk::{BadLine, RegistrationLine, SessionLine};
use live_domain::{BulkRepository, Export, Import, ImportError, Registration, Session, StoreError, Timestamp};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Row};

use self::export::PgExport;
use self::registrations::RegistrationImport;
use self::sessions::SessionImport;
pub(super) use self::snapshot::snapshot;
use super::PgSessionRepository;
use super::connection::{Connector, Wire};
use super::dial::Dialled;
use super::error::PgError;
use super::session::{READ_COMMITTED, defaults, unbounded_here};
use crate::bulk_lines::{Fault, first_fault, line_number};

/// What writes rows of many sessions does it one after the other, so that no two wait for each other's rows. The number is
/// that of no other lock.
pub(super) const ONE_AT_A_TIME: &str = "SELECT pg_advisory_xact_lock(7310295002)";
/// Takes the same lock, if nobody has it.
pub(super) const IF_NOBODY_ELSE: &str = "SELECT pg_try_advisory_xact_lock(7310295002)";

/// A connection of one import. When it is dropped, its tables and all that was not committed go with it.
struct BulkConnection {
    client: Client,
    _wire: Wire,
    /// Behind a pooler a table lives as long as its transaction does, so that the whole import is one.
    is_pooled: bool,
}

impl BulkConnection {
    /// Connects, and creates the tables that lines are staged in.
    async fn open(connector: &Connector, tables: &str) -> Result<Self, PgError> {
        let Dialled { client, wire, is_pooled, .. } = connector.for_driver().await?;
        let (start, scope) = if is_pooled {
            (format!("BEGIN; {READ_COMMITTED} {}", unbounded_here()), "LOCAL ")
        } else {
            (defaults(), "")
        };
        client.batch_execute(&start).await?;
        let settings = format!("SET {scope}application_name = 'live import'; SET {scope}work_mem = '64MB'");
        client.batch_execute(&settings).await?;
        client.batch_execute(tables).await?;
        Ok(Self { client, _wire: wire, is_pooled })
    }

    /// Begins the transaction that applies what was staged.
    async fn begin(&self) -> Result<(), PgError> {
        if self.is_pooled { Ok(()) } else { self.batch("BEGIN").await }
    }

    async fn commit(&self) -> Result<(), PgError> {
        // The connection behind a pooler goes to somebody else, who is not to find the tables.
        self.batch(if self.is_pooled { "DISCARD TEMP; COMMIT" } else { "COMMIT" }).await
    }

    /// Begins to copy rows of these types.
    async fn copy(&self, statement: &str, types: &[Type]) -> Result<BinaryCopyInWriter, PgError> {
        Ok(BinaryCopyInWriter::new(self.client.copy_in(statement).await?, types))
    }

    /// Runs a statement and returns how many rows it wrote.
    async fn execute(&self, statement: &str) -> Result<u64, PgError> {
        Ok(self.client.execute(statement, &[]).await?)
    }

    async fn batch(&self, statements: &str) -> Result<(), PgError> {
        Ok(self.client.batch_execute(statements).await?)
    }

    /// Asks for the first line with some fault. Its number is the first column.
    async fn fault(
        &self,
        statement: &str,
        reason: impl Fn(&Row) -> Result<BadLine, tokio_postgres::Error>,
    ) -> Result<Option<Fault>, PgError> {
        let Some(row) = self.client.query_opt(statement, &[]).await? else { return Ok(None) };
        Ok(Some((number(&row, 0)?, reason(&row)?)))
    }
}

/// A count or the number of a line: never negative.
pub(super) fn number(row: &Row, column: usize) -> Result<u64, tokio_postgres::Error> {
    Ok(row.try_get::<_, i64>(column)?.unsigned_abs())
}

/// Refuses the import if there is a fault.
fn first(faults: impl IntoIterator<Item = Option<Fault>>) -> Result<(), ImportError> {
    first_fault(faults).map_or(Ok(()), |(number, reason)| Err(ImportError::BadLine { number, reason }))
}

/// Reads how many hold a seat and how many seats there are from the second and third column.
fn oversold(row: &Row) -> Result<BadLine, tokio_postgres::Error> {
    let seats = u32::try_from(number(row, 2)?).unwrap_or(u32::MAX);
    Ok(BadLine::Oversold { registered: number(row, 1)?, seats })
}

fn store(error: impl Into<PgError>) -> ImportError {
    StoreError::from(error.into()).into()
}

#[async_trait]
impl BulkRepository for PgSessionRepository {
    async fn import_sessions(&self, now: Timestamp) -> Result<Box<dyn Import<SessionLine>>, StoreError> {
        Ok(Box::new(SessionImport::begin(&self.connector, now).await?))
    }

    async fn import_registrations(&self, now: Timestamp) -> Result<Box<dyn Import<RegistrationLine>>, StoreError> {
        Ok(Box::new(RegistrationImport::begin(&self.connector, now).await?))
    }

    async fn export_sessions(&self) -> Result<Box<dyn Export<Session>>, StoreError> {
        Ok(Box::new(PgExport::<uuid::Uuid>::begin(&self.connector).await?))
    }

    async fn export_registrations(&self) -> Result<Box<dyn Export<Registration>>, StoreError> {
        Ok(Box::new(PgExport::<(uuid::Uuid, live_domain::Subject)>::begin(&self.connector).await?))
    }
}
