//! A person's registration for a session, and the line of a session.

use std::str::FromStr;

use uuid::Uuid;

use crate::listing::{Selection, Variants};
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

impl Registration {
    /// Its place in the line of its session.
    #[must_use]
    pub fn place(&self) -> LinePlace {
        LinePlace { registered_at: self.registered_at, id: self.id }
    }
}

/// A place in the line of a session: first come, first served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinePlace {
    /// When it was taken.
    pub registered_at: Timestamp,
    /// The id of the registration, which tells apart what was taken at the same instant.
    pub id: Uuid,
}

/// A registration as the person who holds it sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedRegistration {
    /// The registration.
    pub registration: Registration,
    /// The 1-based place among the waiting; none when it does not wait.
    pub position: Option<u32>,
}

/// A part of the line of a session, in its order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LineScan {
    /// Registrations of these statuses.
    pub statuses: Selection<RegistrationStatus>,
    /// The last place already seen.
    pub after: Option<LinePlace>,
}

impl LineScan {
    /// Whether the registration belongs to the scan and lies ahead.
    #[must_use]
    pub fn admits(&self, registration: &Registration) -> bool {
        self.statuses.contains(registration.status) && self.after.is_none_or(|seen| seen < registration.place())
    }

    /// The same scan, to go on after this place.
    #[must_use]
    pub fn resumed_after(self, place: LinePlace) -> Self {
        Self { after: Some(place), ..self }
    }
}
