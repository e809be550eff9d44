//! The ways to verify tokens.

use std::sync::Arc;

use live_adapters::causes::chain;
use live_adapters::checkup::Checked;
use live_domain::{Clock, SystemClock};
use reqwest::Url;
use uuid::Uuid;

use super::clock::Reading;
use super::report::Report;
use crate::auth::{
    Introspection, IntrospectionEndpoint, InvalidToken, KeySet, KeyUrl, OutboundError, TokenRefusal, TokenVerifier,
    UnusableKey,
};
use crate::cli::identity;
use crate::metrics::Tally;
use crate::settings::{KeyPlace, Settings, read_keys};

/// What is malformed has been told with the settings.
pub(super) async fn examine(settings: &Settings, report: &mut Report) {
    if matches!(identity::is_set(settings), Ok(false)) {
        report.add_setting("tokens", "nothing is set that tokens can be verified with", identity::NOT_SET);
    }
    if let Ok(Some(_)) = settings.hs256_secret() {
        report.add(&Checked::well("secret", "tokens that are signed with LIVE_AUTH_HS256_SECRET are taken"));
    }
    match settings.jwks() {
        Ok(Some(KeyPlace::File(path))) => match read_keys(&path) {
            Ok((keys, unusable)) => tell_keys(&keys, &unusable, report),
            Err(fault) => report.add_setting(
                "keys",
                &fault.to_string(),
                "put a JSON Web Key Set with a public key of the issuer there, or name another file or URL",
            ),
        },
        Ok(Some(KeyPlace::Url(url))) => fetch_keys(url, report).await,
        Ok(None) | Err(_) => {}
    }
    if let Ok(Some(endpoint)) = settings.introspection() {
        report.add(&introspect(settings, endpoint).await);
    }
}

fn tell_keys(keys: &KeySet, unusable: &[UnusableKey], report: &mut Report) {
    report.add(&Checked::well("keys", format!("tokens are verified by {}", keys.described().join(", "))));
    for key in unusable {
        let remedy = "take it out of the set, or let the issuer publish it as it should be";
        report.add(&Checked::doubtful("keys", format!("{key}, and is passed over"), remedy));
    }
}

/// The URL is not shown: it may hold what is nobody's business.
async fn fetch_keys(url: Url, report: &mut Report) {
    let asked = SystemClock.now();
    let fetched = match KeyUrl::new(url) {
        Ok(url) => url.fetch_dated().await,
        Err(error) => Err(error),
    };
    let answered = SystemClock.now();
    let (text, date) = match fetched {
        Ok(fetched) => fetched,
        Err(error) => {
            let text = format!("the URL of LIVE_AUTH_JWKS cannot be fetched: {}", chain(&error));
            return report.add(&Checked::wrong("keys", text, remedy(&error)));
        }
    };
    match KeySet::read(&text) {
        Ok((keys, unusable)) => tell_keys(&keys, &unusable, report),
        Err(error) => report.add(&Checked::wrong(
            "keys",
            format!("what the URL of LIVE_AUTH_JWKS answers {error}"),
            "set LIVE_AUTH_JWKS to the jwks_uri that the issuer's discovery document names",
        )),
    }
    if let Some(reading) = date.and_then(|date| Reading::of_date(asked, &date, answered)) {
        report.add(&reading.judge("issuer-clock", "the issuer"));
    }
}

fn remedy(error: &OutboundError) -> &'static str {
    match error {
        OutboundError::NoAnswer(_) => {
            "see that the URL is right and can be reached from here without a proxy; where the issuer's authority is your own, \
             name its certificate in SSL_CERT_FILE"
        }
        OutboundError::Status(_) => {
            "set the URL that answers itself, as redirects are not followed, and what it asks of clients"
        }
        OutboundError::TooLong => "set the URL of the document alone",
    }
}

/// Asks about a token that nobody can have.
async fn introspect(settings: &Settings, endpoint: IntrospectionEndpoint) -> Checked {
    let check = "introspection";
    let rules = settings.claim_rules().unwrap_or_default();
    let clock = Arc::new(SystemClock);
    let introspection = match Introspection::new(endpoint, rules, clock, Tally::default(), Tally::default()) {
        Ok(introspection) => introspection,
        Err(error) => return Checked::wrong(check, chain(&error), remedy(&error)),
    };
    match introspection.verify(&Uuid::new_v4().simple().to_string()).await {
        Err(TokenRefusal::Invalid(InvalidToken::Inactive)) => {
            Checked::well(check, "the endpoint takes the client, and says of a random token that it is not active")
        }
        Ok(_) | Err(TokenRefusal::Invalid(_)) => Checked::wrong(
            check,
            "the endpoint says of a random token that it is active: it would let anybody in",
            "set LIVE_AUTH_INTROSPECTION_URL to the introspection_endpoint that the issuer's discovery document names",
        ),
        Err(TokenRefusal::Unavailable(error)) => Checked::wrong(
            check,
            chain(error.as_ref()),
            "set LIVE_AUTH_INTROSPECTION_URL, ..._CLIENT_ID and ..._CLIENT_SECRET to what the issuer has given this service, \
             and see that the endpoint can be reached from here",
        ),
    }
}
