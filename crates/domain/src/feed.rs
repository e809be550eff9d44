//! Calendar feeds: lists that a calendar program reads at an address with a secret in it, as it cannot show a token.

use async_trait::async_trait;
use time::Duration;
use uuid::Uuid;

use crate::error::{CreateFeedError, StoreError};
use crate::idempotency::Keyed;
use crate::listing::{SessionFilter, SessionOrder};
use crate::repository::Write;
use crate::session::{NumberOutOfRange, in_range};
use crate::timestamp::Timestamp;
use crate::viewer::{BrandScope, Viewer};

/// A hash of the secret in a feed's address: all that a store is told of it. Whoever reads it there cannot read the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretHash(pub [u8; 32]);

/// What a secret was made of, together with a key that no store has: by itself it leads nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecretSeed(pub [u8; 32]);

/// A secret, as far as it is anybody's business but that of the one who reads the feed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SealedSecret {
    /// Finds the feed.
    pub hash: SecretHash,
    /// Makes the secret once more, for an answer that is given again.
    pub seed: SecretSeed,
}

/// How long a feed can be read: 1..=31,622,400 seconds, which are 366 days; by default 90 days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedLifetime(u32);

impl FeedLifetime {
    /// The longest, in seconds.
    pub const MAX_SECONDS: u32 = 366 * 24 * 60 * 60;

    /// So many seconds.
    ///
    /// # Errors
    ///
    /// [`NumberOutOfRange`] outside 1..=[`FeedLifetime::MAX_SECONDS`].
    pub fn seconds(seconds: u32) -> Result<Self, NumberOutOfRange> {
        in_range(seconds, Self::MAX_SECONDS).map(Self)
    }

    /// The time that it is over, where it begins now.
    #[must_use]
    pub fn from(self, now: Timestamp) -> Timestamp {
        now.later_by(Duration::seconds(i64::from(self.0)))
    }
}

impl Default for FeedLifetime {
    fn default() -> Self {
        Self(90 * 24 * 60 * 60)
    }
}

/// A feed: a list, seen by one person within one scope, that can be read without that person's token until it expires.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feed {
    /// Names it to its owner; it is no secret.
    pub id: Uuid,
    /// Who made it, and as whom it is read.
    pub owner: Viewer,
    /// What exists for it: what existed for its owner when it was made.
    pub scope: BrandScope,
    /// Which sessions it holds.
    pub filter: SessionFilter,
    /// Whether it holds upcoming ones alone, as of when it is read.
    pub upcoming: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is as if it had never been.
    pub expires_at: Timestamp,
}

impl Feed {
    /// The most feeds in force that one person may have.
    pub const MOST_OF_ONE_OWNER: usize = 100;

    /// In which order its sessions come.
    #[must_use]
    pub fn order(&self) -> SessionOrder {
        SessionOrder::of(&self.filter, self.upcoming)
    }

    /// Whether it can be read.
    #[must_use]
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        now < self.expires_at
    }
}

/// Keeps feeds.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait FeedRepository: Send + Sync {
    /// Puts in a feed of the one who writes. Of the secret the hash is kept, and beside it the seed alone where there is a
    /// key to keep an outcome for.
    ///
    /// # Errors
    ///
    /// [`CreateFeedError::TooMany`] when the owner has [`Feed::MOST_OF_ONE_OWNER`] that are in force, however many are made
    /// at once. Nothing is written then.
    async fn create_feed(
        &self,
        feed: &Feed,
        secret: &SealedSecret,
        write: &Write,
    ) -> Result<Keyed<()>, CreateFeedError>;

    /// The feed that the secret with this hash leads to, if it is in force.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer.
    async fn feed_by_secret(&self, secret: &SecretHash, now: Timestamp) -> Result<Option<Feed>, StoreError>;

    /// The feed of that id, if it is this owner's and in force.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer.
    async fn feed(&self, owner: &Viewer, id: Uuid, now: Timestamp) -> Result<Option<Feed>, StoreError>;

    /// Deletes the feed of that id, if it is this owner's and in force, and says whether it did.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not do it. After [`StoreError::Unavailable`] it may have happened.
    async fn revoke_feed(&self, owner: &Viewer, id: Uuid, now: Timestamp) -> Result<bool, StoreError>;

    /// Deletes some of the feeds that are not in force any more, few enough to hold up nobody, and says how many. None: there
    /// are no more.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not do it.
    async fn prune_feeds(&self, now: Timestamp) -> Result<u64, StoreError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feed_lives_for_at_most_366_days() {
        let now = Timestamp::EARLIEST;
        let lifetime = |seconds| FeedLifetime::seconds(seconds).map(|lifetime| lifetime.from(now));
        assert_eq!(lifetime(1), Ok(now.later_by(Duration::SECOND)));
        assert_eq!(lifetime(31_622_400), Ok(now.later_by(Duration::days(366))));
        assert_eq!(FeedLifetime::default().from(now), now.later_by(Duration::days(90)));
        assert!(lifetime(0).is_err() && lifetime(31_622_401).is_err());
    }
}
