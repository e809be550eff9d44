//! Sessions in.
#![expect(clippy::ref_option_ref, reason = "what the derives of diesel make of optional columns")]

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use live_domain::{
    Actor, Event, EventSubject, EventType, Keyed, ListedSession, Outcome, RegistrationStatus, ReplaceError,
    Replacement, Session, SessionVersion, SessionWriter, StoreError, Write,
};
use uuid::Uuid;

use super::PgSessionRepository;
use super::error::PgError;
use super::events::record;
use super::idempotency::{Instead, end_if_kept, keep, keyed, refused};
use super::pool::{Undone, Work};
use super::registrations::{count, hold, promote};
use super::row::PgInstant;
use super::schema::{registrations, sessions};
use crate::session_row::StoredSession;

/// What is written of a session: everything but the line.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = sessions, treat_none_as_default_value = false, treat_none_as_null = true)]
struct SessionColumns<'s> {
    id: Uuid,
    host_id: &'s str,
    brand_id: &'s str,
    community_id: Option<&'s str>,
    title: &'s str,
    kind: &'s str,
    category: Option<&'s str>,
    scheduled_at: PgInstant,
    started_at: Option<PgInstant>,
    ended_at: Option<PgInstant>,
    status: &'s str,
    stream_call_id: Option<&'s str>,
    max_participants: i32,
    duration_minutes: Option<i32>,
    recording_url: Option<&'s str>,
    metadata: &'s str,
    created_at: PgInstant,
    updated_at: PgInstant,
    version: i64,
}

impl<'s> SessionColumns<'s> {
    fn of(session: &'s Session, version: SessionVersion) -> Self {
        Self {
            id: session.id,
            host_id: session.host_id.as_str(),
            brand_id: session.brand_id.as_str(),
            community_id: session.community_id.as_ref().map(live_domain::CommunityId::as_str),
            title: session.title.as_str(),
            kind: session.kind.as_str(),
            category: session.category.as_ref().map(live_domain::Category::as_str),
            scheduled_at: session.scheduled_at.into(),
            started_at: session.started_at.map(PgInstant::from),
            ended_at: session.ended_at.map(PgInstant::from),
            status: session.status.as_str(),
            stream_call_id: session.stream_call_id.as_ref().map(live_domain::StreamCallId::as_str),
            max_participants: count(session.max_participants.get()),
            duration_minutes: session.duration_minutes.map(|minutes| count(minutes.get())),
            recording_url: session.recording_url.as_ref().map(live_domain::RecordingUrl::as_str),
            metadata: session.metadata.as_str(),
            created_at: session.created_at.into(),
            updated_at: session.updated_at.into(),
            version: i64::try_from(version.get()).unwrap_or(i64::MAX),
        }
    }
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
        diesel::insert_into(sessions::table).values(SessionColumns::of(session, version)).execute(connection).await?;
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
        let held = hold(connection, before.id).await?;
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
                SessionColumns::of(after, version),
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
