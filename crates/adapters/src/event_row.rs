//! Rows of the history, as both stores write and read them.

use diesel::Queryable;
use live_domain::{
    Actor, Event, EventPosition, EventSubject, EventType, RecordedEvent, Session, SessionVersion, Subject,
};
use uuid::Uuid;

use crate::checkup::Counters;
use crate::session_row::{BadRow, Columns, StoredInstant};
use crate::snapshot;

/// The columns of an event that is to be written, but for its instant and the session's id and brand.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventColumns {
    pub(crate) version: Option<i64>,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
    pub(crate) registration_id: Option<Uuid>,
    pub(crate) user_id: Option<String>,
    pub(crate) status_before: Option<&'static str>,
    pub(crate) status_after: Option<&'static str>,
}

impl TryFrom<&EventSubject> for EventColumns {
    type Error = snapshot::Unreadable;

    fn try_from(subject: &EventSubject) -> Result<Self, snapshot::Unreadable> {
        Ok(match subject {
            EventSubject::Session { before, after, version } => Self {
                version: Some(i64::try_from(version.get())?),
                before: before.as_deref().map(snapshot::write_session).transpose()?,
                after: Some(snapshot::write_session(after)?),
                ..Self::default()
            },
            EventSubject::Registration { id, user_id, before, after } => Self {
                registration_id: Some(*id),
                user_id: Some(user_id.to_string()),
                status_before: before.map(live_domain::RegistrationStatus::as_str),
                status_after: Some(after.as_str()),
                ..Self::default()
            },
        })
    }
}

impl EventColumns {
    /// Of counters that were mended: the session stays as it is, and its snapshots hold the counters besides.
    pub(crate) fn of_mending(
        session: &Session,
        version: SessionVersion,
        before: Counters,
        after: Counters,
    ) -> Result<Self, snapshot::Unreadable> {
        Ok(Self {
            version: Some(i64::try_from(version.get())?),
            before: Some(snapshot::write_counted(session, before)?),
            after: Some(snapshot::write_counted(session, after)?),
            ..Self::default()
        })
    }
}

/// A row of `session_events`, its columns in the order of the table, and its place.
#[derive(Debug, Queryable)]
pub(crate) struct EventRow<Id, Instant> {
    _seq: i64,
    id: Id,
    session_id: Id,
    brand_id: String,
    event_type: String,
    who: String,
    at: Instant,
    version: Option<i64>,
    before: Option<String>,
    after: Option<String>,
    registration_id: Option<Id>,
    user_id: Option<String>,
    status_before: Option<String>,
    status_after: Option<String>,
}

impl<Id: Into<Uuid>, Instant: StoredInstant> EventRow<Id, Instant> {
    /// The event at its place.
    pub(crate) fn at(self, position: i64) -> Result<RecordedEvent, BadRow> {
        let Self {
            _seq,
            id,
            session_id,
            brand_id,
            event_type,
            who,
            at,
            version,
            before,
            after,
            registration_id,
            user_id,
            status_before,
            status_after,
        } = self;
        let id = id.into();
        let columns = Columns { id };
        let event_type: EventType = columns.read("type", event_type.parse())?;
        let subject = if let Some(after) = after {
            let version = columns.read("version", u64::try_from(version.unwrap_or_default()))?;
            EventSubject::Session {
                before: columns.optional("before", before, |text| snapshot::read_session(&text).map(Box::new))?,
                after: Box::new(columns.read("after", snapshot::read_session(&after))?),
                version: SessionVersion::new(version),
            }
        } else {
            EventSubject::Registration {
                id: columns.read("registration_id", registration_id.map(Into::into).ok_or("it is missing"))?,
                user_id: columns.read("user_id", Subject::new(user_id.unwrap_or_default()))?,
                before: columns.optional("status_before", status_before, |text| text.parse())?,
                after: columns.read("status_after", status_after.unwrap_or_default().parse())?,
            }
        };
        let actor = match (event_type, &subject) {
            (EventType::SessionImported | EventType::RegistrationImported, _) => Actor::Import,
            // An edit that changes nothing of the session is no event.
            (EventType::SessionUpdated, EventSubject::Session { before: Some(before), after, .. })
                if before == after =>
            {
                Actor::Doctor
            }
            _ => Actor::Person(columns.read("who", Subject::new(who))?),
        };
        let event = Event {
            id,
            event_type,
            session_id: session_id.into(),
            brand_id: columns.read("brand_id", live_domain::BrandId::new(brand_id))?,
            actor,
            at: columns.instant("at", at)?,
            subject,
        };
        let position = EventPosition(columns.read("position", u64::try_from(position))?);
        Ok(RecordedEvent { position, event })
    }
}
