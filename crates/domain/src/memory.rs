//! The reference store: the rules, executed plainly over rows in memory.
//!
//! It is for tests and for reading. Other stores are compared with it.

mod bulk;

use std::collections::BTreeMap;
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use async_trait::async_trait;
use uuid::Uuid;

use crate::error::StoreError;
use crate::listing::{Page, PageSize, SessionFilter, SessionScan};
use crate::registration::{Registration, RegistrationStatus};
use crate::repository::{SchemaState, SessionRepository, StoreHealth};
use crate::session::{ListedSession, Session};
use crate::text::Subject;
use crate::viewer::{BrandScope, Viewer};

/// Sessions and registrations in memory. Clones share their rows.
#[derive(Debug, Clone, Default)]
pub struct MemorySessionRepository {
    rows: Arc<RwLock<Rows>>,
}

#[derive(Debug, Clone, Default)]
struct Rows {
    sessions: BTreeMap<Uuid, Session>,
    registrations: BTreeMap<(Uuid, Subject), Registration>,
}

impl Rows {
    fn registrations_of(&self, session: Uuid) -> impl Iterator<Item = &Registration> {
        self.registrations.values().filter(move |registration| registration.session_id == session)
    }

    fn in_force(&self, session: Uuid) -> impl Iterator<Item = &Registration> {
        self.registrations_of(session).filter(|registration| registration.status == RegistrationStatus::Registered)
    }

    fn listed(&self, session: &Session, viewer: &Viewer) -> ListedSession {
        ListedSession {
            session: session.clone(),
            registered_count: u32::try_from(self.in_force(session.id).count()).unwrap_or(u32::MAX),
            is_registered: self.in_force(session.id).any(|registration| registration.user_id == *viewer.subject()),
        }
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
        let mut found: Vec<&Session> = rows
            .sessions
            .values()
            .filter(|session| scope.permits(&session.brand_id) && filter.matches(session) && scan.admits(session))
            .collect();
        found.sort_by(|left, right| scan.compare(left.position(), right.position()));
        let listed =
            found.into_iter().take(size.with_lookahead()).map(|session| rows.listed(session, viewer)).collect();
        Ok(Page::from_rows(listed, size, |last: &ListedSession| scan.resumed_after(last.session.position())))
    }
}

#[async_trait]
impl StoreHealth for MemorySessionRepository {
    async fn schema_state(&self) -> Result<SchemaState, StoreError> {
        Ok(SchemaState::Current)
    }
}
