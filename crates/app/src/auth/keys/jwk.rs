//! One key of a set, and what it may verify.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, VerificationAlgorithm,
};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::json::{present, read_object};

const RSA_ALGORITHMS: &[Algorithm] =
    &[Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512];

/// A key that was found good.
#[derive(Debug)]
pub(super) struct VerifyingKey {
    pub(super) kid: Option<String>,
    /// What it verifies, and nothing else: its `alg`, else the algorithms of its type and curve.
    pub(super) algorithms: Vec<Algorithm>,
    pub(super) key: DecodingKey,
}

/// Why no token is verified with a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyFault {
    /// A member is missing, stands twice, or is not of its type or form.
    #[error("is malformed")]
    Malformed,
    /// `kty` or `crv` is none of those we know.
    #[error("is of a type or curve that is not known here")]
    Unknown,
    /// A secret, where there are public keys alone: whoever reads the set could sign.
    #[error("is a symmetric key")]
    Symmetric,
    /// It tells its private part: whoever reads the set can sign.
    #[error("is a private key: publish its public part alone, and replace it")]
    Private,
    /// `use` or `key_ops` says that it is for something else.
    #[error("is not meant for verifying signatures")]
    OtherUse,
    /// `alg` is none of the algorithms of its type and curve.
    #[error("has an algorithm that does not fit its type, or that is not taken here")]
    Algorithm,
    /// RSA with a modulus that is too short (RFC 7518, section 3.3).
    #[error("is an RSA key of fewer than 2048 bits, or of more than 8192")]
    Size,
    /// No key has these numbers.
    #[error("is no valid public key")]
    Invalid,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    #[serde(default, deserialize_with = "present")]
    kid: Option<String>,
    #[serde(default, deserialize_with = "present", rename = "use")]
    purpose: Option<String>,
    #[serde(default, deserialize_with = "present")]
    key_ops: Option<Vec<String>>,
    #[serde(default, deserialize_with = "present")]
    alg: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crv: Option<String>,
    #[serde(default, deserialize_with = "present")]
    n: Option<String>,
    #[serde(default, deserialize_with = "present")]
    e: Option<String>,
    #[serde(default, deserialize_with = "present")]
    x: Option<String>,
    #[serde(default, deserialize_with = "present")]
    y: Option<String>,
    #[serde(default, deserialize_with = "present")]
    d: Option<IgnoredAny>,
}

impl VerifyingKey {
    pub(super) fn read(text: &str) -> Result<Self, KeyFault> {
        let jwk: Jwk = read_object(text.as_bytes()).map_err(|_| KeyFault::Malformed)?;
        jwk.check_purpose()?;
        let (fitting, key) = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => (RSA_ALGORITHMS, jwk.rsa()?),
            ("EC", Some("P-256")) => (&[Algorithm::ES256][..], jwk.elliptic(&ECDSA_P256_SHA256_FIXED, 32)?),
            ("EC", Some("P-384")) => (&[Algorithm::ES384][..], jwk.elliptic(&ECDSA_P384_SHA384_FIXED, 48)?),
            ("OKP", Some("Ed25519")) => (&[Algorithm::EdDSA][..], jwk.edwards()?),
            _ => return Err(KeyFault::Unknown),
        };
        let algorithms = match &jwk.alg {
            None => fitting.to_vec(),
            Some(name) => {
                let named = name.parse().ok().filter(|named| fitting.contains(named));
                vec![named.ok_or(KeyFault::Algorithm)?]
            }
        };
        Ok(Self { kid: jwk.kid, algorithms, key })
    }
}

impl Jwk {
    fn check_purpose(&self) -> Result<(), KeyFault> {
        if self.kty == "oct" {
            return Err(KeyFault::Symmetric);
        }
        if self.d.is_some() {
            return Err(KeyFault::Private);
        }
        let for_signatures = self.purpose.as_ref().is_none_or(|purpose| purpose == "sig");
        let for_verifying = self.key_ops.as_ref().is_none_or(|operations| operations.iter().any(|o| o == "verify"));
        if for_signatures && for_verifying { Ok(()) } else { Err(KeyFault::OtherUse) }
    }

    fn rsa(&self) -> Result<DecodingKey, KeyFault> {
        let (n, e) = (number(self.n.as_ref())?, number(self.e.as_ref())?);
        if !(2_048..=8_192).contains(&bits(&n)) {
            return Err(KeyFault::Size);
        }
        // By an exponent of 1 every text would be its own signature; longer ones the library does not take.
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        if !is_odd(&n) || !is_odd(&e) || !(2..=33).contains(&bits(&e)) {
            return Err(KeyFault::Invalid);
        }
        Ok(DecodingKey::from_rsa_raw_components(&n, &e))
    }

    /// A point on the curve: one off it would be another group, where forging may be easy.
    fn elliptic(&self, curve: &'static dyn VerificationAlgorithm, size: usize) -> Result<DecodingKey, KeyFault> {
        let (x, y) = (bytes(self.x.as_ref())?, bytes(self.y.as_ref())?);
        if (x.len(), y.len()) != (size, size) {
            return Err(KeyFault::Malformed);
        }
        // Uncompressed, as SEC 1 has it, section 2.3.3.
        let point = [&[4], x.as_slice(), y.as_slice()].concat();
        ParsedPublicKey::new(curve, &point).map_err(|_| KeyFault::Invalid)?;
        Ok(DecodingKey::from_ec_der(&point))
    }

    fn edwards(&self) -> Result<DecodingKey, KeyFault> {
        let x = bytes(self.x.as_ref())?;
        ParsedPublicKey::new(&ED25519, &x).map_err(|_| KeyFault::Invalid)?;
        Ok(DecodingKey::from_ed_der(&x))
    }
}

fn bytes(member: Option<&String>) -> Result<Vec<u8>, KeyFault> {
    URL_SAFE_NO_PAD.decode(member.ok_or(KeyFault::Malformed)?).map_err(|_| KeyFault::Malformed)
}

/// A number without leading zeros: some issuers write one.
fn number(member: Option<&String>) -> Result<Vec<u8>, KeyFault> {
    Ok(bytes(member)?.into_iter().skip_while(|byte| *byte == 0).collect())
}

/// The length of a number without leading zeros.
fn bits(number: &[u8]) -> usize {
    let unused = number.first().map_or(0, |first| usize::try_from(first.leading_zeros()).unwrap_or_default());
    number.len() * 8 - unused
}
