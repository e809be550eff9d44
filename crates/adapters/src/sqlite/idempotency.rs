//! Answers that are kept for requests that are sent again.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::prelude::*;
use live_domain::idempotency::KEPT_FOR;
use live_domain::{
    Fingerprint, IdempotencyKey, Kept, KeptAnswers, Keyed, Outcome, RequestKey, StoreError, Subject, Timestamp, Write,
};

use super::SqliteSessionRepository;
use super::error::{Refusal, SqliteError};
use super::row::Micros;
use super::schema::idempotency_keys;
use crate::snapshot;

/// How many answers are deleted at once: what waits to write meanwhile does not notice.
const PRUNED_AT_ONCE: i64 = 1_000;

/// Does the work of a write and keeps its outcome for the key; or finds what is kept for it, and does nothing.
pub(super) fn once<T: Clone, R>(
    connection: &mut SqliteConnection,
    write: &Write,
    outcome: impl FnOnce(T) -> Outcome,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, Refusal<R>>,
) -> Result<Keyed<T>, Refusal<R>> {
    let Some(asked) = &write.key else { return work(connection).map(Keyed::Done) };
    let owner = write.viewer.subject();
    if let Some(kept) = kept(connection, owner, &asked.key, write.now)? {
        return Ok(Keyed::Kept(kept));
    }
    let done = work(connection)?;
    keep(connection, owner, asked, &outcome(done.clone()), write.now)?;
    Ok(Keyed::Done(done))
}

fn kept(
    connection: &mut SqliteConnection,
    owner: &Subject,
    key: &IdempotencyKey,
    now: Timestamp,
) -> Result<Option<Kept>, SqliteError> {
    let found: Option<(Vec<u8>, String)> = idempotency_keys::table
        .find((owner.as_str(), key.as_str()))
        .filter(idempotency_keys::kept_at.gt(Micros::from(now.earlier_by(KEPT_FOR))))
        .select((idempotency_keys::fingerprint, idempotency_keys::outcome))
        .first(connection)
        .optional()?;
    let Some((fingerprint, outcome)) = found else { return Ok(None) };
    let fingerprint = fingerprint.try_into().map_err(|_| SqliteError::Snapshot("it has no fingerprint".into()))?;
    let outcome = snapshot::read_outcome(&outcome).map_err(SqliteError::Snapshot)?;
    Ok(Some(Kept { fingerprint: Fingerprint(fingerprint), outcome }))
}

/// Keeps an outcome, in the place of one that is too old.
fn keep(
    connection: &mut SqliteConnection,
    owner: &Subject,
    asked: &RequestKey,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<(), SqliteError> {
    let RequestKey { key, fingerprint: Fingerprint(fingerprint) } = asked;
    let outcome = snapshot::write_outcome(outcome).map_err(SqliteError::Snapshot)?;
    diesel::replace_into(idempotency_keys::table)
        .values((
            idempotency_keys::subject.eq(owner.as_str()),
            idempotency_keys::key.eq(key.as_str()),
            idempotency_keys::fingerprint.eq(&fingerprint[..]),
            idempotency_keys::outcome.eq(outcome),
            idempotency_keys::kept_at.eq(Micros::from(now)),
        ))
        .execute(connection)?;
    Ok(())
}

fn prune(connection: &mut SqliteConnection, now: Timestamp) -> Result<u64, SqliteError> {
    let oldest: Vec<(String, String)> = idempotency_keys::table
        .filter(idempotency_keys::kept_at.le(Micros::from(now.earlier_by(KEPT_FOR))))
        .order(idempotency_keys::kept_at)
        .limit(PRUNED_AT_ONCE)
        .select((idempotency_keys::subject, idempotency_keys::key))
        .load(connection)?;
    for (owner, key) in &oldest {
        diesel::delete(idempotency_keys::table.find((owner, key))).execute(connection)?;
    }
    Ok(u64::try_from(oldest.len()).unwrap_or(u64::MAX))
}

#[async_trait]
impl KeptAnswers for SqliteSessionRepository {
    async fn kept(&self, owner: &Subject, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Kept>, StoreError> {
        let (owner, key) = (owner.clone(), key.clone());
        Ok(self.pool.run(move |connection| kept(connection, &owner, &key, now)).await?)
    }

    async fn prune(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.pool.write(move |connection| Ok(prune(connection, now)?)).await
    }
}
