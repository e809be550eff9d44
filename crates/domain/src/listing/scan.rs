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

/// An order together with the place to resume in it: one value, so that the two cannot disagree.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SessionScan {
    /// Latest first.
    Newest {
        /// The last session already seen.
        after: Option<Position>,
    },
    /// Earliest first.
    Chronological {
        /// The last session already seen.
        after: Option<Position>,
    },
    /// Earliest first, upcoming ones alone.
    Upcoming {
        /// What a scheduled session must not lie before. It stays the same on every page of a walk.
        since: Timestamp,
        /// The last session already seen.
        after: Option<Position>,
    },
}

impl SessionScan {
    /// The beginning of a list in that order; what is upcoming is judged `since` that instant.
    #[must_use]
    pub fn beginning(order: SessionOrder, since: Timestamp) -> Self {
        match order {
            SessionOrder::Newest => Self::Newest { after: None },
            SessionOrder::Chronological => Self::Chronological { after: None },
            SessionOrder::Upcoming => Self::Upcoming { since, after: None },
        }
    }

    /// The same scan, to go on after this place.
    #[must_use]
    pub fn resumed_after(self, place: Position) -> Self {
        let after = Some(place);
        match self {
            Self::Newest { .. } => Self::Newest { after },
            Self::Chronological { .. } => Self::Chronological { after },
            Self::Upcoming { since, .. } => Self::Upcoming { since, after },
        }
    }

    /// The order alone.
    #[must_use]
    pub fn order(self) -> SessionOrder {
        match self {
            Self::Newest { .. } => SessionOrder::Newest,
            Self::Chronological { .. } => SessionOrder::Chronological,
            Self::Upcoming { .. } => SessionOrder::Upcoming,
        }
    }

    /// The last place already seen.
    #[must_use]
    pub fn after(self) -> Option<Position> {
        match self {
            Self::Newest { after } | Self::Chronological { after } | Self::Upcoming { after, .. } => after,
        }
    }

    /// How two places follow each other in this order.
    #[must_use]
    pub fn compare(self, left: Position, right: Position) -> Ordering {
        match self {
            Self::Newest { .. } => right.cmp(&left),
            Self::Chronological { .. } | Self::Upcoming { .. } => left.cmp(&right),
        }
    }

    /// Whether the session belongs to the scan and lies ahead: the meaning of the scan, which every store agrees with.
    #[must_use]
    pub fn admits(self, session: &Session) -> bool {
        let ahead = self.after().is_none_or(|seen| self.compare(seen, session.position()).is_lt());
        let belongs = match self {
            Self::Newest { .. } | Self::Chronological { .. } => true,
            Self::Upcoming { since, .. } => match session.status {
                SessionStatus::Live => true,
                SessionStatus::Scheduled => session.scheduled_at >= since,
                SessionStatus::Ended | SessionStatus::Cancelled => false,
            },
        };
        ahead && belongs
    }
}
