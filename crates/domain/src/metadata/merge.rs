//! Merging metadata (RFC 7396) without touching the text of what stays.

use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Metadata, MetadataError, checked};

/// What becomes of a session's metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MetadataPatch {
    /// It becomes the object without members.
    Clear,
    /// These members are merged into it.
    Merge(MergeObject),
}

/// A JSON object to merge, by the rules of [`Metadata`] but for its size: only what comes out is bounded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeObject(String);

impl MetadataPatch {
    /// Checks a JSON text as an object to merge.
    ///
    /// # Errors
    ///
    /// [`MetadataError`] names the rule that the text breaks.
    pub fn parse(text: &str) -> Result<Self, MetadataError> {
        checked(text).map(|compact| Self::Merge(MergeObject(compact)))
    }

    /// The metadata after it. Members that it does not name keep their place and their text; new ones come last.
    ///
    /// # Errors
    ///
    /// [`MetadataError::TooLong`] when they become too large.
    pub fn apply(&self, metadata: &Metadata) -> Result<Metadata, MetadataError> {
        let merged = match self {
            Self::Clear => return Ok(Metadata::default()),
            Self::Merge(MergeObject(patch)) => merge(metadata.as_str(), patch).map_err(|_| MetadataError::Malformed)?,
        };
        Metadata::bounded(merged)
    }
}

/// The members of an object, as they are written.
struct Members(Vec<(Box<RawValue>, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Members;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

/// Both are compact objects that were checked: depth is bounded, and no name stands in one twice.
fn merge(target: &str, patch: &str) -> Result<String, serde_json::Error> {
    let Members(present) = serde_json::from_str(target)?;
    let Members(changes) = serde_json::from_str(patch)?;
    let mut members: Vec<Option<(String, String)>> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for (name, value) in present {
        places.insert(serde_json::from_str(name.get())?, members.len());
        members.push(Some((name.get().to_owned(), value.get().to_owned())));
    }
    for (name, change) in changes {
        let place = places.get(&serde_json::from_str::<String>(name.get())?).copied();
        let old = place.and_then(|place| members.get_mut(place)?.take());
        let (name, value) = old.map_or((name.get().to_owned(), None), |(name, value)| (name, Some(value)));
        let new = match change.get() {
            "null" => None,
            object if object.starts_with('{') => {
                let inner = value.filter(|value| value.starts_with('{')).unwrap_or_else(|| "{}".to_owned());
                Some((name, merge(&inner, object)?))
            }
            other => Some((name, other.to_owned())),
        };
        match place.and_then(|place| members.get_mut(place)) {
            Some(kept) => *kept = new,
            None => members.push(new),
        }
    }
    let written: Vec<_> = members.into_iter().flatten().map(|(name, value)| format!("{name}:{value}")).collect();
    Ok(format!("{{{}}}", written.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merged(target: &str, patch: &str) -> String {
        let patch = MetadataPatch::parse(patch).unwrap();
        patch.apply(&Metadata::parse(target).unwrap()).unwrap().as_str().to_owned()
    }

    #[test]
    fn merges_as_the_examples_of_the_standard() {
        // RFC 7396, appendix A: those whose target and patch are objects.
        for (target, patch, result) in [
            (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
            (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
            (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
            (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
            (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
            (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
            (r#"{"a":[{"b":"c"}]}"#, r#"{"a":{"b":null,"c":1}}"#, r#"{"a":{"c":1}}"#),
            (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
            ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
        ] {
            assert_eq!(merged(target, patch), result, "{target} {patch}");
        }
    }

    #[test]
    fn keeps_the_text_and_the_place_of_what_it_does_not_touch() {
        let target = r#"{"\u0061":1.0e2,"b":{"x":12345678901234567890123,"y":1},"c":"\u00e9"}"#;
        let result = r#"{"\u0061":1.0e2,"b":{"x":12345678901234567890123,"z":-0.10},"c":"\u00e9"}"#;
        assert_eq!(merged(target, r#" { "b" : { "y" : null , "z" : -0.10 } } "#), result);
        assert_eq!(merged(target, r#"{"a":2}"#).split(',').next(), Some(r#"{"\u0061":2"#));
        assert_eq!(merged(target, "{}"), target);
    }

    #[test]
    fn only_what_comes_out_is_bounded() {
        let large = format!("{{\"a\":\"{}\"}}", "x".repeat(Metadata::MAX_BYTES - 8));
        let before = Metadata::parse(&large).unwrap();
        let more = MetadataPatch::parse(r#"{"b":1}"#).unwrap();
        assert_eq!(more.apply(&before), Err(MetadataError::TooLong));
        let nulls: Vec<_> = (0..3_000).map(|number| format!("\"name{number}\":null")).collect();
        let long = MetadataPatch::parse(&format!("{{{}}}", nulls.join(","))).unwrap();
        assert_eq!(long.apply(&before), Ok(before));
        assert_eq!(MetadataPatch::Clear.apply(&Metadata::parse(&large).unwrap()), Ok(Metadata::default()));
    }

    #[test]
    fn refuses_what_metadata_refuse() {
        assert_eq!(MetadataPatch::parse("[]"), Err(MetadataError::NotAnObject));
        assert_eq!(MetadataPatch::parse(r#"{"a":1,"a":2}"#), Err(MetadataError::RepeatedName));
        assert_eq!(MetadataPatch::parse(r#"{"a":"\u0000"}"#), Err(MetadataError::Nul));
    }
}
