//! The JSON of a registration.

use live_domain::{PlacedRegistration, Registration, RegistrationStatus, Timestamp};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::json::Object;

/// A person's latest registration for a session.
#[derive(ToSchema)]
#[schema(as = Registration)]
pub struct RegistrationBody<'a> {
    id: Uuid,
    session_id: Uuid,
    #[schema(min_length = 1, max_length = 255)]
    user_id: &'a str,
    #[schema(value_type = RegistrationStatusName)]
    status: &'static str,
    /// When the person took their place in the line: RFC 3339, UTC.
    #[schema(value_type = String, format = DateTime)]
    registered_at: Timestamp,
    /// When it was given up.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    cancelled_at: Option<Timestamp>,
}

/// The caller's own registration.
#[derive(ToSchema)]
#[schema(as = OwnRegistration)]
pub struct OwnRegistrationBody<'a> {
    #[serde(flatten)]
    registration: RegistrationBody<'a>,
    /// The place among those who wait, the first being 1; null when not waiting.
    #[schema(required = true, minimum = 1)]
    position: Option<u32>,
}

/// `registered`, `waitlist` or `cancelled`.
#[derive(ToSchema)]
#[schema(as = RegistrationStatus, rename_all = "snake_case")]
pub enum RegistrationStatusName {
    /// It holds a seat.
    Registered,
    /// It waits for one.
    Waitlist,
    /// It was given up.
    Cancelled,
}

impl<'a> From<&'a Registration> for RegistrationBody<'a> {
    fn from(registration: &'a Registration) -> Self {
        let Registration { id, session_id, user_id, status, registered_at, cancelled_at } = registration;
        Self {
            id: *id,
            session_id: *session_id,
            user_id: user_id.as_str(),
            status: RegistrationStatus::as_str(*status),
            registered_at: *registered_at,
            cancelled_at: *cancelled_at,
        }
    }
}

impl<'a> From<&'a PlacedRegistration> for OwnRegistrationBody<'a> {
    fn from(placed: &'a PlacedRegistration) -> Self {
        let PlacedRegistration { registration, position } = placed;
        Self { registration: registration.into(), position: *position }
    }
}

impl RegistrationBody<'_> {
    fn members<'a>(&self, object: Object<'a>) -> Object<'a> {
        let Self { id, session_id, user_id, status, registered_at, cancelled_at } = self;
        object
            .id("id", *id)
            .id("session_id", *session_id)
            .text("user_id", user_id)
            .text("status", status)
            .instant("registered_at", *registered_at)
            .optional_instant("cancelled_at", *cancelled_at)
    }
}

/// Appends the registration to a body.
pub fn write(body: &RegistrationBody<'_>, out: &mut Vec<u8>) {
    body.members(Object::begin(out)).end();
}

/// Appends the caller's own registration to a body.
pub fn write_own(body: &OwnRegistrationBody<'_>, out: &mut Vec<u8>) {
    let OwnRegistrationBody { registration, position } = body;
    registration.members(Object::begin(out)).optional_number("position", *position).end();
}
