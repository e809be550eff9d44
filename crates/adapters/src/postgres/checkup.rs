//! Postgres, examined for those who operate it.

mod data;
mod mend;
mod rights;
mod server;

use std::time::Instant;

use async_trait::async_trait;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Timestamptz;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use live_domain::{StoreError, Timestamp};
use uuid::Uuid;

use self::mend::MendingCounters;
use super::PgSessionRepository;
use super::error::PgError;
use super::migrate::{MIGRATIONS, has_books};
use super::pool::Undone;
use super::row::PgInstant;
use super::statement::statement;
use crate::checkup::{Checked, Checkup, Mending, Unreachable};
use crate::migrations::{applied_migrations, embedded};
use crate::session_row::Columns;

#[async_trait]
impl Checkup for PgSessionRepository {
    async fn server(&self, migrates: bool) -> Result<Vec<Checked>, Unreachable> {
        let begun = Instant::now();
        let connection = self.connector.for_diesel().await;
        let mut connection = connection.map_err(|error| self.unreachable(error))?;
        let reached = server::reached(self.connector.url(), begun.elapsed());
        let mut checked = vec![reached];
        let examined = self.examine(&mut connection, migrates).await;
        checked.extend(examined.map_err(|error| self.unreachable(error))?);
        Ok(checked)
    }

    async fn clock(&self) -> Result<Option<Timestamp>, StoreError> {
        let query = statement::<(Timestamptz,)>("SELECT clock_timestamp()");
        let (instant,): (PgInstant,) = self.pool.run(|connection| query.get_result(connection).boxed()).await?;
        let instant = Columns { id: Uuid::nil() }.instant("clock", instant).map_err(PgError::from)?;
        Ok(Some(instant))
    }

    async fn unknown_migrations(&self) -> Result<Vec<String>, StoreError> {
        let known = embedded::<Pg>(&MIGRATIONS).map_err(PgError::Migration)?;
        let mut connection = self.connector.for_diesel().await?;
        if !has_books(&mut connection.diesel).await.map_err(PgError::from)? {
            return Ok(Vec::new());
        }
        let applied = applied_migrations::table.select(applied_migrations::version).order(applied_migrations::version);
        let mut applied: Vec<String> = applied.load(&mut connection.diesel).await.map_err(PgError::from)?;
        applied.retain(|applied| !known.iter().any(|(_, version)| version == applied));
        Ok(applied)
    }

    async fn data(&self, now: Timestamp) -> Result<Vec<Checked>, StoreError> {
        Ok(data::examine(&self.connector, now).await?)
    }

    async fn miscounted(&self, after: Option<Uuid>) -> Result<Vec<Uuid>, StoreError> {
        Ok(mend::miscounted(&self.connector, after).await?)
    }

    async fn mend(&self, session: Uuid, now: Timestamp) -> Result<Mending, StoreError> {
        self.pool.write(MendingCounters { session, now }).await.map_err(Undone::into_error)
    }
}
