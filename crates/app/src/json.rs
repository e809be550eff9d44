//! What our JSON, in and out, has in common.

use live_domain::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Reads a member that may be left out but not be null: one that is there must have its type.
///
/// # Errors
///
/// Those of the member's own type.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// Writes an instant as RFC 3339 in UTC.
///
/// # Errors
///
/// Those of the serializer.
pub fn instant<S: Serializer>(timestamp: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(timestamp)
}

/// Writes an instant as RFC 3339 in UTC, or null.
///
/// # Errors
///
/// Those of the serializer.
pub fn optional_instant<S: Serializer>(timestamp: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match timestamp {
        Some(timestamp) => serializer.collect_str(timestamp),
        None => serializer.serialize_none(),
    }
}

/// Appends an object and, as its last member, the metadata: checked JSON that is passed through as the text it is,
/// neither parsed nor written again.
///
/// # Errors
///
/// Those of the serializer; none is known to happen.
pub fn write_with_metadata(
    object: &impl Serialize,
    metadata: &str,
    out: &mut Vec<u8>,
) -> Result<(), serde_json::Error> {
    serde_json::to_writer(&mut *out, object)?;
    out.pop();
    out.extend(b",\"metadata\":");
    out.extend(metadata.as_bytes());
    out.push(b'}');
    Ok(())
}
