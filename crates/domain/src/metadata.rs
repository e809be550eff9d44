//! A session's metadata: a JSON object that is checked once and then passed on as text.

mod merge;

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

pub use merge::{MergeObject, MetadataPatch};

/// A JSON object of any members, held as compact text.
///
/// Member order, escapes and each number's text are as they were sent; white space outside strings is gone. What was
/// checked when it was built is never parsed again: a list passes it through.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Metadata(Box<str>);

/// Why a text is not the metadata of a session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MetadataError {
    /// JSON, but no object.
    #[error("must be a JSON object")]
    NotAnObject,
    /// More than [`Metadata::MAX_BYTES`] bytes as compact JSON.
    #[error("must have at most {} bytes as compact JSON", Metadata::MAX_BYTES)]
    TooLong,
    /// Nested deeper than [`Metadata::MAX_DEPTH`] levels.
    #[error("must be nested at most {} levels deep", Metadata::MAX_DEPTH)]
    TooDeep,
    /// An object holds one name twice.
    #[error("must not hold a name twice")]
    RepeatedName,
    /// A string holds U+0000, escaped; raw it is no JSON.
    #[error("must not contain the NUL character")]
    Nul,
    /// No JSON, a lone surrogate, or a number that no double-precision number is near.
    #[error("must be valid JSON, without lone surrogates and with numbers in double-precision range")]
    Malformed,
}

impl Metadata {
    /// The most bytes that the compact text may have.
    pub const MAX_BYTES: usize = 16_384;
    /// The most levels of nesting, the object itself being the first.
    pub const MAX_DEPTH: usize = 31;

    /// Checks a JSON text and keeps it in compact form.
    ///
    /// # Errors
    ///
    /// [`MetadataError`] names the rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, MetadataError> {
        checked(text).and_then(Self::bounded)
    }

    /// Takes a compact text that was checked, if it is small enough.
    fn bounded(compact: String) -> Result<Self, MetadataError> {
        if compact.len() > Self::MAX_BYTES { Err(MetadataError::TooLong) } else { Ok(Self(compact.into())) }
    }

    /// Takes back a text that [`Metadata::as_str`] gave to a store, without checking it again.
    #[must_use]
    pub fn from_stored(text: String) -> Self {
        Self(text.into())
    }

    /// The object as compact JSON.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Metadata {
    /// The object without members.
    fn default() -> Self {
        Self("{}".into())
    }
}

/// The compact text of an object that keeps every rule but that of its size.
fn checked(text: &str) -> Result<String, MetadataError> {
    let fault = Cell::new(None);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let checked = Check { depth: 0, fault: &fault }.deserialize(&mut deserializer).and_then(|()| deserializer.end());
    if checked.is_err() {
        return Err(fault.take().unwrap_or(MetadataError::Malformed));
    }
    let compact = without_white_space(text);
    if compact.starts_with('{') { Ok(compact) } else { Err(MetadataError::NotAnObject) }
}

/// Drops what JSON allows between tokens. The text is known to be valid JSON.
fn without_white_space(text: &str) -> String {
    let (mut in_string, mut escaped) = (false, false);
    text.chars()
        .filter(|character| {
            if in_string {
                in_string = escaped || *character != '"';
                escaped = !escaped && *character == '\\';
                return true;
            }
            in_string = *character == '"';
            !matches!(character, ' ' | '\t' | '\n' | '\r')
        })
        .collect()
}

/// Walks a JSON value without keeping it; the first rule that is broken is left in `fault`.
#[derive(Clone, Copy)]
struct Check<'a> {
    depth: usize,
    fault: &'a Cell<Option<MetadataError>>,
}

impl Check<'_> {
    fn refuse<T, E: serde::de::Error>(self, fault: MetadataError) -> Result<T, E> {
        let error = E::custom(&fault);
        self.fault.set(Some(fault));
        Err(error)
    }

    fn deeper<E: serde::de::Error>(self) -> Result<Self, E> {
        if self.depth == Metadata::MAX_DEPTH {
            return self.refuse(MetadataError::TooDeep);
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn text<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        if text.contains('\0') { self.refuse(MetadataError::Nul) } else { Ok(()) }
    }
}

impl<'de> DeserializeSeed<'de> for Check<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Check<'_> {
    type Value = ();

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.text(text)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        while items.next_element_seed(inner)?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        let inner = self.deeper()?;
        let mut names = HashSet::new();
        while let Some(name) = members.next_key::<String>()? {
            self.text::<A::Error>(&name)?;
            if !names.insert(name) {
                return self.refuse(MetadataError::RepeatedName);
            }
            members.next_value_seed(inner)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_escapes_and_the_text_of_numbers() {
        let text = "{ \"b\" : 1.0e2 ,\n\"a\":\t[ 12345678901234567890123, -0.10 ], \"s\": \"a \\\" b\\u00e9 \\\\\" }";
        let compact = r#"{"b":1.0e2,"a":[12345678901234567890123,-0.10],"s":"a \" b\u00e9 \\"}"#;
        assert_eq!(Metadata::parse(text).unwrap().as_str(), compact);
        assert_eq!(Metadata::parse(compact).unwrap().as_str(), compact);
    }

    #[test]
    fn refuses_what_no_reader_could_agree_on() {
        for (text, fault) in [
            ("[]", MetadataError::NotAnObject),
            ("null", MetadataError::NotAnObject),
            ("{", MetadataError::Malformed),
            ("{} {}", MetadataError::Malformed),
            (r#"{"a":1e999}"#, MetadataError::Malformed),
            (r#"{"a":"\ud800"}"#, MetadataError::Malformed),
            (r#"{"a":"\u0000"}"#, MetadataError::Nul),
            (r#"{"\u0000":1}"#, MetadataError::Nul),
            (r#"{"a":[{"b":1,"\u0062":2}]}"#, MetadataError::RepeatedName),
        ] {
            assert_eq!(Metadata::parse(text), Err(fault), "{text}");
        }
    }

    #[test]
    fn bounds_size_and_depth_exactly() {
        let sized = |bytes: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(bytes - 8));
        assert!(Metadata::parse(&sized(Metadata::MAX_BYTES)).is_ok());
        assert_eq!(Metadata::parse(&sized(Metadata::MAX_BYTES + 1)), Err(MetadataError::TooLong));
        let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        assert!(Metadata::parse(&nested(Metadata::MAX_DEPTH)).is_ok());
        assert_eq!(Metadata::parse(&nested(Metadata::MAX_DEPTH + 1)), Err(MetadataError::TooDeep));
    }
}
