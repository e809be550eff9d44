//! How far the readers of the history are behind.

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Nullable, Timestamptz};
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use live_domain::{StoreError, Timestamp};

use super::PgSessionRepository;
use super::row::PgInstant;
use super::statement::statement;
use crate::backlog::{Backlog, HistoryBacklog};
use crate::session_row::StoredInstant;

/// Every part is the end of an index, or a bounded piece of it from there.
const BACKLOG: &str = "
    WITH reach AS (
        SELECT placed_through, greatest(placed_through, (SELECT max(seq) FROM session_event_places)) AS last_placed
        FROM session_event_progress
    )
    SELECT (SELECT count(*) FROM (SELECT FROM session_events e WHERE e.seq > last_placed LIMIT $1) AS unplaced),
        (SELECT e.at FROM session_events e WHERE e.seq > last_placed ORDER BY e.seq LIMIT 1),
        greatest((SELECT max(seq) FROM session_events) - placed_through, 0)
    FROM reach";

type BacklogRow = (i64, Option<PgInstant>, i64);

#[async_trait]
impl HistoryBacklog for PgSessionRepository {
    async fn backlog(&self) -> Result<Option<Backlog>, StoreError> {
        let query = statement::<(BigInt, Nullable<Timestamptz>, BigInt)>(BACKLOG).bind(i64::from(Backlog::MOST));
        let row: BacklogRow = self.pool.run(|connection| query.get_result(connection).boxed()).await?;
        let (unplaced, oldest, unsettled) = row;
        let count = |number: i64| u64::try_from(number).unwrap_or(0);
        let oldest = oldest.and_then(|at| Timestamp::from_micros(at.micros()).ok());
        Ok(Some(Backlog { unplaced: count(unplaced), oldest, unsettled: count(unsettled) }))
    }
}
