//! Clocks, and the rules of time zones.

use live_adapters::checkup::Checked;
use live_domain::{Month, TimeZone, Timestamp};
use time::format_description::well_known::Rfc2822;
use time::{Duration, OffsetDateTime};

use crate::auth::LEEWAY;

/// From here on somebody should look at the clocks: a time service keeps them closer.
const DOUBTFUL: Duration = Duration::seconds(5);

/// What a clock elsewhere said, between two glances at ours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reading {
    pub(super) asked: Timestamp,
    /// The first and the last instant that it may have meant.
    pub(super) theirs: (Timestamp, Timestamp),
    pub(super) answered: Timestamp,
}

impl Reading {
    /// Of the `Date` of an answer, which is cut to the second.
    pub(super) fn of_date(asked: Timestamp, date: &str, answered: Timestamp) -> Option<Self> {
        let first = Timestamp::clamped(OffsetDateTime::parse(date, &Rfc2822).ok()?);
        Some(Self { asked, theirs: (first, first.later_by(Duration::SECOND)), answered })
    }

    /// How far it is ahead of ours, or behind where negative, as far as the way there and back does not explain it.
    fn ahead(&self) -> Duration {
        let between = |from: Timestamp, to: Timestamp| Duration::microseconds(to.as_micros() - from.as_micros());
        let (first, last) = self.theirs;
        let ahead = between(self.answered, first).max(Duration::ZERO);
        if ahead.is_zero() { between(self.asked, last).min(Duration::ZERO) } else { ahead }
    }

    /// What to think of the clock of `whose`.
    pub(super) fn judge(&self, check: &'static str, whose: &str) -> Checked {
        let ahead = self.ahead();
        if ahead.abs() <= DOUBTFUL {
            return Checked::well(check, format!("the clock of {whose} agrees with this machine's"));
        }
        let way = if ahead.is_positive() { "ahead of" } else { "behind" };
        let text = format!("the clock of {whose} is {:.0} s {way} this machine's", ahead.abs().as_seconds_f64());
        let remedy = "let a time service, such as chrony or systemd-timesyncd, set the clocks of both machines";
        if ahead.abs() <= LEEWAY {
            return Checked::doubtful(check, text, remedy);
        }
        Checked::wrong(
            check,
            format!("{text}, more than the {} s that tokens may be off", LEEWAY.whole_seconds()),
            remedy,
        )
    }
}

/// Whether the rules of time zones are there. In March the clocks of New York go forward: its two ends lie at different offsets.
pub(super) fn zones() -> Checked {
    let version = TimeZone::database_version();
    let zone = TimeZone::named("America/New_York").ok();
    let month = zone.and_then(|zone| Month::new(2026, 3, &zone).ok());
    let ends = month.map(|month| (month.start().to_string(), month.last().to_string()));
    let expected = ("2026-03-01T05:00:00Z".to_owned(), "2026-04-01T03:59:59.999999Z".to_owned());
    if ends == Some(expected) {
        return Checked::well(
            "zones",
            format!("time-zone data {version} is built in, and months end where they should"),
        );
    }
    Checked::wrong(
        "zones",
        format!("time-zone data {version} is built in, and March 2026 in New York does not end where it should"),
        "install `live` anew: the binary is damaged, or was built from damaged sources",
    )
}

#[cfg(test)]
mod tests {
    use live_adapters::checkup::Verdict;

    use super::*;

    fn second(number: i64) -> Timestamp {
        Timestamp::from_micros(number * 1_000_000).unwrap()
    }

    fn ahead(asked: i64, theirs: (i64, i64), answered: i64) -> i64 {
        let theirs = (second(theirs.0), second(theirs.1));
        Reading { asked: second(asked), theirs, answered: second(answered) }.ahead().whole_seconds()
    }

    #[test]
    fn a_difference_that_the_way_may_explain_is_none() {
        for theirs in [100, 105, 110] {
            assert_eq!(ahead(100, (theirs, theirs), 110), 0, "{theirs}");
        }
        assert_eq!(ahead(100, (111, 111), 110), 1);
        assert_eq!(ahead(100, (98, 98), 110), -2);
        assert_eq!(ahead(100, (99, 100), 110), 0);
    }

    #[test]
    fn is_doubtful_beyond_5_seconds_and_wrong_beyond_those_that_tokens_may_be_off() {
        for (theirs, expected) in [(1_005, "ok"), (1_006, "warn"), (970, "warn"), (969, "FAIL"), (1_031, "FAIL")] {
            let theirs = (second(theirs), second(theirs));
            let reading = Reading { asked: second(1_000), theirs, answered: second(1_000) };
            let found = match reading.judge("clock", "the database").verdict {
                Verdict::Well => "ok",
                Verdict::Doubtful { .. } => "warn",
                Verdict::Wrong { .. } => "FAIL",
            };
            assert_eq!(found, expected, "{theirs:?}");
        }
    }

    #[test]
    fn the_date_of_an_answer_is_read_as_servers_write_it() {
        let reading = Reading::of_date(second(0), "Sun, 06 Nov 1994 08:49:37 GMT", second(0)).unwrap();
        assert_eq!(reading.theirs, (second(784_111_777), second(784_111_778)));
        assert!(Reading::of_date(second(0), "yesterday", second(0)).is_none());
    }

    #[test]
    fn the_zones_that_are_built_in_are_well() {
        assert_eq!(zones().verdict, Verdict::Well);
    }
}
