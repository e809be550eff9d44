//! Idempotency keys: a request that is sent again has one effect, and gets the answer that was lost.

use std::str::FromStr;

use async_trait::async_trait;
use time::Duration;
use uuid::Uuid;

use crate::error::StoreError;
use crate::feed::SealedSecret;
use crate::registration::PlacedRegistration;
use crate::session::ListedSession;
use crate::text::Subject;
use crate::timestamp::Timestamp;

/// How long an answer is kept: 24 hours.
pub const KEPT_FOR: Duration = Duration::hours(24);

/// What a client calls a request, to send it again safely: 1..=255 visible ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IdempotencyKey(String);

/// The text is no idempotency key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have between 1 and {} visible ASCII characters", IdempotencyKey::MAX_CHARACTERS)]
pub struct IdempotencyKeyError;

impl IdempotencyKey {
    /// The most characters that a key may have; the least is one.
    pub const MAX_CHARACTERS: usize = 255;

    /// The key as it was sent.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for IdempotencyKey {
    type Err = IdempotencyKeyError;

    fn from_str(text: &str) -> Result<Self, IdempotencyKeyError> {
        let fits = (1..=Self::MAX_CHARACTERS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(text.to_owned())) } else { Err(IdempotencyKeyError) }
    }
}

/// What a request asks for, as a hash: two requests of one key must not differ in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

/// The key that a request was sent with, and what the request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// The key, unique for each person.
    pub key: IdempotencyKey,
    /// What is asked for.
    pub fingerprint: Fingerprint,
}

/// What a request brought about: the answer, without its wording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// A session was created or changed, or found to be as it was asked to be.
    Session {
        /// The session, as its editor saw it then.
        session: ListedSession,
        /// Whether it was created.
        created: bool,
    },
    /// The person registered.
    Registration(Registered),
    /// A calendar feed was made.
    Feed {
        /// Its id. The rest is as the store has it: a feed does not change.
        id: Uuid,
        /// Its secret.
        secret: SealedSecret,
    },
}

/// The registration of one who asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The registration, with its place as it was then.
    pub registration: PlacedRegistration,
    /// Whether it was made; else it was there.
    pub created: bool,
}

/// A kept answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// What was asked for.
    pub fingerprint: Fingerprint,
    /// What came of it.
    pub outcome: Outcome,
}

impl Kept {
    /// Whether it answers that request: one with its key that asks for the same.
    pub(crate) fn answers(&self, asked: Option<&RequestKey>) -> bool {
        asked.is_some_and(|asked| asked.fingerprint == self.fingerprint)
    }
}

/// What a write with a key comes to.
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and a box would be one more thing to know")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Keyed<T> {
    /// It was done now.
    Done(T),
    /// The key was used before, and nothing was done: this was kept for it.
    Kept(Kept),
}

/// An answer, and whether it is one that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer<T> {
    /// The answer.
    pub value: T,
    /// Whether it was given before and kept.
    pub replayed: bool,
}

/// The kept answers of a store. Every write that takes a [`RequestKey`] keeps its outcome in the transaction of its effect.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait KeptAnswers: Send + Sync {
    /// The answer that is kept for a key of this person, if it was kept less than [`KEPT_FOR`] ago.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer.
    async fn kept(&self, owner: &Subject, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Kept>, StoreError>;

    /// Deletes some of the answers that were kept [`KEPT_FOR`] ago or longer, few enough to hold up nobody, and says how many.
    /// None: there are no more.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not do it.
    async fn prune(&self, now: Timestamp) -> Result<u64, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_visible_ascii() {
        for good in ["a", "~", "!", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", &"k".repeat(255)] {
            assert_eq!(good.parse::<IdempotencyKey>().unwrap().as_str(), good);
        }
        for bad in ["", " ", "a b", "ü", "a\n", "\u{7f}", &"k".repeat(256)] {
            assert_eq!(bad.parse::<IdempotencyKey>(), Err(IdempotencyKeyError), "{bad:?}");
        }
    }
}
