//! What the issuer said of tokens a moment ago. Good news alone is kept, and no token is.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use blake3::Hash;
use live_domain::Timestamp;
use time::Duration;

use crate::auth::guard::Caller;

/// How long an answer is good, and so how long a token that is revoked may still be taken.
const LIFETIME: Duration = Duration::seconds(30);
/// How many answers are kept at most.
const CAPACITY: usize = 10_000;

#[derive(Default)]
pub(super) struct Cache(Mutex<Entries>);

#[derive(Default)]
struct Entries {
    by_token: HashMap<Hash, Entry>,
    /// The tokens in the order in which they came: as all live alike, about the order in which they go.
    order: VecDeque<Hash>,
}

struct Entry {
    caller: Caller,
    /// A clock that is set back does not make an entry live longer.
    since: Timestamp,
    until: Timestamp,
}

impl Entry {
    fn is_good(&self, now: Timestamp) -> bool {
        (self.since..self.until).contains(&now)
    }
}

impl Cache {
    pub(super) fn get(&self, token: &Hash, now: Timestamp) -> Option<Caller> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.by_token.get(token).filter(|entry| entry.is_good(now)).map(|entry| entry.caller.clone())
    }

    /// Keeps who the caller is for a while, and no longer than the token is good for.
    pub(super) fn put(&self, token: Hash, caller: Caller, now: Timestamp, remaining: Option<Duration>) {
        let lifetime = remaining.unwrap_or(LIFETIME).min(LIFETIME);
        if lifetime.is_positive() {
            let entry = Entry { caller, since: now, until: now.later_by(lifetime) };
            self.0.lock().unwrap_or_else(PoisonError::into_inner).put(token, entry, now);
        }
    }
}

impl Entries {
    fn put(&mut self, token: Hash, entry: Entry, now: Timestamp) {
        let is_spent = |first: &Hash, by_token: &HashMap<Hash, Entry>| {
            by_token.len() >= CAPACITY || by_token.get(first).is_none_or(|entry| !entry.is_good(now))
        };
        while self.order.front().is_some_and(|first| is_spent(first, &self.by_token)) {
            if let Some(first) = self.order.pop_front() {
                self.by_token.remove(&first);
            }
        }
        if self.by_token.insert(token, entry).is_none() {
            self.order.push_back(token);
        }
    }
}

#[cfg(test)]
mod tests {
    use live_domain::{BrandScope, Viewer};

    use super::*;

    fn caller(name: &str) -> Caller {
        Caller { viewer: Viewer::new(name).unwrap(), brands: BrandScope::All, scopes: std::iter::empty().collect() }
    }

    fn token(number: usize) -> Hash {
        blake3::hash(&number.to_le_bytes())
    }

    fn second(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000).unwrap()
    }

    #[test]
    fn an_answer_is_good_for_half_a_minute_and_no_longer_than_its_token() {
        let cache = Cache::default();
        cache.put(token(1), caller("ada"), second(100), None);
        cache.put(token(2), caller("eve"), second(100), Some(Duration::HOUR));
        cache.put(token(3), caller("bob"), second(100), Some(Duration::seconds(5)));
        cache.put(token(4), caller("zoe"), second(100), Some(Duration::ZERO));
        cache.put(token(5), caller("zoe"), second(100), Some(Duration::seconds(-5)));
        let good = |now| [1, 2, 3, 4, 5].map(|number| cache.get(&token(number), second(now)).is_some());
        assert_eq!(good(100), [true, true, true, false, false]);
        assert_eq!(good(104), [true, true, true, false, false]);
        assert_eq!(good(105), [true, true, false, false, false]);
        assert_eq!(good(129), [true, true, false, false, false]);
        assert_eq!(good(130), [false; 5]);
        // The clock was set back.
        assert_eq!(good(99), [false; 5]);
        assert_eq!(cache.get(&token(1), second(101)), Some(caller("ada")));
    }

    #[test]
    fn the_oldest_answers_make_room_and_spent_ones_go_by_themselves() {
        let cache = Cache::default();
        for number in 0..=CAPACITY {
            cache.put(token(number), caller("ada"), second(100), None);
        }
        let size = || {
            let entries = cache.0.lock().unwrap();
            assert_eq!(entries.by_token.len(), entries.order.len());
            entries.order.len()
        };
        assert_eq!(size(), CAPACITY);
        assert_eq!(cache.get(&token(0), second(100)), None);
        assert_eq!(cache.get(&token(CAPACITY), second(100)), Some(caller("ada")));
        cache.put(token(CAPACITY), caller("ada"), second(110), None);
        assert_eq!(size(), CAPACITY - 1);
        cache.put(token(0), caller("ada"), second(200), None);
        assert_eq!(size(), 1);
    }
}
