//! How busy a store is, and how often it failed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What kind of failure a store met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// No connection could be made.
    Connect,
    /// It did not answer in time.
    Deadline,
    /// A connection broke, or the server ended it.
    Lost,
    /// What a connection knew of the server is no longer true: a prepared plan, or that it takes writes.
    Stale,
    /// The work was undone for the sake of other work: a deadlock, a serialization failure, a lock that was not to be had.
    Conflict,
    /// The server, or the machine that the store is on, is short of something: memory, connections, disk.
    Resources,
    /// A statement was refused for a reason that does not pass.
    Statement,
    /// What is stored cannot be read, or what is to be stored not written.
    Data,
    /// The work was broken off on our side.
    Internal,
}

impl FailureKind {
    /// Each of them.
    pub const ALL: [Self; 9] = [
        Self::Connect,
        Self::Deadline,
        Self::Lost,
        Self::Stale,
        Self::Conflict,
        Self::Resources,
        Self::Statement,
        Self::Data,
        Self::Internal,
    ];

    /// Its name, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Deadline => "deadline",
            Self::Lost => "lost",
            Self::Stale => "stale",
            Self::Conflict => "conflict",
            Self::Resources => "resources",
            Self::Statement => "statement",
            Self::Data => "data",
            Self::Internal => "internal",
        }
    }

    /// Whether the same request may succeed later.
    pub(crate) fn passes(self) -> bool {
        match self {
            Self::Connect | Self::Deadline | Self::Lost | Self::Stale | Self::Conflict | Self::Resources => true,
            Self::Statement | Self::Data | Self::Internal => false,
        }
    }
}

/// How a store is used at this moment, and how often it failed since it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreReading {
    /// How many connections requests share at most.
    pub pool_max: usize,
    /// How many of them are open.
    pub pool_open: usize,
    /// How many of those that are open nobody uses.
    pub pool_idle: usize,
    /// How many requests wait for a connection, one that is being opened included.
    pub pool_waiting: usize,
    /// How often work of requests failed, by kind, each kind once. Work that was tried again and succeeded counts with the
    /// failure before it.
    pub failures: Vec<(FailureKind, u64)>,
    /// The servers that lists are read from, where there are several.
    pub replicas: Option<ReplicaReading>,
}

impl StoreReading {
    /// With the connections of another server of the same store, whose failures count with its own.
    pub(crate) fn with_pool_of(self, other: &Self) -> Self {
        Self {
            pool_max: self.pool_max + other.pool_max,
            pool_open: self.pool_open + other.pool_open,
            pool_idle: self.pool_idle + other.pool_idle,
            pool_waiting: self.pool_waiting + other.pool_waiting,
            ..self
        }
    }
}

/// From where lists are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplicaReading {
    /// The primary: its host and port.
    pub primary: String,
    /// How many lists were read from the primary.
    pub lists_of_primary: u64,
    /// The standbys.
    pub standbys: Vec<StandbyReading>,
}

/// How a standby does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandbyReading {
    /// Its host and port.
    pub server: String,
    /// By how much it is behind the primary at most; none: it does not answer, or is behind by more than is known.
    pub lag: Option<Duration>,
    /// Whether lists are read from it.
    pub is_read: bool,
    /// How many lists were.
    pub lists: u64,
}

/// Tells how a store is used.
pub trait StoreUsage: Send + Sync {
    /// Reads it. It asks nothing of the store.
    fn reading(&self) -> StoreReading;
}

/// The count of failures of one store. Clones count together.
#[derive(Debug, Clone)]
pub(crate) struct Failures(Arc<[(FailureKind, AtomicU64)]>);

impl Default for Failures {
    fn default() -> Self {
        Self(Arc::new(FailureKind::ALL.map(|kind| (kind, AtomicU64::new(0)))))
    }
}

impl Failures {
    /// One more.
    pub(crate) fn count(&self, kind: FailureKind) {
        for (_, count) in self.0.iter().filter(|(counted, _)| *counted == kind) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The reading of a store with such a pool.
    pub(crate) fn reading(&self, pool: deadpool::Status) -> StoreReading {
        StoreReading {
            pool_max: pool.max_size,
            pool_open: pool.size,
            pool_idle: pool.available,
            pool_waiting: pool.waiting,
            failures: self.0.iter().map(|(kind, count)| (*kind, count.load(Ordering::Relaxed))).collect(),
            replicas: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_counted_by_itself_and_named_differently() {
        let failures = Failures::default();
        for (place, kind) in FailureKind::ALL.into_iter().enumerate() {
            (0..=place).for_each(|_| failures.count(kind));
        }
        let counts = failures.reading(deadpool::Status { max_size: 1, size: 0, available: 0, waiting: 0 }).failures;
        assert_eq!(counts, FailureKind::ALL.into_iter().zip(1..).collect::<Vec<_>>());
        let names: std::collections::BTreeSet<_> = FailureKind::ALL.map(FailureKind::name).into();
        assert_eq!(names.len(), FailureKind::ALL.len());
    }
}
