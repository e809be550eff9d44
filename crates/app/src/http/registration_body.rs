//! The JSON of a registration.

use live_domain::{PlacedRegistration, Registration, RegistrationStatus, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::json;

/// A person's latest registration for a session.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Registration)]
pub struct RegistrationBody<'a> {
    id: Uuid,
    session_id: Uuid,
    #[schema(min_length = 1, max_length = 255)]
    user_id: &'a str,
    #[schema(value_type = RegistrationStatusName)]
    status: &'static str,
    /// When the person took their place in the line: RFC 3339, UTC.
    #[serde(serialize_with = "json::instant")]
    #[schema(value_type = String, format = DateTime)]
    registered_at: Timestamp,
    /// When it was given up.
    #[serde(serialize_with = "json::optional_instant")]
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    cancelled_at: Option<Timestamp>,
}

/// The caller's own registration.
#[derive(Debug, Serialize, ToSchema)]
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
