//! The reference store: the rules, executed plainly over rows in memory.
//!
//! It is for tests and for reading. Other stores are compared with it.

mod bulk;
mod events;
mod feeds;
mod forget;
mod idempotency;
mod registrations;
mod session_writes;

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use uuid::Uuid;

use crate::error::StoreError;
use crate::event::Event;
use crate::feed::{Feed, SecretHash};
use crate::idempotency::{IdempotencyKey, Kept};
use crate::listing::{Page, PageSize, SessionFilter, SessionScan, StorePosition};
use crate::registration::{Registration, RegistrationStatus};
use crate::repository::{SchemaState, SessionRepository, StoreHealth, StoreProgress};
use crate::seats::Seats;
use crate::session::{ListedSession, Session, SessionVersion};
use crate::text::Subject;
use crate::timestamp::Timestamp;
use crate::viewer::{BrandScope, Viewer};

/// Sessions, registrations and their history in memory. Clones share their rows.
#[derive(Debug, Clone, Default)]
pub struct MemorySessionRepository {
    rows: Arc<RwLock<Rows>>,
}

/// A session, and what a store keeps beside it.
#[derive(Debug, Clone)]
struct Stored {
    session: Session,
    version: SessionVersion,
    /// The latest instant at which anybody took their place in the line.
    latest: Option<Timestamp>,
}

impl Stored {
    fn first(session: Session) -> Self {
        Self { session, version: SessionVersion::FIRST, latest: None }
    }
}

#[derive(Debug, Clone, Default)]
struct Rows {
    sessions: BTreeMap<Uuid, Stored>,
    registrations: BTreeMap<(Uuid, Subject), Registration>,
    events: Vec<Event>,
    /// How many events there were before those: places are counted from there.
    deleted_events: u64,
    kept: BTreeMap<(Subject, IdempotencyKey), (Kept, Timestamp)>,
    feeds: BTreeMap<SecretHash, Feed>,
}

impl Rows {
    fn registrations_of(&self, session: Uuid) -> impl Iterator<Item = &Registration> {
        self.registrations.values().filter(move |registration| registration.session_id == session)
    }

    fn of_status(&self, session: Uuid, status: RegistrationStatus) -> impl Iterator<Item = &Registration> {
        self.registrations_of(session).filter(move |registration| registration.status == status)
    }

    fn count(&self, session: Uuid, status: RegistrationStatus) -> u32 {
        u32::try_from(self.of_status(session, status).count()).unwrap_or(u32::MAX)
    }

    fn seats(&self, stored: &Stored) -> Seats {
        let Stored { session, latest, .. } = stored;
        Seats {
            capacity: session.max_participants,
            registered: self.count(session.id, RegistrationStatus::Registered),
            waiting: self.count(session.id, RegistrationStatus::Waitlist),
            latest: *latest,
        }
    }

    fn listed(&self, stored: &Stored, viewer: &Viewer) -> ListedSession {
        let Stored { session, version, .. } = stored;
        let mut in_force = self.of_status(session.id, RegistrationStatus::Registered);
        ListedSession {
            session: session.clone(),
            version: *version,
            registered_count: self.count(session.id, RegistrationStatus::Registered),
            is_registered: in_force.any(|registration| registration.user_id == *viewer.subject()),
        }
    }

    /// The session of that id, if the scope permits it.
    fn found(&self, scope: &BrandScope, id: Uuid) -> Option<&Stored> {
        self.sessions.get(&id).filter(|stored| scope.permits(&stored.session.brand_id))
    }
}

impl MemorySessionRepository {
    fn read(&self) -> RwLockReadGuard<'_, Rows> {
        self.rows.read().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Rows> {
        self.rows.write().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl SessionRepository for MemorySessionRepository {
    async fn list(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        filter: &SessionFilter,
        scan: SessionScan,
        size: PageSize,
    ) -> Result<Page<ListedSession, SessionScan>, StoreError> {
        let rows = self.read();
        let asked =
            |session: &Session| scope.permits(&session.brand_id) && filter.matches(session) && scan.admits(session);
        let mut found: Vec<&Stored> = rows.sessions.values().filter(|stored| asked(&stored.session)).collect();
        found.sort_by(|left, right| scan.compare(left.session.position(), right.session.position()));
        let listed = found.into_iter().take(size.with_lookahead()).map(|stored| rows.listed(stored, viewer)).collect();
        Ok(Page::from_rows(listed, size, |last: &ListedSession| scan.resumed_after(last.session.position())))
    }

    async fn find(&self, scope: &BrandScope, viewer: &Viewer, id: Uuid) -> Result<Option<ListedSession>, StoreError> {
        let rows = self.read();
        Ok(rows.found(scope, id).map(|stored| rows.listed(stored, viewer)))
    }
}

#[async_trait]
impl StoreHealth for MemorySessionRepository {
    async fn schema_state(&self) -> Result<SchemaState, StoreError> {
        Ok(SchemaState::Current)
    }
}

#[async_trait]
impl StoreProgress for MemorySessionRepository {
    async fn position(&self) -> Result<StorePosition, StoreError> {
        Ok(StorePosition::ORIGIN)
    }

    async fn is_ahead(&self, position: StorePosition) -> Result<bool, StoreError> {
        Ok(position > StorePosition::ORIGIN)
    }
}
