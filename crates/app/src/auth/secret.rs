//! The shared secret (HS256), and tokens signed with it.

use std::fmt;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use live_domain::Timestamp;
use secrecy::{ExposeSecret, SecretSlice};
use serde::Serialize;
use time::Duration;

use super::claims::ClaimRules;

/// A secret that tokens are signed with: at least 32 bytes, and no PEM text, which would be a public key taken for a
/// secret (RFC 8725, section 2.1).
#[derive(Clone)]
pub struct Hs256Secret(SecretSlice<u8>);

/// Why bytes are no such secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// Fewer than 32 bytes.
    #[error("must have at least {} bytes; `openssl rand -base64 48` makes a good one", Hs256Secret::MIN_BYTES)]
    TooShort,
    /// A PEM text.
    #[error("must not be a PEM text: a key pair is no shared secret")]
    Pem,
}

impl Hs256Secret {
    /// The fewest bytes that a secret may have (RFC 7518, section 3.2).
    pub const MIN_BYTES: usize = 32;

    /// Checks the bytes.
    ///
    /// # Errors
    ///
    /// [`SecretError`].
    pub fn new(bytes: Vec<u8>) -> Result<Self, SecretError> {
        if bytes.len() < Self::MIN_BYTES {
            return Err(SecretError::TooShort);
        }
        if bytes.trim_ascii_start().starts_with(b"-----BEGIN") {
            return Err(SecretError::Pem);
        }
        Ok(Self(bytes.into()))
    }

    pub(super) fn verifying_key(&self) -> DecodingKey {
        DecodingKey::from_secret(self.bytes())
    }

    fn bytes(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Hs256Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Hs256Secret(***)")
    }
}

#[derive(Serialize)]
struct MintedClaims<'a> {
    sub: &'a str,
    iat: i64,
    exp: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    iss: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    aud: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    brand_id: &'a [String],
    #[serde(skip_serializing_if = "String::is_empty")]
    scope: String,
}

/// Makes a token for that person, good from now on for so long, with the issuer and audience of the rules.
///
/// # Errors
///
/// Those of the signing library; none is known to happen.
pub fn mint(
    secret: &Hs256Secret,
    rules: &ClaimRules,
    person: (&str, &[String], &[String]),
    now: Timestamp,
    ttl: Duration,
) -> Result<String, jsonwebtoken::errors::Error> {
    let (sub, brands, scopes) = person;
    let iat = now.as_micros() / 1_000_000;
    let claims = MintedClaims {
        sub,
        iat,
        exp: iat.saturating_add(ttl.whole_seconds()),
        iss: rules.issuer.as_deref(),
        aud: rules.audience.as_deref(),
        brand_id: brands,
        scope: scopes.join(" "),
    };
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &EncodingKey::from_secret(secret.bytes()))
}
