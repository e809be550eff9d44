//! Registering for sessions, and seeing who did.

use std::sync::Arc;

use uuid::Uuid;

use crate::authority::Editor;
use crate::clock::{Clock, IdSource};
use crate::error::{CancelError, EditError, FindError, RegisterError};
use crate::idempotency::{Answer, Kept, Keyed, Outcome, Registered, RequestKey};
use crate::listing::{Page, PageSize};
use crate::registration::{LineScan, PlacedRegistration, Registration};
use crate::repository::{RegistrationRepository, SessionRepository, Write};
use crate::viewer::{BrandScope, Viewer};

/// Registers people for sessions.
#[derive(Clone)]
pub struct SessionRegistrations {
    sessions: Arc<dyn SessionRepository>,
    registrations: Arc<dyn RegistrationRepository>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
}

impl SessionRegistrations {
    /// The use case over a store, a clock and a source of ids.
    pub fn new(
        sessions: Arc<dyn SessionRepository>,
        registrations: Arc<dyn RegistrationRepository>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
    ) -> Self {
        Self { sessions, registrations, clock, ids }
    }

    /// Registers the viewer: for a seat, or for a place in the line when all are taken. Who is registered or waits
    /// already stays so.
    ///
    /// # Errors
    ///
    /// [`RegisterError::KeyReused`], then [`RegisterError::NotFound`], then [`RegisterError::Closed`].
    pub async fn register(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        session: Uuid,
        key: Option<RequestKey>,
    ) -> Result<Answer<Registered>, RegisterError> {
        let write = Write { viewer: viewer.clone(), now: self.clock.now(), key };
        match self.registrations.register(scope, session, self.ids.fresh(), &write).await? {
            Keyed::Done(value) => Ok(Answer { value, replayed: false }),
            Keyed::Kept(kept) => self.replay(scope, &write, kept).await,
        }
    }

    /// Gives a kept answer to the same request, if the viewer could still read the session.
    async fn replay(&self, scope: &BrandScope, write: &Write, kept: Kept) -> Result<Answer<Registered>, RegisterError> {
        if !kept.answers(write.key.as_ref()) {
            return Err(RegisterError::KeyReused);
        }
        let Outcome::Registration(registered) = kept.outcome else { return Err(RegisterError::KeyReused) };
        let session = registered.registration.registration.session_id;
        let readable = self.sessions.find(scope, &write.viewer, session).await?;
        readable.ok_or(RegisterError::NotFound)?;
        Ok(Answer { value: registered, replayed: true })
    }

    /// Cancels the viewer's registration, in any state of the session.
    ///
    /// # Errors
    ///
    /// [`CancelError::NotFound`] for who never registered.
    pub async fn cancel(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        session: Uuid,
    ) -> Result<PlacedRegistration, CancelError> {
        let write = Write { viewer: viewer.clone(), now: self.clock.now(), key: None };
        self.registrations.cancel(scope, session, &write).await
    }

    /// The viewer's latest registration for a session.
    ///
    /// # Errors
    ///
    /// [`FindError::NotFound`] for who never registered, or when no such session exists for them.
    pub async fn latest(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        session: Uuid,
    ) -> Result<PlacedRegistration, FindError> {
        self.registrations.latest(scope, viewer, session).await?.ok_or(FindError::NotFound)
    }

    /// A page of the registrations of a session that the editor may change.
    ///
    /// # Errors
    ///
    /// [`EditError::NotFound`], then [`EditError::NotOwner`].
    pub async fn line(
        &self,
        editor: &Editor,
        session: Uuid,
        scan: &LineScan,
        size: PageSize,
    ) -> Result<Page<Registration, LineScan>, EditError> {
        let found = self.sessions.find(&editor.scope, &editor.viewer, session).await?;
        if !editor.may_change(&found.ok_or(EditError::NotFound)?.session) {
            return Err(EditError::NotOwner);
        }
        Ok(self.registrations.line(session, scan, size).await?)
    }
}

#[cfg(test)]
mod tests;
