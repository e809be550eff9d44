//! Rows out.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Text};
use live_domain::{Export, Registration, Session, StoreError, Subject};
use uuid::Uuid;

use super::BulkConnection;
use crate::session_row::values;
use crate::sqlite::connection::Opener;
use crate::sqlite::error::SqliteError;
use crate::sqlite::row::{IdBytes, RegistrationRow, SessionRow};
use crate::sqlite::schema::{registrations, sessions};

/// How many rows are read at a time.
const ROWS: i64 = 1_000;

/// One transaction that sees the store as it is now: it begins with the first read.
const SNAPSHOT: &str = "BEGIN; SELECT count(*) FROM sqlite_master;";

/// An export under way, `K` being the key of its rows.
pub(super) struct SqliteExport<K> {
    connection: BulkConnection,
    last: Option<K>,
}

impl<K> SqliteExport<K> {
    pub(super) async fn begin(opener: &Opener) -> Result<Self, SqliteError> {
        Ok(Self { connection: BulkConnection::open(opener, SNAPSHOT).await?, last: None })
    }
}

fn next_sessions(connection: &mut SqliteConnection, last: Option<Uuid>) -> Result<Vec<Session>, SqliteError> {
    let query = sessions::table.order(sessions::id).limit(ROWS);
    let rows: Vec<SessionRow> = match last {
        None => query.load(connection)?,
        Some(last) => query.filter(sessions::id.gt(IdBytes::from(last))).load(connection)?,
    };
    Ok(values(rows)?)
}

fn next_registrations(
    connection: &mut SqliteConnection,
    last: Option<(Uuid, Subject)>,
) -> Result<Vec<Registration>, SqliteError> {
    let query = registrations::table.order((registrations::session_id, registrations::user_id)).limit(ROWS);
    let rows: Vec<RegistrationRow> = match last {
        None => query.load(connection)?,
        Some((session, user)) => {
            // Diesel has row values for Postgres alone.
            let later = sql::<Bool>("(session_id, user_id) > (")
                .bind::<Binary, _>(IdBytes::from(session))
                .sql(", ")
                .bind::<Text, _>(String::from(user))
                .sql(")");
            query.filter(later).load(connection)?
        }
    };
    Ok(values(rows)?)
}

#[async_trait]
impl Export<Session> for SqliteExport<Uuid> {
    async fn next(&mut self) -> Result<Vec<Session>, StoreError> {
        let last = self.last;
        let items = self.connection.run(move |connection| next_sessions(connection, last)).await?;
        self.last = items.last().map(|session| session.id).or(self.last);
        Ok(items)
    }
}

#[async_trait]
impl Export<Registration> for SqliteExport<(Uuid, Subject)> {
    async fn next(&mut self) -> Result<Vec<Registration>, StoreError> {
        let last = self.last.clone();
        let items = self.connection.run(move |connection| next_registrations(connection, last)).await?;
        if let Some(last) = items.last() {
            self.last = Some((last.session_id, last.user_id.clone()));
        }
        Ok(items)
    }
}
