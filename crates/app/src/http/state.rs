//! What the handlers work with.

use std::sync::Arc;
use std::time::Duration;

use live_domain::{CalendarFeeds, LiveSessions, SessionEditor, SessionRegistrations, StoreHealth, StoreProgress};

use super::cors::Cors;
use super::drain::Drain;
use super::error::ApiError;
use super::feed_secret::FeedKey;
use super::load::LoadLimit;
use super::rate::RateLimit;
use crate::auth::{EditScopes, Scopes, TokenVerifier};
use crate::metrics::Metrics;
use crate::telemetry::SubjectKey;

/// What the handlers work with.
pub struct AppState {
    /// Lists and reads sessions.
    pub sessions: LiveSessions,
    /// Creates and changes sessions.
    pub editor: SessionEditor,
    /// Registers people for sessions.
    pub registrations: SessionRegistrations,
    /// Tells how far the store has come.
    pub progress: Arc<dyn StoreProgress>,
    /// Makes, revokes and reads calendar feeds.
    pub feeds: CalendarFeeds,
    /// Makes the secrets of their addresses.
    pub feed_key: FeedKey,
    /// How many requests are worked on at once.
    pub load: LoadLimit,
    /// How many requests a caller may send in a minute, if that is limited.
    pub rate: Option<RateLimit>,
    /// Whose pages may call from a browser, if any.
    pub cors: Option<Cors>,
    /// Whether the service is about to stop.
    pub drain: Drain,
    /// Whether the store can serve.
    pub health: Arc<dyn StoreHealth>,
    /// Tells whose token it is.
    pub verifier: Arc<dyn TokenVerifier>,
    /// The scopes that reading, and registering, demand.
    pub list_scopes: Scopes,
    /// The scopes that creating and changing sessions demand.
    pub edit_scopes: EditScopes,
    /// What is counted.
    pub metrics: Metrics,
    /// Makes of subjects what stands in the log.
    pub subjects: SubjectKey,
    /// How long the store may take for a request.
    pub store_deadline: Duration,
}

/// The store gives up each of its steps at the deadline, and says why. It is to do so first where there is one step.
const HEAD_START: Duration = Duration::from_millis(50);

impl AppState {
    /// Does the work of a request that needs the store: all of its steps before one deadline. What a write has begun comes
    /// to its end all the same.
    ///
    /// # Errors
    ///
    /// Those of the work; `unavailable` past the deadline.
    pub async fn in_time<T, E>(&self, work: impl Future<Output = Result<T, E>>) -> Result<T, ApiError>
    where
        ApiError: From<E>,
    {
        match tokio::time::timeout(self.store_deadline + HEAD_START, work).await {
            Ok(done) => Ok(done?),
            Err(_) => Err(ApiError::unavailable(format!(
                "the steps of the request together took the store more than {} ms",
                self.store_deadline.as_millis()
            ))),
        }
    }
}
