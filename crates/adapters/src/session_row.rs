//! Rows as both stores give them, and what they are to the domain.

use diesel::Queryable;
use live_domain::{
    DurationMinutes, ListedSession, MaxParticipants, Metadata, Registration, Seats, Session, SessionVersion, Timestamp,
};
use uuid::Uuid;

/// An instant as a store keeps it.
pub(crate) trait StoredInstant {
    /// Microseconds since 1970-01-01T00:00:00Z.
    fn micros(self) -> i64;
}

/// A stored value that the domain does not know: the checks of the schema let none in.
#[derive(Debug, thiserror::Error)]
#[error("the stored {column} of {id} cannot be read")]
pub(crate) struct BadRow {
    column: &'static str,
    id: Uuid,
    #[source]
    source: Box<dyn std::error::Error + Send + Sync>,
}

/// Reads the columns of one row; an error names the column.
#[derive(Clone, Copy)]
pub(crate) struct Columns {
    pub(crate) id: Uuid,
}

impl Columns {
    pub(crate) fn read<T, E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        self,
        column: &'static str,
        value: Result<T, E>,
    ) -> Result<T, BadRow> {
        value.map_err(|source| BadRow { column, id: self.id, source: source.into() })
    }

    pub(crate) fn optional<V, T, E: Into<Box<dyn std::error::Error + Send + Sync>>>(
        self,
        column: &'static str,
        value: Option<V>,
        make: impl FnOnce(V) -> Result<T, E>,
    ) -> Result<Option<T>, BadRow> {
        value.map(|value| self.read(column, make(value))).transpose()
    }

    pub(crate) fn instant(self, column: &'static str, value: impl StoredInstant) -> Result<Timestamp, BadRow> {
        self.read(column, Timestamp::from_micros(value.micros()))
    }

    pub(crate) fn number(self, column: &'static str, value: i32) -> Result<u32, BadRow> {
        self.read(column, u32::try_from(value))
    }
}

/// Rows as the values of the domain; the first that cannot be read fails them all.
pub(crate) fn values<R, T: TryFrom<R, Error = BadRow>>(rows: Vec<R>) -> Result<Vec<T>, BadRow> {
    rows.into_iter().map(T::try_from).collect()
}

/// A row of `sessions`, its columns in the order of the table.
#[derive(Debug, Queryable)]
pub(crate) struct SessionRow<Id, Instant> {
    id: Id,
    host_id: String,
    brand_id: String,
    community_id: Option<String>,
    title: String,
    kind: String,
    category: Option<String>,
    scheduled_at: Instant,
    started_at: Option<Instant>,
    ended_at: Option<Instant>,
    status: String,
    stream_call_id: Option<String>,
    max_participants: i32,
    duration_minutes: Option<i32>,
    recording_url: Option<String>,
    metadata: String,
    created_at: Instant,
    updated_at: Instant,
    registered_count: i32,
    version: i64,
    waiting_count: i32,
    last_registered_at: Option<Instant>,
}

/// A session as it is stored: with its version and its seats.
#[derive(Debug, Clone)]
pub(crate) struct StoredSession {
    pub(crate) session: Session,
    pub(crate) version: SessionVersion,
    pub(crate) seats: Seats,
}

impl StoredSession {
    /// The session, to one who holds a registration in force or does not.
    pub(crate) fn listed(self, is_registered: bool) -> ListedSession {
        let Self { session, version, seats } = self;
        ListedSession { session, version, registered_count: seats.registered, is_registered }
    }
}

impl<Id: Into<Uuid>, Instant: StoredInstant> TryFrom<SessionRow<Id, Instant>> for StoredSession {
    type Error = BadRow;

    fn try_from(row: SessionRow<Id, Instant>) -> Result<Self, BadRow> {
        let SessionRow {
            id,
            host_id,
            brand_id,
            community_id,
            title,
            kind,
            category,
            scheduled_at,
            started_at,
            ended_at,
            status,
            stream_call_id,
            max_participants,
            duration_minutes,
            recording_url,
            metadata,
            created_at,
            updated_at,
            registered_count,
            version,
            waiting_count,
            last_registered_at,
        } = row;
        let id = id.into();
        let columns = Columns { id };
        let instant = |column, value: Option<Instant>| {
            columns.optional(column, value, |value| Timestamp::from_micros(value.micros()))
        };
        let max_participants = columns.number("max_participants", max_participants)?;
        let duration = duration_minutes.map(|minutes| columns.number("duration_minutes", minutes)).transpose()?;
        let session = Session {
            id,
            host_id: columns.read("host_id", live_domain::HostId::new(host_id))?,
            brand_id: columns.read("brand_id", live_domain::BrandId::new(brand_id))?,
            community_id: columns.optional("community_id", community_id, live_domain::CommunityId::new)?,
            title: columns.read("title", live_domain::Title::new(title))?,
            kind: columns.read("kind", kind.parse())?,
            category: columns.optional("category", category, live_domain::Category::new)?,
            scheduled_at: columns.instant("scheduled_at", scheduled_at)?,
            started_at: instant("started_at", started_at)?,
            ended_at: instant("ended_at", ended_at)?,
            status: columns.read("status", status.parse())?,
            stream_call_id: columns.optional("stream_call_id", stream_call_id, live_domain::StreamCallId::new)?,
            max_participants: columns.read("max_participants", MaxParticipants::new(max_participants))?,
            duration_minutes: columns.optional("duration_minutes", duration, DurationMinutes::new)?,
            recording_url: recording_url.map(live_domain::RecordingUrl::from_stored),
            metadata: Metadata::from_stored(metadata),
            created_at: columns.instant("created_at", created_at)?,
            updated_at: columns.instant("updated_at", updated_at)?,
        };
        let seats = Seats {
            capacity: session.max_participants,
            registered: columns.number("registered_count", registered_count)?,
            waiting: columns.number("waiting_count", waiting_count)?,
            latest: instant("last_registered_at", last_registered_at)?,
        };
        let version = SessionVersion::new(columns.read("version", u64::try_from(version))?);
        Ok(Self { session, version, seats })
    }
}

impl<Id: Into<Uuid>, Instant: StoredInstant> TryFrom<SessionRow<Id, Instant>> for Session {
    type Error = BadRow;

    fn try_from(row: SessionRow<Id, Instant>) -> Result<Self, BadRow> {
        Ok(StoredSession::try_from(row)?.session)
    }
}

/// A session as one viewer sees it.
#[derive(Debug, Queryable)]
pub(crate) struct ListedRow<Id, Instant> {
    session: SessionRow<Id, Instant>,
    is_registered: bool,
}

impl<Id: Into<Uuid>, Instant: StoredInstant> TryFrom<ListedRow<Id, Instant>> for ListedSession {
    type Error = BadRow;

    fn try_from(row: ListedRow<Id, Instant>) -> Result<Self, BadRow> {
        let ListedRow { session, is_registered } = row;
        Ok(StoredSession::try_from(session)?.listed(is_registered))
    }
}

/// A row of `registrations`, its columns in the order of the table.
#[derive(Debug, Queryable)]
pub(crate) struct RegistrationRow<Id, Instant> {
    id: Id,
    session_id: Id,
    user_id: String,
    status: String,
    registered_at: Instant,
    cancelled_at: Option<Instant>,
}

impl<Id: Into<Uuid>, Instant: StoredInstant> TryFrom<RegistrationRow<Id, Instant>> for Registration {
    type Error = BadRow;

    fn try_from(row: RegistrationRow<Id, Instant>) -> Result<Self, BadRow> {
        let RegistrationRow { id, session_id, user_id, status, registered_at, cancelled_at } = row;
        let id = id.into();
        let columns = Columns { id };
        Ok(Self {
            id,
            session_id: session_id.into(),
            user_id: columns.read("user_id", live_domain::Subject::new(user_id))?,
            status: columns.read("status", status.parse())?,
            registered_at: columns.instant("registered_at", registered_at)?,
            cancelled_at: columns.optional("cancelled_at", cancelled_at, |at| Timestamp::from_micros(at.micros()))?,
        })
    }
}

/// What an imported line replaces of a session that is there: all but its key, `created_at` and the counter; and
/// `updated_at`, which is no change by itself unless the line names it.
const REPLACED: [&str; 15] = [
    "host_id",
    "brand_id",
    "community_id",
    "title",
    "kind",
    "category",
    "scheduled_at",
    "started_at",
    "ended_at",
    "status",
    "stream_call_id",
    "max_participants",
    "duration_minutes",
    "recording_url",
    "metadata",
];

/// The columns that an imported line replaces, of this table or, when it is empty, of the only one.
pub(crate) fn replaced(table: &str) -> String {
    let dot = if table.is_empty() { "" } else { "." };
    REPLACED.map(|column| format!("{table}{dot}{column}")).join(", ")
}
