//! A session as JSON text, made by the database: an import records how thousands of them were and are.

use crate::postgres::statement::instant_text;

/// The expression of a snapshot of a row of this table, to be read again like any other. `metadata` goes in as it is
/// written.
pub(in crate::postgres) fn snapshot(table: &str) -> String {
    let plain = |column: &str| format!("'{column}', {table}.{column}");
    let time = |column: &str| format!("'{column}', {}", instant_text(&format!("{table}.{column}")));
    let members = [
        plain("id"),
        plain("host_id"),
        plain("brand_id"),
        plain("community_id"),
        plain("title"),
        plain("kind"),
        plain("category"),
        time("scheduled_at"),
        time("started_at"),
        time("ended_at"),
        plain("status"),
        plain("stream_call_id"),
        plain("max_participants"),
        plain("duration_minutes"),
        plain("recording_url"),
        format!("'metadata', {table}.metadata::json"),
        time("created_at"),
        time("updated_at"),
    ];
    format!("json_build_object({})::text", members.join(", "))
}
