//! Registrations in.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary};
use live_domain::bulk::{BadLine, Line, RegistrationLine};
use live_domain::{Actor, EventType, Import, ImportError, Imported, StoreError, Timestamp};

use super::{BulkConnection, Fault, Refusal, execute, first, history, line_number, oversold, repeated};
use crate::sqlite::connection::Opener;
use crate::sqlite::error::SqliteError;
use crate::sqlite::row::{IdBytes, Micros};

diesel::table! {
    staged (line) {
        line -> BigInt,
        session_id -> Binary,
        user_id -> Text,
        status -> Text,
        id -> Nullable<Binary>,
        fresh_id -> Binary,
        registered_at -> Nullable<BigInt>,
        cancelled_at -> Nullable<BigInt>,
    }
}

/// `staged` holds the lines as they are, `resolved` what each makes of its registration, and how that is now.
const TABLES: &str = "\
    CREATE TEMP TABLE staged (
        line INTEGER PRIMARY KEY, session_id, user_id, status, id, fresh_id, registered_at, cancelled_at);
    CREATE TEMP TABLE resolved (
        line INTEGER PRIMARY KEY, session_id, user_id, status, id, registered_at, cancelled_at, old_id, old_status,
        changes);";

const REPEATED: &str = "\
    SELECT line, first FROM (
        SELECT line, min(line) OVER (PARTITION BY session_id, user_id) AS first FROM staged) AS lines
    WHERE line <> first ORDER BY line LIMIT 1";

const UNKNOWN_SESSION: &str = "\
    SELECT line, session_id FROM staged t WHERE NOT EXISTS (SELECT 1 FROM sessions s WHERE s.id = t.session_id)
    ORDER BY line LIMIT 1";

/// What is not given stays as it is; of a new registration it is the fresh id, and an instant from the one bound on after
/// every other of the session.
const RESOLVE: &str = "\
    INSERT INTO resolved
    WITH found AS MATERIALIZED (
        SELECT t.*, r.id AS old_id, r.status AS old_status, r.registered_at AS old_registered_at,
            r.cancelled_at AS old_cancelled_at
        FROM staged t LEFT JOIN registrations r ON r.session_id = t.session_id AND r.user_id = t.user_id
    ), asking AS MATERIALIZED (
        SELECT line, session_id, row_number() OVER (PARTITION BY session_id ORDER BY line) AS place
        FROM found WHERE registered_at IS NULL AND old_registered_at IS NULL
    ), latest AS MATERIALIZED (
        SELECT session_id, max(registered_at) AS instant FROM (
            SELECT s.id AS session_id, s.last_registered_at AS registered_at
            FROM (SELECT DISTINCT session_id FROM asking) AS asked CROSS JOIN sessions s ON s.id = asked.session_id
            UNION ALL SELECT session_id, registered_at FROM staged WHERE registered_at IS NOT NULL
        ) AS known GROUP BY session_id
    ), given AS MATERIALIZED (
        SELECT line, max(?, coalesce(latest.instant + 1, 0)) + place - 1 AS registered_at
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
    SELECT line, session_id, user_id, status, new_id, new_registered_at, new_cancelled_at, old_id, old_status,
        (new_id, status, new_registered_at, new_cancelled_at)
            IS NOT (old_id, old_status, old_registered_at, old_cancelled_at)
    FROM whole";

/// With the whole file in, an id belongs to one key: to one outside the file, else to that of the earliest line.
const ID_TAKEN: &str = "\
    SELECT line FROM (
        SELECT line FROM (
            SELECT line, row_number() OVER (PARTITION BY id ORDER BY line) AS place FROM resolved) AS lines
        WHERE place > 1
        UNION ALL
        SELECT v.line FROM resolved v CROSS JOIN registrations r ON r.id = v.id
        WHERE v.id IS NOT v.old_id AND NOT EXISTS (
            SELECT 1 FROM staged t WHERE t.session_id = r.session_id AND t.user_id = r.user_id)
    ) AS taken ORDER BY line LIMIT 1";

const OVERSOLD: &str = "\
    SELECT line, s.registered_count + seats, s.max_participants
    FROM (SELECT session_id, max(line) AS line, sum((status = 'registered') - coalesce(old_status = 'registered', 0)) AS seats
        FROM resolved GROUP BY session_id) AS taken
    CROSS JOIN sessions s ON s.id = taken.session_id
    WHERE s.registered_count + seats > s.max_participants ORDER BY line LIMIT 1";

/// Rows that change are taken out and put in again: SQLite judges each row by itself, and ids may be exchanged.
const TAKE_OUT: &str = "\
    DELETE FROM registrations WHERE (session_id, user_id) IN (
        SELECT session_id, user_id FROM resolved WHERE changes AND old_id IS NOT NULL)";

const PUT_IN: &str = "\
    INSERT INTO registrations (id, session_id, user_id, status, registered_at, cancelled_at)
    SELECT id, session_id, user_id, status, registered_at, cancelled_at FROM resolved
    WHERE changes ORDER BY session_id, user_id";

const COUNT: &str = "\
    UPDATE sessions AS s SET registered_count = s.registered_count + seats, waiting_count = s.waiting_count + waits,
        last_registered_at = max(coalesce(s.last_registered_at, latest), latest)
    FROM (SELECT session_id, max(registered_at) AS latest,
            sum((status = 'registered') - coalesce(old_status = 'registered', 0)) AS seats,
            sum((status = 'waitlist') - coalesce(old_status = 'waitlist', 0)) AS waits
        FROM resolved WHERE changes GROUP BY session_id) AS taken
    WHERE s.id = taken.session_id";

/// In the order of the lines.
fn record() -> String {
    format!(
        "INSERT INTO session_events
            (id, session_id, brand_id, type, who, at, registration_id, user_id, status_before, status_after)
        SELECT fresh_event_id(), v.session_id, s.brand_id, '{}', '{}', ?, v.id, v.user_id, v.old_status, v.status
        FROM resolved v CROSS JOIN sessions s ON s.id = v.session_id WHERE v.changes ORDER BY v.line",
        EventType::RegistrationImported.as_str(),
        Actor::Import.as_str()
    )
}

fn stage(connection: &mut SqliteConnection, lines: &[Line<RegistrationLine>]) -> QueryResult<()> {
    // The transaction is one of the temporary tables alone: the store is not locked.
    connection.transaction(|connection| {
        for Line { number, value } in lines {
            // Row by row, so that diesel keeps the statement prepared.
            diesel::insert_into(staged::table)
                .values((
                    staged::line.eq(line_number(*number)),
                    staged::session_id.eq(IdBytes::from(value.session_id())),
                    staged::user_id.eq(value.user_id().as_str()),
                    staged::status.eq(value.status().as_str()),
                    staged::id.eq(value.id().map(IdBytes::from)),
                    staged::fresh_id.eq(IdBytes::from(value.fresh_id())),
                    staged::registered_at.eq(value.registered_at().map(Micros::from)),
                    staged::cancelled_at.eq(value.cancelled_at().map(Micros::from)),
                ))
                .execute(connection)?;
        }
        Ok(())
    })
}

fn unknown_session(connection: &mut SqliteConnection) -> QueryResult<Option<Fault>> {
    let query = diesel::dsl::sql::<(BigInt, Binary)>(UNKNOWN_SESSION);
    let found = query.get_result::<(i64, IdBytes)>(connection).optional()?;
    Ok(found.map(|(line, session)| (line.unsigned_abs(), BadLine::UnknownSession(session.into()))))
}

/// Says what each line makes of its registration, and names the first whose id or seat is taken.
#[expect(clippy::disallowed_methods, reason = "once in an import, over all of its lines: preparing it is nothing")]
fn resolve(connection: &mut SqliteConnection, now: Micros) -> Result<(), Refusal<Fault>> {
    connection.batch_execute("DELETE FROM resolved")?;
    diesel::sql_query(RESOLVE).bind::<BigInt, _>(now).execute(connection)?;
    let taken = diesel::dsl::sql::<BigInt>(ID_TAKEN).get_result::<i64>(connection).optional()?;
    first([taken.map(|line| (line.unsigned_abs(), BadLine::IdTaken))])?;
    first([oversold(connection, OVERSOLD)?])
}

/// Checks without a lock on the store; then takes the lock, looks again at what may have changed meanwhile, and writes.
fn apply(connection: &mut SqliteConnection, now: Micros, lines: u64) -> Result<Imported, Refusal<Fault>> {
    connection.batch_execute("CREATE INDEX temp.staged_by_key ON staged (session_id, user_id, line)")?;
    first([repeated(connection, REPEATED)?, unknown_session(connection)?])?;
    resolve(connection, now)?;
    connection.immediate_transaction(|connection| {
        first([unknown_session(connection)?])?;
        resolve(connection, now)?;
        let changed = execute(connection, TAKE_OUT)?;
        let created = execute(connection, PUT_IN)?.saturating_sub(changed);
        execute(connection, COUNT)?;
        history::record(connection, &record(), now)?;
        Ok(Imported { created, changed, unchanged: lines.saturating_sub(created + changed) })
    })
}

/// An import of registrations under way.
pub(super) struct RegistrationImport {
    connection: BulkConnection,
    now: Micros,
    lines: u64,
}

impl RegistrationImport {
    pub(super) async fn begin(opener: &Opener, now: Timestamp) -> Result<Self, SqliteError> {
        Ok(Self { connection: BulkConnection::open(opener, TABLES).await?, now: now.into(), lines: 0 })
    }
}

#[async_trait]
impl Import<RegistrationLine> for RegistrationImport {
    async fn stage(&mut self, lines: Vec<Line<RegistrationLine>>) -> Result<(), StoreError> {
        self.lines = self.lines.saturating_add(lines.len().try_into().unwrap_or(u64::MAX));
        let staged = self.connection.run(move |connection| stage(connection, &lines).map_err(SqliteError::from));
        Ok(staged.await?)
    }

    async fn apply(mut self: Box<Self>) -> Result<Imported, ImportError> {
        let (now, lines) = (self.now, self.lines);
        Ok(self.connection.run(move |connection| apply(connection, now, lines)).await?)
    }
}
