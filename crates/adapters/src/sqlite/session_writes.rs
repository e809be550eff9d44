//! Sessions in.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::prelude::*;
use live_domain::{
    EventSubject, EventType, Keyed, ListedSession, Outcome, ReplaceError, Replacement, Session, SessionVersion,
    SessionWriter, StoreError, Write,
};

use super::SqliteSessionRepository;
use super::error::Refusal;
use super::events::record;
use super::idempotency::once;
use super::registrations::promote;
use super::row::IdBytes;
use super::schema::sessions;
use super::session_columns::SessionColumns;
use super::session_reads::{listed, stored};

fn create(
    connection: &mut SqliteConnection,
    session: Session,
    write: &Write,
) -> Result<ListedSession, Refusal<StoreError>> {
    diesel::insert_into(sessions::table).values(SessionColumns::from(&session)).execute(connection)?;
    let version = SessionVersion::FIRST;
    let subject = EventSubject::Session { before: None, after: Box::new(session.clone()), version };
    record(connection, &session, EventType::SessionCreated, &subject, write)?;
    Ok(ListedSession { session, version, registered_count: 0, is_registered: false })
}

fn replace(
    connection: &mut SqliteConnection,
    replacement: Replacement,
    write: &Write,
) -> Result<ListedSession, Refusal<ReplaceError>> {
    let Replacement { before, version, after, event_type } = replacement;
    let present = stored(connection, before.id)?.filter(|present| present.version == version);
    let mut seats = present.ok_or(Refusal::Rule(ReplaceError::Stale))?.seats;
    if after != before {
        let resized = after.max_participants != before.max_participants;
        let promoted = if resized { seats.resize(after.max_participants) } else { Ok(0) };
        let promoted = promoted.map_err(|taken| Refusal::Rule(taken.into()))?;
        diesel::update(sessions::table.find(IdBytes::from(after.id)))
            .set((
                SessionColumns::from(&after),
                sessions::version.eq(sessions::version + 1),
                sessions::registered_count.eq(seats.registered.cast_signed()),
                sessions::waiting_count.eq(seats.waiting.cast_signed()),
            ))
            .execute(connection)?;
        let (before, changed) = (Some(Box::new(before)), Box::new(after.clone()));
        let subject = EventSubject::Session { before, after: changed, version: version.next() };
        record(connection, &after, event_type, &subject, write)?;
        promote(connection, &after, promoted, write)?;
    }
    listed(connection, &write.viewer, after.id)?.ok_or(Refusal::Rule(ReplaceError::Stale))
}

#[async_trait]
impl SessionWriter for SqliteSessionRepository {
    async fn create(&self, session: &Session, write: &Write) -> Result<Keyed<ListedSession>, StoreError> {
        let (session, write) = (session.clone(), write.clone());
        let outcome = |session| Outcome::Session { session, created: true };
        let work = move |connection: &mut SqliteConnection| {
            once(connection, &write, outcome, |connection| create(connection, session, &write))
        };
        self.pool.write(work).await
    }

    async fn replace(&self, replacement: &Replacement, write: &Write) -> Result<Keyed<ListedSession>, ReplaceError> {
        let (replacement, write) = (replacement.clone(), write.clone());
        let outcome = |session| Outcome::Session { session, created: false };
        let work = move |connection: &mut SqliteConnection| {
            once(connection, &write, outcome, |connection| replace(connection, replacement, &write))
        };
        self.pool.write(work).await
    }
}
