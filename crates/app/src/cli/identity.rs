//! How tokens are verified, as the settings have it.

use std::sync::Arc;

use live_domain::SystemClock;

use super::{Failure, say};
use crate::auth::{Hs256Secret, JwtVerifier, KeyUrl, PublicKeys, RemoteKeys, TokenVerifier};
use crate::causes::chain;
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
    let keys = match settings.jwks()? {
        None => return Ok(None),
        Some(KeyPlace::File(path)) => {
            let (keys, unusable) = read_keys(&path)?;
            for key in unusable {
                say(&format!("warning: LIVE_AUTH_JWKS: {key}; it is passed over"));
            }
            PublicKeys::Fixed(Arc::new(keys))
        }
        Some(KeyPlace::Url(url)) => {
            let no_tls = |error| Failure::Configuration(format!("LIVE_AUTH_JWKS cannot be asked: {}", chain(&error)));
            PublicKeys::Remote(RemoteKeys::start(Arc::new(KeyUrl::new(url).map_err(no_tls)?)))
        }
    };
    Ok(Some(keys))
}
