//! Whole stores in and out: the ports behind import and export.

use async_trait::async_trait;
use uuid::Uuid;

use crate::error::StoreError;
use crate::registration::{Registration, RegistrationStatus};
use crate::session::Session;
use crate::text::Subject;
use crate::timestamp::Timestamp;

/// A value and the number of the line that it stood in, the first being 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line<T> {
    /// The number of the line.
    pub number: u64,
    /// What it says.
    pub value: T,
}

/// A session to import. It replaces the session of its id whole, but for `created_at`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionLine {
    session: Session,
    updated_at_given: bool,
}

impl SessionLine {
    /// Checks what one line can tell. `updated_at_given` says whether the line named `updated_at`; one that was not
    /// named is no change by itself.
    ///
    /// # Errors
    ///
    /// [`BadLine::EndedBeforeStarted`].
    pub fn new(session: Session, updated_at_given: bool) -> Result<Self, BadLine> {
        match (session.started_at, session.ended_at) {
            (Some(started), Some(ended)) if ended < started => Err(BadLine::EndedBeforeStarted),
            _ => Ok(Self { session, updated_at_given }),
        }
    }

    /// The session as it is to be.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Whether the line named `updated_at`.
    #[must_use]
    pub fn updated_at_given(&self) -> bool {
        self.updated_at_given
    }
}

/// A registration to import. It replaces the one of its session and person whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationLine {
    session_id: Uuid,
    user_id: Subject,
    status: RegistrationStatus,
    id: Option<Uuid>,
    fresh_id: Uuid,
    registered_at: Option<Timestamp>,
    cancelled_at: Option<Timestamp>,
}

impl RegistrationLine {
    /// A registration in that state. What is not given of an existing one stays as it is; a new one gets `fresh_id`
    /// and an instant after those of its session.
    #[must_use]
    pub fn new(session_id: Uuid, user_id: Subject, status: RegistrationStatus, fresh_id: Uuid) -> Self {
        Self { session_id, user_id, status, id: None, fresh_id, registered_at: None, cancelled_at: None }
    }

    /// With this id.
    #[must_use]
    pub fn with_id(self, id: Uuid) -> Self {
        Self { id: Some(id), ..self }
    }

    /// Registered at that instant.
    ///
    /// # Errors
    ///
    /// [`BadLine::RegisteredInTheFuture`] past `now`.
    pub fn with_registered_at(self, registered_at: Timestamp, now: Timestamp) -> Result<Self, BadLine> {
        if registered_at > now {
            return Err(BadLine::RegisteredInTheFuture);
        }
        Ok(Self { registered_at: Some(registered_at), ..self })
    }

    /// Cancelled at that instant; a cancelled registration without one was cancelled when it was registered.
    ///
    /// # Errors
    ///
    /// [`BadLine::CancelledAtWithoutCancelling`] in any other state than cancelled.
    pub fn with_cancelled_at(self, cancelled_at: Timestamp) -> Result<Self, BadLine> {
        if self.status != RegistrationStatus::Cancelled {
            return Err(BadLine::CancelledAtWithoutCancelling);
        }
        Ok(Self { cancelled_at: Some(cancelled_at), ..self })
    }

    /// The session.
    #[must_use]
    pub fn session_id(&self) -> Uuid {
        self.session_id
    }

    /// The person.
    #[must_use]
    pub fn user_id(&self) -> &Subject {
        &self.user_id
    }

    /// The state.
    #[must_use]
    pub fn status(&self) -> RegistrationStatus {
        self.status
    }

    /// The id, where the line names one.
    #[must_use]
    pub fn id(&self) -> Option<Uuid> {
        self.id
    }

    /// The id of a registration that is new and whose line names none.
    #[must_use]
    pub fn fresh_id(&self) -> Uuid {
        self.fresh_id
    }

    /// When the person registered, where the line says so.
    #[must_use]
    pub fn registered_at(&self) -> Option<Timestamp> {
        self.registered_at
    }

    /// When the person cancelled, where the line says so.
    #[must_use]
    pub fn cancelled_at(&self) -> Option<Timestamp> {
        self.cancelled_at
    }
}

/// Why a line cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadLine {
    /// An earlier line has the same key.
    #[error("the key of this line stands in line {first} already")]
    RepeatedKey {
        /// The earlier line.
        first: u64,
    },
    /// The id belongs to a registration of another session or person.
    #[error("the id of this line belongs to another registration")]
    IdTaken,
    /// The session is not there.
    #[error("there is no session {0}: import the sessions first")]
    UnknownSession(Uuid),
    /// `registered_at` lies in the future.
    #[error("registered_at must not be in the future")]
    RegisteredInTheFuture,
    /// `cancelled_at` of a registration that is not cancelled.
    #[error("cancelled_at goes with the status cancelled alone")]
    CancelledAtWithoutCancelling,
    /// `ended_at` lies before `started_at`.
    #[error("ended_at must not be before started_at")]
    EndedBeforeStarted,
    /// With the whole file in, a session has more registrations in force than seats.
    #[error("the session would have {registered} registrations in force and only {seats} seats")]
    Oversold {
        /// Registrations in force.
        registered: u64,
        /// Seats.
        seats: u32,
    },
}

/// Why an import did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A line is bad.
    #[error("line {number}: {reason}")]
    BadLine {
        /// The number of the line.
        number: u64,
        /// What is wrong with it.
        reason: BadLine,
    },
    /// The store did not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    /// Rows that were not there before.
    pub created: u64,
    /// Rows that were there and are different now.
    pub changed: u64,
    /// Rows that were there and are as the line says: nothing was written.
    pub unchanged: u64,
}

/// An import under way. Dropped before [`Import::apply`], it has done nothing.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Import<T: Send + 'static>: Send {
    /// Takes the next lines, in the order of their numbers, in constant memory and without a lock on any row that
    /// serving needs.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not take them.
    async fn stage(&mut self, lines: Vec<Line<T>>) -> Result<(), StoreError>;

    /// Checks the lines as a whole, then does what all of them say, in one transaction.
    ///
    /// # Errors
    ///
    /// [`ImportError::BadLine`]. Repeated keys and unknown sessions are looked for first, then ids that are taken, then
    /// seats; of what is found, the first line in the order of the file is named. Nothing was written after any error.
    async fn apply(self: Box<Self>) -> Result<Imported, ImportError>;
}

/// An export under way: the store as it was when the export began.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Export<T: Send + 'static>: Send {
    /// The next rows, in the order of their keys; none of them: the end.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store fails.
    async fn next(&mut self) -> Result<Vec<T>, StoreError>;
}

/// Takes in and gives out whole stores.
///
/// Sessions: a line creates the session of its id, or replaces it whole but for `created_at`; one that changes nothing
/// writes nothing. A session with more registrations in force than the line has seats is [`BadLine::Oversold`].
///
/// Every row that is created or changed is one event of the history, `imported`. A changed session's version moves; a
/// registration moves none.
///
/// Registrations: a line creates the registration of its session and person, or replaces it; an id and a
/// `registered_at` that are not given stay as they are, or become the fresh id and an instant from `now` on that is
/// later than every other that anybody of the session ever had, rising in the order of the lines. No import promotes from a waitlist.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait BulkRepository: Send + Sync {
    /// Begins an import of sessions; what it writes was written `now`, says the history.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be reached.
    async fn import_sessions(&self, now: Timestamp) -> Result<Box<dyn Import<SessionLine>>, StoreError>;

    /// Begins an import of registrations.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be reached.
    async fn import_registrations(&self, now: Timestamp) -> Result<Box<dyn Import<RegistrationLine>>, StoreError>;

    /// Begins an export of sessions.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be reached.
    async fn export_sessions(&self) -> Result<Box<dyn Export<Session>>, StoreError>;

    /// Begins an export of registrations.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be reached.
    async fn export_registrations(&self) -> Result<Box<dyn Export<Registration>>, StoreError>;
}
