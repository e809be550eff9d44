//! What an import says in the history, written by SQL: there are as many events as lines that change something.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::{QueryResult, SqliteConnection};
use uuid::Uuid;

use crate::sqlite::row::{IdBytes, Micros};

#[diesel::declare_sql_function]
extern "SQL" {
    /// A new UUID of version 7: SQLite makes none.
    fn fresh_event_id() -> Binary;
}

/// Makes `fresh_event_id` known.
pub(super) fn prepare(connection: &mut SqliteConnection) -> QueryResult<()> {
    fresh_event_id_utils::register_nondeterministic_impl(connection, || IdBytes::from(Uuid::now_v7()))
}

/// Writes events; the statement binds the instant.
#[expect(clippy::disallowed_methods, reason = "once in an import, over all of its lines: preparing it is nothing")]
pub(super) fn record(connection: &mut SqliteConnection, statement: &str, now: Micros) -> QueryResult<usize> {
    diesel::sql_query(statement).bind::<BigInt, _>(now).execute(connection)
}

/// The session in the columns of a table, in the form that [`crate::snapshot`] reads; nothing, where there is none.
///
/// The text of the metadata is put in as it is: SQLite's own functions would be free to write it anew.
pub(super) fn session_text(table: &str, created_at: &str) -> String {
    let texts = ["host_id", "brand_id", "community_id", "title", "kind", "category", "status", "stream_call_id"];
    let others = ["recording_url", "max_participants", "duration_minutes"];
    let instants = ["scheduled_at", "started_at", "ended_at", "updated_at"];
    let mut members = vec![format!("'id', {}", uuid_text(&format!("{table}.id")))];
    members.extend(texts.iter().chain(&others).map(|column| format!("'{column}', {table}.{column}")));
    members.extend(instants.iter().map(|column| format!("'{column}', {}", instant_text(&format!("{table}.{column}")))));
    members.push(format!("'created_at', {}", instant_text(created_at)));
    format!("'{{\"metadata\":' || {table}.metadata || ',' || substr(json_object({}), 2)", members.join(", "))
}

fn uuid_text(id: &str) -> String {
    let part = |start: u8, length: u8| format!("substr(hex({id}), {start}, {length})");
    let parts = [part(1, 8), part(9, 4), part(13, 4), part(17, 4), part(21, 12)];
    format!("lower({})", parts.join(" || '-' || "))
}

/// RFC 3339 in UTC, without digits that it does not need.
fn instant_text(micros: &str) -> String {
    let seconds = format!("strftime('%Y-%m-%dT%H:%M:%S', {micros} / 1000000, 'unixepoch')");
    format!("rtrim(rtrim({seconds} || printf('.%06d', {micros} % 1000000), '0'), '.') || 'Z'")
}
