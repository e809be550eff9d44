//! The JSON of a session.

use live_domain::{ListedSession, Session, SessionKind, SessionStatus, Timestamp};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::json::Object;

/// A live session, as the caller sees it.
#[derive(ToSchema)]
#[schema(as = Session)]
pub struct SessionBody<'a> {
    id: Uuid,
    /// Who hosts it.
    #[schema(min_length = 1, max_length = 128)]
    host_id: &'a str,
    /// The brand it belongs to.
    #[schema(min_length = 1, max_length = 128)]
    brand_id: &'a str,
    #[schema(min_length = 1, max_length = 200)]
    title: &'a str,
    #[schema(value_type = SessionKindName)]
    kind: &'static str,
    #[schema(required = true, min_length = 1, max_length = 128)]
    category: Option<&'a str>,
    /// When it is to begin: RFC 3339, UTC.
    #[schema(value_type = String, format = DateTime)]
    scheduled_at: Timestamp,
    /// When it began.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    started_at: Option<Timestamp>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime, required = true)]
    ended_at: Option<Timestamp>,
    #[schema(value_type = SessionStatusName)]
    status: &'static str,
    /// The call at the streaming provider.
    #[schema(required = true)]
    stream_call_id: Option<&'a str>,
    /// Seats.
    #[schema(minimum = 1, maximum = 1_000_000)]
    max_participants: u32,
    #[schema(required = true, minimum = 1, maximum = 1440)]
    duration_minutes: Option<u32>,
    #[schema(required = true, format = "uri")]
    recording_url: Option<&'a str>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
    /// Registrations in force; waitlisted and cancelled ones do not count.
    registered_count: u32,
    /// Whether the caller, the `sub` of the token, holds a registration in force.
    is_registered: bool,
    /// Any members, as they were sent.
    #[schema(value_type = Object, required = true)]
    metadata: &'a str,
}

/// `live` or `office_hours`.
#[derive(ToSchema)]
#[schema(as = SessionKind, rename_all = "snake_case")]
pub enum SessionKindName {
    /// A stream.
    Live,
    /// Office hours.
    OfficeHours,
}

/// `scheduled`, `live`, `ended` or `cancelled`.
#[derive(ToSchema)]
#[schema(as = SessionStatus, rename_all = "snake_case")]
pub enum SessionStatusName {
    /// Announced, not yet started.
    Scheduled,
    /// On the air.
    Live,
    /// Over.
    Ended,
    /// Called off.
    Cancelled,
}

impl<'a> From<&'a ListedSession> for SessionBody<'a> {
    fn from(listed: &'a ListedSession) -> Self {
        let ListedSession { session, version: _, registered_count, is_registered } = listed;
        // Every field is named, so that a new one cannot be forgotten here.
        let Session {
            id,
            host_id,
            brand_id,
            community_id: _,
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
        } = session;
        Self {
            id: *id,
            host_id: host_id.as_str(),
            brand_id: brand_id.as_str(),
            title: title.as_str(),
            kind: SessionKind::as_str(*kind),
            category: category.as_ref().map(live_domain::Category::as_str),
            scheduled_at: *scheduled_at,
            started_at: *started_at,
            ended_at: *ended_at,
            status: SessionStatus::as_str(*status),
            stream_call_id: stream_call_id.as_ref().map(live_domain::StreamCallId::as_str),
            max_participants: max_participants.get(),
            duration_minutes: duration_minutes.map(live_domain::DurationMinutes::get),
            recording_url: recording_url.as_ref().map(live_domain::RecordingUrl::as_str),
            created_at: *created_at,
            updated_at: *updated_at,
            registered_count: *registered_count,
            is_registered: *is_registered,
            metadata: metadata.as_str(),
        }
    }
}

/// Appends the session to a body. The metadata is passed through as the text that it is.
pub fn write(body: &SessionBody<'_>, out: &mut Vec<u8>) {
    let SessionBody {
        id,
        host_id,
        brand_id,
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
        created_at,
        updated_at,
        registered_count,
        is_registered,
        metadata,
    } = body;
    Object::begin(out)
        .id("id", *id)
        .text("host_id", host_id)
        .text("brand_id", brand_id)
        .text("title", title)
        .text("kind", kind)
        .optional_text("category", *category)
        .instant("scheduled_at", *scheduled_at)
        .optional_instant("started_at", *started_at)
        .optional_instant("ended_at", *ended_at)
        .text("status", status)
        .optional_text("stream_call_id", *stream_call_id)
        .number("max_participants", *max_participants)
        .optional_number("duration_minutes", *duration_minutes)
        .optional_text("recording_url", *recording_url)
        .instant("created_at", *created_at)
        .instant("updated_at", *updated_at)
        .number("registered_count", *registered_count)
        .flag("is_registered", *is_registered)
        .json("metadata", metadata)
        .end();
}
