//! In which order sessions are listed, and the place to go on from.

use std::cmp::Ordering;

use time::Duration;
use uuid::Uuid;

use super::filter::SessionFilter;
use crate::session::{Session, SessionStatus};
use crate::timestamp::Timestamp;

/// The place of a session in a list: by `scheduled_at`, then by the 16 bytes of its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// When the session is to begin.
    pub scheduled_at: Timestamp,
    /// Its id, which tells apart what begins at the same instant.
    pub id: Uuid,
}

/// How long after its time a session that nobody started still counts as upcoming: by default 30 minutes.
///
/// A late host does not make a session vanish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UpcomingGrace(Duration);

impl UpcomingGrace {
    /// So many minutes.
    #[must_use]
    pub fn minutes(minutes: u32) -> Self {
        Self(Duration::minutes(i64::from(minutes)))
    }

    /// The earliest time of a scheduled session that is still upcoming `now`.
    #[must_use]
    pub fn since(self, now: Timestamp) -> Timestamp {
        now.earlier_by(self.0)
    }
}

impl Default for UpcomingGrace {
    fn default() -> Self {
        Self::minutes(30)
    }
}

/// What a list is ordered by, and whether it is of upcoming sessions alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SessionOrder {
    /// Latest `scheduled_at` first.
    Newest,
    /// Earliest `scheduled_at` first.
    Chronological,
    /// Earliest first, and only what is live, or scheduled and not overdue by more than the grace.
    Upcoming,
}

impl SessionOrder {
    /// The order of a list: upcoming sessions and those of a month come as a calendar shows them, others latest first.
    #[must_use]
    pub fn of(filter: &SessionFilter, upcoming: bool) -> Self {
        if upcoming {
            Self::Upcoming
        } else if filter.month().is_some() {
            Self::Chronological
        } else {
            Self::Newest
        }
    }
}

/// An order, and what it depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScanOrder {
    /// Latest first.
    Newest,
    /// Earliest first.
    Chronological,
    /// Earliest first, upcoming ones alone.
    Upcoming {
        /// What a scheduled session must not lie before. It stays the same on every page of a walk.
        since: Timestamp,
    },
}

/// How far a store has come, in a count of its own that never falls while it loses nothing.
///
/// It means something where a store has several copies of different age: a copy that has come to a position shows everything
/// that was committed before the position was taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StorePosition(u64);

impl StorePosition {
    /// The position that every store has come to: the only one of a store of one copy.
    pub const ORIGIN: Self = Self(0);

    /// The position of that number.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }
}

/// An order together with the place to resume in it, and with what whoever walks has seen of the store: one value, so that a
/// page and the next one cannot disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionScan {
    /// The order.
    pub order: ScanOrder,
    /// The last session already met; none: the walk begins.
    pub after: Option<Position>,
    /// What has been seen of the store: no older state is to be shown. None: nothing.
    pub seen: Option<StorePosition>,
}

impl SessionScan {
    /// The beginning of a list in that order; what is upcoming is judged `since` that instant.
    #[must_use]
    pub fn beginning(order: SessionOrder, since: Timestamp) -> Self {
        let order = match order {
            SessionOrder::Newest => ScanOrder::Newest,
            SessionOrder::Chronological => ScanOrder::Chronological,
            SessionOrder::Upcoming => ScanOrder::Upcoming { since },
        };
        Self { order, after: None, seen: None }
    }

    /// The same scan, to go on after this place.
    #[must_use]
    pub fn resumed_after(self, place: Position) -> Self {
        Self { after: Some(place), ..self }
    }

    /// The same scan by somebody who has seen this as well: of two positions the later counts.
    #[must_use]
    pub fn having_seen(self, position: Option<StorePosition>) -> Self {
        Self { seen: self.seen.max(position), ..self }
    }

    /// How two places follow each other in this order.
    #[must_use]
    pub fn compare(self, left: Position, right: Position) -> Ordering {
        match self.order {
            ScanOrder::Newest => right.cmp(&left),
            ScanOrder::Chronological | ScanOrder::Upcoming { .. } => left.cmp(&right),
        }
    }

    /// Whether the session belongs to the scan and lies ahead: the meaning of the scan, which every store agrees with.
    #[must_use]
    pub fn admits(self, session: &Session) -> bool {
        let ahead = self.after.is_none_or(|met| self.compare(met, session.position()).is_lt());
        let belongs = match self.order {
            ScanOrder::Newest | ScanOrder::Chronological => true,
            ScanOrder::Upcoming { since } => match session.status {
                SessionStatus::Live => true,
                SessionStatus::Scheduled => session.scheduled_at >= since,
                SessionStatus::Ended | SessionStatus::Cancelled => false,
            },
        };
        ahead && belongs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_positions_the_later_counts_and_any_is_later_than_none() {
        let scan = |seen: Option<u64>| SessionScan {
            seen: seen.map(StorePosition::new),
            ..SessionScan::beginning(SessionOrder::Newest, Timestamp::EARLIEST)
        };
        for (before, more, after) in [
            (None, None, None),
            (None, Some(0), Some(0)),
            (Some(0), None, Some(0)),
            (Some(7), Some(8), Some(8)),
            (Some(8), Some(7), Some(8)),
        ] {
            assert_eq!(scan(before).having_seen(more.map(StorePosition::new)), scan(after));
        }
    }
}
