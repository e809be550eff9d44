//! A JSON object, written straight to bytes.

use live_domain::Timestamp;
use uuid::Uuid;
use uuid::fmt::Hyphenated;

/// Appends an object to a text, member after member.
///
/// A page has hundreds of members. The names are ours and the most of the values are plain: neither is looked through byte
/// by byte for what must be escaped, which costs a serializer more than all the rest.
pub struct Object<'a> {
    out: &'a mut Vec<u8>,
    separator: u8,
}

impl<'a> Object<'a> {
    /// An object without a member yet.
    pub fn begin(out: &'a mut Vec<u8>) -> Self {
        Self { out, separator: b'{' }
    }

    /// A text.
    #[must_use]
    pub fn text(mut self, name: &'static str, value: &str) -> Self {
        self.name(name);
        write_text(value, self.out);
        self
    }

    /// A text or null.
    #[must_use]
    pub fn optional_text(self, name: &'static str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(name, value),
            None => self.json(name, "null"),
        }
    }

    /// An id: its 36 characters.
    #[must_use]
    pub fn id(self, name: &'static str, value: Uuid) -> Self {
        self.plain(name, value.hyphenated().encode_lower(&mut [0; Hyphenated::LENGTH]))
    }

    /// An instant: RFC 3339 in UTC.
    #[must_use]
    pub fn instant(self, name: &'static str, value: Timestamp) -> Self {
        self.plain(name, &value.text())
    }

    /// An instant or null.
    #[must_use]
    pub fn optional_instant(self, name: &'static str, value: Option<Timestamp>) -> Self {
        match value {
            Some(value) => self.instant(name, value),
            None => self.json(name, "null"),
        }
    }

    /// A number.
    #[must_use]
    pub fn number(self, name: &'static str, value: u32) -> Self {
        self.json(name, itoa::Buffer::new().format(value))
    }

    /// A number or null.
    #[must_use]
    pub fn optional_number(self, name: &'static str, value: Option<u32>) -> Self {
        match value {
            Some(value) => self.number(name, value),
            None => self.json(name, "null"),
        }
    }

    /// True or false.
    #[must_use]
    pub fn flag(self, name: &'static str, value: bool) -> Self {
        self.json(name, if value { "true" } else { "false" })
    }

    /// What is JSON already, as it is.
    #[must_use]
    pub fn json(mut self, name: &'static str, value: &str) -> Self {
        self.name(name);
        self.out.extend_from_slice(value.as_bytes());
        self
    }

    /// The end of the object.
    pub fn end(self) {
        if self.separator == b'{' {
            self.out.push(b'{');
        }
        self.out.push(b'}');
    }

    /// A text that needs no escapes.
    fn plain(mut self, name: &'static str, value: &str) -> Self {
        self.name(name);
        self.out.push(b'"');
        self.out.extend_from_slice(value.as_bytes());
        self.out.push(b'"');
        self
    }

    fn name(&mut self, name: &'static str) {
        self.out.extend_from_slice(&[self.separator, b'"']);
        self.out.extend_from_slice(name.as_bytes());
        self.out.extend_from_slice(b"\":");
        self.separator = b',';
    }
}

/// Appends a JSON string.
fn write_text(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    if needs_escapes(text) {
        text.chars().for_each(|character| write_escaped(character, out));
    } else {
        out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
}

/// Looks at many bytes at a time, as it looks at them all.
fn needs_escapes(text: &str) -> bool {
    text.bytes().fold(false, |found, byte| found | matches!(byte, ..0x20 | b'"' | b'\\'))
}

/// As RFC 8259, section 7, has it, in the shortest form.
fn write_escaped(character: char, out: &mut Vec<u8>) {
    let short = match character {
        '"' => b'"',
        '\\' => b'\\',
        '\u{8}' => b'b',
        '\u{c}' => b'f',
        '\n' => b'n',
        '\r' => b'r',
        '\t' => b't',
        '\0'..='\u{1f}' => {
            out.extend_from_slice(format!("\\u{:04x}", u32::from(character)).as_bytes());
            return;
        }
        character => {
            out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            return;
        }
    };
    out.extend_from_slice(&[b'\\', short]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_object_holds_its_members_in_order() {
        let mut out = b"before ".to_vec();
        Object::begin(&mut out)
            .id("id", Uuid::from_u128(10))
            .text("title", "Q&A")
            .optional_text("category", None)
            .instant("at", Timestamp::EARLIEST)
            .optional_instant("ended_at", None)
            .number("seats", 5)
            .optional_number("minutes", Some(60))
            .flag("is_registered", true)
            .json("metadata", "{\"a\":1e3}")
            .end();
        let expected = r#"before {"id":"00000000-0000-0000-0000-00000000000a","title":"Q&A","category":null,"at":"1970-01-01T00:00:00Z","ended_at":null,"seats":5,"minutes":60,"is_registered":true,"metadata":{"a":1e3}}"#;
        assert_eq!(String::from_utf8(out).unwrap(), expected);
        let mut out = Vec::new();
        Object::begin(&mut out).end();
        assert_eq!(out, b"{}");
    }

    proptest! {
        #[test]
        fn a_text_is_written_as_the_serializer_does(text in "[\\x00-\\x7f\"\\\\é🎉\u{2028}]{0,40}|\\PC{0,40}") {
            let mut out = Vec::new();
            write_text(&text, &mut out);
            prop_assert_eq!(std::str::from_utf8(&out).unwrap(), json!(text).to_string());
            prop_assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), json!(text));
        }
    }
}
