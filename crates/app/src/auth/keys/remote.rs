//! Keys that the issuer publishes at a URL: fetched, kept, and looked for again when a token names one that is new.

use std::sync::{Arc, Weak};
use std::time::Duration;

use async_trait::async_trait;
use live_adapters::causes::chain;
use reqwest::{Client, Url};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::{KeySet, KeySetError, NoKeysYet};
use crate::auth::outbound::{self, OutboundError};
use crate::metrics::{Outcome, Tally};

/// How old keys get before they are fetched again.
const REFRESH: Duration = Duration::from_mins(5);
/// How often at most unknown ids make us fetch: whoever invents them must not have us flood the issuer.
const COOL_DOWN: Duration = Duration::from_secs(30);

/// How an attempt to fetch the keys ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyRefresh {
    /// With keys that are new.
    Loaded,
    /// With the keys that were there.
    Unchanged,
    /// Without keys.
    Failed,
}

impl Outcome for KeyRefresh {
    const LABEL: &'static str = "result";
    const ALL: &'static [Self] = &[Self::Loaded, Self::Unchanged, Self::Failed];

    fn name(self) -> &'static str {
        match self {
            Self::Loaded => "loaded",
            Self::Unchanged => "unchanged",
            Self::Failed => "failed",
        }
    }
}

/// Where a key set is fetched from.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// The set as text.
    ///
    /// # Errors
    ///
    /// When none comes in time.
    async fn fetch(&self) -> Result<Vec<u8>, OutboundError>;
}

/// A key set at a URL.
pub struct KeyUrl {
    client: Client,
    url: Url,
}

impl KeyUrl {
    /// The key set at that URL.
    ///
    /// # Errors
    ///
    /// When TLS is needed and cannot be set up.
    pub fn new(url: Url) -> Result<Self, OutboundError> {
        Ok(Self { client: outbound::client(&url)?, url })
    }

    /// The set as text, and the `Date` of the answer.
    ///
    /// # Errors
    ///
    /// As for [`KeySource::fetch`].
    pub async fn fetch_dated(&self) -> Result<(Vec<u8>, Option<String>), OutboundError> {
        let answer = outbound::dated_body(self.client.get(self.url.clone())).await?;
        Ok((answer.body, answer.date))
    }
}

#[async_trait]
impl KeySource for KeyUrl {
    async fn fetch(&self) -> Result<Vec<u8>, OutboundError> {
        outbound::body(self.client.get(self.url.clone())).await
    }
}

/// The keys of a source, kept fresh for as long as this is there.
pub struct RemoteKeys {
    shared: Arc<Shared>,
    /// The runtime of the service: those of its workers are for requests.
    runtime: Handle,
    upkeep: JoinHandle<()>,
}

struct Shared {
    source: Arc<dyn KeySource>,
    refreshes: Tally<KeyRefresh>,
    known: watch::Sender<Known>,
    /// Held by who fetches, so that there is one fetch at a time and the others wait for its outcome.
    flight: Arc<Mutex<Flight>>,
}

#[derive(Default)]
struct Known {
    /// Whether the first attempt has ended.
    attempted: bool,
    /// The last good set.
    keys: Option<Arc<KeySet>>,
}

#[derive(Default)]
struct Flight {
    /// When an unknown id last made us fetch.
    asked: Option<Instant>,
    /// The text of the last good set, as a hash.
    text: Option<blake3::Hash>,
}

/// Why keys were not refreshed.
#[derive(Debug, thiserror::Error)]
enum RefreshError {
    #[error(transparent)]
    Fetch(#[from] OutboundError),
    #[error("the answer {0}")]
    KeySet(#[from] KeySetError),
}

impl RemoteKeys {
    /// Begins to fetch the keys of that source, on the runtime that this is called on, and counts how that goes.
    #[must_use]
    pub fn start(source: Arc<dyn KeySource>, refreshes: Tally<KeyRefresh>) -> Self {
        let shared = Arc::new(Shared { source, refreshes, known: watch::Sender::default(), flight: Arc::default() });
        let upkeep = tokio::spawn(keep_fresh(Arc::clone(&shared)));
        Self { shared, runtime: Handle::current(), upkeep }
    }

    /// The keys to look for that id in. An id that is known waits for nothing but the very first attempt.
    pub(super) async fn for_kid(&self, kid: Option<&str>) -> Result<Arc<KeySet>, NoKeysYet> {
        let mut known = self.shared.known.subscribe();
        let keys = known.wait_for(|known| known.attempted).await.map_err(|_| NoKeysYet)?.keys.clone();
        let keys = keys.ok_or(NoKeysYet)?;
        match kid.filter(|kid| !keys.knows(kid)) {
            None => Ok(keys),
            Some(kid) => {
                self.look_for(kid).await;
                self.shared.keys().ok_or(NoKeysYet)
            }
        }
    }

    pub(super) fn are(&self, set: &Weak<KeySet>) -> bool {
        self.shared.known.borrow().keys.as_ref().is_some_and(|keys| super::is(keys, set))
    }

    pub(super) fn are_loaded(&self) -> bool {
        self.shared.keys().is_some()
    }

    /// Fetches the keys anew, unless somebody else just did.
    async fn look_for(&self, kid: &str) {
        let mut flight = Arc::clone(&self.shared.flight).lock_owned().await;
        let has_come = self.shared.keys().is_some_and(|keys| keys.knows(kid));
        if has_come || flight.asked.is_some_and(|asked| asked.elapsed() < COOL_DOWN) {
            return;
        }
        flight.asked = Some(Instant::now());
        let shared = Arc::clone(&self.shared);
        // A client that goes away must not take with it what others wait for.
        let refresh = self.runtime.spawn(async move { shared.refresh(&mut flight).await });
        let _whatever_came = refresh.await;
    }
}

impl Drop for RemoteKeys {
    fn drop(&mut self) {
        self.upkeep.abort();
    }
}

impl Shared {
    fn keys(&self) -> Option<Arc<KeySet>> {
        self.known.borrow().keys.clone()
    }

    /// Fetches the keys, and says whether they came. When they do not, those that are there stay in use.
    async fn refresh(&self, flight: &mut Flight) -> bool {
        let outcome = self.load(flight).await;
        self.known.send_modify(|known| {
            known.attempted = true;
            if let Ok(Some(keys)) = &outcome {
                known.keys = Some(Arc::clone(keys));
            }
        });
        let ended = match &outcome {
            Ok(Some(_)) => {
                tracing::info!("the keys of LIVE_AUTH_JWKS were loaded");
                KeyRefresh::Loaded
            }
            Ok(None) => {
                tracing::debug!("the keys of LIVE_AUTH_JWKS are as they were");
                KeyRefresh::Unchanged
            }
            Err(error) => {
                tracing::warn!(causes = chain(error), "the keys of LIVE_AUTH_JWKS could not be loaded");
                KeyRefresh::Failed
            }
        };
        self.refreshes.count(ended);
        outcome.is_ok()
    }

    /// The keys, if they are others than before.
    async fn load(&self, flight: &mut Flight) -> Result<Option<Arc<KeySet>>, RefreshError> {
        let text = self.source.fetch().await?;
        let hash = Some(blake3::hash(&text));
        if flight.text == hash {
            return Ok(None);
        }
        let (keys, unusable) = KeySet::read(&text)?;
        for key in unusable {
            tracing::warn!(%key, "LIVE_AUTH_JWKS holds a key that cannot be used; it is passed over");
        }
        flight.text = hash;
        Ok(Some(Arc::new(keys)))
    }
}

/// Fetches the keys at once and from time to time; after a failure sooner, and ever less often.
async fn keep_fresh(shared: Arc<Shared>) {
    let mut failures = 0;
    loop {
        let is_fresh = shared.refresh(&mut *shared.flight.lock().await).await;
        failures = if is_fresh { 0 } else { failures + 1 };
        let pause = if is_fresh { REFRESH } else { pause_after(failures) };
        tokio::time::sleep(pause).await;
    }
}

/// A second, then twice as long each time, up to the cool-down.
fn pause_after(failures: u32) -> Duration {
    let seconds = 1_u64.checked_shl(failures - 1).unwrap_or(u64::MAX);
    Duration::from_secs(seconds).min(COOL_DOWN)
}
