//! The query string, strictly: what every list does with its parameters.
//!
//! A list never silently widens what was asked. The form is the one of the URL standard
//! (`application/x-www-form-urlencoded`): pairs joined by `&`, `+` for a space, percent-encoded UTF-8. Empty pairs
//! (`a=1&&b=2`) ask nothing and are passed over; everything else must be known and right.

use std::collections::BTreeMap;

use live_domain::listing::Variants;
use live_domain::{PageSize, Selection};

use super::error::Detail;
use super::faults::Faults;
use crate::json;
use crate::nearest::unknown;

/// The parameters of a request, and what is wrong with them so far.
#[derive(Debug)]
pub struct Query {
    known: &'static [&'static str],
    pairs: Vec<(String, String)>,
    places: BTreeMap<&'static str, usize>,
    faults: Vec<(usize, Detail)>,
}

impl Query {
    /// Reads the raw query string; only the `known` names may stand in it.
    #[must_use]
    pub fn parse(raw: &str, known: &'static [&'static str]) -> Self {
        let mut query = Self { known, pairs: Vec::new(), places: BTreeMap::new(), faults: Vec::new() };
        for pair in raw.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            query.add(name, value);
        }
        query
    }

    fn add(&mut self, raw_name: &str, raw_value: &str) {
        let place = self.pairs.len();
        let (name, value) = (decode(raw_name), decode(raw_value));
        let shown = name.clone().unwrap_or_else(|_| raw_name.to_owned());
        // A pair keeps its place whether it is good or not: faults are told in the order of the request.
        self.pairs.push((shown.clone(), value.clone().unwrap_or_default()));
        let message = match (name, value) {
            (Err(fault), _) => format!("the name of a parameter {fault}"),
            (Ok(name), value) => match self.known.iter().copied().find(|known| **known == name) {
                None => unknown("parameter", &name, self.known),
                Some(known) if self.places.contains_key(known) => format!("{known} is given twice"),
                Some(known) => {
                    self.places.insert(known, place);
                    match value {
                        Err(fault) => format!("{known} {fault}"),
                        Ok(value) if value.is_empty() => format!("{known} must not be empty"),
                        Ok(_) => return,
                    }
                }
            },
        };
        self.faults.push((place, Detail { parameter: shown, message }));
    }

    /// The value of a parameter, where it is given and its encoding is right.
    fn text(&self, name: &str) -> Option<&str> {
        let place = *self.places.get(name)?;
        let is_off = self.faults.iter().any(|(faulty, _)| *faulty == place);
        self.pairs.get(place).filter(|_| !is_off).map(|(_, value)| value.as_str())
    }

    /// Reads a parameter. What `read` says of a bad value follows the name of the parameter.
    pub fn read<T>(&mut self, name: &'static str, read: impl FnOnce(&str) -> Result<T, String>) -> Option<T> {
        let result = read(self.text(name)?);
        result.map_err(|fault| self.refuse(name, format!("{name} {fault}"))).ok()
    }

    /// Reads one parameter that has two names: they may be given both when they mean the same.
    pub fn read_either<T: PartialEq>(
        &mut self,
        names: [&'static str; 2],
        read: impl Fn(&str) -> Result<T, String>,
    ) -> Option<T> {
        let [first, second] = names;
        let (left, right) = (self.read(first, &read), self.read(second, &read));
        if left.is_some() && right.is_some() && left != right {
            self.refuse(second, format!("{second} and {first} are two names of one parameter and must not differ"));
        }
        left.or(right)
    }

    /// Whether the parameter is given, right or not.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.places.contains_key(name)
    }

    /// Notes a fault of a parameter that is given.
    pub fn refuse(&mut self, name: &'static str, message: String) {
        let place = self.places.get(name).copied().unwrap_or(usize::MAX);
        self.faults.push((place, Detail { parameter: name.to_owned(), message }));
    }

    /// Ends the reading.
    ///
    /// # Errors
    ///
    /// Every fault, in the order of the request.
    pub fn finish(mut self) -> Result<(), Faults> {
        self.faults.sort_by_key(|(place, _)| *place);
        Faults::none(self.faults.into_iter().map(|(_, detail)| detail).collect(), Some(()))
    }
}

/// Sees to it that a route that takes no parameters was given none.
///
/// # Errors
///
/// Every parameter.
pub fn no_parameters(raw: &str) -> Result<(), Faults> {
    Query::parse(raw, &[]).finish()
}

/// Reads a comma-separated list of members of an enumeration, each once.
///
/// # Errors
///
/// What is allowed.
pub fn selection<T: Variants>(text: &str, name: fn(T) -> &'static str) -> Result<Selection<T>, String> {
    let mut members = Vec::new();
    for part in text.split(',') {
        let Some(member) = T::ALL.iter().copied().find(|member| name(*member) == part) else {
            return Err(format!("must be one or more of {}, separated by commas", json::names(name)));
        };
        if members.contains(&member) {
            return Err(format!("must not hold {part} twice"));
        }
        members.push(member);
    }
    Ok(Selection::of(members))
}

/// Reads `limit`.
///
/// # Errors
///
/// What is allowed.
pub fn page_size(text: &str) -> Result<PageSize, String> {
    let fault = || format!("must be a whole number between 1 and {}, in digits", PageSize::MAX);
    let number = digits(text, text.len()).ok_or_else(fault)?;
    PageSize::new(u8::try_from(number).map_err(|_| fault())?).map_err(|_| fault())
}

/// A number of exactly so many decimal digits and nothing else.
#[must_use]
pub fn digits(text: &str, count: usize) -> Option<u16> {
    let plain = text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

/// Whether a parameter of that name stands in the query, however it is written.
#[must_use]
pub fn names(raw: &str, wanted: &str) -> bool {
    raw.split('&').any(|pair| decode(pair.split('=').next().unwrap_or(pair)).is_ok_and(|name| name == wanted))
}

/// Decodes one side of a pair, strictly.
fn decode(raw: &str) -> Result<String, &'static str> {
    let mut bytes = Vec::with_capacity(raw.len());
    let mut rest = raw.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => percent(rest.next(), rest.next()).ok_or("has a broken percent-encoding")?,
            byte => byte,
        });
    }
    let text = String::from_utf8(bytes).map_err(|_| "is not valid UTF-8")?;
    if text.chars().any(char::is_control) { Err("must not contain control characters") } else { Ok(text) }
}

fn percent(high: Option<u8>, low: Option<u8>) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high?)? * 16 + digit(low?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&str] = &["limit", "brand_id"];

    fn faults(raw: &str) -> Vec<String> {
        let query = Query::parse(raw, KNOWN);
        query.faults.into_iter().map(|(_, detail)| format!("{}: {}", detail.parameter, detail.message)).collect()
    }

    #[test]
    fn decodes_what_forms_send() {
        let mut query = Query::parse("brand_id=a+b%2B%c3%bc&", KNOWN);
        assert_eq!(query.read("brand_id", |text| Ok(text.to_owned())).as_deref(), Some("a b+ü"));
        assert!(query.finish().is_ok());
    }

    #[test]
    fn tells_every_fault_in_the_order_of_the_request() {
        assert_eq!(
            faults("brand_id=%zz&limti=1&limit=&limit=2&%ff=1"),
            [
                "brand_id: brand_id has a broken percent-encoding",
                "limti: unknown parameter; the nearest known one is limit",
                "limit: limit must not be empty",
                "limit: limit is given twice",
                "%ff: the name of a parameter is not valid UTF-8",
            ]
        );
    }

    #[test]
    fn finds_a_name_however_it_is_encoded() {
        assert!(names("a=1&acc%65ss_token=x", "access_token"));
        assert!(!names("a=access_token", "access_token"));
    }
}
