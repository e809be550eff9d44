//! The rules of a token's claims, whatever brought them.

use std::sync::Arc;

use live_domain::{BrandId, BrandScope, Timestamp, Viewer};
use serde::Deserialize;
use serde_json::Value;
use time::Duration;

use super::guard::{Caller, InvalidToken, Scopes};
use crate::json::present;

/// How far the clocks of issuer and service may differ.
pub const LEEWAY: Duration = Duration::seconds(30);

/// The claims that we look at (RFC 7519, section 4.1, and our own). A name that stands twice is refused; a claim of
/// another type than it should have is, too.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Claims {
    #[serde(default, deserialize_with = "present")]
    sub: Option<String>,
    #[serde(default, deserialize_with = "present")]
    client_id: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    exp: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    nbf: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    iat: Option<f64>,
    #[serde(default, deserialize_with = "present")]
    iss: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    aud: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    scope: Option<String>,
    #[serde(default, deserialize_with = "present")]
    scp: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    brand_id: Option<OneOrMany>,
    #[serde(default, deserialize_with = "present")]
    brand: Option<OneOrMany>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    fn as_slice(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many,
        }
    }
}

impl Claims {
    pub(super) fn times(&self) -> Times {
        Times { exp: self.exp, nbf: self.nbf, iat: self.iat }
    }
}

/// When claims are good: `exp`, `nbf` and `iat`, in seconds since 1970 (RFC 7519, section 2).
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Times {
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
}

impl Times {
    /// Whether they are good at that instant.
    pub(super) fn in_force(self, now: Timestamp) -> Result<(), InvalidToken> {
        let now = seconds(now);
        let leeway = LEEWAY.as_seconds_f64();
        if self.exp.is_some_and(|exp| now >= exp + leeway) {
            return Err(InvalidToken::Expired);
        }
        let begins_later = |claim: Option<f64>| claim.is_some_and(|instant| instant > now + leeway);
        if begins_later(self.nbf) || begins_later(self.iat) {
            return Err(InvalidToken::NotYetValid);
        }
        Ok(())
    }

    /// How long they are good from that instant on; none when they do not end by themselves.
    pub(super) fn remaining(self, now: Timestamp) -> Option<Duration> {
        self.exp.map(|exp| Duration::saturating_seconds_f64(exp - seconds(now)))
    }
}

/// What the claims are checked against.
#[derive(Debug, Clone, Default)]
pub struct ClaimRules {
    /// The issuer that a token must name.
    pub issuer: Option<String>,
    /// The audience that a token must be for.
    pub audience: Option<String>,
}

impl ClaimRules {
    /// The caller that the claims of a JWT stand for, at that instant: they must have a subject and an end.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] names the rule that is broken.
    pub fn caller_of_jwt(&self, claims: &Claims, now: Timestamp) -> Result<Caller, InvalidToken> {
        let (Some(sub), Some(_)) = (&claims.sub, claims.exp) else { return Err(InvalidToken::Claims) };
        self.caller(sub, claims, now)
    }

    /// The caller that the claims of an introspected token stand for, at that instant. Without subject it is the client
    /// itself; without end the issuer sees to it.
    ///
    /// # Errors
    ///
    /// [`InvalidToken`] names the rule that is broken.
    pub fn caller_of_introspected(&self, claims: &Claims, now: Timestamp) -> Result<Caller, InvalidToken> {
        let client = || claims.client_id.as_ref().and_then(Value::as_str);
        let sub = claims.sub.as_deref().or_else(client).ok_or(InvalidToken::Claims)?;
        self.caller(sub, claims, now)
    }

    fn caller(&self, sub: &str, claims: &Claims, now: Timestamp) -> Result<Caller, InvalidToken> {
        claims.times().in_force(now)?;
        self.issued_for_us(claims)?;
        let viewer = Viewer::new(sub).map_err(|_| InvalidToken::Claims)?;
        Ok(Caller { viewer, brands: brands(claims)?, scopes: Arc::new(scopes(claims)) })
    }

    fn issued_for_us(&self, claims: &Claims) -> Result<(), InvalidToken> {
        // What no setting asks for is not looked at, whatever its type.
        if self.issuer.as_ref().is_some_and(|expected| !is_text(claims.iss.as_ref(), expected)) {
            return Err(InvalidToken::Issuer);
        }
        if self.audience.as_ref().is_some_and(|expected| !holds_text(claims.aud.as_ref(), expected)) {
            return Err(InvalidToken::Audience);
        }
        Ok(())
    }
}

fn is_text(claim: Option<&Value>, expected: &str) -> bool {
    claim.and_then(Value::as_str) == Some(expected)
}

fn holds_text(claim: Option<&Value>, expected: &str) -> bool {
    let members = claim.and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    is_text(claim, expected) || members.iter().any(|member| is_text(Some(member), expected))
}

/// An instant as claims write it (RFC 7519, section 2).
fn seconds(instant: Timestamp) -> f64 {
    Duration::microseconds(instant.as_micros()).as_seconds_f64()
}

fn scopes(claims: &Claims) -> Scopes {
    let spaced = claims.scope.iter().flat_map(|scopes| scopes.split(' ')).map(str::to_owned);
    let listed = claims.scp.iter().flatten().cloned();
    spaced.chain(listed).filter(|scope| !scope.is_empty()).collect()
}

fn brands(claims: &Claims) -> Result<BrandScope, InvalidToken> {
    let read = |claim: &Option<OneOrMany>| claim.as_ref().map(scope_of).transpose();
    match (read(&claims.brand_id)?, read(&claims.brand)?) {
        (None, None) => Ok(BrandScope::All),
        (Some(scope), None) | (None, Some(scope)) => Ok(scope),
        (Some(left), Some(right)) if left == right => Ok(left),
        (Some(_), Some(_)) => Err(InvalidToken::Claims),
    }
}

fn scope_of(brands: &OneOrMany) -> Result<BrandScope, InvalidToken> {
    let brands: Result<Vec<BrandId>, _> = brands.as_slice().iter().map(|brand| brand.parse()).collect();
    let brands = brands.map_err(|_| InvalidToken::Claims)?;
    BrandScope::only(brands).map_err(|_| InvalidToken::Claims)
}
