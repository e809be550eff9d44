//! What the handlers work with.

use std::sync::Arc;

use live_domain::{LiveSessions, SessionEditor, SessionRegistrations, StoreHealth};

use super::cors::Cors;
use super::drain::Drain;
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
}
