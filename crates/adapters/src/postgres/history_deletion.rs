//! The oldest part of the history, deleted.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use live_domain::{StoreError, Timestamp};

use super::PgSessionRepository;
use super::bulk::IF_NOBODY_ELSE;
use super::error::PgError;
use super::events::Placing;
use super::pool::{Undone, Work};
use super::row::PgInstant;
use super::statement::{Statement, statement};

/// How many events go in one transaction: their rows are locked for some milliseconds, and nobody writes to them.
const BATCH: i64 = 1_000;

/// Deletes the first events after the place `$1`, with their places, up to the first that did not happen before `$2`. An
/// event without a place is not among them: a reader is still to meet it.
fn delete_oldest() -> String {
    format!(
        "
    WITH first AS (
        SELECT p.position, p.seq, e.at FROM session_event_places p JOIN session_events e ON e.seq = p.seq
        WHERE p.position > $1 ORDER BY p.position LIMIT {BATCH}
    ), old AS (
        SELECT position, seq FROM first
        WHERE position < coalesce((SELECT min(position) FROM first WHERE at >= $2), 9223372036854775807)
    ), events AS (
        DELETE FROM session_events e USING old WHERE e.seq = old.seq
    ), places AS (
        DELETE FROM session_event_places p USING old WHERE p.position = old.position
    )
    SELECT count(*), coalesce(max(position), $1) FROM old"
    )
}

/// Up to which place a run of batches has deleted. The next batch begins there: on its way from the beginning it would
/// pass all rows that are deleted, and not yet vacuumed.
#[derive(Debug, Clone, Default)]
pub(super) struct DeletedThrough(Arc<AtomicI64>);

impl DeletedThrough {
    pub(super) fn get(&self) -> i64 {
        AtomicI64::load(&self.0, Ordering::Relaxed)
    }

    fn set(&self, position: i64) {
        self.0.store(position, Ordering::Relaxed);
    }
}

/// A batch, from that place on.
pub(super) fn deletion(after: i64, instant: Timestamp) -> Statement<'static, (BigInt, BigInt)> {
    statement(delete_oldest()).bind(after).bind(PgInstant::from(instant))
}

/// A batch of events is deleted; how many, and up to which place.
struct Deleting {
    after: i64,
    instant: Timestamp,
}

#[async_trait]
impl Work for Deleting {
    type Done = (i64, i64);
    type Refused = StoreError;

    async fn attempt(&self, connection: &mut AsyncPgConnection) -> Result<(i64, i64), Undone<StoreError>> {
        Ok(connection.transaction(async |connection| self.delete(connection).await).await?)
    }
}

impl Deleting {
    /// Not while another process deletes, nor while an import or a forgetting has the rows of many sessions: it comes again.
    async fn delete(&self, connection: &mut AsyncPgConnection) -> Result<(i64, i64), PgError> {
        let (is_alone,): (bool,) = statement::<(Bool,)>(IF_NOBODY_ELSE).get_result(connection).await?;
        if !is_alone {
            return Ok((0, 0));
        }
        Ok(deletion(self.after, self.instant).get_result(connection).await?)
    }
}

impl PgSessionRepository {
    /// Deletes a batch of the oldest events.
    pub(super) async fn delete_oldest(&self, instant: Timestamp) -> Result<u64, StoreError> {
        let deleted = self.delete_placed(instant).await?;
        if deleted > 0 {
            return Ok(deleted);
        }
        // Where nobody reads the history, nobody else gives events their places.
        self.pool.write(Placing).await.map_err(Undone::into_error)?;
        self.delete_placed(instant).await
    }

    async fn delete_placed(&self, instant: Timestamp) -> Result<u64, StoreError> {
        let after = self.deleted_through.get();
        let (deleted, last) = self.pool.write(Deleting { after, instant }).await.map_err(Undone::into_error)?;
        // From the beginning again once the run is over: who knows what was restored meanwhile.
        self.deleted_through.set(if deleted < BATCH { 0 } else { last });
        Ok(deleted.unsigned_abs())
    }
}
