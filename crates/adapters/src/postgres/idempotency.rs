//! Answers that are kept for requests that are sent again.

use async_trait::async_trait;
use diesel::OptionalExtension;
use diesel::sql_types::{Binary, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::FutureExt;
use live_domain::idempotency::KEPT_FOR;
use live_domain::{
    Fingerprint, IdempotencyKey, Kept, KeptAnswers, Keyed, Outcome, StoreError, Subject, Timestamp, Write,
};

use super::PgSessionRepository;
use super::error::PgError;
use super::pool::Undone;
use super::row::PgInstant;
use super::statement::{Statement, statement};
use crate::snapshot;

/// What is answered in place of a write with a key.
#[derive(Debug)]
pub(super) enum Instead<E> {
    /// What was kept for the key.
    Kept(Box<Kept>),
    /// That it is refused.
    Refused(E),
}

/// Ends a write that is refused.
pub(super) fn refused<E>(error: E) -> Undone<Instead<E>> {
    Undone::Refused(Instead::Refused(error))
}

/// What a port returns for a write with a key.
pub(super) fn keyed<T, E: From<StoreError>>(result: Result<T, Undone<Instead<E>>>) -> Result<Keyed<T>, E> {
    match result {
        Ok(done) => Ok(Keyed::Done(done)),
        Err(Undone::Refused(Instead::Kept(kept))) => Ok(Keyed::Kept(*kept)),
        Err(Undone::Refused(Instead::Refused(refused))) => Err(refused),
        Err(Undone::Failed(error)) => Err(StoreError::from(error).into()),
    }
}

const KEPT: &str = "SELECT fingerprint, outcome FROM idempotency_keys WHERE subject = $1 AND key = $2 AND kept_at > $3";

/// In the place of one that is not in force any more. Of two transactions that keep something for one key, the second
/// waits here for the first to end.
const KEEP: &str = "
    INSERT INTO idempotency_keys AS k (subject, key, fingerprint, outcome, kept_at) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (subject, key) DO UPDATE
    SET fingerprint = excluded.fingerprint, outcome = excluded.outcome, kept_at = excluded.kept_at
    WHERE k.kept_at <= $6";

/// Those that somebody else is deleting or replacing are left to them.
const PRUNE: &str = "
    DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM idempotency_keys WHERE kept_at <= $1 ORDER BY kept_at LIMIT 1000 FOR UPDATE SKIP LOCKED))";

/// What was kept up to then is not in force any more.
fn expiry(now: Timestamp) -> PgInstant {
    now.earlier_by(KEPT_FOR).into()
}

type KeptRow = (Vec<u8>, String);

fn kept_query(owner: &Subject, key: &IdempotencyKey, now: Timestamp) -> Statement<'static, (Binary, Text)> {
    statement(KEPT).bind(owner.to_string()).bind(key.as_str().to_owned()).bind(expiry(now))
}

fn kept((fingerprint, outcome): KeptRow) -> Result<Kept, PgError> {
    let fingerprint = fingerprint.try_into().map_err(|_| PgError::Json("a fingerprint has 32 bytes".into()))?;
    let outcome = snapshot::read_outcome(&outcome).map_err(PgError::Json)?;
    Ok(Kept { fingerprint: Fingerprint(fingerprint), outcome })
}

/// Ends a write when something is kept for its key.
pub(super) async fn end_if_kept<E>(
    connection: &mut AsyncPgConnection,
    write: &Write,
) -> Result<(), Undone<Instead<E>>> {
    let Some(asked) = &write.key else { return Ok(()) };
    let query = kept_query(write.viewer.subject(), &asked.key, write.now);
    match query.get_result(connection).await.optional()? {
        Some(row) => Err(Undone::Refused(Instead::Kept(Box::new(kept(row)?)))),
        None => Ok(()),
    }
}

/// Keeps what a write came to for its key, as the last thing of its transaction; or ends it, when another one with that
/// key came first.
pub(super) async fn keep<E>(
    connection: &mut AsyncPgConnection,
    write: &Write,
    outcome: impl FnOnce() -> Outcome,
) -> Result<(), Undone<Instead<E>>> {
    let Some(asked) = &write.key else { return Ok(()) };
    let outcome = snapshot::write_outcome(&outcome()).map_err(PgError::Json)?;
    let keep = statement::<()>(KEEP)
        .bind(write.viewer.subject().as_str())
        .bind(asked.key.as_str())
        .bind(&asked.fingerprint.0[..])
        .bind(outcome)
        .bind(PgInstant::from(write.now))
        .bind(expiry(write.now));
    match keep.execute(connection).await? {
        0 => end_if_kept(connection, write).await.and(Err(PgError::KeyVanished.into())),
        _ => Ok(()),
    }
}

#[async_trait]
impl KeptAnswers for PgSessionRepository {
    async fn kept(&self, owner: &Subject, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Kept>, StoreError> {
        let query = kept_query(owner, key, now);
        let row = self.pool.run(|connection| query.get_result(connection).map(OptionalExtension::optional).boxed());
        Ok(row.await?.map(kept).transpose().map_err(|error| self.pool.counted(error))?)
    }

    async fn prune(&self, now: Timestamp) -> Result<u64, StoreError> {
        let prune = statement::<()>(PRUNE).bind(expiry(now));
        let deleted = self.pool.run(|connection| prune.execute(connection).boxed()).await?;
        Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
    }
}
