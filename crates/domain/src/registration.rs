//! A person's registration for a session.

use std::str::FromStr;

use uuid::Uuid;

use crate::listing::Variants;
use crate::session::{UnknownName, named};
use crate::text::Subject;
use crate::timestamp::Timestamp;

/// Where a registration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegistrationStatus {
    /// In force: it holds a seat.
    Registered,
    /// In the line for a seat.
    Waitlist,
    /// Given up.
    Cancelled,
}

impl RegistrationStatus {
    /// The name of the status on the wire and in every store.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Waitlist => "waitlist",
            Self::Cancelled => "cancelled",
        }
    }
}

impl Variants for RegistrationStatus {
    const ALL: &'static [Self] = &[Self::Registered, Self::Waitlist, Self::Cancelled];
}

impl FromStr for RegistrationStatus {
    type Err = UnknownName;

    fn from_str(text: &str) -> Result<Self, UnknownName> {
        named(text, Self::as_str)
    }
}

/// The latest registration of one person for one session: its key is the two together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Names it; no two registrations share one.
    pub id: Uuid,
    /// The session.
    pub session_id: Uuid,
    /// The person.
    pub user_id: Subject,
    /// Where it stands.
    pub status: RegistrationStatus,
    /// When the person took their place in the line.
    pub registered_at: Timestamp,
    /// When it was given up: given exactly when it is cancelled.
    pub cancelled_at: Option<Timestamp>,
}
