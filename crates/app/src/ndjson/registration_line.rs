//! A registration as a line.

use live_domain::bulk::RegistrationLine;
use live_domain::{Registration, RegistrationStatus, Timestamp};
use serde::Deserialize;
use uuid::Uuid;

use super::LineError;
use super::value::{id, instant, name, object, optional, text};
use crate::json::{Object, present};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    session_id: String,
    user_id: String,
    #[serde(default, deserialize_with = "present")]
    status: Option<String>,
    #[serde(default, deserialize_with = "present")]
    registered_at: Option<String>,
    #[serde(default, deserialize_with = "present")]
    id: Option<String>,
    #[serde(default)]
    cancelled_at: Option<String>,
}

/// Reads a line; `fresh_id` is for a registration that is new and names none.
///
/// # Errors
///
/// [`LineError`] names the member and what is allowed.
pub fn parse_registration(line: &str, now: Timestamp, fresh_id: Uuid) -> Result<RegistrationLine, LineError> {
    let members: Members = object(line)?;
    let status = optional(members.status.as_ref(), |value| name("status", value, RegistrationStatus::as_str))?;
    let status = status.unwrap_or(RegistrationStatus::Registered);
    let (session, person) = (id("session_id", &members.session_id)?, text("user_id", &members.user_id)?);
    let mut line = RegistrationLine::new(session, person, status, fresh_id);
    let refused = |fault: live_domain::bulk::BadLine| LineError(fault.to_string());
    if let Some(given) = optional(members.id.as_ref(), |value| id("id", value))? {
        line = line.with_id(given);
    }
    if let Some(at) = optional(members.registered_at.as_ref(), |value| instant("registered_at", value))? {
        line = line.with_registered_at(at, now).map_err(refused)?;
    }
    if let Some(at) = optional(members.cancelled_at.as_ref(), |value| instant("cancelled_at", value))? {
        line = line.with_cancelled_at(at).map_err(refused)?;
    }
    Ok(line)
}

/// Appends the registration as a line: every member.
pub fn write_registration(registration: &Registration, out: &mut Vec<u8>) {
    let Registration { id, session_id, user_id, status, registered_at, cancelled_at } = registration;
    Object::begin(out)
        .id("session_id", *session_id)
        .text("user_id", user_id.as_str())
        .text("status", status.as_str())
        .instant("registered_at", *registered_at)
        .id("id", *id)
        .optional_instant("cancelled_at", *cancelled_at)
        .end();
    out.push(b'\n');
}
