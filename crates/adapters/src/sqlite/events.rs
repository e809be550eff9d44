//! The history.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::prelude::*;
use live_domain::{
    Actor, EventPosition, EventSubject, EventType, HistoryRepository, RecordedEvent, Registration, RegistrationStatus,
    Session, StoreError, Timestamp, Write,
};
use uuid::Uuid;

use super::SqliteSessionRepository;
use super::error::SqliteError;
use super::row::{EventRow, IdBytes, Micros};
use super::schema::session_events;
use crate::backlog::{Backlog, HistoryBacklog};
use crate::event_row::EventColumns;

/// Records what a write did. `session` is as it is after that.
pub(super) fn record(
    connection: &mut SqliteConnection,
    session: &Session,
    event_type: EventType,
    subject: &EventSubject,
    write: &Write,
) -> Result<(), SqliteError> {
    let columns = EventColumns::try_from(subject).map_err(SqliteError::Snapshot)?;
    let actor = Actor::Person(write.viewer.subject().clone());
    insert(connection, session, event_type, columns, (&actor, write.now))
}

/// Puts in an event whose columns are made; at last, who did it, and when.
pub(super) fn insert(
    connection: &mut SqliteConnection,
    session: &Session,
    event_type: EventType,
    columns: EventColumns,
    (actor, at): (&Actor, Timestamp),
) -> Result<(), SqliteError> {
    let EventColumns { version, before, after, registration_id, user_id, status_before, status_after } = columns;
    diesel::insert_into(session_events::table)
        .values((
            session_events::id.eq(IdBytes::from(Uuid::now_v7())),
            session_events::session_id.eq(IdBytes::from(session.id)),
            session_events::brand_id.eq(session.brand_id.as_str()),
            session_events::event_type.eq(event_type.as_str()),
            session_events::who.eq(actor.as_str()),
            session_events::at.eq(Micros::from(at)),
            session_events::version.eq(version),
            session_events::before.eq(before),
            session_events::after.eq(after),
            session_events::registration_id.eq(registration_id.map(IdBytes::from)),
            session_events::user_id.eq(user_id),
            session_events::status_before.eq(status_before),
            session_events::status_after.eq(status_after),
        ))
        .execute(connection)?;
    Ok(())
}

/// Records what a write did to a registration.
pub(super) fn record_registration(
    connection: &mut SqliteConnection,
    session: &Session,
    event_type: EventType,
    before: Option<RegistrationStatus>,
    after: &Registration,
    write: &Write,
) -> Result<(), SqliteError> {
    let Registration { id, user_id, status, .. } = after;
    let subject = EventSubject::Registration { id: *id, user_id: user_id.clone(), before, after: *status };
    record(connection, session, event_type, &subject, write)
}

/// How many events are deleted at once: what waits to write meanwhile does not notice.
const DELETED_AT_ONCE: i64 = 1_000;

fn delete_oldest(connection: &mut SqliteConnection, instant: Micros) -> QueryResult<u64> {
    let first: Vec<(i64, Micros)> = session_events::table
        .order(session_events::seq)
        .limit(DELETED_AT_ONCE)
        .select((session_events::seq, session_events::at))
        .load(connection)?;
    let old = first.iter().take_while(|(_, at)| *at < instant);
    let Some((last, _)) = old.last() else { return Ok(0) };
    let deleted = diesel::delete(session_events::table.filter(session_events::seq.le(last))).execute(connection)?;
    Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
}

#[async_trait]
impl HistoryRepository for SqliteSessionRepository {
    /// The place of an event is its row's number. One transaction writes at a time, so that rows are committed in the order
    /// in which they are numbered; and no number is given twice, even when the rows that were last are deleted.
    async fn events(&self, after: Option<EventPosition>, most: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        let after = after.map_or(0, |EventPosition(position)| i64::try_from(position).unwrap_or(i64::MAX));
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let events = self.pool.run(move |connection| {
            let rows: Vec<(i64, EventRow)> = session_events::table
                .filter(session_events::seq.gt(after))
                .order(session_events::seq)
                .limit(most)
                .select((session_events::seq, session_events::all_columns))
                .load(connection)?;
            Ok(rows.into_iter().map(|(place, row)| row.at(place)).collect::<Result<_, _>>()?)
        });
        Ok(events.await?)
    }

    async fn delete_before(&self, instant: Timestamp) -> Result<u64, StoreError> {
        self.pool.write(move |connection| Ok(delete_oldest(connection, instant.into())?)).await
    }
}

#[async_trait]
impl HistoryBacklog for SqliteSessionRepository {
    /// One writes at a time: with its commit an event has its place.
    async fn backlog(&self) -> Result<Option<Backlog>, StoreError> {
        Ok(None)
    }
}
