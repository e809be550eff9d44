//! The calendar feeds of the reference store.

use async_trait::async_trait;
use uuid::Uuid;

use super::MemorySessionRepository;
use crate::error::{CreateFeedError, StoreError};
use crate::feed::{Feed, FeedRepository, SealedSecret, SecretHash};
use crate::idempotency::{Keyed, Outcome};
use crate::repository::Write;
use crate::timestamp::Timestamp;
use crate::viewer::Viewer;

impl Feed {
    fn is_of(&self, owner: &Viewer, now: Timestamp) -> bool {
        self.owner == *owner && self.is_in_force(now)
    }
}

#[async_trait]
impl FeedRepository for MemorySessionRepository {
    async fn create_feed(
        &self,
        feed: &Feed,
        secret: &SealedSecret,
        write: &Write,
    ) -> Result<Keyed<()>, CreateFeedError> {
        let mut rows = self.write();
        if let Some(kept) = rows.kept_for(write) {
            return Ok(Keyed::Kept(kept));
        }
        let in_force = rows.feeds.values().filter(|present| present.is_of(&feed.owner, write.now)).count();
        if in_force >= Feed::MOST_OF_ONE_OWNER {
            return Err(CreateFeedError::TooMany);
        }
        rows.feeds.insert(secret.hash, feed.clone());
        rows.keep(write, || Outcome::Feed { id: feed.id, secret: *secret });
        Ok(Keyed::Done(()))
    }

    async fn feed_by_secret(&self, secret: &SecretHash, now: Timestamp) -> Result<Option<Feed>, StoreError> {
        Ok(self.read().feeds.get(secret).filter(|feed| feed.is_in_force(now)).cloned())
    }

    async fn feed(&self, owner: &Viewer, id: Uuid, now: Timestamp) -> Result<Option<Feed>, StoreError> {
        Ok(self.read().feeds.values().find(|feed| feed.id == id && feed.is_of(owner, now)).cloned())
    }

    async fn revoke_feed(&self, owner: &Viewer, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let mut rows = self.write();
        let before = rows.feeds.len();
        rows.feeds.retain(|_, feed| feed.id != id || !feed.is_of(owner, now));
        Ok(rows.feeds.len() < before)
    }

    async fn prune_feeds(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut rows = self.write();
        let before = rows.feeds.len();
        rows.feeds.retain(|_, feed| feed.is_in_force(now));
        Ok(u64::try_from(before - rows.feeds.len()).unwrap_or(u64::MAX))
    }
}
