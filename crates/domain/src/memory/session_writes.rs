//! Sessions into the reference store.

use async_trait::async_trait;

use super::{MemorySessionRepository, Rows, Stored};
use crate::error::{ReplaceError, StoreError};
use crate::event::{Actor, EventSubject, EventType};
use crate::idempotency::{Keyed, Outcome};
use crate::repository::{Replacement, SessionWriter, Write};
use crate::session::{ListedSession, Session};

impl Rows {
    /// Puts the session in, records the event and returns the session as the writer sees it.
    fn put(&mut self, stored: Stored, before: Option<Session>, event_type: EventType, write: &Write) {
        let subject = EventSubject::Session {
            before: before.map(Box::new),
            after: Box::new(stored.session.clone()),
            version: stored.version,
        };
        let actor = Actor::Person(write.viewer.subject().clone());
        self.record(&stored.session, event_type, actor, write.now, subject);
        self.sessions.insert(stored.session.id, stored);
    }
}

#[async_trait]
impl SessionWriter for MemorySessionRepository {
    async fn create(&self, session: &Session, write: &Write) -> Result<Keyed<ListedSession>, StoreError> {
        let mut rows = self.write();
        if let Some(kept) = rows.kept_for(write) {
            return Ok(Keyed::Kept(kept));
        }
        let stored = Stored::first(session.clone());
        rows.put(stored.clone(), None, EventType::SessionCreated, write);
        let session = rows.listed(&stored, &write.viewer);
        rows.keep(write, || Outcome::Session { session: session.clone(), created: true });
        Ok(Keyed::Done(session))
    }

    async fn replace(&self, replacement: &Replacement, write: &Write) -> Result<Keyed<ListedSession>, ReplaceError> {
        let Replacement { before, version, after, event_type } = replacement;
        let mut rows = self.write();
        if let Some(kept) = rows.kept_for(write) {
            return Ok(Keyed::Kept(kept));
        }
        let present = rows.sessions.get(&before.id).filter(|present| present.version == *version);
        let mut stored = present.ok_or(ReplaceError::Stale)?.clone();
        if after != before {
            let mut seats = rows.seats(&stored);
            let resized = after.max_participants != before.max_participants;
            let promoted = if resized { seats.resize(after.max_participants)? } else { 0 };
            stored = Stored { session: after.clone(), version: version.next(), ..stored };
            rows.put(stored.clone(), Some(before.clone()), *event_type, write);
            rows.promote(&stored.session, promoted, write);
        }
        let session = rows.listed(&stored, &write.viewer);
        rows.keep(write, || Outcome::Session { session: session.clone(), created: false });
        Ok(Keyed::Done(session))
    }
}
