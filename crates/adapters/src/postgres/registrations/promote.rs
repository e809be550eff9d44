//! Who moves up from the line to a seat.

use diesel_async::{AsyncPgConnection, RunQueryDsl};
use live_domain::{Session, Write};
use uuid::Uuid;

use crate::postgres::error::PgError;
use crate::postgres::row::PgInstant;
use crate::postgres::statement::statement;

/// The first of the line get seats, and as many events in the order of the line, with the ids given. Rows of an INSERT
/// take their `seq` in the order in which they are selected.
const PROMOTE: &str = "
    WITH first AS (
        SELECT id, user_id, row_number() OVER (ORDER BY registered_at, id) AS place
        FROM registrations WHERE session_id = $1 AND status = 'waitlist' ORDER BY registered_at, id LIMIT $2
    ), promoted AS (
        UPDATE registrations r SET status = 'registered' FROM first WHERE r.session_id = $1 AND r.user_id = first.user_id
    )
    INSERT INTO session_events (id, session_id, brand_id, type, who, at, registration_id, user_id,
        status_before, status_after)
    SELECT ($3)[place], $1, $4, 'registration.promoted', $5, $6, id, user_id, 'waitlist', 'registered'
    FROM first ORDER BY place";

/// Gives seats to so many of those who wait. Who calls it holds the session, and counts.
pub(in crate::postgres) async fn promote(
    connection: &mut AsyncPgConnection,
    session: &Session,
    people: u32,
    write: &Write,
) -> Result<(), PgError> {
    if people == 0 {
        return Ok(());
    }
    let events: Vec<Uuid> = (0..people).map(|_| Uuid::now_v7()).collect();
    statement::<()>(PROMOTE)
        .bind(session.id)
        .bind(i64::from(people))
        .bind(events)
        .bind(session.brand_id.as_str())
        .bind(write.viewer.subject().as_str())
        .bind(PgInstant::from(write.now))
        .execute(connection)
        .await?;
    Ok(())
}
