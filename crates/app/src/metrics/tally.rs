//! A counter for each of a few outcomes.

use std::marker::PhantomData;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;

/// One of a few ways in which something ends.
pub trait Outcome: Copy + 'static {
    /// What it is called as a label.
    const LABEL: &'static str;
    /// Each of them.
    const ALL: &'static [Self];

    /// Its name, in lower case.
    fn name(self) -> &'static str;
}

type Labels = [(&'static str, &'static str); 1];

/// Counts outcomes. Each is there from the beginning, at 0, so that its first one shows as a rise. Clones count together.
#[derive(Debug, Clone)]
pub struct Tally<T>(Family<Labels, Counter>, PhantomData<fn(T)>);

impl<T: Outcome> Default for Tally<T> {
    fn default() -> Self {
        let tally = Self(Family::default(), PhantomData);
        for outcome in T::ALL {
            drop(tally.of(*outcome));
        }
        tally
    }
}

impl<T: Outcome> Tally<T> {
    /// One more.
    pub fn count(&self, outcome: T) {
        self.of(outcome).inc();
    }

    /// How many there have been.
    #[must_use]
    pub fn total(&self, outcome: T) -> u64 {
        self.of(outcome).get()
    }

    fn of(&self, outcome: T) -> Counter {
        self.0.get_or_create_owned(&[(T::LABEL, outcome.name())])
    }

    pub(super) fn family(&self) -> Family<Labels, Counter> {
        self.0.clone()
    }
}
