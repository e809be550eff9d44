//! A session as a line.

use live_domain::bulk::SessionLine;
use live_domain::{
    DurationMinutes, MaxParticipants, Metadata, RecordingUrl, Session, SessionKind, SessionStatus, Timestamp,
};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::LineError;
use super::value::{id, instant, name, named, object, optional, text};
use crate::json::{Object, present};

/// The members of a line. Where null is no value, a member that is left out and one that is null differ.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    id: String,
    host_id: String,
    brand_id: String,
    #[serde(default)]
    community_id: Option<String>,
    title: String,
    #[serde(default, deserialize_with = "present")]
    kind: Option<String>,
    #[serde(default)]
    category: Option<String>,
    scheduled_at: String,
    #[serde(default)]
    started_at: Option<String>,
    #[serde(default)]
    ended_at: Option<String>,
    #[serde(default, deserialize_with = "present")]
    status: Option<String>,
    #[serde(default)]
    stream_call_id: Option<String>,
    max_participants: u32,
    #[serde(default)]
    duration_minutes: Option<u32>,
    #[serde(default)]
    recording_url: Option<String>,
    #[serde(default, deserialize_with = "present")]
    metadata: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "present")]
    created_at: Option<String>,
    #[serde(default, deserialize_with = "present")]
    updated_at: Option<String>,
}

/// Reads a line; times that are not given are `now`.
///
/// # Errors
///
/// [`LineError`] names the member and what is allowed.
pub fn parse_session(line: &str, now: Timestamp) -> Result<SessionLine, LineError> {
    let members: Members = object(line)?;
    let kind = optional(members.kind.as_ref(), |value| name("kind", value, SessionKind::as_str))?;
    let status = optional(members.status.as_ref(), |value| name("status", value, SessionStatus::as_str))?;
    let time = |member, value: &Option<String>| optional(value.as_ref(), |value| instant(member, value));
    let metadata = members.metadata.map(|object| named("metadata", Metadata::parse(object.get()))).transpose()?;
    let minutes = members.duration_minutes.map(DurationMinutes::new).transpose();
    let session = Session {
        id: id("id", &members.id)?,
        host_id: text("host_id", &members.host_id)?,
        brand_id: text("brand_id", &members.brand_id)?,
        community_id: optional(members.community_id.as_ref(), |value| text("community_id", value))?,
        title: text("title", &members.title)?,
        kind: kind.unwrap_or(SessionKind::Live),
        category: optional(members.category.as_ref(), |value| text("category", value))?,
        scheduled_at: instant("scheduled_at", &members.scheduled_at)?,
        started_at: time("started_at", &members.started_at)?,
        ended_at: time("ended_at", &members.ended_at)?,
        status: status.unwrap_or(SessionStatus::Scheduled),
        stream_call_id: optional(members.stream_call_id.as_ref(), |value| text("stream_call_id", value))?,
        max_participants: named("max_participants", MaxParticipants::new(members.max_participants))?,
        duration_minutes: named("duration_minutes", minutes)?,
        recording_url: optional(members.recording_url.as_ref(), |value| text::<RecordingUrl>("recording_url", value))?,
        metadata: metadata.unwrap_or_default(),
        created_at: time("created_at", &members.created_at)?.unwrap_or(now),
        updated_at: time("updated_at", &members.updated_at)?.unwrap_or(now),
    };
    SessionLine::new(session, members.updated_at.is_some()).map_err(|fault| LineError(fault.to_string()))
}

/// Appends the session as a line: every member, metadata last.
pub fn write_session(session: &Session, out: &mut Vec<u8>) {
    let Session {
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
    } = session;
    Object::begin(out)
        .id("id", *id)
        .text("host_id", host_id.as_str())
        .text("brand_id", brand_id.as_str())
        .optional_text("community_id", community_id.as_ref().map(live_domain::CommunityId::as_str))
        .text("title", title.as_str())
        .text("kind", kind.as_str())
        .optional_text("category", category.as_ref().map(live_domain::Category::as_str))
        .instant("scheduled_at", *scheduled_at)
        .optional_instant("started_at", *started_at)
        .optional_instant("ended_at", *ended_at)
        .text("status", status.as_str())
        .optional_text("stream_call_id", stream_call_id.as_ref().map(live_domain::StreamCallId::as_str))
        .number("max_participants", max_participants.get())
        .optional_number("duration_minutes", duration_minutes.map(DurationMinutes::get))
        .optional_text("recording_url", recording_url.as_ref().map(RecordingUrl::as_str))
        .instant("created_at", *created_at)
        .instant("updated_at", *updated_at)
        .json("metadata", metadata.as_str())
        .end();
    out.push(b'\n');
}
