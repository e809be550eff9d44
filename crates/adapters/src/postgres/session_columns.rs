//! A session as it is written.
#![expect(clippy::ref_option_ref, reason = "diesel derives changesets of references to fields")]

use diesel::prelude::*;
use live_domain::{DurationMinutes, Session};

use uuid::Uuid;

use super::row::PgInstant;
use super::schema::sessions;

/// The columns of a session, but for what a store keeps beside it. To change them leaves the id as it is.
#[derive(Insertable, AsChangeset)]
#[diesel(table_name = sessions, treat_none_as_null = true)]
pub(super) struct SessionColumns<'a> {
    id: Uuid,
    host_id: &'a str,
    brand_id: &'a str,
    community_id: Option<&'a str>,
    title: &'a str,
    kind: &'static str,
    category: Option<&'a str>,
    scheduled_at: PgInstant,
    started_at: Option<PgInstant>,
    ended_at: Option<PgInstant>,
    status: &'static str,
    stream_call_id: Option<&'a str>,
    max_participants: i32,
    duration_minutes: Option<i32>,
    recording_url: Option<&'a str>,
    metadata: &'a str,
    created_at: PgInstant,
    updated_at: PgInstant,
}

impl<'a> From<&'a Session> for SessionColumns<'a> {
    fn from(session: &'a Session) -> Self {
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
        Self {
            id: *id,
            host_id: host_id.as_str(),
            brand_id: brand_id.as_str(),
            community_id: community_id.as_ref().map(live_domain::CommunityId::as_str),
            title: title.as_str(),
            kind: kind.as_str(),
            category: category.as_ref().map(live_domain::Category::as_str),
            scheduled_at: (*scheduled_at).into(),
            started_at: started_at.map(PgInstant::from),
            ended_at: ended_at.map(PgInstant::from),
            status: status.as_str(),
            stream_call_id: stream_call_id.as_ref().map(live_domain::StreamCallId::as_str),
            max_participants: max_participants.get().cast_signed(),
            duration_minutes: duration_minutes.map(DurationMinutes::get).map(u32::cast_signed),
            recording_url: recording_url.as_ref().map(live_domain::RecordingUrl::as_str),
            metadata: metadata.as_str(),
            created_at: (*created_at).into(),
            updated_at: (*updated_at).into(),
        }
    }
}
