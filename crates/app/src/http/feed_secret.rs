//! The secrets in the addresses of calendar feeds.
//!
//! A secret is made of a random seed with a key that no store has. So an answer that is kept for an idempotency key can be
//! given again, secret and all, while a store holds nothing that the secret could be found by: its hash, and for a day the
//! seed of what was made with a key.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use live_domain::{SealedSecret, SecretHash, SecretSeed};

/// What keys are derived for, so that a secret that has another purpose as well gives nothing away here.
const PURPOSE: &str = "live 2026-11-26 secrets of calendar feeds";
/// What the store finds a feed by.
const HASH: &str = "live 2026-11-26 hashes of secrets of calendar feeds";

/// Makes secrets. Not shown for debugging: who has it and what a store keeps for a day has secrets.
#[derive(Clone)]
pub struct FeedKey([u8; 32]);

impl FeedKey {
    /// The key that is derived from a secret of the service's.
    #[must_use]
    pub fn of(secret: &[u8]) -> Self {
        Self(blake3::derive_key(PURPOSE, secret))
    }

    /// A key that nobody else has: what it makes can be made again as long as this process runs.
    #[must_use]
    pub fn random() -> Self {
        Self(rand::random())
    }

    /// A new secret, for the store to keep sealed.
    #[must_use]
    pub fn fresh(&self) -> SealedSecret {
        let seed = SecretSeed(rand::random());
        SealedSecret { hash: self.secret(seed).hash(), seed }
    }

    /// The secret itself. None: it was made with another key.
    #[must_use]
    pub fn open(&self, sealed: &SealedSecret) -> Option<FeedSecret> {
        Some(self.secret(sealed.seed)).filter(|secret| secret.hash() == sealed.hash)
    }

    fn secret(&self, seed: SecretSeed) -> FeedSecret {
        FeedSecret(*blake3::keyed_hash(&self.0, &seed.0).as_bytes())
    }
}

/// The secret in the address of a feed: 256 bits. Not shown for debugging: who has it reads the feed.
#[derive(Clone, PartialEq, Eq)]
pub struct FeedSecret([u8; 32]);

impl FeedSecret {
    /// Reads the secret of an address: 43 characters of base64url, as they were given out.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The secret as it stands in the address.
    #[must_use]
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What the store finds the feed by.
    #[must_use]
    pub fn hash(&self) -> SecretHash {
        SecretHash(blake3::derive_key(HASH, &self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_read_as_it_is_given_out_and_in_no_other_way() {
        let key = FeedKey::random();
        let sealed = key.fresh();
        let text = key.open(&sealed).unwrap().reveal();
        assert_eq!(text.len(), 43);
        assert!(FeedSecret::read(&text).is_some_and(|secret| secret.hash() == sealed.hash));
        // Six bits of the last character, of which two would not count.
        let last = text.chars().last().unwrap();
        let others = ('A'..='Z').chain('a'..='z').chain('0'..='9').chain(['-', '_']).filter(|other| *other != last);
        for other in others {
            let read = FeedSecret::read(&format!("{}{other}", &text[..42]));
            assert!(read.is_none_or(|secret| secret.hash() != sealed.hash), "{other}");
        }
        for bad in
            ["", "A", &format!("{text}="), &format!("{text}A"), &text[1..], &text.replace(last, "+"), &"é".repeat(43)]
        {
            assert!(FeedSecret::read(bad).is_none_or(|secret| secret.hash() != sealed.hash), "{bad}");
        }
    }

    #[test]
    fn only_its_own_key_opens_a_secret() {
        let key = FeedKey::of(b"one");
        let sealed = key.fresh();
        assert!(FeedKey::of(b"one").open(&sealed) == key.open(&sealed) && key.open(&sealed).is_some());
        assert!(FeedKey::of(b"other").open(&sealed).is_none() && FeedKey::random().open(&sealed).is_none());
        assert_ne!(key.fresh(), sealed);
    }

    #[test]
    fn what_is_made_of_a_seed_and_what_finds_a_feed_do_not_change_from_version_to_version() {
        let seed = SecretSeed([7; 32]);
        let secret = FeedKey::of(b"one").secret(seed);
        assert_eq!(secret.reveal(), "EEKV-HKeSiCr46mdFD5gAM_R8K40tZZX0iHYvJSHXWk");
        assert_eq!(URL_SAFE_NO_PAD.encode(secret.hash().0), "4_00iryATf2pjrOPBqgZpvtLnO3OSgCHRlLdW6hmC0I");
    }
}
