//! Counters, mended.

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Uuid as SqlUuid};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use live_domain::{Actor, BrandScope, Event, EventSubject, EventType, Session, SessionVersion, StoreError, Timestamp};
use uuid::Uuid;

use crate::checkup::rules::{BATCH, miscounted as miscounted_sessions};
use crate::checkup::{Counters, Mending};
use crate::event_row::EventColumns;
use crate::postgres::connection::Connector;
use crate::postgres::error::PgError;
use crate::postgres::events::insert;
use crate::postgres::pool::{Undone, Work};
use crate::postgres::registrations::{count, hold};
use crate::postgres::session::unbounded_here;
use crate::postgres::statement::statement;
use crate::session_row::StoredSession;

pub(super) async fn miscounted(connector: &Connector, after: Option<Uuid>) -> Result<Vec<Uuid>, PgError> {
    let mut connection = connector.for_diesel().await?;
    let text = format!(
        "SELECT id FROM ({}) AS miscounted WHERE $1 IS NULL OR id > $1 ORDER BY id LIMIT $2",
        miscounted_sessions()
    );
    let query = statement::<(SqlUuid,)>(text).bind(after).bind(BATCH);
    let rows: Result<Vec<(Uuid,)>, PgError> = connection
        .diesel
        .transaction(async |connection| {
            connection.batch_execute(&unbounded_here()).await?;
            Ok(query.load(connection).await?)
        })
        .await;
    Ok(rows?.into_iter().map(|(id,)| id).collect())
}

/// The counters of a session are set right.
pub(super) struct MendingCounters {
    pub(super) session: Uuid,
    pub(super) now: Timestamp,
}

const COUNT: &str = "
    SELECT count(*) FILTER (WHERE status = 'registered'), count(*) FILTER (WHERE status = 'waitlist')
    FROM registrations WHERE session_id = $1";

const SET: &str = "UPDATE sessions SET registered_count = $2, waiting_count = $3 WHERE id = $1";

#[async_trait]
impl Work for MendingCounters {
    type Done = Mending;
    type Refused = StoreError;

    async fn attempt(&self, connection: &mut AsyncPgConnection) -> Result<Mending, Undone<StoreError>> {
        Ok(connection.transaction(async |connection| self.mend(connection).await).await?)
    }
}

impl MendingCounters {
    /// Whoever registers or cancels holds the session: once it is held here, the count stays true.
    async fn mend(&self, connection: &mut AsyncPgConnection) -> Result<Mending, PgError> {
        let Some(held) = hold(connection, &BrandScope::All, self.session).await? else { return Ok(Mending::Right) };
        let StoredSession { session, version, seats } = held;
        let counted: (i64, i64) =
            statement::<(BigInt, BigInt)>(COUNT).bind(self.session).get_result(connection).await?;
        let before = Counters::of(&seats);
        let after = Counters::counted(counted);
        if before == after {
            return Ok(Mending::Right);
        }
        if after.registered > seats.capacity.get() {
            return Ok(Mending::Oversold);
        }
        let set = statement::<()>(SET).bind(self.session).bind(count(after.registered)).bind(count(after.waiting));
        set.execute(connection).await?;
        let columns = EventColumns::of_mending(&session, version, before, after).map_err(PgError::Json)?;
        insert(connection, &self.event(session, version), columns).await?;
        Ok(Mending::Mended { before, after })
    }

    fn event(&self, session: Session, version: SessionVersion) -> Event {
        let after = Box::new(session);
        Event {
            id: Uuid::now_v7(),
            event_type: EventType::SessionUpdated,
            session_id: after.id,
            brand_id: after.brand_id.clone(),
            actor: Actor::Doctor,
            at: self.now,
            subject: EventSubject::Session { before: Some(after.clone()), after, version },
        }
    }
}
