//! The public keys that an issuer signs tokens with: a JSON Web Key Set (RFC 7517).

mod jwk;
mod remote;

use std::fmt;
use std::sync::{Arc, Weak};

use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::value::RawValue;

pub use jwk::KeyFault;
use jwk::VerifyingKey;
pub use remote::{KeyRefresh, KeySource, KeyUrl, RemoteKeys};

use crate::json::read_object;

/// The keys of an issuer that tokens can be verified with: at least one.
#[derive(Debug)]
pub struct KeySet(Vec<VerifyingKey>);

/// A key of a set that no token is verified with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnusableKey {
    /// Its place in the set, from 1.
    pub place: usize,
    /// Why.
    pub fault: KeyFault,
}

impl fmt::Display for UnusableKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "key {} {}", self.place, self.fault)
    }
}

/// Why a text is no set of keys to use.
#[derive(Debug, thiserror::Error)]
pub enum KeySetError {
    /// It is no set. What stands there is not told: it may be anything.
    #[error("is no JSON Web Key Set: see line {line}, column {column}")]
    Malformed {
        /// Where reading ended.
        line: usize,
        /// Where in the line.
        column: usize,
    },
    /// It is one without a key to use; these are unusable.
    #[error("holds no key to verify tokens with{}", listed(.0))]
    NoUsableKey(Vec<UnusableKey>),
}

fn listed(unusable: &[UnusableKey]) -> String {
    std::iter::once(String::new()).chain(unusable.iter().map(ToString::to_string)).collect::<Vec<_>>().join("; ")
}

impl KeySet {
    /// Reads a set. Keys that cannot be used come apart: one that is new to us must not cost the others.
    ///
    /// # Errors
    ///
    /// When no key is left.
    pub fn read(text: &[u8]) -> Result<(Self, Vec<UnusableKey>), KeySetError> {
        #[derive(Deserialize)]
        struct Document<'a> {
            #[serde(borrow)]
            keys: Vec<&'a RawValue>,
        }
        let malformed =
            |error: serde_json::Error| KeySetError::Malformed { line: error.line(), column: error.column() };
        let Document { keys } = read_object(text).map_err(malformed)?;
        let (mut usable, mut unusable) = (Vec::new(), Vec::new());
        for (place, key) in (1..).zip(keys) {
            match VerifyingKey::read(key.get()) {
                Ok(key) => usable.push(key),
                Err(fault) => unusable.push(UnusableKey { place, fault }),
            }
        }
        if usable.is_empty() { Err(KeySetError::NoUsableKey(unusable)) } else { Ok((Self(usable), unusable)) }
    }

    /// What each key verifies, and its id, in their order. An id is any text: it is shown with what is no letter escaped.
    #[must_use]
    pub fn described(&self) -> Vec<String> {
        let described = |key: &VerifyingKey| {
            let algorithms: Vec<String> = key.algorithms.iter().map(|algorithm| format!("{algorithm:?}")).collect();
            let id = key.kid.as_ref().map_or_else(|| "without kid".to_owned(), |kid| format!("kid {kid:?}"));
            format!("{} ({id})", algorithms.join(" "))
        };
        self.0.iter().map(described).collect()
    }

    /// Whether a key has that id.
    #[must_use]
    pub fn knows(&self, kid: &str) -> bool {
        self.0.iter().any(|key| key.kid.as_deref() == Some(kid))
    }

    /// The keys that may verify a token of that algorithm: those of its id, of which there may be several; all where it
    /// names none.
    pub(super) fn fitting(&self, kid: Option<&str>, algorithm: Algorithm) -> impl Iterator<Item = &DecodingKey> {
        let named = move |key: &&VerifyingKey| kid.is_none() || key.kid.as_deref() == kid;
        self.0.iter().filter(named).filter(move |key| key.algorithms.contains(&algorithm)).map(|key| &key.key)
    }
}

/// Whether that is the very set. Another cannot take the place of one that somebody points at.
fn is(keys: &Arc<KeySet>, set: &Weak<KeySet>) -> bool {
    std::ptr::eq(Arc::as_ptr(keys), set.as_ptr())
}

/// Where the keys come from.
pub enum PublicKeys {
    /// Read once, from a file.
    Fixed(Arc<KeySet>),
    /// Fetched, and kept fresh.
    Remote(RemoteKeys),
}

/// No key has been loaded yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the keys that tokens are signed with have not been loaded yet")]
pub struct NoKeysYet;

impl PublicKeys {
    /// The keys to look for that id in.
    pub(super) async fn for_kid(&self, kid: Option<&str>) -> Result<Arc<KeySet>, NoKeysYet> {
        match self {
            Self::Fixed(keys) => Ok(Arc::clone(keys)),
            Self::Remote(keys) => keys.for_kid(kid).await,
        }
    }

    /// Whether these are the keys in use.
    pub(super) fn are(&self, set: &Weak<KeySet>) -> bool {
        match self {
            Self::Fixed(keys) => is(keys, set),
            Self::Remote(keys) => keys.are(set),
        }
    }

    /// Whether there have been keys once.
    #[must_use]
    pub fn are_loaded(&self) -> bool {
        match self {
            Self::Fixed(_) => true,
            Self::Remote(keys) => keys.are_loaded(),
        }
    }
}
