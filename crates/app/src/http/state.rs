//! What the handlers work with.

use std::sync::Arc;

use live_domain::{LiveSessions, StoreHealth};

use crate::auth::{Scopes, TokenVerifier};

/// What the handlers work with.
pub struct AppState {
    /// The use case.
    pub sessions: LiveSessions,
    /// Whether the store can serve.
    pub health: Arc<dyn StoreHealth>,
    /// Tells whose token it is.
    pub verifier: Arc<dyn TokenVerifier>,
    /// The scopes that the list demands.
    pub list_scopes: Scopes,
}
