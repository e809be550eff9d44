//! The history.

use std::time::Duration;

use async_trait::async_trait;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::FutureExt;
use live_domain::{Event, EventPosition, HistoryRepository, RecordedEvent, StoreError, Timestamp};

use super::PgSessionRepository;
use super::error::PgError;
use super::pool::{Undone, Work};
use super::row::{EventRow, PgInstant};
use super::schema::session_events;
use super::statement::statement;
use crate::event_row::EventColumns;

const RECORD: &str = "
    INSERT INTO session_events (id, session_id, brand_id, type, who, at, version, before, after, registration_id, user_id,
        status_before, status_after)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";

/// Records an event. Who calls it holds the session, or has just put it in.
pub(super) async fn record(connection: &mut AsyncPgConnection, event: &Event) -> Result<(), PgError> {
    let columns = EventColumns::try_from(&event.subject).map_err(PgError::Json)?;
    insert(connection, event, columns).await
}

/// Puts in an event whose columns are made. Who calls it holds the session, or has just put it in.
pub(super) async fn insert(
    connection: &mut AsyncPgConnection,
    event: &Event,
    columns: EventColumns,
) -> Result<(), PgError> {
    statement::<()>(RECORD)
        .bind(event.id)
        .bind(event.session_id)
        .bind(event.brand_id.as_str())
        .bind(event.event_type.as_str())
        .bind(event.actor.as_str())
        .bind(PgInstant::from(event.at))
        .bind(columns.version)
        .bind(columns.before)
        .bind(columns.after)
        .bind(columns.registration_id)
        .bind(columns.user_id)
        .bind(columns.status_before)
        .bind(columns.status_after)
        .execute(connection)
        .await?;
    Ok(())
}

const EVENTS: &str = "
    SELECT e.seq, e.id, e.session_id, e.brand_id, e.type, e.who, e.at, e.version, e.before, e.after, e.registration_id,
        e.user_id, e.status_before, e.status_after, p.position
    FROM session_event_places p JOIN session_events e ON e.seq = p.seq
    WHERE p.position > $1 ORDER BY p.position LIMIT $2";

/// Says whether a pass has something to do: an event without a place, or progress that can be made.
const ANY_NEW: &str = "
    SELECT EXISTS (SELECT FROM session_events e WHERE e.seq > progress.placed_through
            AND NOT EXISTS (SELECT FROM session_event_places p WHERE p.seq = e.seq AND p.seq > progress.placed_through))
        OR placed_through < next_through AND next_after <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint
    FROM session_event_progress progress";

/// However much there is to place, and however long a transaction elsewhere has kept progress from being made.
const WITHOUT_DEADLINE: &str = "SET LOCAL statement_timeout = 0";

/// How long a reader waits for a pass.
const PATIENCE: Duration = Duration::from_mins(10);

/// The last `seq` that anybody took.
const LAST_SEQ: &str =
    "SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('session_events', 'seq')::regclass), 0)";

const PROGRESS: &str = "SELECT placed_through, coalesce(pg_sequence_last_value(
    pg_get_serial_sequence('session_events', 'seq')::regclass), 0) FROM session_event_progress";

const HOLD_PROGRESS: &str = "SELECT pg_current_xact_id()::text::bigint FROM session_event_progress FOR UPDATE";

/// Gives places to the first events without one. `$1` is a seq, `$2` this transaction, which began to write after all
/// those that had taken a seq up to `$1`; `$3` how many events.
///
/// *Nothing is missed.* Whoever takes a seq has written before, and so has a transaction id: the row of the session is
/// locked or just put in. When the oldest transaction that still runs is not before `next_after`, all that took a seq up
/// to `next_through` have ended, and this statement, whose snapshot says so, sees what they committed and gives it its
/// places: nothing will be looked for there again. Until then the events that are committed get their places, and the
/// others remain to be looked for. A `next_after` that lies ahead of this transaction is of another cluster: there is
/// nothing to conclude from it.
///
/// *A session's events come in their order.* Each is committed before the next one takes its seq. So a snapshot that has
/// the later one has the earlier one too, and here the lower seq goes first.
const PLACE: &str = "
    WITH progress AS (
        SELECT *, next_after <= $2 AND next_after <= pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS ended
        FROM session_event_progress
    ), fresh AS (
        SELECT seq, row_number() OVER (ORDER BY seq) AS number FROM (
            SELECT e.seq FROM session_events e WHERE e.seq > (SELECT placed_through FROM progress)
                AND NOT EXISTS (SELECT FROM session_event_places p
                    WHERE p.seq = e.seq AND p.seq > (SELECT placed_through FROM progress))
            ORDER BY e.seq LIMIT $3) AS first
    ), placed AS (
        INSERT INTO session_event_places (position, seq)
        SELECT (SELECT last_position FROM progress) + number, seq FROM fresh
    ), extent AS (
        SELECT count(*) AS events, CASE count(*) WHEN $3 THEN max(seq) END AS full_through FROM fresh
    ), reached AS (
        SELECT last_position + events AS last_position,
            CASE WHEN ended THEN least(next_through, full_through) ELSE placed_through END AS placed_through,
            ended AND next_through <= coalesce(full_through, next_through) OR next_after > $2 AS renewed
        FROM progress, extent WHERE events > 0 OR ended AND placed_through < next_through
    )
    UPDATE session_event_progress p SET last_position = r.last_position, placed_through = r.placed_through,
        next_through = CASE WHEN renewed THEN greatest($1, r.placed_through) ELSE next_through END,
        next_after = CASE WHEN renewed THEN $2 ELSE next_after END
    FROM reached r";

/// How many events get a place in one transaction.
const BATCH: i64 = 10_000;

/// After so many passes that make no progress a transaction is in the way, which may run for long.
const VAIN_PASSES: u32 = 3;

/// Events that are committed get places.
pub(super) struct Placing;

#[async_trait]
impl Work for Placing {
    type Done = ();
    type Refused = StoreError;

    fn patience(&self, _of_requests: Duration) -> Duration {
        PATIENCE
    }

    async fn attempt(&self, connection: &mut AsyncPgConnection) -> Result<(), Undone<StoreError>> {
        connection.transaction(async |connection| place(connection).await).await?;
        Ok(())
    }
}

/// The order of the last three statements matters: each is true of all that the one before it has seen.
async fn place(connection: &mut AsyncPgConnection) -> Result<(), PgError> {
    connection.batch_execute(WITHOUT_DEADLINE).await?;
    let (any_new,): (bool,) = statement::<(Bool,)>(ANY_NEW).get_result(connection).await?;
    if !any_new {
        return Ok(());
    }
    let (seq,): (i64,) = statement::<(BigInt,)>(LAST_SEQ).get_result(connection).await?;
    let (transaction,): (i64,) = statement::<(BigInt,)>(HOLD_PROGRESS).get_result(connection).await?;
    statement::<()>(PLACE).bind(seq).bind(transaction).bind(BATCH).execute(connection).await?;
    Ok(())
}

impl PgSessionRepository {
    /// Places what there is. Returns a seq: whoever looks for events up to it from now on finds all that there ever will be.
    pub(super) async fn catch_up(&self) -> Result<i64, StoreError> {
        let progress = async || -> Result<(i64, i64), PgError> {
            let query = statement::<(BigInt, BigInt)>(PROGRESS);
            self.pool.run(|connection| query.get_result(connection).boxed()).await
        };
        let (mut through, last) = progress().await?;
        let mut vain = 0;
        while through < last && vain < VAIN_PASSES {
            self.pool.write(Placing).await.map_err(Undone::into_error)?;
            let (reached, _) = progress().await?;
            vain = if reached > through { 0 } else { vain + 1 };
            through = reached;
        }
        Ok(through)
    }

    async fn placed(&self, after: i64, most: i64) -> Result<Vec<(EventRow, i64)>, PgError> {
        let query = statement::<(session_events::SqlType, BigInt)>(EVENTS).bind(after).bind(most);
        self.pool.run(|connection| query.load(connection).boxed()).await
    }
}

#[async_trait]
impl HistoryRepository for PgSessionRepository {
    async fn events(&self, after: Option<EventPosition>, most: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        let after = after.map_or(0, |EventPosition(position)| i64::try_from(position).unwrap_or(i64::MAX));
        let rows = i64::try_from(most).unwrap_or(i64::MAX);
        let mut found = self.placed(after, rows).await?;
        if found.len() < most {
            self.pool.write(Placing).await.map_err(Undone::into_error)?;
            found = self.placed(after, rows).await?;
        }
        let recorded = found.into_iter().map(|(row, position)| row.at(position));
        Ok(recorded.collect::<Result<_, _>>().map_err(|error| self.pool.counted(error))?)
    }

    async fn delete_before(&self, instant: Timestamp) -> Result<u64, StoreError> {
        Ok(self.delete_oldest(instant).await?)
    }
}
