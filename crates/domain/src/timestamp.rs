//! Instants in whole microseconds.

use std::fmt;

use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime, UtcOffset, macros::datetime};

/// An instant in UTC, in whole microseconds: what every store can keep and compare alike.
///
/// It is written as RFC 3339 with `Z`, without a fraction when that is zero, else without trailing zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(OffsetDateTime);

/// A time of a session or registration lies outside [`Timestamp::EARLIEST`]..=[`Timestamp::LATEST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be between 1970-01-01T00:00:00Z and 9998-12-31T23:59:59.999999Z")]
pub struct TimeOutOfRange;

impl Timestamp {
    /// The earliest instant that a session or registration may carry.
    pub const EARLIEST: Self = Self(datetime!(1970-01-01 00:00 UTC));
    /// The latest instant that a session or registration may carry.
    pub const LATEST: Self = Self(datetime!(9998-12-31 23:59:59.999_999 UTC));

    /// An instant that a session or registration may carry; digits past the microsecond are cut.
    ///
    /// # Errors
    ///
    /// [`TimeOutOfRange`] outside 1970-01-01..=9998-12-31 in UTC.
    pub fn new(time: OffsetDateTime) -> Result<Self, TimeOutOfRange> {
        let instant = Self::cut(time);
        if (Self::EARLIEST..=Self::LATEST).contains(&instant) { Ok(instant) } else { Err(TimeOutOfRange) }
    }

    /// From microseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    ///
    /// [`TimeOutOfRange`] as for [`Timestamp::new`].
    pub fn from_micros(micros: i64) -> Result<Self, TimeOutOfRange> {
        OffsetDateTime::UNIX_EPOCH.checked_add(Duration::microseconds(micros)).map_or(Err(TimeOutOfRange), Self::new)
    }

    /// The instant, or the nearest one that a session may carry.
    #[must_use]
    pub fn clamped(time: OffsetDateTime) -> Self {
        Self::cut(time).clamp(Self::EARLIEST, Self::LATEST)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        let seconds = self.0.unix_timestamp();
        seconds * 1_000_000 + i64::from(self.0.microsecond())
    }

    /// This instant so much earlier, but not before [`Timestamp::EARLIEST`].
    #[must_use]
    pub fn earlier_by(self, duration: Duration) -> Self {
        self.0.checked_sub(duration).map_or(Self::EARLIEST, Self::clamped)
    }

    /// This instant so much later, but not past [`Timestamp::LATEST`].
    #[must_use]
    pub fn later_by(self, duration: Duration) -> Self {
        self.0.checked_add(duration).map_or(Self::LATEST, Self::clamped)
    }

    fn cut(time: OffsetDateTime) -> Self {
        let utc = time.checked_to_offset(UtcOffset::UTC).unwrap_or(Self::LATEST.0);
        Self(utc - Duration::nanoseconds(i64::from(utc.nanosecond() % 1_000)))
    }
}

impl From<Timestamp> for OffsetDateTime {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.format(&Rfc3339).map_err(|_| fmt::Error)?;
        formatter.write_str(&text)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_no_fraction_it_does_not_need() {
        let shown = |time| Timestamp::new(time).unwrap().to_string();
        assert_eq!(shown(datetime!(2026-03-01 12:00 UTC)), "2026-03-01T12:00:00Z");
        assert_eq!(shown(datetime!(2026-03-01 12:00:00.5 +02:00)), "2026-03-01T10:00:00.5Z");
        assert_eq!(shown(datetime!(2026-03-01 12:00:00.123456789 UTC)), "2026-03-01T12:00:00.123456Z");
        assert_eq!(shown(datetime!(2026-03-01 12:00:00.000000999 UTC)), "2026-03-01T12:00:00Z");
    }

    #[test]
    fn microseconds_round_trip_over_the_whole_range() {
        for instant in
            [Timestamp::EARLIEST, Timestamp::LATEST, Timestamp::new(datetime!(2026-01-02 03:04:05.000007 UTC)).unwrap()]
        {
            assert_eq!(Timestamp::from_micros(instant.as_micros()), Ok(instant));
        }
        assert_eq!(Timestamp::from_micros(-1), Err(TimeOutOfRange));
        assert_eq!(Timestamp::from_micros(i64::MAX), Err(TimeOutOfRange));
    }

    #[test]
    fn stays_in_range_however_far_it_is_moved() {
        assert_eq!(Timestamp::EARLIEST.earlier_by(Duration::DAY), Timestamp::EARLIEST);
        assert_eq!(Timestamp::LATEST.later_by(Duration::MAX), Timestamp::LATEST);
    }
}
