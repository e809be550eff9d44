//! How long a server is waited for while a connection is made.

use std::time::{Duration, Instant};

/// How long a place may take to accept a connection for which nobody waits with a deadline.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long it may take to connect.
#[derive(Debug, Clone, Copy)]
pub(super) enum Patience {
    /// Each place is given that long.
    Each(Duration),
    /// All places share what is left until then.
    Until(Instant),
}

impl Patience {
    /// For work that has no deadline. An only place has nobody to leave time to either: whoever waits gives up by themselves.
    pub(super) const UNHURRIED: Self = Self::Each(CONNECT_TIMEOUT);

    /// For work that has that long.
    pub(super) fn within(time: Duration) -> Self {
        Self::Until(Instant::now() + time)
    }

    /// What the next of so many places is given. A place that swallows every packet is not to use up the time in which
    /// another would have answered, nor the last of them what is needed for the work.
    pub(super) fn share(self, places: usize) -> Duration {
        self.share_at(Instant::now(), places)
    }

    fn share_at(self, now: Instant, places: usize) -> Duration {
        match self {
            Self::Each(time) => time,
            Self::Until(end) => {
                let shares = u32::try_from(places).unwrap_or(u32::MAX).saturating_add(1);
                end.saturating_duration_since(now) / shares
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_say_nothing_take_one_share_each_and_leave_one_for_the_work() {
        let begun = Instant::now();
        let patience = Patience::Until(begun + Duration::from_secs(4));
        for (taken, left) in [(0, 3), (1, 2), (2, 1)] {
            assert_eq!(patience.share_at(begun + Duration::from_secs(taken), left), Duration::from_secs(1));
        }
        assert_eq!(Patience::UNHURRIED.share(3), CONNECT_TIMEOUT);
    }

    #[test]
    fn what_one_place_does_not_use_the_others_share() {
        let begun = Instant::now();
        let patience = Patience::Until(begun + Duration::from_secs(4));
        assert_eq!(patience.share_at(begun + Duration::from_millis(400), 2), Duration::from_millis(1200));
        assert_eq!(patience.share_at(begun + Duration::from_secs(5), 2), Duration::ZERO);
    }
}
