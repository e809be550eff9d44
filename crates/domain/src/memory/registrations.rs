//! Registrations in the reference store.

use async_trait::async_trait;
use uuid::Uuid;

use super::{MemorySessionRepository, Rows};
use crate::error::{CancelError, RegisterError, StoreError};
use crate::event::{Actor, EventSubject, EventType};
use crate::idempotency::{Keyed, Outcome, Registered};
use crate::listing::{Page, PageSize};
use crate::registration::RegistrationStatus::{Cancelled, Registered as InForce, Waitlist};
use crate::registration::{LineScan, PlacedRegistration, Registration, RegistrationStatus};
use crate::repository::{RegistrationRepository, Write};
use crate::session::Session;
use crate::viewer::{BrandScope, Viewer};

impl Rows {
    fn latest(&self, session: Uuid, viewer: &Viewer) -> Option<&Registration> {
        self.registrations.get(&(session, viewer.subject().clone()))
    }

    /// With its place among those who wait.
    fn placed(&self, registration: Registration) -> PlacedRegistration {
        let waiting = self.of_status(registration.session_id, Waitlist);
        let ahead = waiting.filter(|other| other.place() <= registration.place()).count();
        let position = (registration.status == Waitlist).then(|| u32::try_from(ahead).unwrap_or(u32::MAX));
        PlacedRegistration { registration, position }
    }

    /// Puts the registration in and records the event.
    fn enter(
        &mut self,
        session: &Session,
        registration: Registration,
        before: Option<RegistrationStatus>,
        event_type: EventType,
        write: &Write,
    ) {
        let subject = EventSubject::Registration {
            id: registration.id,
            user_id: registration.user_id.clone(),
            before,
            after: registration.status,
        };
        let actor = Actor::Person(write.viewer.subject().clone());
        self.record(session, event_type, actor, write.now, subject);
        self.registrations.insert((registration.session_id, registration.user_id.clone()), registration);
    }

    /// Gives a seat to so many of those who wait, the first of the line first.
    pub(super) fn promote(&mut self, session: &Session, count: u32, write: &Write) {
        for _ in 0..count {
            let first = self.of_status(session.id, Waitlist).min_by_key(|waiting| waiting.place()).cloned();
            let Some(first) = first else { return };
            let promoted = Registration { status: InForce, ..first };
            self.enter(session, promoted, Some(Waitlist), EventType::RegistrationPromoted, write);
        }
    }

    fn register(
        &mut self,
        scope: &BrandScope,
        session: Uuid,
        fresh_id: Uuid,
        write: &Write,
    ) -> Result<Registered, RegisterError> {
        let stored = self.found(scope, session).ok_or(RegisterError::NotFound)?.clone();
        if !stored.session.status.is_open() {
            return Err(RegisterError::Closed { status: stored.session.status });
        }
        if let Some(present) = self.latest(session, &write.viewer).filter(|present| present.status != Cancelled) {
            return Ok(Registered { registration: self.placed(present.clone()), created: false });
        }
        let mut seats = self.seats(&stored);
        let admission = seats.admit(write.now);
        self.promote(&stored.session, admission.promoted, write);
        let registration = Registration {
            id: fresh_id,
            session_id: session,
            user_id: write.viewer.subject().clone(),
            status: admission.status,
            registered_at: admission.registered_at,
            cancelled_at: None,
        };
        let event_type = match admission.status {
            Waitlist => EventType::RegistrationWaitlisted,
            InForce | Cancelled => EventType::RegistrationRegistered,
        };
        self.enter(&stored.session, registration.clone(), None, event_type, write);
        if let Some(stored) = self.sessions.get_mut(&session) {
            stored.latest = seats.latest;
        }
        let registration = PlacedRegistration { registration, position: admission.position };
        Ok(Registered { registration, created: true })
    }

    fn cancel(&mut self, scope: &BrandScope, session: Uuid, write: &Write) -> Result<Registration, CancelError> {
        let stored = self.found(scope, session).ok_or(CancelError::NotFound)?.clone();
        let present = self.latest(session, &write.viewer).ok_or(CancelError::NotFound)?.clone();
        if present.status == Cancelled {
            return Ok(present);
        }
        let release = self.seats(&stored).release(present.status, stored.session.status.is_open());
        self.promote(&stored.session, release.promoted_before, write);
        let cancelled_at = Some(write.now.max(present.registered_at));
        let cancelled = Registration { status: Cancelled, cancelled_at, ..present.clone() };
        let before = Some(present.status);
        self.enter(&stored.session, cancelled.clone(), before, EventType::RegistrationCancelled, write);
        self.promote(&stored.session, release.promoted_after, write);
        Ok(cancelled)
    }
}

#[async_trait]
impl RegistrationRepository for MemorySessionRepository {
    async fn register(
        &self,
        scope: &BrandScope,
        session: Uuid,
        fresh_id: Uuid,
        write: &Write,
    ) -> Result<Keyed<Registered>, RegisterError> {
        let mut rows = self.write();
        if let Some(kept) = rows.kept_for(write) {
            return Ok(Keyed::Kept(kept));
        }
        let registered = rows.register(scope, session, fresh_id, write)?;
        rows.keep(write, || Outcome::Registration(registered.clone()));
        Ok(Keyed::Done(registered))
    }

    async fn cancel(
        &self,
        scope: &BrandScope,
        session: Uuid,
        write: &Write,
    ) -> Result<PlacedRegistration, CancelError> {
        let registration = self.write().cancel(scope, session, write)?;
        Ok(PlacedRegistration { registration, position: None })
    }

    async fn latest(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        session: Uuid,
    ) -> Result<Option<PlacedRegistration>, StoreError> {
        let rows = self.read();
        let found = rows.found(scope, session).and_then(|_| rows.latest(session, viewer));
        Ok(found.map(|registration| rows.placed(registration.clone())))
    }

    async fn line(
        &self,
        session: Uuid,
        scan: &LineScan,
        size: PageSize,
    ) -> Result<Page<Registration, LineScan>, StoreError> {
        let rows = self.read();
        let mut found: Vec<&Registration> =
            rows.registrations_of(session).filter(|registration| scan.admits(registration)).collect();
        found.sort_by_key(|registration| registration.place());
        let listed = found.into_iter().take(size.with_lookahead()).cloned().collect();
        Ok(Page::from_rows(listed, size, |last: &Registration| scan.clone().resumed_after(last.place())))
    }
}
