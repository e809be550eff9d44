//! What the program knows of its talks, as sessions.

use std::error::Error;

use live_domain::{MaxParticipants, Metadata, Session, SessionDraft, SessionKind, Timestamp};
use uuid::Uuid;

/// When the first of them begins: 2026-10-01T18:00:00Z.
const FIRST: i64 = 1_790_877_600;
const WEEK: i64 = 7 * 24 * 60 * 60;

/// A talk a week.
pub(crate) fn talks() -> Result<Vec<Session>, Box<dyn Error>> {
    let titles = ["Borrowing", "Lifetimes", "Traits", "Macros", "Pinning"];
    (0..).zip(titles).map(|(week, title)| talk(title, FIRST + week * WEEK)).collect()
}

fn talk(title: &str, second: i64) -> Result<Session, Box<dyn Error>> {
    let scheduled_at = Timestamp::from_micros(second * 1_000_000)?;
    let draft = SessionDraft {
        host_id: "ada".parse()?,
        brand_id: "acme".parse()?,
        community_id: None,
        title: title.parse()?,
        kind: SessionKind::Live,
        category: Some("rust".parse()?),
        scheduled_at,
        max_participants: MaxParticipants::new(100)?,
        duration_minutes: None,
        metadata: Metadata::default(),
    };
    // The same id whenever the program starts: clients keep it.
    let id = Uuid::from_u128(u128::try_from(second)?);
    Ok(draft.into_session(id, scheduled_at))
}
