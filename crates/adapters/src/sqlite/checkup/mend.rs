//! Counters, mended.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Binary;
use live_domain::{Actor, EventType, StoreError, Timestamp};
use uuid::Uuid;

use crate::checkup::rules::{BATCH, miscounted as miscounted_sessions};
use crate::checkup::{Counters, Mending};
use crate::event_row::EventColumns;
use crate::session_row::StoredSession;
use crate::sqlite::connection::Opener;
use crate::sqlite::error::{Refusal, SqliteError};
use crate::sqlite::events::insert;
use crate::sqlite::row::IdBytes;
use crate::sqlite::schema::{registrations, sessions};
use crate::sqlite::session_reads::stored;

pub(super) fn miscounted(opener: &Opener, after: Option<Uuid>) -> Result<Vec<Uuid>, SqliteError> {
    // No id is less than no bytes.
    let after = after.map(|id| id.as_bytes().to_vec()).unwrap_or_default();
    let query = sql::<Binary>(&format!("SELECT id FROM ({}) AS miscounted WHERE id > ", miscounted_sessions()))
        .bind::<Binary, _>(after)
        .sql(&format!(" ORDER BY id LIMIT {BATCH}"));
    let ids: Vec<IdBytes> = query.load(&mut opener.open()?)?;
    Ok(ids.into_iter().map(Uuid::from).collect())
}

fn counted(connection: &mut SqliteConnection, session: IdBytes) -> QueryResult<Counters> {
    let mut people = |status: &str| {
        let those =
            registrations::table.filter(registrations::session_id.eq(session)).filter(registrations::status.eq(status));
        those.count().get_result::<i64>(connection)
    };
    Ok(Counters::counted((people("registered")?, people("waitlist")?)))
}

/// In the transaction that writes nobody else does, so that the count stays true.
pub(super) fn mend(
    connection: &mut SqliteConnection,
    session: Uuid,
    now: Timestamp,
) -> Result<Mending, Refusal<StoreError>> {
    let id = IdBytes::from(session);
    let Some(StoredSession { session, version, seats }) = stored(connection, session)? else {
        return Ok(Mending::Right);
    };
    let (before, after) = (Counters::of(&seats), counted(connection, id)?);
    if before == after {
        return Ok(Mending::Right);
    }
    if after.registered > seats.capacity.get() {
        return Ok(Mending::Oversold);
    }
    diesel::update(sessions::table.find(id))
        .set((
            sessions::registered_count.eq(after.registered.cast_signed()),
            sessions::waiting_count.eq(after.waiting.cast_signed()),
        ))
        .execute(connection)?;
    let columns = EventColumns::of_mending(&session, version, before, after).map_err(SqliteError::Snapshot)?;
    insert(connection, &session, EventType::SessionUpdated, columns, (&Actor::Doctor, now))?;
    Ok(Mending::Mended { before, after })
}
