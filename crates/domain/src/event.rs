//! The history: one event for every change, to be followed without missing any.

use std::str::FromStr;

use async_trait::async_trait;
use uuid::Uuid;

use crate::error::StoreError;
use crate::listing::Variants;
use crate::registration::RegistrationStatus;
use crate::session::{Session, SessionVersion, UnknownName, named};
use crate::text::{BrandId, Subject};
use crate::timestamp::Timestamp;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// A session was created.
    SessionCreated,
    /// Members of a session were edited.
    SessionUpdated,
    /// A session began.
    SessionStarted,
    /// A session ended.
    SessionEnded,
    /// A session was called off.
    SessionCancelled,
    /// A session was created or replaced by an import.
    SessionImported,
    /// Somebody got a seat.
    RegistrationRegistered,
    /// Somebody got a place in the line.
    RegistrationWaitlisted,
    /// Somebody moved from the line to a seat.
    RegistrationPromoted,
    /// Somebody gave up their seat or place.
    RegistrationCancelled,
    /// A registration was created or replaced by an import.
    RegistrationImported,
}

impl EventType {
    /// The name of the type in every store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionCreated => "session.created",
            Self::SessionUpdated => "session.updated",
            Self::SessionStarted => "session.started",
            Self::SessionEnded => "session.ended",
            Self::SessionCancelled => "session.cancelled",
            Self::SessionImported => "session.imported",
            Self::RegistrationRegistered => "registration.registered",
            Self::RegistrationWaitlisted => "registration.waitlisted",
            Self::RegistrationPromoted => "registration.promoted",
            Self::RegistrationCancelled => "registration.cancelled",
            Self::RegistrationImported => "registration.imported",
        }
    }
}

impl Variants for EventType {
    const ALL: &'static [Self] = &[
        Self::SessionCreated,
        Self::SessionUpdated,
        Self::SessionStarted,
        Self::SessionEnded,
        Self::SessionCancelled,
        Self::SessionImported,
        Self::RegistrationRegistered,
        Self::RegistrationWaitlisted,
        Self::RegistrationPromoted,
        Self::RegistrationCancelled,
        Self::RegistrationImported,
    ];
}

impl FromStr for EventType {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        named(text, Self::as_str)
    }
}

/// Who changed something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A person, by the subject of their token.
    Person(Subject),
    /// An import.
    Import,
    /// Whoever operates the store had the counters of a session mended. The session is as it was.
    Doctor,
}

impl Actor {
    /// The subject, `import` or `doctor`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Person(subject) => subject.as_str(),
            Self::Import => "import",
            Self::Doctor => "doctor",
        }
    }
}

/// What an event is about, and how it was before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventSubject {
    /// A session.
    Session {
        /// How it was; none: it was created.
        before: Option<Box<Session>>,
        /// How it is.
        after: Box<Session>,
        /// Its version after the change.
        version: SessionVersion,
    },
    /// A registration.
    Registration {
        /// Names it.
        id: Uuid,
        /// The person.
        user_id: Subject,
        /// Where it stood; none: it was created.
        before: Option<RegistrationStatus>,
        /// Where it stands.
        after: RegistrationStatus,
    },
}

/// A change that was made.
///
/// Whether a session enters, leaves or changes within any filter can be told from an event alone: the filter and the brand
/// scope are asked about the session before and after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Names it: a UUID of version 7.
    pub id: Uuid,
    /// What happened.
    pub event_type: EventType,
    /// The session it happened to.
    pub session_id: Uuid,
    /// The brand of that session, after the change.
    pub brand_id: BrandId,
    /// Who did it.
    pub actor: Actor,
    /// When, by the clock of who did it.
    pub at: Timestamp,
    /// What it was done to.
    pub subject: EventSubject,
}

/// A place in the history; those that come later are greater.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventPosition(pub u64);

/// An event and its place in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEvent {
    /// Its place.
    pub position: EventPosition,
    /// The event.
    pub event: Event,
}

/// The history of a store: one event in the transaction of every change. Only its oldest part is ever deleted, and only
/// [forgetting](crate::PersonRepository) a person changes what is there.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait HistoryRepository: Send + Sync {
    /// The next events after a place, at most so many, in the order of their places. None of them: nothing new yet.
    ///
    /// A reader who goes on from the last place meets every event exactly once: none that is committed later than others
    /// gets an earlier place. The events of one session come in the order in which they happened.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer.
    async fn events(&self, after: Option<EventPosition>, most: usize) -> Result<Vec<RecordedEvent>, StoreError>;

    /// Deletes some of the events that happened before an instant, few enough to hold up nobody, and says how many. None:
    /// there are no more, or somebody else is at it.
    ///
    /// They go in the order of their places, up to the first event that did not happen before the instant. Nobody's place
    /// moves, and none is given twice: a reader meets what is left exactly once.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not do it.
    async fn delete_before(&self, instant: Timestamp) -> Result<u64, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exact() {
        assert_eq!("registration.promoted".parse(), Ok(EventType::RegistrationPromoted));
        for event_type in EventType::ALL {
            assert_eq!(event_type.as_str().parse(), Ok(*event_type));
        }
    }
}
