//! An edit of a session: the members to change, and which of them a final session still takes.

use crate::metadata::{MetadataError, MetadataPatch};
use crate::session::{DurationMinutes, MaxParticipants, Session, SessionKind, SessionStatus};
use crate::text::{Category, CommunityId, RecordingUrl, StreamCallId, Title};
use crate::timestamp::Timestamp;

/// What becomes of a member that may be empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Edit<T> {
    /// It stays.
    #[default]
    Keep,
    /// It is emptied.
    Clear,
    /// It gets this value.
    Set(T),
}

impl<T: Clone> Edit<T> {
    fn apply(&self, member: &mut Option<T>) {
        match self {
            Self::Keep => {}
            Self::Clear => *member = None,
            Self::Set(value) => *member = Some(value.clone()),
        }
    }

    fn is_given(&self) -> bool {
        !matches!(self, Self::Keep)
    }
}

/// The members of a session to change; by default none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionPatch {
    /// What it is called.
    pub title: Option<Title>,
    /// A stream or office hours.
    pub kind: Option<SessionKind>,
    /// What it is about.
    pub category: Edit<Category>,
    /// The community it is for.
    pub community_id: Edit<CommunityId>,
    /// When it is to begin.
    pub scheduled_at: Option<Timestamp>,
    /// How many can register.
    pub max_participants: Option<MaxParticipants>,
    /// How long it is meant to last.
    pub duration_minutes: Edit<DurationMinutes>,
    /// The call at the streaming provider.
    pub stream_call_id: Edit<StreamCallId>,
    /// Where its recording is.
    pub recording_url: Edit<RecordingUrl>,
    /// What a client keeps with it.
    pub metadata: Option<MetadataPatch>,
}

/// Why a session does not take an edit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatchRefused {
    /// The session has ended or is cancelled, and then takes `title`, `category`, `metadata` and `recording_url` alone.
    #[error("the session is {}: only title, category, metadata and recording_url can still change", .status.as_str())]
    Final {
        /// Where the session stands.
        status: SessionStatus,
    },
    /// The merged metadata are none.
    #[error("metadata {0}")]
    Metadata(MetadataError),
}

impl SessionPatch {
    /// Whether a member is named that a final session no longer takes, whatever its value.
    fn needs_an_open_session(&self) -> bool {
        let Self {
            title: _,
            kind,
            category: _,
            community_id,
            scheduled_at,
            max_participants,
            duration_minutes,
            stream_call_id,
            recording_url: _,
            metadata: _,
        } = self;
        kind.is_some()
            || community_id.is_given()
            || scheduled_at.is_some()
            || max_participants.is_some()
            || duration_minutes.is_given()
            || stream_call_id.is_given()
    }

    /// The session after the edit, made `now`. None: it changes nothing, and the session stays as it is.
    ///
    /// # Errors
    ///
    /// [`PatchRefused`] when the session is final, or when the merged metadata break their rules.
    pub fn apply(&self, session: &Session, now: Timestamp) -> Result<Option<Session>, PatchRefused> {
        if !session.status.is_open() && self.needs_an_open_session() {
            return Err(PatchRefused::Final { status: session.status });
        }
        let mut after = session.clone();
        after.title = self.title.clone().unwrap_or(after.title);
        after.kind = self.kind.unwrap_or(after.kind);
        after.scheduled_at = self.scheduled_at.unwrap_or(after.scheduled_at);
        after.max_participants = self.max_participants.unwrap_or(after.max_participants);
        self.category.apply(&mut after.category);
        self.community_id.apply(&mut after.community_id);
        self.duration_minutes.apply(&mut after.duration_minutes);
        self.stream_call_id.apply(&mut after.stream_call_id);
        self.recording_url.apply(&mut after.recording_url);
        if let Some(patch) = &self.metadata {
            after.metadata = patch.apply(&after.metadata).map_err(PatchRefused::Metadata)?;
        }
        Ok((after != *session).then(|| after.touched(now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::fixtures::{minutes, now, session};

    #[test]
    fn changes_what_it_names_and_nothing_else() {
        let before = Session { category: Some("rust".parse().unwrap()), ..session(1) };
        let patch = SessionPatch {
            title: Some("Another".parse().unwrap()),
            category: Edit::Clear,
            recording_url: Edit::Set("https://video.example/1".parse().unwrap()),
            ..SessionPatch::default()
        };
        let after = patch.apply(&before, now()).unwrap().unwrap();
        let expected = Session {
            title: "Another".parse().unwrap(),
            category: None,
            recording_url: Some("https://video.example/1".parse().unwrap()),
            updated_at: now(),
            ..before
        };
        assert_eq!(after, expected);
    }

    #[test]
    fn what_changes_nothing_leaves_the_session_as_it_is() {
        let same = SessionPatch { title: Some(session(1).title), category: Edit::Clear, ..SessionPatch::default() };
        assert_eq!(same.apply(&session(1), minutes(1)), Ok(None));
        assert_eq!(SessionPatch::default().apply(&session(1), minutes(1)), Ok(None));
    }

    #[test]
    fn updated_at_moves_though_the_clock_is_behind() {
        let before = Session { updated_at: minutes(5), ..session(1) };
        let patch = SessionPatch { title: Some("Another".parse().unwrap()), ..SessionPatch::default() };
        assert!(patch.apply(&before, now()).unwrap().unwrap().updated_at > before.updated_at);
    }

    #[test]
    fn a_final_session_is_judged_by_what_is_named() {
        let none = SessionPatch::default;
        for status in [SessionStatus::Ended, SessionStatus::Cancelled] {
            let before = Session { status, ..session(1) };
            // Each of them names what is there already.
            for late in [
                SessionPatch { kind: Some(before.kind), ..none() },
                SessionPatch { community_id: Edit::Clear, ..none() },
                SessionPatch { scheduled_at: Some(before.scheduled_at), ..none() },
                SessionPatch { max_participants: Some(before.max_participants), ..none() },
                SessionPatch { duration_minutes: Edit::Clear, ..none() },
                SessionPatch { stream_call_id: Edit::Clear, ..none() },
            ] {
                assert_eq!(late.apply(&before, now()), Err(PatchRefused::Final { status }), "{late:?}");
            }
            for in_time in [
                SessionPatch { title: Some("Over".parse().unwrap()), ..none() },
                SessionPatch { category: Edit::Set("rust".parse().unwrap()), ..none() },
                SessionPatch { recording_url: Edit::Set("https://video.example/1".parse().unwrap()), ..none() },
                SessionPatch { metadata: Some(MetadataPatch::parse(r#"{"a":1}"#).unwrap()), ..none() },
            ] {
                assert!(in_time.apply(&before, now()).unwrap().is_some(), "{in_time:?}");
            }
        }
    }
}
