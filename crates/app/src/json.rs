//! What our JSON, in and out, has in common.

mod object;

use live_domain::Timestamp;
use live_domain::listing::Variants;
use serde::{Deserialize, Deserializer};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

pub use object::Object;

/// Reads an instant: RFC 3339 with an offset; digits past the microsecond are cut. A leap second has no instant here.
///
/// # Errors
///
/// What is allowed.
pub fn read_instant(text: &str) -> Result<Timestamp, String> {
    // The parser would take any character between date and time, and a leap second has no instant here.
    let has_its_form = matches!(text.get(10..11), Some("T" | "t")) && text.get(17..19) != Some("60");
    let time = OffsetDateTime::parse(text, &Rfc3339).ok().filter(|_| has_its_form);
    let time = time.ok_or("must be an RFC 3339 time with an offset, as in 2026-03-01T18:00:00Z")?;
    Timestamp::new(time).map_err(|fault| fault.to_string())
}

/// Reads an id: 36 characters with hyphens, in either letter case.
#[must_use]
pub fn read_id(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::try_parse(text).ok() } else { None }
}

/// The names of an enumeration, for people.
#[must_use]
pub fn names<T: Variants>(name: fn(T) -> &'static str) -> String {
    T::ALL.iter().map(|member| name(*member)).collect::<Vec<_>>().join(", ")
}

/// Reads a member that may be left out but not be null: one that is there must have its type.
///
/// # Errors
///
/// Those of the member's own type.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Reads an object, and nothing else: a type that derives its reading would take a list of its members' values as well.
///
/// # Errors
///
/// Those of the type; and for what is no object.
pub fn read_object<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, serde_json::Error> {
    if bytes.trim_ascii_start().first() == Some(&b'{') {
        return serde_json::from_slice(bytes);
    }
    Err(serde::de::Error::custom("must be an object"))
}
