//! Sessions in.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use live_domain::bulk::{Line, SessionLine};
use live_domain::{Actor, EventType, Import, ImportError, Imported, StoreError, Timestamp};

use super::history::{self, session_text};
use super::{BulkConnection, Fault, Refusal, execute, first, line_number, oversold, repeated};
use crate::session_row::replaced;
use crate::sqlite::connection::Opener;
use crate::sqlite::error::SqliteError;
use crate::sqlite::row::{IdBytes, Micros};

diesel::table! {
    staged (line) {
        line -> BigInt,
        updated_at_given -> Bool,
        id -> Binary,
        host_id -> Text,
        brand_id -> Text,
        community_id -> Nullable<Text>,
        title -> Text,
        kind -> Text,
        category -> Nullable<Text>,
        scheduled_at -> BigInt,
        started_at -> Nullable<BigInt>,
        ended_at -> Nullable<BigInt>,
        status -> Text,
        stream_call_id -> Nullable<Text>,
        max_participants -> Integer,
        duration_minutes -> Nullable<Integer>,
        recording_url -> Nullable<Text>,
        metadata -> Text,
        created_at -> BigInt,
        updated_at -> BigInt,
    }
}

fn tables() -> String {
    format!(
        "CREATE TEMP TABLE staged (line INTEGER PRIMARY KEY, updated_at_given, id, created_at, updated_at, {})",
        replaced("")
    )
}

const REPEATED: &str = "\
    SELECT line, first FROM (SELECT line, min(line) OVER (PARTITION BY id) AS first FROM staged) AS lines \
    WHERE line <> first ORDER BY line LIMIT 1";

/// Of those that are there.
const OVERSOLD: &str = "\
    SELECT line, s.registered_count, t.max_participants FROM staged t CROSS JOIN sessions s ON s.id = t.id \
    WHERE s.registered_count > t.max_participants ORDER BY line LIMIT 1";

/// Whether the line `t` changes the session `s`.
fn differs() -> String {
    format!("(({}) IS NOT ({}) OR t.updated_at_given AND s.updated_at <> t.updated_at)", replaced("s"), replaced("t"))
}

/// In the order of the lines, and before they are put in: the sessions are still as they were.
fn record() -> String {
    format!(
        "INSERT INTO session_events (id, session_id, brand_id, type, who, at, version, before, after)
        SELECT fresh_event_id(), t.id, t.brand_id, '{}', '{}', ?, coalesce(s.version + 1, 1), {}, {}
        FROM staged t LEFT JOIN sessions s ON s.id = t.id WHERE s.id IS NULL OR {} ORDER BY t.line",
        EventType::SessionImported.as_str(),
        Actor::Import.as_str(),
        session_text("s", "s.created_at"),
        session_text("t", "coalesce(s.created_at, t.created_at)"),
        differs()
    )
}

fn change() -> String {
    format!(
        "UPDATE sessions AS s SET (version, updated_at, {}) = (s.version + 1, t.updated_at, {})
        FROM staged t WHERE s.id = t.id AND {}",
        replaced(""),
        replaced("t"),
        differs()
    )
}

/// In the order of their time: neighbours in a list are neighbours on disk, and every index grows at few places.
fn create() -> String {
    format!(
        "INSERT INTO sessions (id, created_at, updated_at, {columns})
        SELECT id, created_at, updated_at, {columns} FROM staged t
        WHERE NOT EXISTS (SELECT 1 FROM sessions s WHERE s.id = t.id) ORDER BY scheduled_at, id",
        columns = replaced("")
    )
}

fn stage(connection: &mut SqliteConnection, lines: &[Line<SessionLine>]) -> QueryResult<()> {
    // The transaction is one of the temporary tables alone: the store is not locked.
    connection.transaction(|connection| {
        for line in lines {
            stage_line(connection, line)?;
        }
        Ok(())
    })
}

fn stage_line(connection: &mut SqliteConnection, line: &Line<SessionLine>) -> QueryResult<usize> {
    let session = line.value.session();
    let seats = i32::try_from(session.max_participants.get()).unwrap_or(i32::MAX);
    let minutes = session.duration_minutes.map(|minutes| i32::try_from(minutes.get()).unwrap_or(i32::MAX));
    // Row by row, so that diesel keeps the statement prepared.
    diesel::insert_into(staged::table)
        .values((
            staged::line.eq(line_number(line.number)),
            staged::updated_at_given.eq(line.value.updated_at_given()),
            staged::id.eq(IdBytes::from(session.id)),
            staged::host_id.eq(session.host_id.as_str()),
            staged::brand_id.eq(session.brand_id.as_str()),
            staged::community_id.eq(session.community_id.as_ref().map(live_domain::CommunityId::as_str)),
            staged::title.eq(session.title.as_str()),
            staged::kind.eq(session.kind.as_str()),
            staged::category.eq(session.category.as_ref().map(live_domain::Category::as_str)),
            staged::scheduled_at.eq(Micros::from(session.scheduled_at)),
            staged::started_at.eq(session.started_at.map(Micros::from)),
            staged::ended_at.eq(session.ended_at.map(Micros::from)),
            staged::status.eq(session.status.as_str()),
            staged::stream_call_id.eq(session.stream_call_id.as_ref().map(live_domain::StreamCallId::as_str)),
            staged::max_participants.eq(seats),
            staged::duration_minutes.eq(minutes),
            staged::recording_url.eq(session.recording_url.as_ref().map(live_domain::RecordingUrl::as_str)),
            staged::metadata.eq(session.metadata.as_str()),
            staged::created_at.eq(Micros::from(session.created_at)),
            staged::updated_at.eq(Micros::from(session.updated_at)),
        ))
        .execute(connection)
}

/// Checks without a lock on the store; then takes the lock, looks again for seats that were taken meanwhile, and writes.
fn apply(connection: &mut SqliteConnection, now: Micros, lines: u64) -> Result<Imported, Refusal<Fault>> {
    connection.batch_execute("CREATE INDEX temp.staged_by_key ON staged (id, line)")?;
    first([repeated(connection, REPEATED)?, oversold(connection, OVERSOLD)?])?;
    connection.immediate_transaction(|connection| {
        first([oversold(connection, OVERSOLD)?])?;
        history::record(connection, &record(), now)?;
        let changed = execute(connection, &change())?;
        let created = execute(connection, &create())?;
        Ok(Imported { created, changed, unchanged: lines.saturating_sub(created + changed) })
    })
}

/// An import of sessions under way.
pub(super) struct SessionImport {
    connection: BulkConnection,
    now: Micros,
    lines: u64,
}

impl SessionImport {
    pub(super) async fn begin(opener: &Opener, now: Timestamp) -> Result<Self, SqliteError> {
        Ok(Self { connection: BulkConnection::open(opener, tables()).await?, now: now.into(), lines: 0 })
    }
}

#[async_trait]
impl Import<SessionLine> for SessionImport {
    async fn stage(&mut self, lines: Vec<Line<SessionLine>>) -> Result<(), StoreError> {
        self.lines = self.lines.saturating_add(lines.len().try_into().unwrap_or(u64::MAX));
        let staged = self.connection.run(move |connection| stage(connection, &lines).map_err(SqliteError::from));
        Ok(staged.await?)
    }

    async fn apply(mut self: Box<Self>) -> Result<Imported, ImportError> {
        let (now, lines) = (self.now, self.lines);
        Ok(self.connection.run(move |connection| apply(connection, now, lines)).await?)
    }
}
