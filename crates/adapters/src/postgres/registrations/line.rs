//! The statement that reads a page of a session's line.

use live_domain::{LineScan, PageSize, RegistrationStatus};
use uuid::Uuid;

use crate::postgres::row::PgInstant;
use crate::postgres::schema::registrations;
use crate::postgres::statement::{Statement, statement};

const ORDER: &str = " ORDER BY registered_at, id LIMIT $2";

/// Asks for a page and one row more; none: it is known to be empty.
///
/// Each status is read along the index in its order, and the parts are merged.
pub(in crate::postgres) fn line_query(
    session: Uuid,
    scan: &LineScan,
    size: PageSize,
) -> Option<Statement<'static, registrations::SqlType>> {
    let place = if scan.after.is_some() { " AND (registered_at, id) > ($3, $4)" } else { "" };
    let part = |status: RegistrationStatus| {
        let status = status.as_str();
        format!("(SELECT * FROM registrations WHERE session_id = $1 AND status = '{status}'{place}{ORDER})")
    };
    let parts: Vec<String> = scan.statuses.iter().map(part).collect();
    if parts.is_empty() {
        return None;
    }
    let text = format!("SELECT * FROM ({}) AS line{ORDER}", parts.join(" UNION ALL "));
    let query = statement(text).bind(session).bind(i64::try_from(size.with_lookahead()).unwrap_or(i64::MAX));
    Some(match scan.after {
        None => query,
        Some(place) => query.bind(PgInstant::from(place.registered_at)).bind(place.id),
    })
}
