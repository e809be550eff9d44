//! The values of a line: text of the wire to values of the domain, with the member's name in what is wrong.

use std::fmt::Display;
use std::str::FromStr;

use live_domain::Timestamp;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use uuid::Uuid;

use super::LineError;

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
pub(super) fn name<T: FromStr>(member: &str, text: &str, allowed: &str) -> Result<T, LineError> {
    text.parse().map_err(|_| LineError(format!("{member} must be one of {allowed}")))
}

/// Applies a reading to a member that may be left out.
pub(super) fn optional<T>(
    value: Option<&String>,
    read: impl FnOnce(&str) -> Result<T, LineError>,
) -> Result<Option<T>, LineError> {
    value.map(|text| read(text)).transpose()
}

/// An id as paths have it: 36 characters with hyphens, in either letter case.
pub(super) fn id(member: &str, text: &str) -> Result<Uuid, LineError> {
    let id = if text.len() == 36 { Uuid::try_parse(text).ok() } else { None };
    id.ok_or_else(|| LineError(format!("{member} must be a UUID of 36 characters with hyphens")))
}

/// An instant: RFC 3339 with an offset; digits past the microsecond are cut. A leap second has no instant here.
pub(super) fn instant(member: &str, text: &str) -> Result<Timestamp, LineError> {
    let has_leap_second = text.get(17..19) == Some("60");
    let time = OffsetDateTime::parse(text, &Rfc3339).ok().filter(|_| !has_leap_second);
    let time = time.ok_or_else(|| {
        LineError(format!("{member} must be an RFC 3339 time with an offset, as in 2026-03-01T18:00:00Z"))
    })?;
    named(member, Timestamp::new(time))
}
