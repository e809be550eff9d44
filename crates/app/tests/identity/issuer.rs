//! An issuer to test with: keys made on the spot, key sets, and tokens signed in every way.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::hmac;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
    RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaKeyPair,
    RsaPublicKeyComponents,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use live_app::auth::{Caller, ClaimRules, Hs256Secret, JwtVerifier, KeySet, PublicKeys, TokenRefusal, TokenVerifier};
use live_app::metrics::Tally;
use live_domain::contract::fixtures::now;
use live_domain::{Clock, Timestamp};
use serde_json::{Value, json};
use time::Duration;

pub(crate) const SECRET: &[u8] = b"a secret that only the tests sign with";

/// A key pair of the issuer.
pub(crate) enum SigningKey {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair, &'static str, usize),
    Ed(Ed25519KeyPair),
}

/// RSA keys take their time to be made: two are enough.
pub(crate) static RSA: LazyLock<SigningKey> = LazyLock::new(SigningKey::rsa);
pub(crate) static OTHER_RSA: LazyLock<SigningKey> = LazyLock::new(SigningKey::rsa);
pub(crate) static P256: LazyLock<SigningKey> = LazyLock::new(SigningKey::p256);
pub(crate) static P384: LazyLock<SigningKey> = LazyLock::new(SigningKey::p384);
pub(crate) static ED: LazyLock<SigningKey> = LazyLock::new(SigningKey::ed);

impl SigningKey {
    fn rsa() -> Self {
        Self::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).expect("a key"))
    }

    pub(crate) fn p256() -> Self {
        Self::Ec(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key"), "P-256", 32)
    }

    fn p384() -> Self {
        Self::Ec(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).expect("a key"), "P-384", 48)
    }

    fn ed() -> Self {
        Self::Ed(Ed25519KeyPair::generate().expect("a key"))
    }

    /// The public key as a member of a set, with others besides or instead.
    pub(crate) fn jwk(&self, others: &Value) -> Value {
        let key = match self {
            Self::Rsa(pair) => {
                let RsaPublicKeyComponents { n, e } = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
                json!({"kty": "RSA", "n": base64url(n), "e": base64url(e)})
            }
            Self::Ec(pair, curve, size) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(*size);
                json!({"kty": "EC", "crv": curve, "x": base64url(x), "y": base64url(y)})
            }
            Self::Ed(pair) => json!({"kty": "OKP", "crv": "Ed25519", "x": base64url(pair.public_key())}),
        };
        with(key, others)
    }

    /// The public key as DER and as PEM.
    pub(crate) fn public_texts(&self) -> Vec<Vec<u8>> {
        let Self::Rsa(pair) = self else { return Vec::new() };
        let der = pair.public_key().as_der().expect("DER").as_ref().to_vec();
        let base64 = base64::engine::general_purpose::STANDARD.encode(&der);
        let lines: Vec<&str> =
            base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).expect("ASCII")).collect();
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
        vec![der, pem.trim_end().as_bytes().to_vec(), pem.into_bytes(), pair.public_key().as_ref().to_vec()]
    }

    /// A signature over the message; the key decides how, and for RSA the algorithm.
    pub(crate) fn sign(&self, algorithm: &str, message: &str) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let padding: &'static dyn aws_lc_rs::signature::RsaEncoding = match algorithm {
                    "RS384" => &RSA_PKCS1_SHA384,
                    "RS512" => &RSA_PKCS1_SHA512,
                    "PS256" => &RSA_PSS_SHA256,
                    "PS384" => &RSA_PSS_SHA384,
                    "PS512" => &RSA_PSS_SHA512,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message.as_bytes(), &mut signature).expect("a signature");
                signature
            }
            Self::Ec(pair, ..) => pair.sign(&random, message.as_bytes()).expect("a signature").as_ref().to_vec(),
            Self::Ed(pair) => pair.sign(message.as_bytes()).as_ref().to_vec(),
        }
    }

    /// A token of `ada` under that header, signed as the header's `alg` says.
    pub(crate) fn token(&self, header: &Value) -> String {
        self.token_of(header, &claims(&json!({})))
    }

    pub(crate) fn token_of(&self, header: &Value, claims: &Value) -> String {
        self.signed_in(header["alg"].as_str().unwrap_or_default(), header, claims)
    }

    /// A token that is signed in another way than its header may say.
    pub(crate) fn signed_in(&self, algorithm: &str, header: &Value, claims: &Value) -> String {
        self.signed_text(algorithm, &header.to_string(), &claims.to_string())
    }

    pub(crate) fn signed_text(&self, algorithm: &str, header: &str, payload: &str) -> String {
        let message = format!("{}.{}", base64url(header), base64url(payload));
        let signature = self.sign(algorithm, &message);
        format!("{message}.{}", base64url(signature))
    }
}

/// The object with other members besides or instead.
pub(crate) fn with(mut object: Value, others: &Value) -> Value {
    object.as_object_mut().expect("an object").extend(others.as_object().expect("an object").clone());
    object
}

/// Claims of `ada`, good for a minute, with others besides or instead.
pub(crate) fn claims(others: &Value) -> Value {
    with(json!({"sub": "ada", "exp": in_seconds(60)}), others)
}

pub(crate) fn in_seconds(seconds: i64) -> i64 {
    now().as_micros() / 1_000_000 + seconds
}

pub(crate) fn base64url(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token with that payload, signed with the secret.
pub(crate) fn by_secret(payload: &str) -> String {
    let message = format!("{}.{}", base64url(r#"{"alg":"HS256"}"#), base64url(payload));
    let signature = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET), message.as_bytes());
    format!("{message}.{}", base64url(signature))
}

/// A key set as text.
pub(crate) fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

/// A verifier of tokens that are signed by a key of the set.
pub(crate) fn by_keys(set: &str) -> JwtVerifier {
    JwtVerifier::new(None, Some(fixed(set)), ClaimRules::default(), TestClock::new(), Tally::default())
}

pub(crate) fn fixed(set: &str) -> PublicKeys {
    PublicKeys::Fixed(Arc::new(KeySet::read(set.as_bytes()).expect("a good set").0))
}

pub(crate) fn secret() -> Hs256Secret {
    Hs256Secret::new(SECRET.to_vec()).expect("a good secret")
}

/// What became of a token: whose it is, or why it is refused.
pub(crate) async fn outcome(verifier: &dyn TokenVerifier, token: &str) -> String {
    match verifier.verify(token).await {
        Ok(Caller { viewer, .. }) => viewer.subject().to_string(),
        Err(TokenRefusal::Invalid(reason)) => reason.to_string(),
        Err(TokenRefusal::Unavailable(_)) => "unavailable".to_owned(),
    }
}

/// A clock that stands still at the `now` of the fixtures until it is moved.
pub(crate) struct TestClock(AtomicI64);

impl TestClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(AtomicI64::new(now().as_micros())))
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.0.store(self.now().later_by(by).as_micros(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst)).expect("an instant in range")
    }
}
