//! Believable sessions around today, for a first look.

use std::collections::BTreeSet;

use live_domain::bulk::{Line, RegistrationLine, SessionLine};
use live_domain::{
    BrandId, Category, CommunityId, DurationMinutes, HostId, MaxParticipants, Metadata, RecordingUrl,
    RegistrationStatus, Session, SessionKind, SessionStatus, StreamCallId, Subject, Timestamp, Title,
};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use time::{Duration, OffsetDateTime, Time};
use uuid::Uuid;

/// Sessions, and registrations of them.
pub struct Sample {
    /// The sessions.
    pub sessions: Vec<Line<SessionLine>>,
    /// The registrations.
    pub registrations: Vec<Line<RegistrationLine>>,
}

struct Topic {
    title: &'static str,
    category: &'static str,
    community: Option<&'static str>,
}

const fn topic(title: &'static str, category: &'static str, community: Option<&'static str>) -> Topic {
    Topic { title, category, community }
}

const TOPICS: &[Topic] = &[
    topic("Sourdough from scratch", "cooking", Some("home-bakers")),
    topic("Knife skills in thirty minutes", "cooking", None),
    topic("Weeknight curries", "cooking", Some("home-bakers")),
    topic("Trail running: pace and breath", "fitness", Some("trail-runners")),
    topic("Morning mobility", "fitness", None),
    topic("Strength without a gym", "fitness", Some("trail-runners")),
    topic("Ask us anything about the new release", "product", Some("early-adopters")),
    topic("Roadmap review", "product", Some("early-adopters")),
    topic("Getting started, live", "product", None),
    topic("Acoustic evening", "music", None),
    topic("Mixing your first track", "music", Some("bedroom-producers")),
    topic("Portraits in natural light", "photography", Some("street-photographers")),
];
const BRANDS: &[&str] = &["acme", "globex", "initech", "umbrella"];
const HOSTS: &[&str] = &["ada", "bruno", "chidi", "daria", "emeka", "fumiko", "gabriela"];
const PEOPLE: &[&str] =
    &["dev", "ada", "bruno", "noor", "olga", "pablo", "quinn", "rosa", "sven", "tariq", "uma", "vera"];
/// Hours from UTC of Los Angeles, New York, London, Berlin, Delhi (nearly), Singapore, Tokyo and Sydney.
const OFFSETS: &[i64] = &[-8, -5, 0, 1, 5, 8, 9, 11];
/// Days before and after today.
const DAYS: std::ops::RangeInclusive<i64> = -45..=45;
const SESSIONS_A_DAY: usize = 4;
/// Sessions that are on the air when the sample is made.
const LIVE_NOW: usize = 6;

/// A few hundred sessions: evenings of many time zones over three months around `now`, of every kind and status, some
/// of them full. The same `now` gives the same sample.
#[must_use]
pub fn sample(now: Timestamp) -> Sample {
    let mut maker = Maker { random: StdRng::seed_from_u64(now.as_micros().unsigned_abs()), now };
    let evenings = DAYS.flat_map(|day| std::iter::repeat_n(day, SESSIONS_A_DAY));
    let mut sessions: Vec<Session> = evenings.filter_map(|day| maker.evening(day)).collect();
    sessions.extend((0..LIVE_NOW).filter_map(|_| maker.on_the_air()));
    let registrations: Vec<_> = sessions.iter().flat_map(|session| maker.registrations(session)).collect();
    let sessions = sessions.into_iter().filter_map(|session| SessionLine::new(session, true).ok());
    Sample { sessions: numbered(sessions), registrations: numbered(registrations) }
}

fn numbered<T>(values: impl IntoIterator<Item = T>) -> Vec<Line<T>> {
    (1..).zip(values).map(|(number, value)| Line { number, value }).collect()
}

struct Maker {
    random: StdRng,
    now: Timestamp,
}

impl Maker {
    fn pick<T: Copy>(&mut self, choices: &[T]) -> Option<T> {
        choices.choose(&mut self.random).copied()
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.random_range(0..100) < percent
    }

    fn id(&mut self) -> Uuid {
        uuid::Builder::from_random_bytes(self.random.random()).into_uuid()
    }

    /// A session at six, seven or eight in the evening somewhere.
    fn evening(&mut self, day: i64) -> Option<Session> {
        let offset = self.pick(OFFSETS)?;
        let hour = self.random.random_range(18..=20);
        let midnight = OffsetDateTime::from(self.now).replace_time(Time::MIDNIGHT);
        let at = midnight
            + Duration::days(day)
            + Duration::hours(hour - offset)
            + self.pick(&[Duration::ZERO, Duration::minutes(30)])?;
        let scheduled_at = Timestamp::clamped(at);
        let is_past = scheduled_at < self.now.earlier_by(Duration::hours(2));
        let status = match (is_past, self.chance(10)) {
            (_, true) => SessionStatus::Cancelled,
            (true, false) => SessionStatus::Ended,
            (false, false) => SessionStatus::Scheduled,
        };
        self.session(scheduled_at, status)
    }

    fn on_the_air(&mut self) -> Option<Session> {
        let minutes = self.random.random_range(2..55);
        let full_minute = OffsetDateTime::from(self.now).truncate_to_minute();
        self.session(Timestamp::clamped(full_minute - Duration::minutes(minutes)), SessionStatus::Live)
    }

    fn session(&mut self, scheduled_at: Timestamp, status: SessionStatus) -> Option<Session> {
        let topic = TOPICS.choose(&mut self.random)?;
        let minutes = self.pick(&[30_u32, 45, 60, 90])?;
        let started = matches!(status, SessionStatus::Live | SessionStatus::Ended);
        let ended = status == SessionStatus::Ended;
        let id = self.id();
        let created_at = scheduled_at.earlier_by(Duration::days(14)).min(self.now);
        let recorded = ended && self.chance(60);
        Some(Session {
            id,
            host_id: HostId::new(self.pick(HOSTS)?).ok()?,
            brand_id: BrandId::new(self.pick(BRANDS)?).ok()?,
            community_id: topic.community.and_then(|community| CommunityId::new(community).ok()),
            title: Title::new(topic.title).ok()?,
            kind: if self.chance(30) { SessionKind::OfficeHours } else { SessionKind::Live },
            category: Category::new(topic.category).ok(),
            scheduled_at,
            started_at: started.then_some(scheduled_at),
            ended_at: ended.then(|| scheduled_at.later_by(Duration::minutes(i64::from(minutes)))),
            status,
            stream_call_id: if started { StreamCallId::new(format!("call-{}", id.simple())).ok() } else { None },
            max_participants: MaxParticipants::new(self.pick(&[3_u32, 8, 25, 100, 500])?).ok()?,
            duration_minutes: DurationMinutes::new(minutes).ok(),
            recording_url: if recorded { RecordingUrl::new(format!("https://video.example/{id}")).ok() } else { None },
            metadata: Metadata::parse(self.pick(&[
                "{}",
                r#"{"language":"en","level":"beginner"}"#,
                r#"{"language":"de"}"#,
            ])?)
            .ok()?,
            created_at,
            updated_at: created_at,
        })
    }

    /// Some people, each once: in force while there are seats, else in the line; a few gave up.
    fn registrations(&mut self, session: &Session) -> Vec<RegistrationLine> {
        let count = self.random.random_range(0..=PEOPLE.len());
        let people: BTreeSet<&str> = (0..count).filter_map(|_| self.pick(PEOPLE)).collect();
        let mut free = session.max_participants.get();
        let mut lines = Vec::new();
        for person in people {
            let status = if self.chance(10) {
                RegistrationStatus::Cancelled
            } else if free > 0 {
                free -= 1;
                RegistrationStatus::Registered
            } else {
                RegistrationStatus::Waitlist
            };
            let registered_at = session.created_at.min(self.now);
            let line = Subject::new(person).map(|person| RegistrationLine::new(session.id, person, status, self.id()));
            lines.extend(line.ok().and_then(|line| line.with_registered_at(registered_at, self.now).ok()));
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use live_domain::listing::Variants;

    use super::*;

    fn made() -> Vec<Session> {
        let sample = sample(Timestamp::from_micros(1_800_000_000_000_000).unwrap());
        sample.sessions.into_iter().map(|line| line.value.session().clone()).collect()
    }

    #[test]
    fn shows_something_to_every_filter() {
        let sessions = made();
        assert!(sessions.len() > 300);
        for status in SessionStatus::ALL {
            assert!(sessions.iter().any(|session| session.status == *status), "{status:?}");
        }
        for kind in SessionKind::ALL {
            assert!(sessions.iter().any(|session| session.kind == *kind), "{kind:?}");
        }
        for brand in BRANDS {
            assert!(sessions.iter().any(|session| session.brand_id.as_str() == *brand), "{brand}");
        }
        assert!(sessions.iter().any(|session| session.community_id.is_some() && session.category.is_some()));
    }

    #[test]
    fn nobody_is_registered_twice_and_no_session_is_oversold() {
        let sample = sample(Timestamp::from_micros(1_800_000_000_000_000).unwrap());
        let keys: BTreeSet<_> =
            sample.registrations.iter().map(|line| (line.value.session_id(), line.value.user_id().clone())).collect();
        assert_eq!(keys.len(), sample.registrations.len());
        assert!(sample.registrations.iter().any(|line| line.value.status() == RegistrationStatus::Waitlist));
    }
}
