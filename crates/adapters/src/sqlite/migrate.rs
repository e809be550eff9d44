//! The schema: bringing it up, and telling whether it is up.

use std::time::{Duration, Instant};

use async_trait::async_trait;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use live_domain::{SchemaState, StoreError, StoreHealth};
use tokio::task::spawn_blocking;

use super::SqliteSessionRepository;
use super::connection::Opener;
use super::error::SqliteError;
use crate::migrations::{Migrations, applied_migrations, embedded};

/// The migrations of SQLite.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

diesel::table! {
    sqlite_master (name) {
        name -> Text,
    }
}

/// Whether diesel has kept books here yet.
pub(super) fn has_books(connection: &mut SqliteConnection) -> QueryResult<bool> {
    let books = sqlite_master::table.filter(sqlite_master::name.eq("__diesel_schema_migrations"));
    diesel::select(diesel::dsl::exists(books)).get_result(connection)
}

fn pending(connection: &mut SqliteConnection) -> Result<Vec<String>, SqliteError> {
    let mut pending = embedded::<Sqlite>(&MIGRATIONS).map_err(SqliteError::Migration)?;
    if has_books(connection)? {
        let versions: Vec<String> = applied_migrations::table.select(applied_migrations::version).load(connection)?;
        pending.retain(|(_, version)| !versions.contains(version));
    }
    Ok(pending.into_iter().map(|(name, _)| name).collect())
}

/// How long a migration waits for others who use the file.
const PATIENCE: Duration = Duration::from_mins(10);

/// Lets readers go on while somebody writes. The file remembers it.
fn log_writes_ahead(connection: &mut SqliteConnection) -> QueryResult<()> {
    let started = Instant::now();
    loop {
        // SQLite waits for a lock, but not for the one that this takes: whoever opens a new file at the same time as
        // another is told at once that it is locked.
        match connection.batch_execute("PRAGMA journal_mode = WAL") {
            Err(DieselError::DatabaseError(DatabaseErrorKind::Unknown, cause))
                if cause.message() == "database is locked" && started.elapsed() < PATIENCE =>
            {
                std::thread::sleep(Duration::from_millis(5));
            }
            result => return result,
        }
    }
}

/// Runs what is pending. Whoever comes second waits for the write lock, and finds nothing left to do.
fn run(opener: &Opener) -> Result<Vec<String>, SqliteError> {
    let mut connection = opener.open_or_create()?;
    log_writes_ahead(&mut connection)?;
    connection.batch_execute(&format!("PRAGMA busy_timeout = {}", PATIENCE.as_millis()))?;
    connection.immediate_transaction(|connection| {
        let pending = pending(connection)?;
        connection.run_pending_migrations(MIGRATIONS).map_err(SqliteError::Migration)?;
        Ok(pending)
    })
}

#[async_trait]
impl Migrations for SqliteSessionRepository {
    async fn pending(&self) -> Result<Vec<String>, StoreError> {
        let opener = self.opener.clone();
        if !opener.is_there() {
            let all = embedded::<Sqlite>(&MIGRATIONS).map_err(SqliteError::Migration)?;
            return Ok(all.into_iter().map(|(name, _)| name).collect());
        }
        let pending = spawn_blocking(move || pending(&mut opener.open()?)).await.map_err(SqliteError::from)?;
        Ok(pending?)
    }

    async fn run(&self) -> Result<Vec<String>, StoreError> {
        let opener = self.opener.clone();
        let applied = spawn_blocking(move || run(&opener)).await.map_err(SqliteError::from)?;
        Ok(applied?)
    }
}

#[async_trait]
impl StoreHealth for SqliteSessionRepository {
    async fn schema_state(&self) -> Result<SchemaState, StoreError> {
        let newest = embedded::<Sqlite>(&MIGRATIONS).map_err(SqliteError::Migration)?.pop();
        let Some((_, newest)) = newest else { return Ok(SchemaState::Current) };
        if !self.opener.is_there() {
            return Ok(SchemaState::Behind);
        }
        let is_applied = move |connection: &mut SqliteConnection| {
            let applied = applied_migrations::table.filter(applied_migrations::version.eq(newest));
            let is_applied =
                has_books(connection)? && diesel::select(diesel::dsl::exists(applied)).get_result(connection)?;
            Ok(is_applied)
        };
        Ok(if self.pool.run(is_applied).await? { SchemaState::Current } else { SchemaState::Behind })
    }
}
