//! The part of JSON Schema that the minimum schema of the list is written in.

use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

const KEYWORDS: [&str; 18] = [
    "$schema",
    "$ref",
    "title",
    "description",
    "type",
    "properties",
    "items",
    "required",
    "enum",
    "format",
    "additionalProperties",
    "allOf",
    "oneOf",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "pattern",
];

/// The least that a 200 of the list holds.
pub(crate) fn list_live_sessions() -> Value {
    serde_json::from_str(include_str!("list-live-sessions.schema.json")).expect("a schema")
}

/// Every place where the value is not as the schema says, which stands by itself.
pub(crate) fn faults(schema: &Value, value: &Value, place: &str) -> Vec<String> {
    faults_within(schema, schema, value, place)
}

/// Every place where the value is not as the schema says, which refers to others of the document.
pub(crate) fn faults_within(document: &Value, schema: &Value, value: &Value, place: &str) -> Vec<String> {
    let rules = schema.as_object().expect("a schema is an object");
    let mut faults = Vec::new();
    let within = |rule: &Value| faults_within(document, rule, value, place);
    for (keyword, rule) in rules {
        assert!(KEYWORDS.contains(&keyword.as_str()), "{keyword} is not known here");
        let fits = match keyword.as_str() {
            "type" => texts(rule).iter().any(|kind| is_of(kind, value)),
            "enum" => rule.as_array().expect("a list").contains(value),
            "format" => value.as_str().is_none_or(|text| has_format(rule.as_str().expect("a name"), text)),
            "minLength" => value.as_str().is_none_or(|text| rule.as_u64() <= u64::try_from(text.chars().count()).ok()),
            "maxLength" => value.as_str().is_none_or(|text| rule.as_u64() >= u64::try_from(text.chars().count()).ok()),
            "minimum" => value.as_i64().is_none_or(|number| rule.as_i64() <= Some(number)),
            "maximum" => value.as_i64().is_none_or(|number| rule.as_i64() >= Some(number)),
            "oneOf" => rule.as_array().expect("a list").iter().filter(|rule| within(rule).is_empty()).count() == 1,
            "$ref" => {
                let pointer = rule.as_str().and_then(|text| text.strip_prefix('#')).expect("a place in the document");
                faults.extend(within(document.pointer(pointer).expect("a schema")));
                true
            }
            "allOf" => {
                faults.extend(rule.as_array().expect("a list").iter().flat_map(within));
                true
            }
            _ => true,
        };
        if !fits {
            faults.push(format!("{place}: {keyword} {rule} does not hold of {value}"));
        }
    }
    if let Value::Object(members) = value {
        for name in texts(&schema["required"]).into_iter().filter(|name| !members.contains_key(*name)) {
            faults.push(format!("{place}: {name} is missing"));
        }
        for (name, member) in members {
            match schema["properties"].get(name) {
                Some(rule) => faults.extend(faults_within(document, rule, member, &format!("{place}/{name}"))),
                None if schema["additionalProperties"] == false => faults.push(format!("{place}: {name} is not known")),
                None => {}
            }
        }
    }
    if let (Value::Array(items), Some(rule)) = (value, schema.get("items")) {
        for (index, item) in items.iter().enumerate() {
            faults.extend(faults_within(document, rule, item, &format!("{place}/{index}")));
        }
    }
    faults
}

/// The texts of a list, or the one that stands in its place.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(one) => vec![one],
        Value::Array(many) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn is_of(kind: &str, value: &Value) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        kind => panic!("{kind} is not known here"),
    }
}

fn has_format(format: &str, text: &str) -> bool {
    match format {
        "uuid" => text.len() == 36 && text.parse::<uuid::Uuid>().is_ok_and(|id| id.to_string() == text),
        "date-time" => OffsetDateTime::parse(text, &Rfc3339).is_ok(),
        "uri" => text.parse::<actix_web::http::Uri>().is_ok_and(|uri| uri.scheme().is_some()),
        "int32" => true,
        format => panic!("{format} is not known here"),
    }
}
