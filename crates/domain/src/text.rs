//! Text values with a form: identifiers, titles, addresses.
//!
//! A character is a Unicode scalar value. Text is kept as sent and compares by its bytes.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Why a text has not the form of the value it was to become.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Shorter than one or longer than the most characters allowed.
    #[error("must have between 1 and {most} characters")]
    Length {
        /// The most characters that the value may have.
        most: usize,
    },
    /// Holds a control character (U+0000..=U+001F, U+007F..=U+009F).
    #[error("must not contain control characters")]
    ControlCharacter,
    /// Only white space.
    #[error("must not be blank")]
    Blank,
    /// Not an absolute `http` or `https` address.
    #[error("must be an absolute http or https URL")]
    NotHttpUrl,
}

fn check(text: &str, most: usize) -> Result<(), TextError> {
    // The bytes bound the characters from above: most texts never need counting.
    let too_long = text.len() > most && text.chars().count() > most;
    if text.is_empty() || too_long {
        return Err(TextError::Length { most });
    }
    if holds_control_character(text) {
        return Err(TextError::ControlCharacter);
    }
    Ok(())
}

/// Every text that is read from a store comes through here, and most are ASCII: those are looked at many bytes at a time.
fn holds_control_character(text: &str) -> bool {
    if text.is_ascii() {
        text.bytes().fold(false, |found, byte| found | byte.is_ascii_control())
    } else {
        text.chars().any(char::is_control)
    }
}

/// Defines a text value: its name, the most characters it may have, and a further rule.
macro_rules! text_value {
    ($(#[$doc:meta])* $name:ident, most $most:literal, $rule:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(String);

        impl $name {
            /// The most characters that this text may have; the least is one.
            pub const MAX_CHARACTERS: usize = $most;

            /// Checks the text and keeps it as it is.
            ///
            /// # Errors
            ///
            /// [`TextError`] says which part of the form is not met.
            pub fn new(text: impl Into<String>) -> Result<Self, TextError> {
                let text = text.into();
                check(&text, Self::MAX_CHARACTERS)?;
                let rule: fn(&str) -> Result<(), TextError> = $rule;
                rule(&text)?;
                Ok(Self(text))
            }

            /// The text as it was sent.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = TextError;

            fn from_str(text: &str) -> Result<Self, TextError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

text_value!(
    /// Names a brand: 1..=128 characters, none of them a control character.
    BrandId, most 128, |_| Ok(())
);
text_value!(
    /// Names the person who hosts a session: 1..=128 characters, none of them a control character.
    HostId, most 128, |_| Ok(())
);
text_value!(
    /// Names a community: 1..=128 characters, none of them a control character.
    CommunityId, most 128, |_| Ok(())
);
text_value!(
    /// A category of sessions: 1..=128 characters, none of them a control character.
    Category, most 128, |_| Ok(())
);
text_value!(
    /// The subject of a token, a person: 1..=255 characters, none of them a control character.
    Subject, most 255, |_| Ok(())
);
text_value!(
    /// A session's title: 1..=200 characters, not all white space, none of them a control character.
    Title, most 200, not_blank
);
text_value!(
    /// Names the call of a streaming provider: 1..=255 characters, none of them a control character.
    StreamCallId, most 255, |_| Ok(())
);
text_value!(
    /// Where a recording is: an absolute `http` or `https` URL of at most 2048 characters.
    RecordingUrl, most 2048, absolute_http
);

impl RecordingUrl {
    /// Takes back a text that [`RecordingUrl::as_str`] gave to a store, without checking it again: the URL standard moves
    /// on, and what was an address once is to stay readable.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text)
    }
}

/// Stands in the place of a person who is to be forgotten, and says nothing of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pseudonym {
    subject: Subject,
    host_id: HostId,
}

impl Pseudonym {
    /// One that nobody has had before: `forgotten-` and 32 random hexadecimal digits, of which 122 bits are random.
    #[must_use]
    pub fn random() -> Self {
        let name = format!("forgotten-{}", Uuid::new_v4().simple());
        Self { subject: Subject(name.clone()), host_id: HostId(name) }
    }

    /// It as somebody who acts or registers.
    #[must_use]
    pub fn subject(&self) -> &Subject {
        &self.subject
    }

    /// It as somebody who hosts.
    #[must_use]
    pub fn host_id(&self) -> &HostId {
        &self.host_id
    }
}

fn not_blank(text: &str) -> Result<(), TextError> {
    if text.chars().all(char::is_whitespace) { Err(TextError::Blank) } else { Ok(()) }
}

fn absolute_http(text: &str) -> Result<(), TextError> {
    // The URL parser forgives white space at the ends, slashes too few or too many and backslashes for slashes: other
    // readers of a stored address would not.
    let after_scheme = |scheme: &str| {
        let start = text.get(..scheme.len()).filter(|start| start.eq_ignore_ascii_case(scheme))?;
        text.get(start.len()..)
    };
    let names_a_host = ["http://", "https://"].iter().find_map(|scheme| after_scheme(scheme)).is_some_and(|rest| {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        end > 0
    });
    let is_plain = !text.contains(|character: char| character.is_whitespace() || character == '\\');
    if names_a_host && is_plain && url::Url::parse(text).is_ok() { Ok(()) } else { Err(TextError::NotHttpUrl) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_characters_not_bytes() {
        assert!(BrandId::new("ü".repeat(128)).is_ok());
        assert_eq!(BrandId::new("ü".repeat(129)), Err(TextError::Length { most: 128 }));
        assert_eq!(BrandId::new(""), Err(TextError::Length { most: 128 }));
    }

    #[test]
    fn refuses_control_characters_of_both_blocks() {
        for text in ["a\0", "a\n", "\u{7f}", "\u{85}"] {
            assert_eq!(HostId::new(text), Err(TextError::ControlCharacter), "{text:?}");
        }
    }

    #[test]
    fn a_title_keeps_its_spaces_but_is_not_only_spaces() {
        assert_eq!(Title::new(" Q&A ").unwrap().as_str(), " Q&A ");
        assert_eq!(Title::new(" \u{2003} "), Err(TextError::Blank));
    }

    #[test]
    fn a_pseudonym_is_a_good_name_and_never_the_same() {
        let pseudonym = Pseudonym::random();
        assert_eq!(Subject::new(pseudonym.subject().as_str()).as_ref(), Ok(pseudonym.subject()));
        assert_eq!(HostId::new(pseudonym.subject().as_str()).as_ref(), Ok(pseudonym.host_id()));
        assert_ne!(Pseudonym::random(), pseudonym);
    }

    #[test]
    fn a_recording_is_at_an_absolute_http_address() {
        for good in ["https://video.example/a.mp4", "HTTP://video.example", "https://[::1]:8080/x?y#z"] {
            assert!(RecordingUrl::new(good).is_ok(), "{good}");
        }
        for bad in [
            "video.example/a",
            "ftp://video.example/a",
            "https://",
            "https:/video.example",
            "https:///video.example",
            "https://?x",
            "https://\\\\video.example",
            "https://video.example\\a",
            " https://a.example",
        ] {
            assert_eq!(RecordingUrl::new(bad), Err(TextError::NotHttpUrl), "{bad}");
        }
    }
}
