//! `live token`.

use clap::{Args, ValueHint};
use live_domain::{BrandId, BrandScope, Clock, Subject, SystemClock};
use time::Duration;

use super::dev_secret;
use super::{Failure, print, say};
use crate::auth::{Hs256Secret, MAX_TOKEN, mint};
use crate::settings::Settings;

#[derive(Args)]
pub(super) struct Token {
    /// Whom the token is for: 1 to 255 characters
    #[arg(long, value_hint = ValueHint::Other)]
    sub: Subject,
    /// A brand that it is limited to; may be repeated. Without: every brand
    #[arg(long, value_hint = ValueHint::Other)]
    brand: Vec<BrandId>,
    /// A scope that it grants; may be repeated
    #[arg(long, value_hint = ValueHint::Other)]
    scope: Vec<String>,
    /// How long it is good, such as 30m, 1h or 7days
    #[arg(long, default_value = "1h", value_hint = ValueHint::Other, value_parser = humantime::parse_duration)]
    ttl: std::time::Duration,
}

impl Token {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let secret = secret(settings)?;
        let brands = BrandScope::only(self.brand.iter().cloned()).map_err(|fault| Failure::Usage(fault.to_string()))?;
        let brands: Vec<String> = match brands {
            BrandScope::All => Vec::new(),
            BrandScope::Only(brands) => brands.iter().map(ToString::to_string).collect(),
        };
        let ttl = Duration::try_from(self.ttl).ok().filter(|ttl| *ttl >= Duration::SECOND);
        let ttl = ttl.ok_or_else(|| Failure::Usage("--ttl must be at least 1s, and less than forever".to_owned()))?;
        let person = (self.sub.as_str(), brands.as_slice(), self.scope.as_slice());
        let token = mint(&secret, &settings.claim_rules()?, person, SystemClock.now(), ttl);
        let token = token.map_err(|error| Failure::Failed(error.to_string()))?;
        if token.len() > MAX_TOKEN {
            let size = token.len();
            return Err(Failure::Usage(format!("the token would have {size} bytes, {MAX_TOKEN} are taken: name less")));
        }
        print(&format!("{token}\n"))
    }
}

/// That of the settings, else the one that `live dev` keeps on this machine.
fn secret(settings: &Settings) -> Result<Hs256Secret, Failure> {
    if let Some(secret) = settings.hs256_secret()? {
        return Ok(secret);
    }
    if let Some(secret) = dev_secret::kept(settings)? {
        say("signed with the secret that `live dev` keeps on this machine; no other service takes it");
        return Ok(secret);
    }
    Err(Failure::Configuration(
        "there is no secret to sign with: set LIVE_AUTH_HS256_SECRET (or give --auth-hs256-secret-file), or run `live dev` \
         once, which makes one for this machine"
            .to_owned(),
    ))
}
