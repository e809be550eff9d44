//! The values of a line: text of the wire to values of the domain, with the member's name in what is wrong.

use std::fmt::Display;
use std::str::FromStr;

use live_domain::Timestamp;
use live_domain::listing::Variants;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::LineError;
use crate::json;

/// Reads the object of a line.
pub(super) fn object<T: DeserializeOwned>(line: &str) -> Result<T, LineError> {
    // The parser would take an array for the members in some order.
    if !line.trim_ascii_start().starts_with('{') {
        return Err(LineError("must be a JSON object".to_owned()));
    }
    let mut deserializer = serde_json::Deserializer::from_str(line);
    let object = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let text = without_place(&error.into_inner().to_string());
        LineError(if matches!(path.as_str(), "." | "?") { text } else { format!("{path}: {text}") })
    })?;
    deserializer.end().map_err(|error| LineError(without_place(&error.to_string())))?;
    Ok(object)
}

/// The parser's words without its "at line 1 column 7", which would be taken for the line of the file.
fn without_place(text: &str) -> String {
    text.rsplit_once(" at line ").map_or(text, |(before, _)| before).to_owned()
}

pub(super) fn named<T, E: Display>(member: &str, value: Result<T, E>) -> Result<T, LineError> {
    value.map_err(|fault| LineError(format!("{member} {fault}")))
}

/// A text that has a form.
pub(super) fn text<T: FromStr<Err: Display>>(member: &str, text: &str) -> Result<T, LineError> {
    named(member, text.parse())
}

/// One of the names of an enumeration.
pub(super) fn name<T: FromStr + Variants>(
    member: &str,
    text: &str,
    name: fn(T) -> &'static str,
) -> Result<T, LineError> {
    text.parse().map_err(|_| LineError(format!("{member} must be one of {}", json::names(name))))
}

/// Applies a reading to a member that may be left out.
pub(super) fn optional<T>(
    value: Option<&String>,
    read: impl FnOnce(&str) -> Result<T, LineError>,
) -> Result<Option<T>, LineError> {
    value.map(|text| read(text)).transpose()
}

/// An id as paths have it.
pub(super) fn id(member: &str, text: &str) -> Result<Uuid, LineError> {
    named(member, json::read_id(text).ok_or("must be a UUID of 36 characters with hyphens"))
}

/// An instant.
pub(super) fn instant(member: &str, text: &str) -> Result<Timestamp, LineError> {
    named(member, json::read_instant(text))
}
