//! SQLite, examined for those who operate it.

mod data;
mod file;
mod mend;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use live_domain::{StoreError, Timestamp};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::SqliteSessionRepository;
use super::connection::Opener;
use super::error::SqliteError;
use super::migrate::{MIGRATIONS, has_books};
use crate::checkup::{Checked, Checkup, Mending, Unreachable};
use crate::migrations::{applied_migrations, embedded};

fn unknown_migrations(opener: &Opener) -> Result<Vec<String>, SqliteError> {
    let known = embedded::<Sqlite>(&MIGRATIONS).map_err(SqliteError::Migration)?;
    let mut connection = opener.open()?;
    if !has_books(&mut connection)? {
        return Ok(Vec::new());
    }
    let applied = applied_migrations::table.select(applied_migrations::version).order(applied_migrations::version);
    let mut applied: Vec<String> = applied.load(&mut connection)?;
    applied.retain(|applied| !known.iter().any(|(_, version)| version == applied));
    Ok(applied)
}

impl SqliteSessionRepository {
    /// Runs the work, which has no deadline, on a thread that may block.
    async fn examine<T, W>(&self, work: W) -> Result<T, SqliteError>
    where
        T: Send + 'static,
        W: FnOnce(&Opener) -> Result<T, SqliteError> + Send + 'static,
    {
        let opener = self.opener.clone();
        spawn_blocking(move || work(&opener)).await?
    }
}

#[async_trait]
impl Checkup for SqliteSessionRepository {
    async fn server(&self, _migrates: bool) -> Result<Vec<Checked>, Unreachable> {
        self.examine(file::examine).await.map_err(file::unreachable)
    }

    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(None)
    }

    async fn unknown_migrations(&self) -> Result<Vec<String>, StoreError> {
        Ok(self.examine(unknown_migrations).await?)
    }

    async fn data(&self, now: Timestamp) -> Result<Vec<Checked>, StoreError> {
        Ok(self.examine(move |opener| data::examine(opener, now)).await?)
    }

    async fn miscounted(&self, after: Option<Uuid>) -> Result<Vec<Uuid>, StoreError> {
        Ok(self.examine(move |opener| mend::miscounted(opener, after)).await?)
    }

    async fn mend(&self, session: Uuid, now: Timestamp) -> Result<Mending, StoreError> {
        self.pool.write(move |connection| mend::mend(connection, session, now)).await
    }
}
