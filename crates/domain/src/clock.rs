//! The time, and new ids, as ports: no rule and no test waits for the one or guesses the other.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::timestamp::Timestamp;

/// Tells the time.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Clock: Send + Sync {
    /// The present instant.
    fn now(&self) -> Timestamp;
}

/// The clock of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the machine's clock is read")]
    fn now(&self) -> Timestamp {
        Timestamp::clamped(OffsetDateTime::now_utc())
    }
}

/// Makes ids that nothing else has.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait IdSource: Send + Sync {
    /// A new id.
    fn fresh(&self) -> Uuid;
}

/// UUIDs of version 7: random, and in the order of the time.
#[derive(Debug, Clone, Copy, Default)]
pub struct TimeOrderedIds;

impl IdSource for TimeOrderedIds {
    fn fresh(&self) -> Uuid {
        Uuid::now_v7()
    }
}
