//! How tokens are verified, as the settings have it.

use std::sync::Arc;

use live_domain::SystemClock;

use super::{Failure, say};
use crate::auth::{Hs256Secret, JwtVerifier, PublicKeys, TokenVerifier};
use crate::settings::{KeyPlace, Settings, read_keys};

/// Whether anything is set that tokens can be verified with.
pub(super) fn is_set(settings: &Settings) -> Result<bool, Failure> {
    Ok(settings.hs256_secret()?.is_some() || settings.jwks()?.is_some())
}

/// Verifies tokens that are signed with the secret, and those that the settings name keys for.
pub(super) fn verifier(settings: &Settings, secret: Option<&Hs256Secret>) -> Result<Arc<dyn TokenVerifier>, Failure> {
    let (rules, clock) = (settings.claim_rules()?, Arc::new(SystemClock));
    Ok(Arc::new(JwtVerifier::new(secret, keys(settings)?, rules, clock)))
}

fn keys(settings: &Settings) -> Result<Option<PublicKeys>, Failure> {
    let Some(KeyPlace::File(path)) = settings.jwks()? else { return Ok(None) };
    let (keys, unusable) = read_keys(&path)?;
    for key in unusable {
        say(&format!("warning: LIVE_AUTH_JWKS: {key}; it is passed over"));
    }
    Ok(Some(PublicKeys::Fixed(Arc::new(keys))))
}
