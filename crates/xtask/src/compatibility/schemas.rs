//! What becomes of the schemas of a document, in what clients send and in what they get.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Breaks, elements, members, resolved};

/// Schemas whose values in answers may become more: clients are told to expect ones that they do not know.
const OPEN: [&str; 1] = ["#/components/schemas/ErrorCode"];
/// What only describes.
const ANNOTATIONS: [&str; 6] = ["description", "title", "example", "examples", "deprecated", "$ref"];
/// What bounds a value from above, and from below.
const BOUNDS: [(&str, &str); 3] = [("maximum", "minimum"), ("maxLength", "minLength"), ("maxItems", "minItems")];
/// What has a rule of its own below. Of all other keywords nobody says which change is safe, so that they must stay.
const JUDGED: [&str; 12] = [
    "type",
    "enum",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "maximum",
    "minimum",
    "maxLength",
    "minLength",
    "maxItems",
    "minItems",
];

/// Who must be able to go on with what the other side makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    /// The service takes everything that it took
    Request,
    /// The client gets nothing that it did not get
    Answer,
}

/// Of two schemas, each in its document.
pub(super) struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    direction: Direction,
    /// The schemas under way, which may hold themselves
    open: Vec<(&'a Value, &'a Value)>,
    breaks: Breaks,
}

impl<'a> Comparison<'a> {
    pub(super) fn new(old: &'a Value, new: &'a Value, direction: Direction) -> Self {
        Self { old, new, direction, open: Vec::new(), breaks: Breaks::new() }
    }

    /// What would break a client, with the place of the value that it is about.
    pub(super) fn breaks(mut self, was: &'a Value, is: &'a Value) -> Breaks {
        self.compare("", was, is);
        self.breaks
    }

    fn compare(&mut self, place: &str, was: &'a Value, is: &'a Value) {
        let may_grow = was["$ref"].as_str().is_some_and(|name| OPEN.contains(&name));
        let (was, is) = (resolved(self.old, was), resolved(self.new, is));
        if self.open.contains(&(was, is)) {
            return;
        }
        self.open.push((was, is));
        self.compare_values(place, (was, is), may_grow);
        self.compare_bounds(place, was, is);
        self.compare_members(place, was, is);
        self.compare_rest(place, was, is);
        if let (Some(was), Some(is)) = (was.get("items"), is.get("items")) {
            self.compare(&format!("{place}/*"), was, is);
        }
        self.open.pop();
    }

    /// Types and enumerations: sets, of which one must hold the other.
    fn compare_values(&mut self, place: &str, (was, is): (&Value, &Value), may_grow: bool) {
        for keyword in ["type", "enum"] {
            let (before, now) = (alternatives(&was[keyword]), alternatives(&is[keyword]));
            let gone = before.difference(&now).cloned().collect::<Vec<_>>().join(", ");
            let came = now.difference(&before).cloned().collect::<Vec<_>>().join(", ");
            // Nothing said is everything allowed.
            let (narrows, widens) = match (before.is_empty(), now.is_empty()) {
                (true, now) => (!now, false),
                (false, true) => (false, true),
                (false, false) => (!gone.is_empty(), !came.is_empty()),
            };
            match self.direction {
                Direction::Request if narrows && before.is_empty() => self.note(place, &format!("has {keyword} now")),
                Direction::Answer if widens && now.is_empty() => self.note(place, &format!("has {keyword} no longer")),
                Direction::Request if narrows => self.note(place, &format!("takes {keyword} {gone} no longer")),
                Direction::Answer if widens && !may_grow => self.note(place, &format!("can be {came}, of {keyword}")),
                Direction::Answer if narrows && may_grow => self.note(place, &format!("is never {gone} any more")),
                _ => {}
            }
        }
    }

    /// What is sent must stay within bounds; what is got may come as it is.
    fn compare_bounds(&mut self, place: &str, was: &Value, is: &Value) {
        if self.direction == Direction::Answer {
            return;
        }
        for (above, below) in BOUNDS {
            let bound = |schema: &Value, name: &str, none: f64| schema[name].as_f64().unwrap_or(none);
            let (infinity, nothing) = (f64::INFINITY, f64::NEG_INFINITY);
            if bound(is, above, infinity) < bound(was, above, infinity) {
                self.note(place, &format!("has a smaller {above}"));
            }
            if bound(is, below, nothing) > bound(was, below, nothing) {
                self.note(place, &format!("has a greater {below}"));
            }
        }
    }

    fn compare_members(&mut self, place: &str, was: &'a Value, is: &'a Value) {
        for (name, before) in members(&was["properties"]) {
            let place = format!("{place}/{name}");
            match is["properties"].get(name) {
                None => self.note(&place, "is gone"),
                Some(now) => self.compare(&place, before, now),
            }
        }
        let (before, now) = (alternatives(&was["required"]), alternatives(&is["required"]));
        let (from, to, said) = match self.direction {
            Direction::Request => (&before, &now, "is demanded now"),
            Direction::Answer => (&now, &before, "is not always there any more"),
        };
        for name in to.difference(from) {
            // One that is gone was told of already.
            if is["properties"].get(name).is_some() {
                self.note(&format!("{place}/{name}"), said);
            }
        }
        let closed = |schema: &Value| schema["additionalProperties"] == false;
        if self.direction == Direction::Request && closed(is) && !closed(was) {
            self.note(place, "takes no further members now");
        }
    }

    fn compare_rest(&mut self, place: &str, was: &Value, is: &Value) {
        let names: BTreeSet<_> = members(was).chain(members(is)).map(|(name, _)| name.as_str()).collect();
        for name in names.into_iter().filter(|name| !JUDGED.contains(name) && !ANNOTATIONS.contains(name)) {
            if bare(&was[name]) != bare(&is[name]) {
                self.note(place, &format!("has another {name}"));
            }
        }
    }

    fn note(&mut self, place: &str, said: &str) {
        self.breaks.push(if place.is_empty() { format!("it {said}") } else { format!("{place} {said}") });
    }
}

/// The texts of an array of texts, or of a single one.
fn alternatives(value: &Value) -> BTreeSet<String> {
    let single = value.as_str().map(str::to_owned);
    elements(value)
        .iter()
        .map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned))
        .chain(single)
        .collect()
}

/// Without what only describes.
fn bare(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(name, _)| *name == "$ref" || !ANNOTATIONS.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), bare(value)))
            .collect(),
        Value::Array(elements) => elements.iter().map(bare).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Comparison, Direction};

    fn breaks(direction: Direction, was: &Value, is: &Value) -> Vec<String> {
        Comparison::new(&Value::Null, &Value::Null, direction).breaks(was, is)
    }

    /// A change that breaks in one direction, and is fine in the other.
    fn breaks_only(direction: Direction, was: &Value, is: &Value, said: &str) {
        let other = if direction == Direction::Request { Direction::Answer } else { Direction::Request };
        assert_eq!(breaks(direction, was, is), [said], "{was} {is}");
        assert_eq!(breaks(other, was, is), [""; 0], "{was} {is}");
    }

    #[test]
    fn takes_more_and_answers_with_less() {
        let (few, many) = (json!({"enum": ["a"]}), json!({"enum": ["a", "b"]}));
        breaks_only(Direction::Request, &many, &few, "it takes enum b no longer");
        breaks_only(Direction::Answer, &few, &many, "it can be b, of enum");
        let (text, nullable) = (json!({"type": "string"}), json!({"type": ["string", "null"]}));
        breaks_only(Direction::Request, &nullable, &text, "it takes type null no longer");
        breaks_only(Direction::Answer, &text, &nullable, "it can be null, of type");
    }

    #[test]
    fn takes_nothing_said_for_everything_allowed() {
        let (any, one) = (json!({}), json!({"enum": ["a"]}));
        breaks_only(Direction::Request, &any, &one, "it has enum now");
        breaks_only(Direction::Answer, &one, &any, "it has enum no longer");
    }

    #[test]
    fn refuses_another_type_in_both_directions() {
        let (text, number) = (json!({"type": "string"}), json!({"type": "integer"}));
        assert_eq!(breaks(Direction::Request, &text, &number), ["it takes type string no longer"]);
        assert_eq!(breaks(Direction::Answer, &text, &number), ["it can be integer, of type"]);
    }

    #[test]
    fn refuses_a_member_that_is_demanded_or_may_be_missing() {
        let schema = |required: &[&str]| json!({"properties": {"a": {}}, "required": required});
        breaks_only(Direction::Request, &schema(&[]), &schema(&["a"]), "/a is demanded now");
        breaks_only(Direction::Answer, &schema(&["a"]), &schema(&[]), "/a is not always there any more");
    }

    #[test]
    fn lets_members_come_and_none_go() {
        let (old, new) = (json!({"properties": {"a": {}}}), json!({"properties": {"a": {}, "b": {}}}));
        for direction in [Direction::Request, Direction::Answer] {
            assert_eq!(breaks(direction, &old, &new), [""; 0]);
            assert_eq!(breaks(direction, &new, &old), ["/b is gone"]);
        }
        let closed = json!({"properties": {"a": {}}, "additionalProperties": false});
        breaks_only(Direction::Request, &old, &closed, "it takes no further members now");
    }

    #[test]
    fn lets_bounds_of_a_request_be_wider_alone() {
        let (narrow, wide) = (json!({"maxLength": 5, "minimum": 2}), json!({"maxLength": 6}));
        assert_eq!(breaks(Direction::Request, &narrow, &wide), [""; 0]);
        assert_eq!(
            breaks(Direction::Request, &wide, &narrow),
            ["it has a greater minimum", "it has a smaller maxLength"]
        );
    }

    #[test]
    fn refuses_what_it_cannot_judge_but_not_other_words() {
        let (old, new) = (json!({"pattern": "a", "description": "A"}), json!({"pattern": "b", "description": "B"}));
        assert_eq!(breaks(Direction::Answer, &old, &new), ["it has another pattern"]);
        let words = |text: &str| json!({"oneOf": [{"type": "null", "description": text}]});
        assert_eq!(breaks(Direction::Request, &words("A"), &words("B")), [""; 0]);
    }

    #[test]
    fn comes_to_an_end_where_a_schema_holds_itself() {
        let document = json!({"tree": {"properties": {"next": {"$ref": "#/tree"}, "name": {"type": "string"}}}});
        let mut changed = document.clone();
        changed["tree"]["properties"]["name"]["type"] = json!("integer");
        let (was, is) = (&document["tree"], &changed["tree"]);
        let found = Comparison::new(&document, &changed, Direction::Answer).breaks(was, is);
        assert_eq!(found, ["/name can be integer, of type"]);
    }
}
