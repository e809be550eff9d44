//! How many requests a caller may send in a minute.
//!
//! A caller with a good token is its subject, wherever it calls from; any other is its address. So nobody is kept out by what
//! others do at the same address, and who tries tokens is told to slow down.

use std::collections::HashMap;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};
use governor::clock::Clock;
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::StateStore;
use governor::state::keyed::ShrinkableKeyedStateStore;
use governor::{Quota, RateLimiter};
use live_domain::Viewer;
use tokio::time::Instant;

use super::carried::Carried;
use super::client_address::TrustedProxies;
use super::error::{ApiError, ErrorCode};
use crate::auth::Refusal;

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// How many callers are told apart, of each kind: a few megabytes. One is forgotten once it has its full limit again.
const MOST_CALLERS: usize = 100_000;
/// The caller that all further ones are together. No address has this key, and no subject that could be found.
const ALL_OTHERS: u128 = u128::MAX;

/// The limit. All workers count together.
pub struct RateLimit {
    subjects: Callers,
    addresses: Callers,
    proxies: TrustedProxies,
}

impl RateLimit {
    /// So many a minute. The address of a client is what these proxies say.
    #[must_use]
    pub fn new(per_minute: NonZeroU32, proxies: TrustedProxies) -> Self {
        Self { subjects: Callers::new(per_minute), addresses: Callers::new(per_minute), proxies }
    }

    /// Counts a request of that person.
    ///
    /// # Errors
    ///
    /// `rate_limited`.
    pub fn count_subject(&self, request: &HttpRequest, viewer: &Viewer) -> Result<(), ApiError> {
        let mut key = [0; 16];
        let hash = blake3::hash(viewer.subject().as_str().as_bytes());
        key.copy_from_slice(&hash.as_bytes()[..16]);
        self.subjects.count(u128::from_le_bytes(key)).told(request)
    }

    /// Counts a request of nobody in particular.
    ///
    /// # Errors
    ///
    /// `rate_limited`.
    pub fn count_address(&self, request: &HttpRequest) -> Result<(), ApiError> {
        self.addresses.count(self.address_key(request)).told(request)
    }

    /// Whether the address that the request comes from has nothing left. It does not count.
    #[must_use]
    pub fn address_is_used_up(&self, request: &HttpRequest) -> bool {
        self.addresses.is_used_up(self.address_key(request))
    }

    fn address_key(&self, request: &HttpRequest) -> u128 {
        address_key(self.proxies.client(request))
    }
}

/// Of IPv6 a client has a whole network of 64 bits to itself.
fn address_key(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits() & (u128::MAX << 64),
    }
}

/// What is left of a caller's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Left {
    limit: u32,
    remaining: u32,
    /// Until the whole limit is there again.
    reset: Duration,
    /// Until the next request, where this one is refused.
    wait: Option<Duration>,
}

impl Left {
    /// Sees to it that the answer tells.
    fn told(self, request: &HttpRequest) -> Result<(), ApiError> {
        let carried = Carried::by_answer_to(request);
        carried.set(LIMIT, self.limit);
        carried.set(REMAINING, self.remaining);
        carried.set(RESET, whole_seconds(self.reset));
        let Some(wait) = self.wait else { return Ok(()) };
        let wait = whole_seconds(wait).max(1);
        let message = format!("more than {} requests in a minute; the next one may come in {wait} s", self.limit);
        let refused = ApiError::new(ErrorCode::RateLimited, message).with_refusal(Refusal::RateLimited);
        Err(refused.with_header(header::RETRY_AFTER, wait.into()))
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

/// The limits of callers of one kind.
struct Callers {
    limiter: RateLimiter<u128, Arrivals, Since, StateInformationMiddleware>,
    /// Those of the limiter.
    arrivals: Arrivals,
    quota: Quota,
    begun: Since,
    /// The minute in which idle callers were last forgotten.
    tidied: AtomicU64,
}

impl Callers {
    fn new(per_minute: NonZeroU32) -> Self {
        let (quota, arrivals, begun) = (Quota::per_minute(per_minute), Arrivals::default(), Since(Instant::now()));
        let limiter = RateLimiter::new(quota, arrivals.clone(), begun);
        Self { limiter, arrivals, quota, begun, tidied: AtomicU64::new(0) }
    }

    fn count(&self, key: u128) -> Left {
        let minute = self.begun.now().as_secs() / 60;
        if self.tidied.swap(minute, Ordering::Relaxed) != minute {
            self.limiter.retain_recent();
        }
        let (limit, interval) = (self.quota.burst_size().get(), self.quota.replenish_interval());
        match self.limiter.check_key(&key) {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                Left { limit, remaining, reset: interval * limit.saturating_sub(remaining), wait: None }
            }
            Err(until) => {
                let wait = until.wait_time_from(self.begun.now());
                Left { limit, remaining: 0, reset: wait + interval * (limit - 1), wait: Some(wait) }
            }
        }
    }

    fn is_used_up(&self, key: u128) -> bool {
        let ahead = self.quota.replenish_interval() * (self.quota.burst_size().get() - 1);
        self.arrivals.of(key).is_some_and(|arrival| Duration::from(arrival) > self.begun.now() + ahead)
    }
}

/// A clock that no correction of the time of day disturbs.
#[derive(Debug, Clone, Copy)]
struct Since(Instant);

impl Clock for Since {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

/// When the next request of each caller would be on time, had they come evenly: all that the algorithm (GCRA) keeps. Clones
/// are of the same.
#[derive(Clone, Default)]
struct Arrivals(Arc<Mutex<HashMap<u128, Nanos>>>);

impl Arrivals {
    fn with<T>(&self, act: impl FnOnce(&mut HashMap<u128, Nanos>) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn of(&self, key: u128) -> Option<Nanos> {
        self.with(|arrivals| arrivals.get(&told_apart(arrivals, key)).copied())
    }
}

/// The key under which that caller is counted.
fn told_apart(arrivals: &HashMap<u128, Nanos>, key: u128) -> u128 {
    if arrivals.contains_key(&key) || arrivals.len() < MOST_CALLERS { key } else { ALL_OTHERS }
}

impl StateStore for Arrivals {
    type Key = u128;

    fn measure_and_replace<T, F, E>(&self, key: &u128, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.with(|arrivals| {
            let key = told_apart(arrivals, *key);
            let (outcome, next) = decide(arrivals.get(&key).copied())?;
            arrivals.insert(key, next);
            Ok(outcome)
        })
    }
}

impl ShrinkableKeyedStateStore<u128> for Arrivals {
    fn retain_recent(&self, drop_below: Nanos) {
        self.with(|arrivals| arrivals.retain(|_, arrival| *arrival > drop_below));
    }

    fn len(&self) -> usize {
        self.with(|arrivals| arrivals.len())
    }

    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    fn callers(per_minute: u32) -> Callers {
        Callers::new(NonZeroU32::new(per_minute).unwrap())
    }

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_has_the_limit_at_once_and_then_gets_it_back_evenly() {
        let callers = callers(3);
        for (remaining, reset) in [(2, 20), (1, 40), (0, 60)] {
            assert_eq!(callers.count(1), Left { limit: 3, remaining, reset: seconds(reset), wait: None });
        }
        assert!(callers.is_used_up(1) && !callers.is_used_up(2));
        let refused = |wait| Left { limit: 3, remaining: 0, reset: seconds(wait + 40), wait: Some(seconds(wait)) };
        assert_eq!(callers.count(1), refused(20));
        advance(seconds(15)).await;
        assert_eq!(callers.count(1), refused(5), "what is refused does not count");
        assert!(callers.is_used_up(1));
        advance(seconds(5)).await;
        assert!(!callers.is_used_up(1), "to look does not count");
        assert_eq!((callers.count(1).wait, callers.count(1)), (None, refused(20)));
        advance(seconds(3_600)).await;
        assert_eq!(callers.count(1).remaining, 2, "never more than the limit");
    }

    #[tokio::test(start_paused = true)]
    async fn callers_do_not_share_a_limit() {
        let callers = callers(1);
        assert_eq!([1, 2, 1, 2].map(|key| callers.count(key).wait.is_none()), [true, true, false, false]);
    }

    #[tokio::test(start_paused = true)]
    async fn callers_are_forgotten_once_they_have_their_limit_again() {
        let callers = callers(60);
        for key in 0..10 {
            callers.count(key);
        }
        advance(seconds(59)).await;
        callers.count(10);
        assert_eq!(callers.limiter.len(), 11, "not yet a minute");
        advance(seconds(1)).await;
        callers.count(11);
        assert_eq!(callers.limiter.len(), 2, "the last two");
    }

    #[tokio::test(start_paused = true)]
    async fn beyond_so_many_callers_the_others_share_a_limit_and_those_before_keep_theirs() {
        let callers = callers(2);
        let most = u128::try_from(MOST_CALLERS).unwrap();
        for key in 0..most {
            callers.count(key);
        }
        let others = [most, most + 1, most + 2].map(|key| callers.count(key).wait.is_none());
        assert_eq!(others, [true, true, false]);
        assert_eq!(callers.count(0).wait, None);
        assert_eq!(callers.limiter.len(), MOST_CALLERS + 1);
        advance(seconds(120)).await;
        assert_eq!((callers.count(most + 2).wait, callers.limiter.len()), (None, 1));
    }

    #[test]
    fn an_ipv6_client_is_its_network_and_an_ipv4_client_its_address() {
        let key = |address: &str| address_key(address.parse().unwrap());
        assert_eq!(key("2001:db8:0:1::1"), key("2001:db8:0:1:ffff::2"));
        assert_ne!(key("2001:db8:0:1::1"), key("2001:db8:0:2::1"));
        assert_ne!(key("192.0.2.1"), key("192.0.2.2"));
    }

    #[test]
    fn seconds_are_rounded_up() {
        let rounded = [0, 1, 1_000, 1_001].map(|milliseconds| whole_seconds(Duration::from_millis(milliseconds)));
        assert_eq!(rounded, [0, 1, 1, 2]);
    }
}
