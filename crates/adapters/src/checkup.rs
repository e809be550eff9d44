//! The port that examines a store for those who operate it.

pub(crate) mod rules;

use std::fmt;

use async_trait::async_trait;
use live_domain::{Seats, StoreError, Timestamp};
use uuid::Uuid;

/// What was found out about one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What was looked at: a word that scripts can rely on.
    pub check: &'static str,
    /// What is so.
    pub text: String,
    /// What to think of it.
    pub verdict: Verdict,
}

/// What to think of what was found. Nothing is found fault with that nobody can say how to mend.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Well,
    /// It works, but should be looked at.
    Doubtful {
        /// How to mend it.
        remedy: String,
    },
    /// It does not work, or not for long.
    Wrong {
        /// How to mend it.
        remedy: String,
    },
}

impl Checked {
    /// All is well.
    pub fn well(check: &'static str, text: impl Into<String>) -> Self {
        Self { check, text: text.into(), verdict: Verdict::Well }
    }

    /// Something should be looked at.
    pub fn doubtful(check: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, text: text.into(), verdict: Verdict::Doubtful { remedy: remedy.into() } }
    }

    /// Something is wrong.
    pub fn wrong(check: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, text: text.into(), verdict: Verdict::Wrong { remedy: remedy.into() } }
    }
}

/// The store cannot be examined, as it cannot be reached.
#[derive(Debug)]
pub struct Unreachable {
    /// Why.
    pub error: StoreError,
    /// How to mend it.
    pub remedy: String,
}

/// What a session's row says of its registrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counters {
    /// How many hold a seat.
    pub registered: u32,
    /// How many wait for one.
    pub waiting: u32,
}

impl Counters {
    /// Those that are kept.
    pub(crate) fn of(seats: &Seats) -> Self {
        Self { registered: seats.registered, waiting: seats.waiting }
    }

    /// Those that were counted: how many hold a seat, and how many wait.
    pub(crate) fn counted((registered, waiting): (i64, i64)) -> Self {
        let people = |count: i64| u32::try_from(count).unwrap_or(u32::MAX);
        Self { registered: people(registered), waiting: people(waiting) }
    }
}

impl fmt::Display for Counters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "registered_count {}, waiting_count {}", self.registered, self.waiting)
    }
}

/// What came of mending the counters of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mending {
    /// They were wrong, and are right now.
    Mended {
        /// As they were.
        before: Counters,
        /// As they are.
        after: Counters,
    },
    /// They are right, or there is no such session any more.
    Right,
    /// More hold a seat than there are: no counter may say so. Nothing was changed.
    Oversold,
}

/// Examines a store for those who operate it. Only [`Checkup::mend`] changes anything.
#[async_trait]
pub trait Checkup: Send + Sync {
    /// Connects, and examines the server, its settings and what the service may do there; `migrates`: the service is to
    /// bring the schema up itself.
    ///
    /// # Errors
    ///
    /// [`Unreachable`] when nothing can be examined.
    async fn server(&self, migrates: bool) -> Result<Vec<Checked>, Unreachable>;

    /// What time it is by the clock of the store; none: that is the clock of this machine.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer before the deadline of requests.
    async fn clock(&self) -> Result<Option<Timestamp>, StoreError>;

    /// The versions of the migrations that were run and that this version does not know.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be reached or fails.
    async fn unknown_migrations(&self) -> Result<Vec<String>, StoreError>;

    /// Examines what must always hold in the data, all of it as it was at one moment: who writes meanwhile is not
    /// disturbed, and makes nothing look wrong. It has no deadline, and takes memory that does not grow with the data.
    ///
    /// # Errors
    ///
    /// As for [`Checkup::unknown_migrations`].
    async fn data(&self, now: Timestamp) -> Result<Vec<Checked>, StoreError>;

    /// The first sessions, by id, after that one whose counters differ from their registrations: at most 100.
    ///
    /// # Errors
    ///
    /// As for [`Checkup::unknown_migrations`].
    async fn miscounted(&self, after: Option<Uuid>) -> Result<Vec<Uuid>, StoreError>;

    /// Counts the registrations of a session while nobody can register, and sets its counters right. The change is an
    /// event of the history, of type `session.updated`, whose snapshots hold the counters besides; neither the version
    /// nor `updated_at` moves, as with a registration. A line beside free seats stays as it is, as after an import.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not do it.
    async fn mend(&self, session: Uuid, now: Timestamp) -> Result<Mending, StoreError>;
}
