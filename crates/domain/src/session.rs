//! The session and the values it is made of.

use std::str::FromStr;

use time::Duration;
use uuid::Uuid;

use crate::listing::{Position, Variants};
use crate::metadata::Metadata;
use crate::text::{BrandId, Category, CommunityId, HostId, RecordingUrl, StreamCallId, Title};
use crate::timestamp::Timestamp;

/// Where a session stands in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SessionStatus {
    /// Announced, not yet started.
    Scheduled,
    /// On the air.
    Live,
    /// Over.
    Ended,
    /// Called off.
    Cancelled,
}

/// What kind of session it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SessionKind {
    /// A stream.
    Live,
    /// Office hours.
    OfficeHours,
}

/// The text is none of the names of an enumeration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown name")]
pub struct UnknownName;

/// The member of that name.
pub(crate) fn named<T: Variants>(text: &str, name: fn(T) -> &'static str) -> Result<T, UnknownName> {
    T::ALL.iter().copied().find(|variant| name(*variant) == text).ok_or(UnknownName)
}

impl SessionStatus {
    /// The name of the status on the wire and in every store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Live => "live",
            Self::Ended => "ended",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether people can still register and seats are still given: before its end, unless it is called off.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Scheduled | Self::Live)
    }
}

impl Variants for SessionStatus {
    const ALL: &'static [Self] = &[Self::Scheduled, Self::Live, Self::Ended, Self::Cancelled];
}

impl FromStr for SessionStatus {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        named(text, Self::as_str)
    }
}

impl SessionKind {
    /// The name of the kind on the wire and in every store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::OfficeHours => "office_hours",
        }
    }
}

impl Variants for SessionKind {
    const ALL: &'static [Self] = &[Self::Live, Self::OfficeHours];
}

impl FromStr for SessionKind {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        named(text, Self::as_str)
    }
}

/// A number lies outside the range of its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be between 1 and {most}")]
pub struct NumberOutOfRange {
    /// The largest number allowed; the smallest is 1.
    pub most: u32,
}

pub(crate) fn in_range(number: u32, most: u32) -> Result<u32, NumberOutOfRange> {
    if (1..=most).contains(&number) { Ok(number) } else { Err(NumberOutOfRange { most }) }
}

/// How many people can register: 1..=1,000,000.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaxParticipants(u32);

impl MaxParticipants {
    /// The most seats that a session may have.
    pub const MAX: u32 = 1_000_000;

    /// Checks the number.
    ///
    /// # Errors
    ///
    /// [`NumberOutOfRange`] outside 1..=[`MaxParticipants::MAX`].
    pub fn new(seats: u32) -> Result<Self, NumberOutOfRange> {
        in_range(seats, Self::MAX).map(Self)
    }

    /// The number of seats.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// How long a session is meant to last, in minutes: 1..=1440.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DurationMinutes(u32);

impl DurationMinutes {
    /// The longest duration: one day.
    pub const MAX: u32 = 1_440;

    /// Checks the number.
    ///
    /// # Errors
    ///
    /// [`NumberOutOfRange`] outside 1..=[`DurationMinutes::MAX`].
    pub fn new(minutes: u32) -> Result<Self, NumberOutOfRange> {
        in_range(minutes, Self::MAX).map(Self)
    }

    /// The number of minutes.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

/// A live session. Every field is a value that is right once it is built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The key.
    pub id: Uuid,
    /// Who hosts it.
    pub host_id: HostId,
    /// The brand it belongs to.
    pub brand_id: BrandId,
    /// The community it is for. Filtered on; no part of a listed session.
    pub community_id: Option<CommunityId>,
    /// What it is called.
    pub title: Title,
    /// A stream or office hours.
    pub kind: SessionKind,
    /// What it is about.
    pub category: Option<Category>,
    /// When it is to begin.
    pub scheduled_at: Timestamp,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Where it stands in its life.
    pub status: SessionStatus,
    /// The call at the streaming provider.
    pub stream_call_id: Option<StreamCallId>,
    /// How many can register.
    pub max_participants: MaxParticipants,
    /// How long it is meant to last.
    pub duration_minutes: Option<DurationMinutes>,
    /// Where its recording is.
    pub recording_url: Option<RecordingUrl>,
    /// What a client keeps with it.
    pub metadata: Metadata,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Session {
    /// The place of the session in every order of a list.
    #[must_use]
    pub fn position(&self) -> Position {
        Position { scheduled_at: self.scheduled_at, id: self.id }
    }

    /// The same session, changed `now`: `updated_at` moves with every change, whatever the clock says.
    #[must_use]
    pub fn touched(self, now: Timestamp) -> Self {
        let updated_at = now.max(self.updated_at.later_by(Duration::MICROSECOND));
        Self { updated_at, ..self }
    }
}

/// How often a session has been changed: 1 once it is created, one more with every change of the session itself, and the
/// same however many register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionVersion(u64);

impl SessionVersion {
    /// The version of a session that was just created.
    pub const FIRST: Self = Self(1);

    /// The version of that number, as a store or a tag keeps it.
    #[must_use]
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// Its number.
    #[must_use]
    pub fn get(self) -> u64 {
        self.0
    }

    /// The version after the next change.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

/// A session as one viewer sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedSession {
    /// The session.
    pub session: Session,
    /// Its version.
    pub version: SessionVersion,
    /// Registrations in force; waitlisted and cancelled ones do not count.
    pub registered_count: u32,
    /// Whether the viewer holds a registration in force.
    pub is_registered: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exact() {
        assert_eq!("office_hours".parse(), Ok(SessionKind::OfficeHours));
        assert_eq!("Live".parse::<SessionStatus>(), Err(UnknownName));
        for status in SessionStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(*status));
        }
    }

    #[test]
    fn numbers_hold_their_bounds() {
        assert!(MaxParticipants::new(1).is_ok() && MaxParticipants::new(1_000_000).is_ok());
        assert_eq!(MaxParticipants::new(0), Err(NumberOutOfRange { most: 1_000_000 }));
        assert_eq!(MaxParticipants::new(1_000_001), Err(NumberOutOfRange { most: 1_000_000 }));
        assert_eq!(DurationMinutes::new(1_441), Err(NumberOutOfRange { most: 1_440 }));
    }
}
