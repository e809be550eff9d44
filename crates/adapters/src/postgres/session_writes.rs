//! Sessions in.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use live_domain::{
    Actor, BrandScope, Event, EventSubject, EventType, Keyed, ListedSession, Outcome, RegistrationStatus, ReplaceError,
    Replacement, Session, SessionVersion, SessionWriter, StoreError, Write,
};
use uuid::Uuid;

use super::PgSessionRepository;
use super::error::PgError;
use super::events::record;
use super::idempotency::{Instead, end_if_kept, keep, keyed, refused};
use super::pool::{Undone, Work};
use super::registrations::{count, hold, promote};
use super::schema::{registrations, sessions};
use super::session_columns::SessionColumns;
use crate::session_row::StoredSession;

fn number(version: SessionVersion) -> i64 {
    i64::try_from(version.get()).unwrap_or(i64::MAX)
}

fn event(
    event_type: EventType,
    before: Option<&Session>,
    after: &Session,
    version: SessionVersion,
    write: &Write,
) -> Event {
    let before = before.cloned().map(Box::new);
    Event {
        id: Uuid::now_v7(),
        event_type,
        session_id: after.id,
        brand_id: after.brand_id.clone(),
        actor: Actor::Person(write.viewer.subject().clone()),
        at: write.now,
        subject: EventSubject::Session { before, after: Box::new(after.clone()), version },
    }
}

/// A session is created.
struct Creating {
    session: Session,
    write: Write,
}

type CreateResult<T> = Result<T, Undone<Instead<StoreError>>>;

#[async_trait]
impl Work for Creating {
    type Done = ListedSession;
    type Refused = Instead<StoreError>;

    async fn attempt(&self, connection: &mut AsyncPgConnection) -> CreateResult<ListedSession> {
        connection.transaction(async |connection| self.create(connection).await).await
    }
}

impl Creating {
    async fn create(&self, connection: &mut AsyncPgConnection) -> CreateResult<ListedSession> {
        let Self { session, write } = self;
        end_if_kept(connection, write).await?;
        let version = SessionVersion::FIRST;
        diesel::insert_into(sessions::table)
            .values((SessionColumns::from(session), sessions::version.eq(number(version))))
            .execute(connection)
            .await?;
        record(connection, &event(EventType::SessionCreated, None, session, version, write)).await?;
        let listed = ListedSession { session: session.clone(), version, registered_count: 0, is_registered: false };
        keep(connection, write, || Outcome::Session { session: listed.clone(), created: true }).await?;
        Ok(listed)
    }
}

/// A session is replaced.
struct Replacing {
    replacement: Replacement,
    write: Write,
}

type ReplaceResult<T> = Result<T, Undone<Instead<ReplaceError>>>;

#[async_trait]
impl Work for Replacing {
    type Done = ListedSession;
    type Refused = Instead<ReplaceError>;

    async fn attempt(&self, connection: &mut AsyncPgConnection) -> ReplaceResult<ListedSession> {
        connection.transaction(async |connection| self.replace(connection).await).await
    }
}

impl Replacing {
    async fn replace(&self, connection: &mut AsyncPgConnection) -> ReplaceResult<ListedSession> {
        let Replacement { before, version, after, .. } = &self.replacement;
        let held = hold(connection, &BrandScope::All, before.id).await?;
        end_if_kept(connection, &self.write).await?;
        let held = held.filter(|held| held.version == *version);
        let mut stored = held.ok_or_else(|| refused(ReplaceError::Stale))?;
        if after != before {
            stored = self.write(connection, stored).await?;
        }
        let is_registered = self.is_registered(connection).await?;
        let listed = stored.listed(is_registered);
        keep(connection, &self.write, || Outcome::Session { session: listed.clone(), created: false }).await?;
        Ok(listed)
    }

    async fn write(&self, connection: &mut AsyncPgConnection, held: StoredSession) -> ReplaceResult<StoredSession> {
        let Replacement { before, version, after, event_type } = &self.replacement;
        let StoredSession { mut seats, .. } = held;
        let resized = after.max_participants != before.max_participants;
        let promoted =
            if resized { seats.resize(after.max_participants).map_err(|taken| refused(taken.into()))? } else { 0 };
        let version = version.next();
        diesel::update(sessions::table.find(after.id))
            .set((
                SessionColumns::from(after),
                sessions::version.eq(number(version)),
                sessions::registered_count.eq(count(seats.registered)),
                sessions::waiting_count.eq(count(seats.waiting)),
            ))
            .execute(connection)
            .await?;
        record(connection, &event(*event_type, Some(before), after, version, &self.write)).await?;
        promote(connection, after, promoted, &self.write).await?;
        Ok(StoredSession { session: after.clone(), version, seats })
    }

    async fn is_registered(&self, connection: &mut AsyncPgConnection) -> Result<bool, PgError> {
        let key = (self.replacement.after.id, self.write.viewer.subject().as_str());
        let status = registrations::table.find(key).select(registrations::status);
        let status: Option<String> = status.get_result(connection).await.optional()?;
        Ok(status.is_some_and(|status| status == RegistrationStatus::Registered.as_str()))
    }
}

#[async_trait]
impl SessionWriter for PgSessionRepository {
    async fn create(&self, session: &Session, write: &Write) -> Result<Keyed<ListedSession>, StoreError> {
        let creating = Creating { session: session.clone(), write: write.clone() };
        keyed(self.pool.write(creating).await)
    }

    async fn replace(&self, replacement: &Replacement, write: &Write) -> Result<Keyed<ListedSession>, ReplaceError> {
        let replacing = Replacing { replacement: replacement.clone(), write: write.clone() };
        keyed(self.pool.write(replacing).await)
    }
}
