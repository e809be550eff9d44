//! The kept answers of the reference store.

use async_trait::async_trait;

use super::{MemorySessionRepository, Rows};
use crate::error::StoreError;
use crate::idempotency::{IdempotencyKey, KEPT_FOR, Kept, KeptAnswers, Outcome};
use crate::repository::Write;
use crate::text::Subject;
use crate::timestamp::Timestamp;

fn is_in_force(kept_at: Timestamp, now: Timestamp) -> bool {
    kept_at.later_by(KEPT_FOR) > now
}

impl Rows {
    fn kept(&self, owner: &Subject, key: &IdempotencyKey, now: Timestamp) -> Option<Kept> {
        let (kept, kept_at) = self.kept.get(&(owner.clone(), key.clone()))?;
        is_in_force(*kept_at, now).then(|| kept.clone())
    }

    /// What is kept for the key of a write.
    pub(super) fn kept_for(&self, write: &Write) -> Option<Kept> {
        self.kept(write.viewer.subject(), &write.key.as_ref()?.key, write.now)
    }

    /// Keeps the outcome of a write for its key.
    pub(super) fn keep(&mut self, write: &Write, outcome: impl FnOnce() -> Outcome) {
        if let Some(asked) = &write.key {
            let kept = Kept { fingerprint: asked.fingerprint, outcome: outcome() };
            self.kept.insert((write.viewer.subject().clone(), asked.key.clone()), (kept, write.now));
        }
    }
}

#[async_trait]
impl KeptAnswers for MemorySessionRepository {
    async fn kept(&self, owner: &Subject, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Kept>, StoreError> {
        Ok(self.read().kept(owner, key, now))
    }

    async fn prune(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut rows = self.write();
        let before = rows.kept.len();
        rows.kept.retain(|_, (_, kept_at)| is_in_force(*kept_at, now));
        Ok(u64::try_from(before - rows.kept.len()).unwrap_or(u64::MAX))
    }
}
