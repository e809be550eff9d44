//! The ports that a store of sessions implements. What each sentence promises, the [contract suite] checks.
//!
//! [contract suite]: crate#features

use async_trait::async_trait;
use uuid::Uuid;

use crate::error::{CancelError, RegisterError, ReplaceError, StoreError};
use crate::event::EventType;
use crate::idempotency::{Keyed, Registered, RequestKey};
use crate::listing::{Page, PageSize, SessionFilter, SessionScan, StorePosition};
use crate::registration::{LineScan, PlacedRegistration, Registration};
use crate::session::{ListedSession, Session, SessionVersion};
use crate::timestamp::Timestamp;
use crate::viewer::{BrandScope, Viewer};

/// Reads sessions for viewers.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// Lists sessions.
    ///
    /// Returns the first `size` sessions, in the order of the scan, that the scope permits, the filter
    /// [matches](SessionFilter::matches) and the scan [admits](SessionScan::admits), each with its number of
    /// registrations in force and whether the viewer holds one of them.
    ///
    /// `next` is given exactly when there is a further session, and is the scan resumed after the last one returned:
    /// no page but the first is empty.
    ///
    /// The page is read in a state that is not older than what the scan has [seen](SessionScan::seen). Where the store has
    /// copies of different age, `next` has seen the state that the page was read in as well; a store of one copy need not
    /// look at it.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when the store cannot answer in time, [`StoreError::Failed`] when it fails.
    async fn list(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        filter: &SessionFilter,
        scan: SessionScan,
        size: PageSize,
    ) -> Result<Page<ListedSession, SessionScan>, StoreError>;

    /// The session of that id, as the viewer sees it. None: there is none, or none that the scope permits.
    ///
    /// # Errors
    ///
    /// As for [`SessionRepository::list`].
    async fn find(&self, scope: &BrandScope, viewer: &Viewer, id: Uuid) -> Result<Option<ListedSession>, StoreError>;
}

/// Who writes, when, and with which key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Write {
    /// The person: who the history names, whom the answer is for, and whose key it is.
    pub viewer: Viewer,
    /// When.
    pub now: Timestamp,
    /// The key of the request. The outcome is kept for it in the transaction of the effect; when something is kept for
    /// it already, since less than [`KEPT_FOR`](crate::idempotency::KEPT_FOR), nothing is done and that is returned.
    /// Of two writes at once with one key the second waits for the first.
    pub key: Option<RequestKey>,
}

/// A session that was read, and how it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replacement {
    /// As it was read.
    pub before: Session,
    /// The version that it was read in.
    pub version: SessionVersion,
    /// As it is to be; the same: only the outcome is kept for the key.
    pub after: Session,
    /// How the history calls it.
    pub event_type: EventType,
}

/// Writes sessions. Each write and its event are one transaction.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait SessionWriter: Send + Sync {
    /// Puts in a session that is new, in its first version, and records
    /// [`SessionCreated`](EventType::SessionCreated).
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not do it. After [`StoreError::Unavailable`] it may have happened.
    async fn create(&self, session: &Session, write: &Write) -> Result<Keyed<ListedSession>, StoreError>;

    /// Replaces a session that is still in the version that it was read in, moves the version, and records the event.
    /// When nothing changes, neither happens.
    ///
    /// When the capacity changes, [`Seats::resize`](crate::Seats::resize) is asked while the counter is held, and each of
    /// the first of the line who gets a seat is recorded as promoted after the change.
    ///
    /// # Errors
    ///
    /// [`ReplaceError::Stale`] when it is in another version by now, [`ReplaceError::SeatsTaken`] when more are
    /// registered than there would be seats. Nothing was written then.
    async fn replace(&self, replacement: &Replacement, write: &Write) -> Result<Keyed<ListedSession>, ReplaceError>;
}

/// Registrations: each write, the counter of its session and its events are one transaction, and what is decided is
/// decided while the counter is held.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait RegistrationRepository: Send + Sync {
    /// Registers the viewer for a session that the scope permits, as [`Seats::admit`](crate::Seats::admit) says, in the
    /// new registration `fresh_id`; promotions that come first are recorded first.
    ///
    /// Whoever holds a registration that is not cancelled keeps it, and nothing is written but the kept outcome. After
    /// cancelling, the new registration replaces the cancelled one.
    ///
    /// # Errors
    ///
    /// [`RegisterError::NotFound`], and [`RegisterError::Closed`] for everybody once the session has ended or is
    /// cancelled.
    async fn register(
        &self,
        scope: &BrandScope,
        session: Uuid,
        fresh_id: Uuid,
        write: &Write,
    ) -> Result<Keyed<Registered>, RegisterError>;

    /// Cancels the viewer's registration in any state of the session, as [`Seats::release`](crate::Seats::release) says;
    /// seats that were free before are given before it, and the one that gets free after it. One that is cancelled
    /// stays as it is. `cancelled_at` is now, and not before `registered_at`. No key is looked at.
    ///
    /// # Errors
    ///
    /// [`CancelError::NotFound`] when there is no such session in the scope, or the viewer never registered for it.
    async fn cancel(&self, scope: &BrandScope, session: Uuid, write: &Write)
    -> Result<PlacedRegistration, CancelError>;

    /// The viewer's latest registration for a session that the scope permits.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer.
    async fn latest(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        session: Uuid,
    ) -> Result<Option<PlacedRegistration>, StoreError>;

    /// The first `size` registrations of a session that the scan [admits](LineScan::admits), in the order of the line.
    /// `next` is as for [`SessionRepository::list`].
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer.
    async fn line(
        &self,
        session: Uuid,
        scan: &LineScan,
        size: PageSize,
    ) -> Result<Page<Registration, LineScan>, StoreError>;
}

/// How a store's schema compares with the one that this version works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// This version's, or newer.
    Current,
    /// Older: migrations are to be run.
    Behind,
}

/// Tells whether a store can serve.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait StoreHealth: Send + Sync {
    /// Reaches the store and compares its schema.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be reached in time or fails.
    async fn schema_state(&self) -> Result<SchemaState, StoreError>;
}

/// Tells how far a store has come, so that somebody who has written can ask for a list that shows it.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait StoreProgress: Send + Sync {
    /// A position that the store comes to with everything that was committed before it is asked.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer.
    async fn position(&self) -> Result<StorePosition, StoreError>;

    /// Whether the store has not come to that position, so that nobody can have been told it. False also where that cannot
    /// be known now. The store is asked only when what is known of it does not settle it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer.
    async fn is_ahead(&self, position: StorePosition) -> Result<bool, StoreError>;
}
