//! JSON Web Tokens signed with a shared secret (HS256).

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use live_domain::{Clock, Timestamp};
use secrecy::{ExposeSecret, SecretSlice};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use time::Duration;

use super::claims::{ClaimRules, Claims};
use super::guard::{Caller, InvalidToken, TokenRefusal, TokenVerifier};

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

    fn bytes(&self) -> &[u8] {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Hs256Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Hs256Secret(***)")
    }
}

/// Verifies tokens signed with the secret.
pub struct Hs256Verifier {
    key: DecodingKey,
    validation: Validation,
    rules: ClaimRules,
    clock: Arc<dyn Clock>,
}

impl Hs256Verifier {
    /// A verifier of tokens that also meet the rules.
    #[must_use]
    pub fn new(secret: &Hs256Secret, rules: ClaimRules, clock: Arc<dyn Clock>) -> Self {
        // The library checks the signature alone: what claims must say is said once, in `ClaimRules`.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.required_spec_claims.clear();
        validation.validate_exp = false;
        validation.validate_aud = false;
        Self { key: DecodingKey::from_secret(secret.bytes()), validation, rules, clock }
    }

    fn caller(&self, token: &str) -> Result<Caller, InvalidToken> {
        check_header(token)?;
        let data =
            jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation).map_err(|error| reason(&error))?;
        self.rules.caller(&data.claims, self.clock.now())
    }
}

#[async_trait]
impl TokenVerifier for Hs256Verifier {
    async fn verify(&self, token: &str) -> Result<Caller, TokenRefusal> {
        Ok(self.caller(token)?)
    }
}

/// The algorithm is ours to choose, not the header's. One that demands what we do not understand makes the token one
/// that we must not take (RFC 7515, section 4.1.11).
fn check_header(token: &str) -> Result<(), InvalidToken> {
    #[derive(Deserialize)]
    struct JoseHeader {
        #[serde(default, deserialize_with = "is_present")]
        crit: bool,
        #[serde(rename = "alg")]
        algorithm: String,
    }
    fn is_present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
        IgnoredAny::deserialize(deserializer).map(|_| true)
    }
    let header = token.split('.').next().unwrap_or_default();
    let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| InvalidToken::Malformed)?;
    let header: JoseHeader = serde_json::from_slice(&header).map_err(|_| InvalidToken::Malformed)?;
    if header.crit {
        return Err(InvalidToken::Malformed);
    }
    if header.algorithm != "HS256" {
        return Err(InvalidToken::Signature);
    }
    // What else the library reads in it must be of its type.
    jsonwebtoken::decode_header(token).map(|_| ()).map_err(|_| InvalidToken::Malformed)
}

fn reason(error: &jsonwebtoken::errors::Error) -> InvalidToken {
    use jsonwebtoken::errors::ErrorKind;
    match error.kind() {
        ErrorKind::InvalidSignature | ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName => {
            InvalidToken::Signature
        }
        // The header was read before, and the payload is read after the signature was found good.
        ErrorKind::Json(_) => InvalidToken::Claims,
        _ => InvalidToken::Malformed,
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
