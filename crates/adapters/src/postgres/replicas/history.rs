//! What the primary had come to, and when: by that the lag of a standby is measured, and by no clock of a server.

use std::collections::VecDeque;
use std::time::Duration;

use live_domain::StorePosition;
use tokio::time::Instant;

use crate::postgres::progress::has_come_to;

/// How many readings are remembered. Beyond that, every second one is forgotten: of what is long ago less is known, and a lag is
/// rather taken for longer than it is.
const MOST: usize = 512;

/// What the primary had come to at earlier moments.
#[derive(Debug, Default)]
pub(super) struct History {
    /// When it was asked, and what it said: both rise.
    readings: VecDeque<(Instant, StorePosition)>,
    /// Whether it did not answer the last time that it was asked; none: it was not asked yet.
    is_away: Option<bool>,
}

impl History {
    /// It was asked then, and had come to that position. A primary that is behind itself is another one, or was restored: what
    /// was known of it counts no more.
    pub(super) fn note(&mut self, asked: Instant, position: StorePosition) {
        self.is_away = Some(false);
        match self.readings.back_mut() {
            Some((last_asked, last)) if *last == position => *last_asked = asked,
            Some((_, last)) if *last > position => self.readings = VecDeque::from([(asked, position)]),
            _ => self.readings.push_back((asked, position)),
        }
        if self.readings.len() > MOST {
            let mut number = self.readings.len();
            self.readings.retain(|_| {
                number -= 1;
                number.is_multiple_of(2)
            });
        }
    }

    /// It does not answer.
    pub(super) fn note_away(&mut self) {
        self.is_away = Some(true);
    }

    pub(super) fn is_away(&self) -> bool {
        self.is_away == Some(true)
    }

    /// When it last answered, and what it said.
    pub(super) fn last(&self) -> Option<(Instant, StorePosition)> {
        self.readings.back().copied()
    }

    /// By how much a server that has come to that position is behind at most: it has all that the primary had committed so long
    /// ago. While the primary is away there is no telling what it commits, and the last that is known of it counts. None: it
    /// is behind by more than is remembered.
    pub(super) fn lag(&self, position: StorePosition, now: Instant) -> Option<Duration> {
        let Some((last_asked, _)) = self.last() else { return self.is_away().then_some(Duration::ZERO) };
        let had = self.readings.iter().rev().find(|(_, had)| has_come_to(position, *had));
        let until = if self.is_away() { last_asked } else { now };
        had.map(|(asked, _)| until.saturating_duration_since(*asked))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(position: u64) -> StorePosition {
        StorePosition::new(position)
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// A primary that was asked at 1, 2, 3 and 4 seconds and had come to 10, 20, 20 and 30.
    fn history(begun: Instant) -> History {
        let mut history = History::default();
        for (second, position) in [(1, 10), (2, 20), (3, 20), (4, 30)] {
            history.note(begun + seconds(second), at(position));
        }
        history
    }

    #[test]
    fn a_lag_is_the_age_of_the_last_reading_that_was_replayed() {
        let begun = Instant::now();
        let history = history(begun);
        let lag = |position| history.lag(at(position), begun + seconds(5));
        assert_eq!(lag(30), Some(seconds(1)));
        assert_eq!(lag(29), Some(seconds(2)), "what was idle for a while had come so far to its end");
        assert_eq!(lag(19), Some(seconds(4)));
        assert_eq!(lag(9), None);
    }

    #[test]
    fn while_the_primary_is_away_the_last_that_is_known_of_it_counts() {
        let begun = Instant::now();
        let mut history = history(begun);
        history.note_away();
        assert_eq!(history.lag(at(30), begun + seconds(3_600)), Some(Duration::ZERO));
        assert_eq!(history.lag(at(20), begun + seconds(3_600)), Some(seconds(1)));
        history.note(begun + seconds(3_601), at(31));
        assert_eq!(history.lag(at(30), begun + seconds(3_601)), Some(seconds(3_597)));
    }

    #[test]
    fn of_a_primary_that_was_never_heard_nothing_can_be_missed_once_it_is_known_to_be_away() {
        let mut history = History::default();
        assert_eq!(history.lag(at(1), Instant::now()), None);
        history.note_away();
        assert_eq!(history.lag(at(1), Instant::now()), Some(Duration::ZERO));
    }

    #[test]
    fn what_was_known_of_another_primary_counts_no_more() {
        let begun = Instant::now();
        let mut history = history(begun);
        history.note(begun + seconds(5), at(25));
        assert_eq!(history.lag(at(24), begun + seconds(5)), None);
        assert_eq!(history.lag(at(25), begun + seconds(5)), Some(Duration::ZERO));
    }

    #[test]
    fn few_readings_are_remembered_and_the_last_one_always() {
        let begun = Instant::now();
        let mut history = History::default();
        for second in 0..100_000 {
            history.note(begun + seconds(second), at(second));
            assert!(history.readings.len() <= MOST);
            assert_eq!(history.lag(at(second), begun + seconds(second)), Some(Duration::ZERO));
        }
        let lag = history.lag(at(50_000), begun + seconds(99_999)).unwrap();
        assert!(lag >= seconds(49_999), "a lag is never taken for shorter: {lag:?}");
    }
}
