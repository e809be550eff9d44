//! Forgetting people in the reference store.

use async_trait::async_trait;

use super::{MemorySessionRepository, Rows, Stored};
use crate::error::StoreError;
use crate::event::{Actor, Event, EventSubject, EventType};
use crate::feed::Feed;
use crate::forget::{Forgotten, PersonRepository};
use crate::idempotency::{Kept, Outcome, Registered};
use crate::session::Session;
use crate::text::{Pseudonym, Subject};
use crate::timestamp::Timestamp;

/// Who is to be forgotten, and what is put in their place.
struct Renaming<'a> {
    person: &'a Subject,
    pseudonym: &'a Pseudonym,
}

impl Renaming<'_> {
    /// Says whether it was the person.
    fn subject(&self, subject: &mut Subject) -> bool {
        let named = subject == self.person;
        if named {
            *subject = self.pseudonym.subject().clone();
        }
        named
    }

    fn session(&self, session: &mut Session) -> bool {
        let named = session.host_id.as_str() == self.person.as_str();
        if named {
            session.host_id = self.pseudonym.host_id().clone();
        }
        named
    }

    fn event(&self, event: &mut Event) -> bool {
        let acted = match &mut event.actor {
            Actor::Person(subject) => self.subject(subject),
            Actor::Import | Actor::Doctor => false,
        };
        let shown = match &mut event.subject {
            EventSubject::Session { before, after, .. } => {
                let before = before.as_deref_mut().is_some_and(|before| self.session(before));
                self.session(after) || before
            }
            EventSubject::Registration { user_id, .. } => self.subject(user_id),
        };
        acted || shown
    }

    fn outcome(&self, outcome: &mut Outcome) -> bool {
        match outcome {
            Outcome::Session { session, .. } => self.session(&mut session.session),
            Outcome::Registration(Registered { registration, .. }) => {
                self.subject(&mut registration.registration.user_id)
            }
            Outcome::Feed { .. } => false,
        }
    }
}

/// How many of them the change was made to.
fn count<T>(items: impl Iterator<Item = T>, change: impl FnMut(T) -> bool) -> u64 {
    let changed = items.map(change).filter(|changed| *changed).count();
    u64::try_from(changed).unwrap_or(u64::MAX)
}

impl Rows {
    fn rename_registrations(&mut self, renaming: &Renaming<'_>) -> u64 {
        let mut registrations: Vec<_> = std::mem::take(&mut self.registrations).into_values().collect();
        let renamed = count(registrations.iter_mut(), |registration| renaming.subject(&mut registration.user_id));
        let key = |registration: &crate::Registration| (registration.session_id, registration.user_id.clone());
        self.registrations = registrations.into_iter().map(|registration| (key(&registration), registration)).collect();
        renamed
    }

    fn rename_kept(&mut self, renaming: &Renaming<'_>) -> u64 {
        let mut kept: Vec<_> = std::mem::take(&mut self.kept).into_iter().collect();
        let renamed = count(kept.iter_mut(), |((owner, _), (Kept { outcome, .. }, _))| {
            let shown = renaming.outcome(outcome);
            renaming.subject(owner) || shown
        });
        self.kept = kept.into_iter().collect();
        renamed
    }

    fn rename_feeds(&mut self, renaming: &Renaming<'_>) -> u64 {
        let before = self.feeds.len();
        self.feeds.retain(|_, feed| feed.owner.subject() != renaming.person);
        let deleted = u64::try_from(before - self.feeds.len()).unwrap_or(u64::MAX);
        let hosted =
            |feed: &&mut Feed| feed.filter.host().is_some_and(|host| host.as_str() == renaming.person.as_str());
        deleted
            + count(self.feeds.values_mut().filter(hosted), |feed| {
                feed.filter = std::mem::take(&mut feed.filter).with_host(renaming.pseudonym.host_id().clone());
                true
            })
    }

    /// After the history: what it tells here is told with the pseudonym alone.
    fn rename_sessions(&mut self, renaming: &Renaming<'_>, now: Timestamp) -> u64 {
        let hosted: Vec<Stored> = self
            .sessions
            .values()
            .filter(|stored| stored.session.host_id.as_str() == renaming.person.as_str())
            .cloned()
            .collect();
        count(hosted.into_iter(), |Stored { session: mut before, version, latest }| {
            renaming.session(&mut before);
            let (after, version) = (before.clone().touched(now), version.next());
            let subject =
                EventSubject::Session { before: Some(Box::new(before)), after: Box::new(after.clone()), version };
            let actor = Actor::Person(renaming.pseudonym.subject().clone());
            self.record(&after, EventType::SessionUpdated, actor, now, subject);
            self.sessions.insert(after.id, Stored { session: after, version, latest });
            true
        })
    }
}

#[async_trait]
impl PersonRepository for MemorySessionRepository {
    async fn forget(&self, person: &Subject, pseudonym: &Pseudonym, now: Timestamp) -> Result<Forgotten, StoreError> {
        let (mut rows, renaming) = (self.write(), Renaming { person, pseudonym });
        Ok(Forgotten {
            registrations: rows.rename_registrations(&renaming),
            events: count(rows.events.iter_mut(), |event| renaming.event(event)),
            kept: rows.rename_kept(&renaming),
            feeds: rows.rename_feeds(&renaming),
            sessions: rows.rename_sessions(&renaming, now),
        })
    }
}
