//! Sessions in.

use async_trait::async_trait;
use live_domain::bulk::{BadLine, SessionLine};
use live_domain::{Import, ImportError, Imported, StoreError, Timestamp, bulk::Line};
use time::OffsetDateTime;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::snapshot::snapshot;
use super::{BulkConnection, ONE_AT_A_TIME, first, line_number, number, store};
use crate::postgres::connection::Connector;
use crate::postgres::error::PgError;
use crate::session_row::replaced;

/// `staged` holds the lines as they are; `written` the sessions that change, as they were before, and then those that are
/// created.
fn tables() -> String {
    format!(
        "CREATE TEMP TABLE staged AS
            SELECT 0::bigint AS line, false AS updated_at_given, id AS event_id, id, created_at, updated_at, {} FROM sessions WITH NO DATA;
        CREATE TEMP TABLE written (id uuid NOT NULL, before text)",
        replaced("")
    )
}

fn copy() -> String {
    format!(
        "COPY staged (line, updated_at_given, event_id, id, created_at, updated_at, {}) FROM STDIN (FORMAT binary)",
        replaced("")
    )
}

const TYPES: [Type; 21] = [
    Type::INT8,
    Type::BOOL,
    Type::UUID,
    Type::UUID,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMPTZ,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMPTZ,
    Type::TEXT,
    Type::TEXT,
    Type::INT4,
    Type::INT4,
    Type::TEXT,
    Type::TEXT,
];

const REPEATED: &str = "
    SELECT line, first FROM (SELECT line, min(line) OVER (PARTITION BY id) AS first FROM staged) AS lines
    WHERE line <> first ORDER BY line LIMIT 1";

/// Of those that are there.
const OVERSOLD: &str = "
    SELECT line, s.registered_count::bigint, t.max_participants::bigint FROM staged t JOIN sessions s USING (id)
    WHERE s.registered_count > t.max_participants ORDER BY line LIMIT 1";

/// Locks what will be written, in the order of the ids, as every writer of several sessions does. What is as its line
/// says is not locked.
fn lock() -> String {
    format!(
        "INSERT INTO written SELECT s.id, {} FROM sessions s JOIN staged t USING (id)
        WHERE ({}) IS DISTINCT FROM ({}) OR t.updated_at_given AND s.updated_at <> t.updated_at
        ORDER BY s.id FOR NO KEY UPDATE OF s",
        snapshot("s"),
        replaced("s"),
        replaced("t")
    )
}

fn change() -> String {
    format!(
        "UPDATE sessions s SET version = s.version + 1, (updated_at, {}) = (t.updated_at, {})
        FROM written JOIN staged t USING (id) WHERE s.id = t.id",
        replaced(""),
        replaced("t")
    )
}

/// In the order of their time: neighbours in a list are neighbours on disk, and every index grows at few places.
fn create() -> String {
    format!(
        "WITH created AS (
            INSERT INTO sessions (id, created_at, updated_at, {columns})
            SELECT id, created_at, updated_at, {columns} FROM staged t
            WHERE NOT EXISTS (SELECT FROM sessions s WHERE s.id = t.id) ORDER BY scheduled_at, id
            RETURNING id
        )
        INSERT INTO written (id) SELECT id FROM created",
        columns = replaced("")
    )
}

fn record() -> String {
    format!(
        "INSERT INTO session_events (id, session_id, brand_id, type, who, at, version, before, after)
        SELECT t.event_id, s.id, s.brand_id, 'session.imported', 'import', $1, s.version, written.before, {}
        FROM written JOIN staged t USING (id) JOIN sessions s USING (id) ORDER BY t.line",
        snapshot("s")
    )
}

/// An import of sessions under way.
pub(super) struct SessionImport {
    connection: BulkConnection,
    now: Timestamp,
    lines: u64,
}

impl SessionImport {
    pub(super) async fn begin(connector: &Connector, now: Timestamp) -> Result<Self, PgError> {
        Ok(Self { connection: BulkConnection::open(connector, &tables()).await?, now, lines: 0 })
    }

    async fn copy(&mut self, lines: &[Line<SessionLine>]) -> Result<(), PgError> {
        let mut rows = Box::pin(self.connection.copy(&copy(), &TYPES).await?);
        for Line { number, value } in lines {
            let session = value.session();
            let time = |instant| OffsetDateTime::from(instant);
            let seats = i32::try_from(session.max_participants.get()).unwrap_or(i32::MAX);
            let minutes = session.duration_minutes.map(|minutes| i32::try_from(minutes.get()).unwrap_or(i32::MAX));
            let row: [&(dyn ToSql + Sync); 21] = [
                &line_number(*number),
                &value.updated_at_given(),
                &Uuid::now_v7(),
                &session.id,
                &time(session.created_at),
                &time(session.updated_at),
                &session.host_id.as_str(),
                &session.brand_id.as_str(),
                &session.community_id.as_ref().map(live_domain::CommunityId::as_str),
                &session.title.as_str(),
                &session.kind.as_str(),
                &session.category.as_ref().map(live_domain::Category::as_str),
                &time(session.scheduled_at),
                &session.started_at.map(time),
                &session.ended_at.map(time),
                &session.status.as_str(),
                &session.stream_call_id.as_ref().map(live_domain::StreamCallId::as_str),
                &seats,
                &minutes,
                &session.recording_url.as_ref().map(live_domain::RecordingUrl::as_str),
                &session.metadata.as_str(),
            ];
            rows.as_mut().write(&row).await?;
        }
        self.lines += rows.as_mut().finish().await?;
        Ok(())
    }

    /// Names the first line that repeats a key or takes seats that are taken.
    async fn check(&self) -> Result<(), ImportError> {
        let repeated = self.connection.fault(REPEATED, |row| Ok(BadLine::RepeatedKey { first: number(row, 1)? }));
        let repeated = repeated.await.map_err(store)?;
        first([repeated, self.oversold().await?])
    }

    async fn oversold(&self) -> Result<Option<super::Fault>, ImportError> {
        self.connection.fault(OVERSOLD, super::oversold).await.map_err(store)
    }

    async fn write(&self) -> Result<Imported, ImportError> {
        let connection = &self.connection;
        connection.begin().await.map_err(store)?;
        connection.batch(ONE_AT_A_TIME).await.map_err(store)?;
        connection.execute(&lock()).await.map_err(store)?;
        connection.batch("ANALYZE written").await.map_err(store)?;
        // Somebody may have registered since the check. Now nobody can until this is committed.
        first([self.oversold().await?])?;
        let changed = connection.execute(&change()).await.map_err(store)?;
        let created = connection.execute(&create()).await.map_err(store)?;
        let now = OffsetDateTime::from(self.now);
        connection.client.execute(&record(), &[&now]).await.map_err(store)?;
        connection.commit().await.map_err(store)?;
        Ok(Imported { created, changed, unchanged: self.lines.saturating_sub(created + changed) })
    }
}

#[async_trait]
impl Import<SessionLine> for SessionImport {
    async fn stage(&mut self, lines: Vec<Line<SessionLine>>) -> Result<(), StoreError> {
        Ok(self.copy(&lines).await?)
    }

    async fn apply(self: Box<Self>) -> Result<Imported, ImportError> {
        self.connection.batch("ANALYZE staged").await.map_err(store)?;
        self.check().await?;
        self.write().await
    }
}
