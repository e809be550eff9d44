//! Forgetting a person: a pseudonym takes the place of their name.

use async_trait::async_trait;

use crate::error::StoreError;
use crate::text::{Pseudonym, Subject};
use crate::timestamp::Timestamp;

/// How often a person was named before they were forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Sessions that the person hosts.
    pub sessions: u64,
    /// Registrations of the person.
    pub registrations: u64,
    /// Events of the history.
    pub events: u64,
    /// Kept answers.
    pub kept: u64,
    /// Calendar feeds: the person's own, and those of the sessions that the person hosts.
    pub feeds: u64,
}

/// Forgets people.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PersonRepository: Send + Sync {
    /// Puts the pseudonym in the place of a person wherever a store names one: as the host of sessions and the owner of
    /// registrations; in the history as who did something, whose registration it is and who hosts the sessions that it
    /// shows; in kept answers as whose they are and who hosts or is registered in them; in calendar feeds as whose sessions they
    /// hold. Feeds of the person's own are deleted: nobody is left to revoke them. Text that people write, such as
    /// titles and metadata, is not looked at. Nothing else changes: no order, no place, no counter, and no other person.
    ///
    /// A session that has another host thereby is a changed session: its version moves and
    /// [`updated_at`](crate::Session::touched) with it, so that no edit that was decided before brings the name back, and
    /// the pseudonym [updates](crate::EventType::SessionUpdated) it in the history, so that readers learn of it. No event
    /// names both the person and the pseudonym.
    ///
    /// It is done as a whole or not at all. What the person does meanwhile is done before it, and all of it is renamed,
    /// or after it, as by somebody who comes for the first time. Nothing to forget: nothing is written.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not do it. After [`StoreError::Unavailable`] it may have happened; doing it
    /// again does no harm.
    async fn forget(&self, person: &Subject, pseudonym: &Pseudonym, now: Timestamp) -> Result<Forgotten, StoreError>;
}
