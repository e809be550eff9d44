//! The members of a JSON object, strictly: what every route does with its body.
//!
//! Each member keeps the text it was sent as, and is read as one thing alone. Everything must be known and right, and all
//! that is off is told at once. What is nested is checked by who reads it: only metadata can be.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use live_domain::listing::Variants;
use live_domain::session::NumberOutOfRange;
use live_domain::{Edit, Timestamp};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::error::Detail;
use super::faults::Faults;
use crate::json;
use crate::nearest::unknown;

/// A member that stands in answers and not in the body of this route, and what is said of it.
pub type Fixed = (&'static str, &'static str);

/// The members of a body, and what is wrong with them so far.
#[derive(Debug)]
pub struct Members<'a> {
    known: &'static [&'static str],
    fixed: &'static [Fixed],
    values: BTreeMap<&'static str, (usize, &'a str)>,
    faults: Vec<(usize, Detail)>,
}

impl<'a> Members<'a> {
    /// Reads the body; only the `known` names may stand in it. Why a `fixed` one may not is said of it.
    ///
    /// # Errors
    ///
    /// A body that is no JSON object.
    pub fn parse(body: &'a [u8], known: &'static [&'static str], fixed: &'static [Fixed]) -> Result<Self, Faults> {
        let text = std::str::from_utf8(body).map_err(|_| Faults::one("", "the body is not valid UTF-8"))?;
        let malformed = |fault: serde_json::Error| {
            let place = format!("line {}, column {}", fault.line(), fault.column());
            Faults::one("", format!("the body is not valid JSON: see {place}"))
        };
        let whole: &RawValue = serde_json::from_str(text).map_err(malformed)?;
        if !whole.get().starts_with('{') {
            return Err(Faults::one("", "the body must be a JSON object"));
        }
        let Pairs(pairs) = serde_json::from_str(text).map_err(malformed)?;
        let mut members = Self { known, fixed, values: BTreeMap::new(), faults: Vec::new() };
        for (place, (name, value)) in pairs.into_iter().enumerate() {
            members.add(place, name.get(), value.get());
        }
        Ok(members)
    }

    fn add(&mut self, place: usize, raw_name: &str, value: &'a str) {
        let Ok(name) = serde_json::from_str::<String>(raw_name) else {
            let message = "the name of a member holds a lone surrogate".to_owned();
            return self.faults.push((place, Detail { parameter: String::new(), message }));
        };
        let message = match self.known.iter().copied().find(|known| **known == name) {
            Some(known) if self.values.contains_key(known) => format!("{known} is given twice"),
            Some(known) => {
                self.values.insert(known, (place, value));
                return;
            }
            None => match self.fixed.iter().find(|(fixed, _)| *fixed == name) {
                Some((fixed, reason)) => format!("{fixed} {reason}"),
                None => unknown("member", &name, self.known),
            },
        };
        self.faults.push((place, Detail { parameter: pointer(&name), message }));
    }

    /// Whether no member is given.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty() && self.faults.is_empty()
    }

    /// Whether the member is given, right or not.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// Reads a member that may be left out. What `read` says of a bad value follows the name of the member.
    pub fn read<T>(&mut self, name: &'static str, read: impl FnOnce(&'a str) -> Result<T, String>) -> Option<T> {
        let (place, value) = *self.values.get(name)?;
        read(value).map_err(|fault| self.refuse(place, name, &fault)).ok()
    }

    /// Reads a member that must be given.
    pub fn required<T>(&mut self, name: &'static str, read: impl FnOnce(&'a str) -> Result<T, String>) -> Option<T> {
        if !self.has(name) {
            self.refuse(usize::MAX, name, "is required");
        }
        self.read(name, read)
    }

    /// Reads a member that null empties.
    pub fn nullable<T>(&mut self, name: &'static str, read: impl FnOnce(&'a str) -> Result<T, String>) -> Edit<T> {
        match self.read(name, |value| if value == "null" { Ok(None) } else { read(value).map(Some) }) {
            None => Edit::Keep,
            Some(None) => Edit::Clear,
            Some(Some(value)) => Edit::Set(value),
        }
    }

    fn refuse(&mut self, place: usize, name: &str, fault: &str) {
        self.faults.push((place, Detail { parameter: pointer(name), message: format!("{name} {fault}") }));
    }

    /// Ends the reading with what was made of the members: something, where nothing is wrong with them.
    ///
    /// # Errors
    ///
    /// Every fault, in the order of the body; members that are missing come last.
    pub fn finish<T>(mut self, read: Option<T>) -> Result<T, Faults> {
        self.faults.sort_by_key(|(place, _)| *place);
        Faults::none(self.faults.into_iter().map(|(_, detail)| detail).collect(), read)
    }
}

/// The members of an object as they are written, one name twice included.
struct Pairs<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for Pairs<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;

        impl<'de> Visitor<'de> for Reader {
            type Value = Pairs<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Reader)
    }
}

/// The JSON pointer of a member (RFC 6901, section 3).
fn pointer(name: &str) -> String {
    format!("/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// A string that has a form.
///
/// # Errors
///
/// What is allowed.
pub fn text<T: FromStr<Err: fmt::Display>>(value: &str) -> Result<T, String> {
    string(value)?.parse().map_err(|fault: T::Err| fault.to_string())
}

/// One of the names of an enumeration.
///
/// # Errors
///
/// What is allowed.
pub fn name<T: Variants + FromStr>(value: &str, name: fn(T) -> &'static str) -> Result<T, String> {
    let known = string(value).ok().and_then(|text| text.parse().ok());
    known.ok_or_else(|| format!("must be one of {}", json::names(name)))
}

/// A whole number, in digits alone.
///
/// # Errors
///
/// What is allowed.
pub fn number<T>(value: &str, new: fn(u32) -> Result<T, NumberOutOfRange>) -> Result<T, String> {
    if !value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err("must be a whole number, in digits".to_owned());
    }
    // One that does not fit in 32 bits is out of every range.
    new(value.parse().unwrap_or(u32::MAX)).map_err(|fault| fault.to_string())
}

/// An instant.
///
/// # Errors
///
/// What is allowed.
pub fn instant(value: &str) -> Result<Timestamp, String> {
    json::read_instant(&string(value)?)
}

/// A string.
///
/// # Errors
///
/// What is allowed.
pub fn string(value: &str) -> Result<String, String> {
    if !value.starts_with('"') {
        return Err("must be a string".to_owned());
    }
    // JSON as it is, only a surrogate without its other half can be wrong with it.
    serde_json::from_str(value).map_err(|_| "must not hold a lone surrogate".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(body: &str) -> Result<(), Faults> {
        Members::parse(body.as_bytes(), &["title", "a~/b"], &[("id", "is ours")])?.finish(Some(()))
    }

    #[test]
    fn tells_every_fault_in_the_order_of_the_body_with_its_pointer() {
        let details = [
            ("/titel", "unknown member; the nearest known one is title"),
            ("/id", "id is ours"),
            ("/~0~1~01", "unknown member; the nearest known one is a~/b"),
            ("/a~0~1b", "a~/b is given twice"),
            ("", "the name of a member holds a lone surrogate"),
        ];
        let details =
            details.map(|(parameter, message)| Detail { parameter: parameter.to_owned(), message: message.to_owned() });
        let body = r#"{"titel": 1, "a~/b": 2, "i\u0064": null, "~/~1": 3, "a~\/b": 4, "\ud800": 5}"#;
        assert_eq!(faults(body), Faults::none(details.into(), None));
    }

    #[test]
    fn a_number_is_digits_alone() {
        let seats = |value| number(value, live_domain::MaxParticipants::new).map(live_domain::MaxParticipants::get);
        assert_eq!(seats("1000000"), Ok(1_000_000));
        for out_of_range in ["0", "1000001", "4294967296", "99999999999999999999999"] {
            assert_eq!(seats(out_of_range), Err("must be between 1 and 1000000".to_owned()), "{out_of_range}");
        }
        for other in ["-1", "1.0", "1e3", "\"1\"", "null", "true", "[]"] {
            assert_eq!(seats(other), Err("must be a whole number, in digits".to_owned()), "{other}");
        }
    }
}
