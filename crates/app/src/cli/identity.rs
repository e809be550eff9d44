//! How tokens are verified, as the settings have it.

use std::sync::Arc;

use live_adapters::causes::chain;
use live_domain::SystemClock;

use super::{Failure, say};
use crate::auth::{
    Hs256Secret, Introspection, JwtOrIntrospection, JwtVerifier, KeyUrl, OutboundError, PublicKeys, RemoteKeys,
    TokenVerifier,
};
use crate::metrics::Metrics;
use crate::settings::{KeyPlace, Settings, read_keys};

/// What is wrong where nothing is set that tokens can be verified with.
pub(super) const NOT_SET: &str = "LIVE_AUTH_HS256_SECRET is not set, nor is LIVE_AUTH_JWKS, nor LIVE_AUTH_INTROSPECTION_URL: \
    tokens need a secret of at least 32 bytes or the keys of their issuer to be verified with, or an issuer to be asked; set \
    one of them, or give --auth-hs256-secret-file, --auth-jwks or --auth-introspection-url";

/// Whether anything is set that tokens can be verified with.
pub(super) fn is_set(settings: &Settings) -> Result<bool, Failure> {
    let by_signature = settings.hs256_secret()?.is_some() || settings.jwks()?.is_some();
    Ok(by_signature || settings.introspection()?.is_some())
}

/// Verifies tokens that are signed with the secret, and those that the settings name keys or an endpoint for.
pub(super) fn verifier(
    settings: &Settings,
    secret: Option<&Hs256Secret>,
    metrics: &Metrics,
) -> Result<Arc<dyn TokenVerifier>, Failure> {
    let (rules, clock) = (settings.claim_rules()?, Arc::new(SystemClock));
    let introspection = settings.introspection()?.map(|endpoint| {
        let (outcomes, accepted) = (metrics.introspections.clone(), metrics.tokens_accepted.clone());
        let clock = Arc::<SystemClock>::clone(&clock);
        let introspection = Introspection::new(endpoint, rules.clone(), clock, outcomes, accepted);
        introspection.map_err(|error| cannot_be_asked("LIVE_AUTH_INTROSPECTION_URL", &error))
    });
    let keys = keys(settings, metrics)?;
    let is_signed = secret.is_some() || keys.is_some();
    let jwt = is_signed.then(|| JwtVerifier::new(secret, keys, rules, clock, metrics.tokens_accepted.clone()));
    match (jwt, introspection.transpose()?) {
        (None, None) => Err(Failure::Configuration(NOT_SET.to_owned())),
        (Some(jwt), None) => Ok(Arc::new(jwt)),
        (None, Some(introspection)) => Ok(Arc::new(introspection)),
        (Some(jwt), Some(introspection)) => Ok(Arc::new(JwtOrIntrospection { jwt, introspection })),
    }
}

fn keys(settings: &Settings, metrics: &Metrics) -> Result<Option<PublicKeys>, Failure> {
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
            let source = KeyUrl::new(url).map_err(|error| cannot_be_asked("LIVE_AUTH_JWKS", &error))?;
            PublicKeys::Remote(RemoteKeys::start(Arc::new(source), metrics.key_refreshes.clone()))
        }
    };
    Ok(Some(keys))
}

fn cannot_be_asked(name: &str, error: &OutboundError) -> Failure {
    Failure::Configuration(format!("{name} cannot be asked: {}", chain(error)))
}
