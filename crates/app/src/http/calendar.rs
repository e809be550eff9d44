//! Sessions as an iCalendar object (RFC 5545, with the properties of RFC 7986 that feeds have).

use std::fmt::Display;

use actix_web::{HttpRequest, HttpResponse};
use live_domain::{BrandId, Category, ListedSession, Session, SessionFilter, SessionStatus, Timestamp};
use reqwest::Url;
use time::OffsetDateTime;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;

use super::answer;
use super::conditional::Tag;
use super::error::ApiError;

const MEDIA_TYPE: &str = "text/calendar; charset=utf-8";
/// How long programs are asked to wait before they read a calendar again.
const REFRESH: &str = "PT15M";
/// The most octets of a line, its end not counted (RFC 5545, section 3.1).
const LONGEST_LINE: usize = 75;
/// Whole seconds in UTC (RFC 5545, section 3.3.5).
const INSTANT: &[BorrowedFormatItem<'_>] = format_description!("[year][month][day]T[hour][minute][second]Z");

/// The answer to a read of these sessions, which are those of the filter: the calendar, or that the client has it already.
///
/// # Errors
///
/// Those of writing instants; none is known to happen.
pub fn read(
    request: &HttpRequest,
    filter: &SessionFilter,
    sessions: &[ListedSession],
) -> Result<HttpResponse, ApiError> {
    let body = calendar(filter.brand(), sessions).map_err(ApiError::internal)?;
    Ok(answer::read_as(request, &Tag::over(&[&body]), MEDIA_TYPE, body))
}

fn calendar(brand: Option<&BrandId>, sessions: &[ListedSession]) -> Result<Vec<u8>, time::error::Format> {
    let mut lines = Lines::default();
    lines.add("BEGIN", "VCALENDAR");
    lines.add("VERSION", "2.0");
    lines.add("PRODID", "-//live//live sessions//EN");
    let name = brand.map_or_else(|| "Live sessions".to_owned(), |brand| format!("Live sessions of {brand}"));
    // By their own names for it, and for when to read it again, it is known to programs from before RFC 7986.
    for property in ["NAME", "X-WR-CALNAME"] {
        lines.add(property, escaped(&name));
    }
    for property in ["REFRESH-INTERVAL;VALUE=DURATION", "X-PUBLISHED-TTL"] {
        lines.add(property, REFRESH);
    }
    for session in sessions {
        event(&mut lines, session)?;
    }
    lines.add("END", "VCALENDAR");
    Ok(lines.0)
}

/// A session as an event. It says nothing of the time that it is written at: as long as nothing changes, neither does the text.
fn event(lines: &mut Lines, listed: &ListedSession) -> Result<(), time::error::Format> {
    let ListedSession { session, version, registered_count: _, is_registered } = listed;
    let Session { id, title, category, scheduled_at, status, duration_minutes, .. } = session;
    let Session { recording_url, created_at, updated_at, .. } = session;
    let revised = instant(*updated_at)?;
    lines.add("BEGIN", "VEVENT");
    lines.add("UID", format_args!("{id}@live"));
    // Without a METHOD, this is when the event was last revised (RFC 5545, section 3.8.7.2).
    lines.add("DTSTAMP", &revised);
    lines.add("CREATED", instant(*created_at)?);
    lines.add("LAST-MODIFIED", &revised);
    // It begins with 0, and has 31 bits.
    lines.add("SEQUENCE", i32::try_from(version.get().saturating_sub(1)).unwrap_or(i32::MAX));
    lines.add("DTSTART", instant(*scheduled_at)?);
    if let Some(minutes) = duration_minutes {
        lines.add("DURATION", format_args!("PT{}M", minutes.get()));
    }
    lines.add("SUMMARY", escaped(title.as_str()));
    if let Some(category) = category.as_ref().map(Category::as_str) {
        lines.add("CATEGORIES", escaped(category));
    }
    lines.add("STATUS", if *status == SessionStatus::Cancelled { "CANCELLED" } else { "CONFIRMED" });
    // Only what the viewer takes part in makes them busy.
    let takes_time = *is_registered && *status != SessionStatus::Cancelled;
    lines.add("TRANSP", if takes_time { "OPAQUE" } else { "TRANSPARENT" });
    // In ASCII, as a URI is (RFC 3986): what is stored may go past it.
    if let Some(recording) = recording_url.as_ref().and_then(|url| Url::parse(url.as_str()).ok()) {
        lines.add("URL", recording);
    }
    lines.add("END", "VEVENT");
    Ok(())
}

fn instant(instant: Timestamp) -> Result<String, time::error::Format> {
    OffsetDateTime::from(instant).format(INSTANT)
}

/// A value of the type TEXT (RFC 5545, section 3.3.11). Ours hold no line breaks.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '\\' | ';' | ',') {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}

/// Content lines (RFC 5545, section 3.1).
#[derive(Default)]
struct Lines(Vec<u8>);

impl Lines {
    /// Adds a line, folded between two characters wherever it gets too long.
    fn add(&mut self, name: &str, value: impl Display) {
        let line = format!("{name}:{value}");
        let (mut rest, mut room) = (line.as_str(), LONGEST_LINE);
        while rest.len() > room {
            let (part, further) = rest.split_at(rest.floor_char_boundary(room));
            self.0.extend(part.as_bytes());
            self.0.extend(b"\r\n ");
            // The space that begins the next one counts.
            (rest, room) = (further, LONGEST_LINE - 1);
        }
        self.0.extend(rest.as_bytes());
        self.0.extend(b"\r\n");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(value: &str) -> String {
        let mut lines = Lines::default();
        lines.add("SUMMARY", value);
        String::from_utf8(lines.0).unwrap()
    }

    #[test]
    fn a_line_of_75_octets_is_whole_and_one_more_is_folded() {
        let (fits, too_long) = ("x".repeat(67), "x".repeat(68));
        assert_eq!(line(&fits), format!("SUMMARY:{fits}\r\n"));
        assert_eq!(line(&too_long), format!("SUMMARY:{fits}\r\n x\r\n"));
    }

    proptest! {
        #[test]
        fn what_is_folded_unfolds_to_what_it_was_and_no_line_is_too_long(value in "\\PC{0,300}") {
            let folded = line(&value);
            prop_assert!(folded.split_terminator("\r\n").all(|line| line.len() <= LONGEST_LINE));
            prop_assert_eq!(folded.replace("\r\n ", ""), format!("SUMMARY:{value}\r\n"));
        }

        #[test]
        fn what_is_escaped_holds_no_bare_separator_and_is_read_back(text in "[\\\\;,a😀]{0,40}") {
            let escaped = escaped(&text);
            let (mut read, mut rest) = (String::new(), escaped.chars());
            while let Some(character) = rest.next() {
                prop_assert!(!matches!(character, ';' | ','));
                read.extend(if character == '\\' { rest.next() } else { Some(character) });
            }
            prop_assert_eq!(read, text);
        }
    }
}
