//! Instants in whole microseconds.

use std::fmt;
use std::ops::Deref;

use time::{Duration, OffsetDateTime, macros::datetime};

/// An instant in UTC, in whole microseconds: what every store can keep and compare alike.
///
/// It is written as RFC 3339 with `Z`, without a fraction when that is zero, else without trailing zeros.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A time of a session or registration lies outside [`Timestamp::EARLIEST`]..=[`Timestamp::LATEST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be between 1970-01-01T00:00:00Z and 9998-12-31T23:59:59.999999Z")]
pub struct TimeOutOfRange;

const MICROS_PER_SECOND: i64 = 1_000_000;

impl Timestamp {
    /// The earliest instant that a session or registration may carry.
    pub const EARLIEST: Self = Self(0);
    /// The latest instant that a session or registration may carry.
    pub const LATEST: Self =
        Self(datetime!(9998-12-31 23:59:59 UTC).unix_timestamp() * MICROS_PER_SECOND + (MICROS_PER_SECOND - 1));

    /// An instant that a session or registration may carry; digits past the microsecond are cut.
    ///
    /// # Errors
    ///
    /// [`TimeOutOfRange`] outside 1970-01-01..=9998-12-31 in UTC.
    pub fn new(time: OffsetDateTime) -> Result<Self, TimeOutOfRange> {
        Self::from_micros(Self::cut(time))
    }

    /// From microseconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    ///
    /// [`TimeOutOfRange`] as for [`Timestamp::new`].
    pub fn from_micros(micros: i64) -> Result<Self, TimeOutOfRange> {
        if (Self::EARLIEST.0..=Self::LATEST.0).contains(&micros) { Ok(Self(micros)) } else { Err(TimeOutOfRange) }
    }

    /// The instant, or the nearest one that a session may carry.
    #[must_use]
    pub fn clamped(time: OffsetDateTime) -> Self {
        Self::nearest(Self::cut(time))
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// This instant so much earlier, but not before [`Timestamp::EARLIEST`].
    #[must_use]
    pub fn earlier_by(self, duration: Duration) -> Self {
        Self::nearest(self.0.saturating_sub(whole_micros(duration)))
    }

    /// This instant so much later, but not past [`Timestamp::LATEST`].
    #[must_use]
    pub fn later_by(self, duration: Duration) -> Self {
        Self::nearest(self.0.saturating_add(whole_micros(duration)))
    }

    /// The instant as it is written, without an allocation.
    #[must_use]
    pub fn text(self) -> TimestampText {
        TimestampText::of(self.into())
    }

    fn nearest(micros: i64) -> Self {
        Self(micros.clamp(Self::EARLIEST.0, Self::LATEST.0))
    }

    fn cut(time: OffsetDateTime) -> i64 {
        time.unix_timestamp() * MICROS_PER_SECOND + i64::from(time.microsecond())
    }
}

/// Those that do not fit are longer than all of time.
fn whole_micros(duration: Duration) -> i64 {
    let longest = if duration.is_negative() { i64::MIN } else { i64::MAX };
    i64::try_from(duration.whole_microseconds()).unwrap_or(longest)
}

impl From<Timestamp> for OffsetDateTime {
    fn from(timestamp: Timestamp) -> Self {
        Self::UNIX_EPOCH + Duration::microseconds(timestamp.0)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text())
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The text of an instant. A page has a hundred of them and more, so they are not to cost an allocation each.
#[derive(Clone, Copy)]
pub struct TimestampText {
    bytes: [u8; Self::LONGEST],
    length: usize,
}

impl TimestampText {
    const LONGEST: usize = "9998-12-31T23:59:59.999999Z".len();
    const TO_SECONDS: usize = "9998-12-31T23:59:59".len();

    fn of(time: OffsetDateTime) -> Self {
        let ((year, month, day), (hour, minute, second, micros)) = (time.to_calendar_date(), time.to_hms_micro());
        let mut text = Self { bytes: *b"0000-00-00T00:00:00Z000000Z", length: Self::TO_SECONDS + 1 };
        text.put(0..4, year.unsigned_abs());
        text.put(5..7, u8::from(month).into());
        text.put(8..10, day.into());
        text.put(11..13, hour.into());
        text.put(14..16, minute.into());
        text.put(17..19, second.into());
        if micros > 0 {
            text.put_fraction(micros);
        }
        text
    }

    fn put(&mut self, places: std::ops::Range<usize>, mut number: u32) {
        for digit in self.bytes[places].iter_mut().rev() {
            // What is left of a division by ten is one byte.
            *digit = b'0' + u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
    }

    fn put_fraction(&mut self, micros: u32) {
        self.bytes[Self::TO_SECONDS] = b'.';
        let digits = Self::TO_SECONDS + 1..Self::LONGEST - 1;
        self.put(digits.clone(), micros);
        let zeros = self.bytes[digits.clone()].iter().rev().take_while(|digit| **digit == b'0').count();
        let end = digits.end - zeros;
        self.bytes[end] = b'Z';
        self.length = end + 1;
    }
}

impl Deref for TimestampText {
    type Target = str;

    fn deref(&self) -> &str {
        // All of it is ASCII.
        std::str::from_utf8(&self.bytes[..self.length]).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use time::format_description::well_known::Rfc3339;

    use super::*;

    #[test]
    fn writes_no_fraction_it_does_not_need() {
        let shown = |time| Timestamp::new(time).unwrap().to_string();
        assert_eq!(shown(datetime!(2026-03-01 12:00 UTC)), "2026-03-01T12:00:00Z");
        assert_eq!(shown(datetime!(2026-03-01 12:00:00.5 +02:00)), "2026-03-01T10:00:00.5Z");
        assert_eq!(shown(datetime!(2026-03-01 12:00:00.123456789 UTC)), "2026-03-01T12:00:00.123456Z");
        assert_eq!(shown(datetime!(2026-03-01 12:00:00.000000999 UTC)), "2026-03-01T12:00:00Z");
        assert_eq!(shown(datetime!(2026-10-20 20:00:00.000010 UTC)), "2026-10-20T20:00:00.00001Z");
        assert_eq!(Timestamp::EARLIEST.to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(Timestamp::LATEST.to_string(), "9998-12-31T23:59:59.999999Z");
    }

    proptest! {
        #[test]
        fn is_written_as_rfc_3339_has_it(micros in 0..=Timestamp::LATEST.as_micros()) {
            let instant = Timestamp::from_micros(micros).unwrap();
            let read = OffsetDateTime::parse(&instant.text(), &Rfc3339).unwrap();
            prop_assert_eq!(Timestamp::new(read), Ok(instant));
            prop_assert_eq!(OffsetDateTime::from(instant).format(&Rfc3339).unwrap(), instant.to_string());
        }
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
