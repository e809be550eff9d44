//! Registrations in.

use async_trait::async_trait;
use live_domain::bulk::{BadLine, RegistrationLine};
use live_domain::{Import, ImportError, Imported, StoreError, Timestamp, bulk::Line};
use time::OffsetDateTime;
use tokio_postgres::types::{ToSql, Type};
use uuid::Uuid;

use super::{BulkConnection, Fault, ONE_AT_A_TIME, first, line_number, number, store};
use crate::postgres::connection::Connector;
use crate::postgres::error::PgError;

/// `staged` holds the lines as they are; `resolved` what each makes of its registration, and how that is now; `locked`
/// the sessions whose registrations and counter change.
const TABLES: &str = r#"
    CREATE TEMP TABLE staged (
        line bigint NOT NULL, session_id uuid NOT NULL, user_id text COLLATE "C" NOT NULL, status text NOT NULL,
        id uuid, fresh_id uuid NOT NULL, registered_at timestamptz, cancelled_at timestamptz, event_id uuid NOT NULL);
    CREATE TEMP TABLE resolved (
        line bigint NOT NULL, session_id uuid NOT NULL, user_id text COLLATE "C" NOT NULL, status text NOT NULL,
        id uuid NOT NULL, registered_at timestamptz NOT NULL, cancelled_at timestamptz,
        event_id uuid NOT NULL, old_id uuid, old_status text, changes boolean NOT NULL);
    CREATE TEMP TABLE locked (id uuid NOT NULL);
"#;

const COPY: &str = "COPY staged (line, session_id, user_id, status, id, fresh_id, registered_at, cancelled_at, event_id) \
                    FROM STDIN (FORMAT binary)";

const TYPES: [Type; 9] = [
    Type::INT8,
    Type::UUID,
    Type::TEXT,
    Type::TEXT,
    Type::UUID,
    Type::UUID,
    Type::TIMESTAMPTZ,
    Type::TIMESTAMPTZ,
    Type::UUID,
];

const REPEATED: &str = "
    SELECT line, first FROM (
        SELECT line, min(line) OVER (PARTITION BY session_id, user_id) AS first FROM staged) AS lines
    WHERE line <> first ORDER BY line LIMIT 1";

const UNKNOWN_SESSION: &str = "
    SELECT line, session_id FROM staged t WHERE NOT EXISTS (SELECT FROM sessions s WHERE s.id = t.session_id)
    ORDER BY line LIMIT 1";

/// What is not given stays as it is; of a new registration it is the fresh id, and an instant from `$1` on after every
/// other that anybody of the session ever had.
const RESOLVE: &str = "
    INSERT INTO resolved
    WITH found AS (
        SELECT t.*, r.id AS old_id, r.status AS old_status, r.registered_at AS old_registered_at,
            r.cancelled_at AS old_cancelled_at
        FROM staged t LEFT JOIN registrations r USING (session_id, user_id)
    ), asking AS (
        SELECT line, session_id, row_number() OVER (PARTITION BY session_id ORDER BY line) AS place
        FROM found WHERE registered_at IS NULL AND old_registered_at IS NULL
    ), latest AS (
        SELECT session_id, greatest(s.last_registered_at, given.latest) AS instant
        FROM (SELECT session_id, max(registered_at) AS latest FROM staged GROUP BY session_id) AS given
        JOIN sessions s ON s.id = session_id
    ), given AS (
        SELECT line, greatest($1, latest.instant + interval '1 microsecond')
            + (place - 1) * interval '1 microsecond' AS registered_at
        FROM asking LEFT JOIN latest USING (session_id)
    ), wanted AS (
        SELECT found.*, coalesce(found.id, old_id, fresh_id) AS new_id,
            coalesce(found.registered_at, old_registered_at, given.registered_at) AS new_registered_at
        FROM found LEFT JOIN given USING (line)
    ), whole AS (
        SELECT wanted.*,
            CASE status WHEN 'cancelled' THEN coalesce(cancelled_at, new_registered_at) END AS new_cancelled_at
        FROM wanted
    )
    SELECT line, session_id, user_id, status, new_id, new_registered_at, new_cancelled_at, event_id,
        old_id, old_status,
        (new_id, status, new_registered_at, new_cancelled_at)
            IS DISTINCT FROM (old_id, old_status, old_registered_at, old_cancelled_at)
    FROM whole";

/// With the whole file in, an id belongs to one key: to one outside the file, else to that of the earliest line.
const ID_TAKEN: &str = "
    SELECT line FROM (
        SELECT line FROM (
            SELECT line, row_number() OVER (PARTITION BY id ORDER BY line) AS place FROM resolved) AS lines
        WHERE place > 1
        UNION ALL
        SELECT v.line FROM resolved v JOIN registrations r ON r.id = v.id
        WHERE v.id IS DISTINCT FROM v.old_id AND NOT EXISTS (
            SELECT FROM staged t WHERE t.session_id = r.session_id AND t.user_id = r.user_id)
    ) AS taken ORDER BY line LIMIT 1";

const OVERSOLD: &str = "
    SELECT line, s.registered_count + seats, s.max_participants::bigint
    FROM (SELECT session_id, max(line) AS line,
            coalesce(sum((status = 'registered')::int - coalesce((old_status = 'registered')::int, 0))
                FILTER (WHERE changes), 0) AS seats
        FROM resolved GROUP BY session_id) AS taken
    JOIN sessions s ON s.id = taken.session_id
    WHERE s.registered_count + seats > s.max_participants ORDER BY line LIMIT 1";

/// Whoever changes a session's registrations holds its row. Nobody but an import holds several, and imports write one
/// after the other: in whatever order they are taken, no two wait for each other.
const LOCK: &str = "
    INSERT INTO locked SELECT s.id FROM sessions s
    WHERE s.id IN (SELECT session_id FROM resolved WHERE changes) AND NOT EXISTS (SELECT FROM locked l WHERE l.id = s.id)
    ORDER BY s.id FOR NO KEY UPDATE";

const CHANGE: &str = "
    UPDATE registrations r
    SET id = v.id, status = v.status, registered_at = v.registered_at, cancelled_at = v.cancelled_at
    FROM resolved v WHERE r.session_id = v.session_id AND r.user_id = v.user_id AND v.changes AND v.old_id IS NOT NULL";

const CREATE: &str = "
    INSERT INTO registrations (id, session_id, user_id, status, registered_at, cancelled_at)
    SELECT id, session_id, user_id, status, registered_at, cancelled_at FROM resolved
    WHERE changes AND old_id IS NULL ORDER BY session_id, user_id";

const COUNT: &str = "
    UPDATE sessions s SET registered_count = s.registered_count + seats, waiting_count = s.waiting_count + waiting,
        last_registered_at = greatest(s.last_registered_at, latest)
    FROM (SELECT session_id, max(registered_at) AS latest,
            sum((status = 'registered')::int - coalesce((old_status = 'registered')::int, 0)) AS seats,
            sum((status = 'waitlist')::int - coalesce((old_status = 'waitlist')::int, 0)) AS waiting
        FROM resolved WHERE changes GROUP BY session_id) AS taken
    WHERE s.id = taken.session_id AND (seats <> 0 OR waiting <> 0 OR s.last_registered_at IS NULL
        OR s.last_registered_at < latest)";

const RECORD: &str = "
    INSERT INTO session_events (id, session_id, brand_id, type, who, at, registration_id, user_id,
        status_before, status_after)
    SELECT v.event_id, v.session_id, s.brand_id, 'registration.imported', 'import', $1, v.id, v.user_id,
        v.old_status, v.status
    FROM resolved v JOIN sessions s ON s.id = v.session_id WHERE v.changes ORDER BY v.line";

/// An import of registrations under way.
pub(super) struct RegistrationImport {
    connection: BulkConnection,
    now: Timestamp,
    lines: u64,
}

impl RegistrationImport {
    pub(super) async fn begin(connector: &Connector, now: Timestamp) -> Result<Self, PgError> {
        Ok(Self { connection: BulkConnection::open(connector, TABLES).await?, now, lines: 0 })
    }

    async fn copy(&mut self, lines: &[Line<RegistrationLine>]) -> Result<(), PgError> {
        let mut rows = Box::pin(self.connection.copy(COPY, &TYPES).await?);
        for Line { number, value } in lines {
            let row: [&(dyn ToSql + Sync); 9] = [
                &line_number(*number),
                &value.session_id(),
                &value.user_id().as_str(),
                &value.status().as_str(),
                &value.id(),
                &value.fresh_id(),
                &value.registered_at().map(OffsetDateTime::from),
                &value.cancelled_at().map(OffsetDateTime::from),
                &Uuid::now_v7(),
            ];
            rows.as_mut().write(&row).await?;
        }
        self.lines += rows.as_mut().finish().await?;
        Ok(())
    }

    async fn unknown_session(&self) -> Result<Option<Fault>, ImportError> {
        let unknown = self.connection.fault(UNKNOWN_SESSION, |row| Ok(BadLine::UnknownSession(row.try_get(1)?)));
        unknown.await.map_err(store)
    }

    /// Says what each line makes of its registration, and names the first whose id or seat is taken.
    async fn resolve(&self) -> Result<(), ImportError> {
        let connection = &self.connection;
        connection.batch("TRUNCATE resolved").await.map_err(store)?;
        let now = OffsetDateTime::from(self.now);
        connection.client.execute(RESOLVE, &[&now]).await.map_err(store)?;
        connection.batch("ANALYZE resolved").await.map_err(store)?;
        first([connection.fault(ID_TAKEN, |_| Ok(BadLine::IdTaken)).await.map_err(store)?])?;
        first([connection.fault(OVERSOLD, super::oversold).await.map_err(store)?])
    }

    async fn check(&self) -> Result<(), ImportError> {
        let repeated = self.connection.fault(REPEATED, |row| Ok(BadLine::RepeatedKey { first: number(row, 1)? }));
        let repeated = repeated.await.map_err(store)?;
        first([repeated, self.unknown_session().await?])?;
        self.resolve().await
    }

    /// Locks every session whose registrations change. Some may have come or gone since they were last looked at, and
    /// while a lock was waited for: it is looked again until nothing changes in a session that is not locked.
    async fn lock(&self) -> Result<(), ImportError> {
        while self.connection.execute(LOCK).await.map_err(store)? > 0 {
            self.connection.batch("ANALYZE locked").await.map_err(store)?;
            first([self.unknown_session().await?])?;
            self.resolve().await?;
        }
        Ok(())
    }

    async fn write(&self) -> Result<Imported, ImportError> {
        let connection = &self.connection;
        connection.begin().await.map_err(store)?;
        connection.batch(ONE_AT_A_TIME).await.map_err(store)?;
        self.resolve().await?;
        self.lock().await?;
        let changed = connection.execute(CHANGE).await.map_err(store)?;
        let created = connection.execute(CREATE).await.map_err(store)?;
        connection.execute(COUNT).await.map_err(store)?;
        connection.client.execute(RECORD, &[&OffsetDateTime::from(self.now)]).await.map_err(store)?;
        connection.commit().await.map_err(store)?;
        Ok(Imported { created, changed, unchanged: self.lines.saturating_sub(created + changed) })
    }
}

#[async_trait]
impl Import<RegistrationLine> for RegistrationImport {
    async fn stage(&mut self, lines: Vec<Line<RegistrationLine>>) -> Result<(), StoreError> {
        Ok(self.copy(&lines).await?)
    }

    async fn apply(self: Box<Self>) -> Result<Imported, ImportError> {
        self.connection.batch("ANALYZE staged").await.map_err(store)?;
        self.check().await?;
        self.write().await
    }
}
