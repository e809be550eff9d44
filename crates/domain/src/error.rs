//! What can go wrong, by what a caller can do about it.

use std::error::Error;

use crate::authority::NotYours;
use crate::feed::Feed;
use crate::patch::PatchRefused;
use crate::seats::SeatsTaken;
use crate::session::SessionStatus;
use crate::transition::NotPossible;

/// The cause of a store's failure, as the store's driver tells it.
pub type Cause = Box<dyn Error + Send + Sync>;

/// A store did not do what it was asked to.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached, or did not answer in time: the same request may succeed later.
    #[error("the store is unavailable")]
    Unavailable(#[source] Cause),
    /// It answered with a failure that trying again does not mend.
    #[error("the store failed")]
    Failed(#[source] Cause),
}

/// Why sessions were not listed.
#[derive(Debug, thiserror::Error)]
pub enum ListSessionsError {
    /// The filter names a brand outside the caller's scope.
    #[error("the brand is outside the caller's scope")]
    BrandOutOfScope,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a session was not replaced.
#[derive(Debug, thiserror::Error)]
pub enum ReplaceError {
    /// It is in another version by now, or gone.
    #[error("the session was changed meanwhile")]
    Stale,
    /// More are registered than there would be seats.
    #[error(transparent)]
    SeatsTaken(#[from] SeatsTaken),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a person was not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// There is no such session, or none that exists for the caller.
    #[error("there is no such session")]
    NotFound,
    /// The session has ended or is cancelled.
    #[error("the session is {}: nobody can register any more", .status.as_str())]
    Closed {
        /// Where it stands.
        status: SessionStatus,
    },
    /// The key was used with another request.
    #[error("the idempotency key was used with another request")]
    KeyReused,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a registration was not cancelled, or not found.
#[derive(Debug, thiserror::Error)]
pub enum CancelError {
    /// There is no such session for the caller, or the caller never registered for it.
    #[error("there is no such registration")]
    NotFound,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a session, or something of it, was not found.
#[derive(Debug, thiserror::Error)]
pub enum FindError {
    /// There is none, or none that exists for the caller.
    #[error("there is no such thing")]
    NotFound,
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a calendar feed was not made. They are judged in this order, but that the store may fail at any time.
#[derive(Debug, thiserror::Error)]
pub enum CreateFeedError {
    /// The filter names a brand outside the caller's scope.
    #[error("the brand is outside the caller's scope")]
    BrandOutOfScope,
    /// The key was used with another request.
    #[error("the idempotency key was used with another request")]
    KeyReused,
    /// The feed that was made with the key is none for the caller by now.
    #[error("there is no such feed any more")]
    NotFound,
    /// The caller has as many feeds as anybody may have.
    #[error("you have {} calendar feeds: revoke one, or wait until one expires", Feed::MOST_OF_ONE_OWNER)]
    TooMany,
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a session was not created or changed, or its registrations not shown. They are judged in this order, but that the
/// store may fail at any time.
#[derive(Debug, thiserror::Error)]
pub enum EditError {
    /// The host or brand of a new session is not the caller's to use.
    #[error(transparent)]
    NotYours(#[from] NotYours),
    /// The key was used with another request.
    #[error("the idempotency key was used with another request")]
    KeyReused,
    /// There is no such session, or none that exists for the caller.
    #[error("there is no such session")]
    NotFound,
    /// The session is somebody else's.
    #[error("the session is somebody else's")]
    NotOwner,
    /// It is in another version than the caller expects.
    #[error("the session is in another version by now")]
    OtherVersion,
    /// Its life does not go that way.
    #[error(transparent)]
    NotPossible(#[from] NotPossible),
    /// It does not take the edit.
    #[error(transparent)]
    Refused(#[from] PatchRefused),
    /// More are registered than there would be seats.
    #[error(transparent)]
    SeatsTaken(#[from] SeatsTaken),
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
