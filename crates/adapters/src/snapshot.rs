//! Sessions, and what is kept for idempotency keys, as JSON text: the same on every store.
//!
//! A text is read again long after it was written: members may be added here, with a default, and none taken away.

use std::collections::BTreeMap;

use live_domain::{
    DurationMinutes, ListedSession, MaxParticipants, Metadata, Outcome, PlacedRegistration, Pseudonym, RecordingUrl,
    Registered, Registration, SealedSecret, SecretHash, SecretSeed, Session, SessionVersion, Subject, Timestamp,
};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use crate::checkup::Counters;

/// Why a text cannot be read.
pub(crate) type Unreadable = Box<dyn std::error::Error + Send + Sync>;

/// The members of a session. An import writes the same by SQL.
#[derive(Serialize, Deserialize)]
struct SessionMembers {
    id: Uuid,
    host_id: String,
    brand_id: String,
    community_id: Option<String>,
    title: String,
    kind: String,
    category: Option<String>,
    scheduled_at: String,
    started_at: Option<String>,
    ended_at: Option<String>,
    status: String,
    stream_call_id: Option<String>,
    max_participants: u32,
    duration_minutes: Option<u32>,
    recording_url: Option<String>,
    metadata: Box<RawValue>,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize, Deserialize)]
struct RegistrationMembers {
    id: Uuid,
    session_id: Uuid,
    user_id: String,
    status: String,
    registered_at: String,
    cancelled_at: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum OutcomeMembers {
    Session { session: Box<SessionMembers>, version: u64, registered_count: u32, is_registered: bool, created: bool },
    Registration { registration: RegistrationMembers, position: Option<u32>, created: bool },
    Feed { id: Uuid, hash: [u8; 32], seed: [u8; 32] },
}

/// The session as JSON text.
pub(crate) fn write_session(session: &Session) -> Result<String, Unreadable> {
    Ok(serde_json::to_string(&SessionMembers::try_from(session)?)?)
}

/// The session as JSON text, and with it what its row says of its registrations.
pub(crate) fn write_counted(session: &Session, counters: Counters) -> Result<String, Unreadable> {
    #[derive(Serialize)]
    struct CountedMembers {
        #[serde(flatten)]
        session: SessionMembers,
        registered_count: u32,
        waiting_count: u32,
    }
    let Counters { registered: registered_count, waiting: waiting_count } = counters;
    Ok(serde_json::to_string(&CountedMembers { session: session.try_into()?, registered_count, waiting_count })?)
}

/// The session of a JSON text.
pub(crate) fn read_session(text: &str) -> Result<Session, Unreadable> {
    serde_json::from_str::<SessionMembers>(text)?.try_into()
}

/// The outcome as JSON text.
pub(crate) fn write_outcome(outcome: &Outcome) -> Result<String, Unreadable> {
    let members = match outcome {
        Outcome::Session { session, created } => {
            let ListedSession { session, version, registered_count, is_registered } = session;
            OutcomeMembers::Session {
                session: Box::new(session.try_into()?),
                version: version.get(),
                registered_count: *registered_count,
                is_registered: *is_registered,
                created: *created,
            }
        }
        Outcome::Registration(Registered { registration, created }) => {
            let PlacedRegistration { registration, position } = registration;
            OutcomeMembers::Registration { registration: registration.into(), position: *position, created: *created }
        }
        Outcome::Feed { id, secret: SealedSecret { hash, seed } } => {
            OutcomeMembers::Feed { id: *id, hash: hash.0, seed: seed.0 }
        }
    };
    Ok(serde_json::to_string(&members)?)
}

/// The outcome of a JSON text.
pub(crate) fn read_outcome(text: &str) -> Result<Outcome, Unreadable> {
    Ok(match serde_json::from_str(text)? {
        OutcomeMembers::Session { session, version, registered_count, is_registered, created } => {
            let version = SessionVersion::new(version);
            let session = ListedSession { session: (*session).try_into()?, version, registered_count, is_registered };
            Outcome::Session { session, created }
        }
        OutcomeMembers::Registration { registration, position, created } => {
            let registration = PlacedRegistration { registration: registration.try_into()?, position };
            Outcome::Registration(Registered { registration, created })
        }
        OutcomeMembers::Feed { id, hash, seed } => {
            Outcome::Feed { id, secret: SealedSecret { hash: SecretHash(hash), seed: SecretSeed(seed) } }
        }
    })
}

/// The JSON text of a session, or of a filter, with the pseudonym as its host where the person is.
pub(crate) fn rename_host(text: &str, person: &Subject, pseudonym: &Pseudonym) -> Result<String, Unreadable> {
    rename_at(&["host_id"], text, person, pseudonym)
}

/// The JSON text of an outcome, with the pseudonym where the person hosts or is registered.
pub(crate) fn rename_in_outcome(text: &str, person: &Subject, pseudonym: &Pseudonym) -> Result<String, Unreadable> {
    let text = rename_at(&["session", "session", "host_id"], text, person, pseudonym)?;
    rename_at(&["registration", "registration", "user_id"], &text, person, pseudonym)
}

/// Whatever else a text holds stays as it is written.
fn rename_at(path: &[&str], text: &str, person: &Subject, pseudonym: &Pseudonym) -> Result<String, Unreadable> {
    let Some((member, rest)) = path.split_first() else {
        let name: String = serde_json::from_str(text)?;
        let is_person = name == person.as_str();
        return Ok(serde_json::to_string(if is_person { pseudonym.subject().as_str() } else { &name })?);
    };
    let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text)?;
    if let Some(value) = members.get_mut(*member) {
        *value = RawValue::from_string(rename_at(rest, value.get(), person, pseudonym)?)?;
    }
    Ok(serde_json::to_string(&members)?)
}

fn instant(text: &str) -> Result<Timestamp, Unreadable> {
    Ok(Timestamp::new(OffsetDateTime::parse(text, &Rfc3339)?)?)
}

/// Reads a member that may be empty.
fn optional<V, T, E: Into<Unreadable>>(
    value: Option<V>,
    read: impl FnOnce(V) -> Result<T, E>,
) -> Result<Option<T>, Unreadable> {
    value.map(read).transpose().map_err(Into::into)
}

impl TryFrom<&Session> for SessionMembers {
    type Error = Unreadable;

    fn try_from(session: &Session) -> Result<Self, Unreadable> {
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
        Ok(Self {
            id: *id,
            host_id: host_id.to_string(),
            brand_id: brand_id.to_string(),
            community_id: community_id.as_ref().map(ToString::to_string),
            title: title.to_string(),
            kind: kind.as_str().to_owned(),
            category: category.as_ref().map(ToString::to_string),
            scheduled_at: scheduled_at.to_string(),
            started_at: started_at.as_ref().map(ToString::to_string),
            ended_at: ended_at.as_ref().map(ToString::to_string),
            status: status.as_str().to_owned(),
            stream_call_id: stream_call_id.as_ref().map(ToString::to_string),
            max_participants: max_participants.get(),
            duration_minutes: duration_minutes.map(DurationMinutes::get),
            recording_url: recording_url.as_ref().map(ToString::to_string),
            metadata: RawValue::from_string(metadata.as_str().to_owned())?,
            created_at: created_at.to_string(),
            updated_at: updated_at.to_string(),
        })
    }
}

impl TryFrom<SessionMembers> for Session {
    type Error = Unreadable;

    fn try_from(members: SessionMembers) -> Result<Self, Unreadable> {
        let SessionMembers {
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
        } = members;
        Ok(Self {
            id,
            host_id: host_id.parse()?,
            brand_id: brand_id.parse()?,
            community_id: optional(community_id, live_domain::CommunityId::new)?,
            title: title.parse()?,
            kind: kind.parse()?,
            category: optional(category, live_domain::Category::new)?,
            scheduled_at: instant(&scheduled_at)?,
            started_at: optional(started_at, |text| instant(&text))?,
            ended_at: optional(ended_at, |text| instant(&text))?,
            status: status.parse()?,
            stream_call_id: optional(stream_call_id, live_domain::StreamCallId::new)?,
            max_participants: MaxParticipants::new(max_participants)?,
            duration_minutes: optional(duration_minutes, DurationMinutes::new)?,
            recording_url: recording_url.map(RecordingUrl::from_stored),
            metadata: Metadata::from_stored(metadata.get().to_owned()),
            created_at: instant(&created_at)?,
            updated_at: instant(&updated_at)?,
        })
    }
}

impl From<&Registration> for RegistrationMembers {
    fn from(registration: &Registration) -> Self {
        let Registration { id, session_id, user_id, status, registered_at, cancelled_at } = registration;
        Self {
            id: *id,
            session_id: *session_id,
            user_id: user_id.to_string(),
            status: status.as_str().to_owned(),
            registered_at: registered_at.to_string(),
            cancelled_at: cancelled_at.as_ref().map(ToString::to_string),
        }
    }
}

impl TryFrom<RegistrationMembers> for Registration {
    type Error = Unreadable;

    fn try_from(members: RegistrationMembers) -> Result<Self, Unreadable> {
        let RegistrationMembers { id, session_id, user_id, status, registered_at, cancelled_at } = members;
        Ok(Self {
            id,
            session_id,
            user_id: user_id.parse()?,
            status: status.parse()?,
            registered_at: instant(&registered_at)?,
            cancelled_at: optional(cancelled_at, |text| instant(&text))?,
        })
    }
}

#[cfg(test)]
mod tests {
    use live_domain::RegistrationStatus;
    use live_domain::contract::fixtures::{full_session, id, minutes, now, secret, session, subject};

    use super::*;

    #[test]
    fn a_session_comes_back_as_it_was() {
        for session in [session(1), full_session(1)] {
            assert_eq!(read_session(&write_session(&session).unwrap()).unwrap(), session);
        }
    }

    #[test]
    fn counters_stay_where_the_host_is_renamed() {
        let (person, pseudonym) = (subject(full_session(1).host_id.as_str()), Pseudonym::random());
        let counters = Counters { registered: 3, waiting: 1 };
        let text = rename_host(&write_counted(&full_session(1), counters).unwrap(), &person, &pseudonym).unwrap();
        let renamed = Session { host_id: pseudonym.host_id().clone(), ..full_session(1) };
        assert_eq!(read_session(&text).unwrap(), renamed);
        assert!(text.contains(r#""registered_count":3"#) && text.contains(r#""waiting_count":1"#), "{text}");
    }

    #[test]
    fn a_session_with_counters_is_read_as_the_session() {
        for session in [session(1), full_session(1)] {
            let text = write_counted(&session, Counters { registered: 3, waiting: 1 }).unwrap();
            assert!(text.ends_with(r#","registered_count":3,"waiting_count":1}"#), "{text}");
            assert_eq!(read_session(&text).unwrap(), session);
        }
    }

    #[test]
    fn an_outcome_comes_back_as_it_was() {
        let version = SessionVersion::new(7);
        let listed = ListedSession { session: full_session(1), version, registered_count: 3, is_registered: true };
        let registration = Registration {
            id: id(1),
            session_id: id(2),
            user_id: subject("ada"),
            status: RegistrationStatus::Cancelled,
            registered_at: now(),
            cancelled_at: Some(minutes(1)),
        };
        let placed = PlacedRegistration { registration, position: Some(4) };
        for outcome in [
            Outcome::Session { session: listed, created: true },
            Outcome::Registration(Registered { registration: placed, created: false }),
            Outcome::Feed { id: id(3), secret: secret(4) },
        ] {
            assert_eq!(read_outcome(&write_outcome(&outcome).unwrap()).unwrap(), outcome);
        }
    }
}
