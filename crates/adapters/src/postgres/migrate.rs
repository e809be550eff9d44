//! The schema: bringing it up, and telling whether it is up.

use std::error::Error;

use async_trait::async_trait;
use diesel::connection::SimpleConnection;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sql_types::Bool;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use futures_util::FutureExt;
use live_domain::{SchemaState, StoreError, StoreHealth};

use super::PgSessionRepository;
use super::connection::{Connector, PgConnection};
use super::error::PgError;
use super::session::{READ_COMMITTED, for_role, unbounded_here};
use crate::migrations::{Migrations, applied_migrations, embedded};

/// The migrations of Postgres.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// One process migrates at a time. The number is that of no other lock of ours. The lock is the transaction's: behind a
/// pooler, one of the connection would stay with whoever has that next.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7310295001)";

/// Whether diesel has kept books here yet.
pub(super) async fn has_books(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    let there = diesel::dsl::sql::<Bool>("to_regclass('__diesel_schema_migrations') IS NOT NULL");
    diesel::select(there).get_result(connection).await
}

async fn is_applied(connection: &mut AsyncPgConnection, version: String) -> QueryResult<bool> {
    let applied = applied_migrations::table.filter(applied_migrations::version.eq(version));
    match diesel::select(diesel::dsl::exists(applied)).get_result(connection).await {
        // A missing table has no kind of its own.
        Err(error @ DieselError::DatabaseError(DatabaseErrorKind::Unknown, _)) => {
            if has_books(connection).await? {
                Err(error)
            } else {
                Ok(false)
            }
        }
        result => result,
    }
}

pub(super) async fn pending(connector: &Connector) -> Result<Vec<String>, PgError> {
    let mut connection = connector.for_diesel().await?;
    let mut pending = embedded::<Pg>(&MIGRATIONS).map_err(PgError::Migration)?;
    if has_books(&mut connection.diesel).await? {
        let versions: Vec<String> =
            applied_migrations::table.select(applied_migrations::version).load(&mut connection.diesel).await?;
        pending.retain(|(_, version)| !versions.contains(version));
    }
    Ok(pending.into_iter().map(|(name, _)| name).collect())
}

/// Brings the schema up in the transaction that is open: all of it or nothing.
fn run_locked(
    diesel: &mut AsyncConnectionWrapper<AsyncPgConnection>,
    is_pooled: bool,
) -> Result<Vec<String>, Box<dyn Error + Send + Sync>> {
    SimpleConnection::batch_execute(diesel, &format!("{READ_COMMITTED} {}", unbounded_here()))?;
    // Before diesel looks for its books: it creates them where they are missing, and two at once would collide.
    SimpleConnection::batch_execute(diesel, LOCK)?;
    let versions = diesel.run_pending_migrations(MIGRATIONS)?.iter().map(ToString::to_string).collect();
    if is_pooled {
        SimpleConnection::batch_execute(diesel, &for_role())?;
    }
    Ok(versions)
}

async fn run(connector: &Connector) -> Result<Vec<String>, PgError> {
    let PgConnection { diesel, wire, is_pooled, .. } = connector.for_diesel().await?;
    // The harness blocks. On a thread for that it works on every kind of runtime.
    let work = move || {
        let mut diesel: AsyncConnectionWrapper<AsyncPgConnection> = diesel.into();
        let applied = diesel.transaction(|diesel| run_locked(diesel, is_pooled));
        drop(wire);
        applied
    };
    let versions = tokio::task::spawn_blocking(work).await.map_err(|error| PgError::Migration(error.into()))?;
    let versions = versions.map_err(PgError::Migration)?;
    let embedded = embedded::<Pg>(&MIGRATIONS).map_err(PgError::Migration)?;
    let migrations = embedded.into_iter().filter(|(_, version)| versions.contains(version));
    Ok(migrations.map(|(name, _)| name).collect())
}

#[async_trait]
impl Migrations for PgSessionRepository {
    async fn pending(&self) -> Result<Vec<String>, StoreError> {
        Ok(pending(&self.connector).await?)
    }

    async fn run(&self) -> Result<Vec<String>, StoreError> {
        Ok(run(&self.connector).await?)
    }
}

#[async_trait]
impl StoreHealth for PgSessionRepository {
    async fn schema_state(&self) -> Result<SchemaState, StoreError> {
        let newest = embedded::<Pg>(&MIGRATIONS).map_err(PgError::Migration)?.pop();
        let Some((_, newest)) = newest else { return Ok(SchemaState::Current) };
        let applied = self.pool.run(|connection| is_applied(connection, newest).boxed()).await?;
        Ok(if applied { SchemaState::Current } else { SchemaState::Behind })
    }
}
