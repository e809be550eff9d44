//! JSON Web Tokens (RFC 7519), signed with the shared secret or by the keys of an issuer.

use std::sync::{Arc, Weak};

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, crypto};
use live_domain::Clock;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::claims::{ClaimRules, Claims, Times};
use super::guard::{Caller, InvalidToken, TokenRefusal, TokenVerifier};
use super::keys::{KeySet, PublicKeys};
use super::memory::{Acceptance, TokenMemory};
use super::secret::Hs256Secret;
use crate::json::{present, read_object};
use crate::metrics::Tally;

/// Verifies tokens that are signed with the secret, by one of the keys, or by either where both are set.
pub struct JwtVerifier {
    secret: Option<DecodingKey>,
    keys: Option<PublicKeys>,
    rules: ClaimRules,
    clock: Arc<dyn Clock>,
    memory: TokenMemory<Proof>,
}

/// What makes a token good whose signature is.
struct Proof {
    signer: Signer,
    times: Times,
}

/// Who signed a token.
enum Signer {
    /// Somebody who has the secret.
    Secret,
    /// One of these keys. They are not kept: those that are replaced have no say any more.
    Keys(Weak<KeySet>),
}

impl JwtVerifier {
    /// A verifier of tokens that also meet the rules. Without secret and keys it takes none. It remembers good ones, and
    /// counts how they came to be accepted.
    #[must_use]
    pub fn new(
        secret: Option<&Hs256Secret>,
        keys: Option<PublicKeys>,
        rules: ClaimRules,
        clock: Arc<dyn Clock>,
        accepted: Tally<Acceptance>,
    ) -> Self {
        let secret = secret.map(Hs256Secret::verifying_key);
        Self { secret, keys, rules, clock, memory: TokenMemory::new(accepted) }
    }

    /// Whether a token with this proof is good still: it would be found so again, if it were verified now.
    fn holds(&self, proof: &Proof) -> bool {
        let is_known = match &proof.signer {
            Signer::Secret => true,
            Signer::Keys(set) => self.keys.as_ref().is_some_and(|keys| keys.are(set)),
        };
        is_known && proof.times.in_force(self.clock.now()).is_ok()
    }

    /// The algorithm of the header chooses among the keys; what a key may verify is the key's to say, never the header's
    /// (RFC 8725, section 3.1).
    async fn signer(&self, token: &SignedToken<'_>) -> Result<Signer, TokenRefusal> {
        let nobody = TokenRefusal::Invalid(InvalidToken::Signature);
        let Ok(algorithm) = token.header.algorithm.parse::<Algorithm>() else { return Err(nobody) };
        if algorithm == Algorithm::HS256 {
            let is_ours = self.secret.as_ref().is_some_and(|secret| token.is_signed_by(secret, algorithm));
            return if is_ours { Ok(Signer::Secret) } else { Err(nobody) };
        }
        let Some(keys) = self.keys.as_ref().filter(|_| algorithm.family() != AlgorithmFamily::Hmac) else {
            return Err(nobody);
        };
        let kid = token.header.kid.as_deref();
        let keys = keys.for_kid(kid).await.map_err(|error| TokenRefusal::Unavailable(error.into()))?;
        let is_theirs = keys.fitting(kid, algorithm).any(|key| token.is_signed_by(key, algorithm));
        if is_theirs { Ok(Signer::Keys(Arc::downgrade(&keys))) } else { Err(nobody) }
    }
}

#[async_trait]
impl TokenVerifier for JwtVerifier {
    async fn verify(&self, token: &str) -> Result<Caller, TokenRefusal> {
        let hash = self.memory.hash(token);
        if let Some(caller) = self.memory.recall(&hash, |proof| self.holds(proof)) {
            return Ok(caller);
        }
        let token = SignedToken::read(token)?;
        let signer = self.signer(&token).await?;
        let claims = token.claims()?;
        let caller = self.rules.caller_of_jwt(&claims, self.clock.now())?;
        self.memory.remember(hash, &caller, Proof { signer, times: claims.times() });
        Ok(caller)
    }

    fn is_ready(&self) -> bool {
        self.keys.as_ref().is_none_or(PublicKeys::are_loaded)
    }
}

/// Whether the token looks like a JWT that is signed: three parts, of which the first is an object.
pub(super) fn has_shape_of_jwt(token: &str) -> bool {
    let header = parts(token).map(|[header, ..]| URL_SAFE_NO_PAD.decode(header));
    header.is_some_and(|header| header.is_ok_and(|bytes| read_object::<IgnoredAny>(&bytes).is_ok()))
}

fn parts(token: &str) -> Option<[&str; 3]> {
    // One part more than there may be is enough to see that there are too many.
    token.splitn(4, '.').collect::<Vec<_>>().try_into().ok()
}

/// A token in the compact form (RFC 7515, section 7.1), of which the header alone has been read. That form alone is
/// taken, in base64url without padding and without a stray bit: one token has one text.
struct SignedToken<'a> {
    header: JoseHeader,
    /// What is signed.
    message: &'a str,
    payload: &'a str,
    signature: &'a str,
}

/// What we look at in the header. Keys that it brings along, or says where to find (`jwk`, `jku`, `x5c`, `x5u`), are not.
#[derive(Deserialize)]
struct JoseHeader {
    #[serde(rename = "alg")]
    algorithm: String,
    #[serde(default, deserialize_with = "present")]
    kid: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<IgnoredAny>,
    /// Any text will do, as issuers write what they like; what is no text makes no header.
    #[serde(default, deserialize_with = "present", rename = "typ")]
    _typ: Option<String>,
}

impl<'a> SignedToken<'a> {
    fn read(token: &'a str) -> Result<Self, InvalidToken> {
        let [header, payload, signature] = parts(token).ok_or(InvalidToken::Malformed)?;
        let message = &token[..header.len() + 1 + payload.len()];
        let header = URL_SAFE_NO_PAD.decode(header).map_err(|_| InvalidToken::Malformed)?;
        let header: JoseHeader = read_object(&header).map_err(|_| InvalidToken::Malformed)?;
        // Whoever demands what we do not understand must not be taken (RFC 7515, section 4.1.11).
        if header.crit.is_some() {
            return Err(InvalidToken::Malformed);
        }
        Ok(Self { header, message, payload, signature })
    }

    fn is_signed_by(&self, key: &DecodingKey, algorithm: Algorithm) -> bool {
        crypto::verify(self.signature, self.message.as_bytes(), key, algorithm).unwrap_or(false)
    }

    /// The claims; they are not looked at before the signature was found good.
    fn claims(&self) -> Result<Claims, InvalidToken> {
        let payload = URL_SAFE_NO_PAD.decode(self.payload).map_err(|_| InvalidToken::Malformed)?;
        read_object(&payload).map_err(|_| InvalidToken::Claims)
    }
}
