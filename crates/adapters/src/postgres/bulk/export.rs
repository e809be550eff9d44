//! Rows out.

use async_trait::async_trait;

use diesel::prelude::*;
use diesel::sql_types::{Record, Text, Uuid as SqlUuid};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection};
use live_domain::{Export, Registration, Session, StoreError, Subject};
use uuid::Uuid;

use crate::postgres::connection::{Connector, PgConnection};
use crate::postgres::error::PgError;
use crate::postgres::row::{RegistrationRow, SessionRow};
use crate::postgres::schema::{registrations, sessions};
use crate::postgres::session::unbounded_here;
use crate::session_row::values;

/// How many rows are read at a time.
const ROWS: i64 = 1_000;

/// One transaction that sees the store as it is now. It blocks nobody, and nobody blocks it.
const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// An export under way, `K` being the key of its rows.
pub(super) struct PgExport<K> {
    connection: PgConnection,
    last: Option<K>,
}

impl<K> PgExport<K> {
    pub(super) async fn begin(connector: &Connector) -> Result<Self, PgError> {
        let mut connection = connector.for_diesel().await?;
        connection.diesel.batch_execute(&format!("{SNAPSHOT}; {} SELECT 1", unbounded_here())).await?;
        Ok(Self { connection, last: None })
    }
}

#[async_trait]
impl Export<Session> for PgExport<Uuid> {
    async fn next(&mut self) -> Result<Vec<Session>, StoreError> {
        let query = sessions::table.order(sessions::id).limit(ROWS);
        let connection = &mut self.connection.diesel;
        let rows: Result<Vec<SessionRow>, _> = match self.last {
            None => query.load(connection).await,
            Some(last) => query.filter(sessions::id.gt(last)).load(connection).await,
        };
        let items: Vec<Session> = values(rows.map_err(PgError::from)?).map_err(PgError::from)?;
        self.last = items.last().map(|session| session.id).or(self.last);
        Ok(items)
    }
}

#[async_trait]
impl Export<Registration> for PgExport<(Uuid, Subject)> {
    async fn next(&mut self) -> Result<Vec<Registration>, StoreError> {
        let query = registrations::table.order((registrations::session_id, registrations::user_id)).limit(ROWS);
        let connection = &mut self.connection.diesel;
        let rows: Result<Vec<RegistrationRow>, _> = match &self.last {
            None => query.load(connection).await,
            Some((session, user)) => {
                let key = (registrations::session_id, registrations::user_id).into_sql::<Record<(SqlUuid, Text)>>();
                query.filter(key.gt((*session, user.as_str()))).load(connection).await
            }
        };
        let items: Vec<Registration> = values(rows.map_err(PgError::from)?).map_err(PgError::from)?;
        if let Some(last) = items.last() {
            self.last = Some((last.session_id, last.user_id.clone()));
        }
        Ok(items)
    }
}
