//! A session to be: what is said of it when it is created.

use uuid::Uuid;

use crate::metadata::Metadata;
use crate::session::{DurationMinutes, MaxParticipants, Session, SessionKind, SessionStatus};
use crate::text::{BrandId, Category, CommunityId, HostId, Title};
use crate::timestamp::Timestamp;

/// What is said of a session when it is created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionDraft {
    /// Who hosts it.
    pub host_id: HostId,
    /// The brand it belongs to.
    pub brand_id: BrandId,
    /// The community it is for.
    pub community_id: Option<CommunityId>,
    /// What it is called.
    pub title: Title,
    /// A stream or office hours.
    pub kind: SessionKind,
    /// What it is about.
    pub category: Option<Category>,
    /// When it is to begin.
    pub scheduled_at: Timestamp,
    /// How many can register.
    pub max_participants: MaxParticipants,
    /// How long it is meant to last.
    pub duration_minutes: Option<DurationMinutes>,
    /// What a client keeps with it.
    pub metadata: Metadata,
}

impl SessionDraft {
    /// The scheduled session of that id, created `now`.
    #[must_use]
    pub fn into_session(self, id: Uuid, now: Timestamp) -> Session {
        let Self {
            host_id,
            brand_id,
            community_id,
            title,
            kind,
            category,
            scheduled_at,
            max_participants,
            duration_minutes,
            metadata,
        } = self;
        Session {
            id,
            host_id,
            brand_id,
            community_id,
            title,
            kind,
            category,
            scheduled_at,
            started_at: None,
            ended_at: None,
            status: SessionStatus::Scheduled,
            stream_call_id: None,
            max_participants,
            duration_minutes,
            recording_url: None,
            metadata,
            created_at: now,
            updated_at: now,
        }
    }
}
