//! One session out.

use diesel::SqliteConnection;
use diesel::prelude::*;
use live_domain::{ListedSession, RegistrationStatus, Viewer};
use uuid::Uuid;

use super::error::SqliteError;
use super::row::{IdBytes, ListedRow, SessionRow};
use super::schema::{registrations, sessions};
use crate::session_row::StoredSession;

/// The session of that id, with what is kept beside it.
pub(super) fn stored(connection: &mut SqliteConnection, id: Uuid) -> Result<Option<StoredSession>, SqliteError> {
    let row: Option<SessionRow> = sessions::table.find(IdBytes::from(id)).first(connection).optional()?;
    Ok(row.map(StoredSession::try_from).transpose()?)
}

/// The session of that id, as the viewer sees it.
pub(super) fn listed(
    connection: &mut SqliteConnection,
    viewer: &Viewer,
    id: Uuid,
) -> Result<Option<ListedSession>, SqliteError> {
    let id = IdBytes::from(id);
    let in_force = registrations::table
        .find((id, viewer.subject().as_str()))
        .filter(registrations::status.eq(RegistrationStatus::Registered.as_str()));
    let row: Option<ListedRow> = sessions::table
        .find(id)
        .select((sessions::all_columns, diesel::dsl::exists(in_force)))
        .first(connection)
        .optional()?;
    Ok(row.map(ListedSession::try_from).transpose()?)
}
