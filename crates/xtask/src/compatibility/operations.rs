//! What becomes of the operations of a document.

use serde_json::Value;

use super::schemas::{Comparison, Direction};
use super::{Breaks, elements, members, resolved};

/// What a version does that breaks clients of the one before.
pub(super) fn breaks(old: &Value, new: &Value) -> Breaks {
    let mut breaks = Breaks::new();
    for (path, item) in members(&old["paths"]) {
        for (method, operation) in members(item).filter(|(name, _)| name.as_str() != "parameters") {
            let place = format!("{} {path}", method.to_uppercase());
            match new["paths"][path].get(method) {
                None => breaks.push(format!("{place} is gone")),
                Some(now) => Operation { old, new, place, breaks: &mut breaks }.compare(operation, now),
            }
        }
    }
    breaks
}

struct Operation<'a> {
    old: &'a Value,
    new: &'a Value,
    place: String,
    breaks: &'a mut Breaks,
}

impl Operation<'_> {
    fn compare(mut self, was: &Value, is: &Value) {
        if was["operationId"] != is["operationId"] {
            self.breaks(&format!("is named {} and was {}", is["operationId"], was["operationId"]));
        }
        // Other requirements may be met by the same token; whether one is needed at all cannot change.
        if elements(&was["security"]).is_empty() && !elements(&is["security"]).is_empty() {
            self.breaks("needs a token now");
        }
        self.compare_parameters(elements(&was["parameters"]), elements(&is["parameters"]));
        self.compare_body(&was["requestBody"], &is["requestBody"]);
        self.compare_answers(&was["responses"], &is["responses"]);
    }

    fn compare_parameters(&mut self, was: &[Value], is: &[Value]) {
        let find = |all: &[Value], document: &Value, key: &Value| {
            let mut parameters = all.iter().map(|parameter| resolved(document, parameter));
            parameters.find(|one| one["name"] == key["name"] && one["in"] == key["in"]).cloned()
        };
        for before in was {
            let before = resolved(self.old, before).clone();
            let name = format!("the parameter {}", text(&before["name"]));
            let Some(now) = find(is, self.new, &before) else {
                self.breaks(&format!("takes {name} no longer"));
                continue;
            };
            if before["required"] != true && now["required"] == true {
                self.breaks(&format!("demands {name} now"));
            }
            if ["style", "explode"].iter().any(|form| before[form] != now[form]) {
                self.breaks(&format!("takes {name} in another form"));
            }
            self.schemas(Direction::Request, &name, (&before["schema"], &now["schema"]));
        }
        for now in is {
            let now = resolved(self.new, now);
            if now["required"] == true && find(was, self.old, now).is_none() {
                self.breaks(&format!("demands the new parameter {}", text(&now["name"])));
            }
        }
    }

    fn compare_body(&mut self, was: &Value, is: &Value) {
        if !was.is_null() && is.is_null() {
            self.breaks("takes a body no longer");
            return;
        }
        if was["required"] != true && is["required"] == true {
            self.breaks("demands a body now");
        }
        self.contents(Direction::Request, "the body", (was, is));
    }

    fn compare_answers(&mut self, was: &Value, is: &Value) {
        for (status, before) in members(was) {
            let Some(now) = is.get(status) else {
                self.breaks(&format!("answers with {status} no longer"));
                continue;
            };
            let (before, now) = (resolved(self.old, before).clone(), resolved(self.new, now).clone());
            for (header, _) in members(&before["headers"]) {
                if now["headers"].get(header).is_none() {
                    self.breaks(&format!("has the header {header} of {status} no longer"));
                }
            }
            self.contents(Direction::Answer, &format!("the answer {status}"), (&before, &now));
        }
        // An error is known by its class; nothing else is.
        let is_error = |status: &str| status.starts_with(['4', '5']);
        for (status, _) in members(is).filter(|(status, _)| was.get(status).is_none() && !is_error(status)) {
            self.breaks(&format!("answers with the new status {status}"));
        }
    }

    fn contents(&mut self, direction: Direction, name: &str, (was, is): (&Value, &Value)) {
        for (media_type, before) in members(&was["content"]) {
            match is["content"].get(media_type) {
                None => self.breaks(&format!("knows {name} as {media_type} no longer")),
                Some(now) => self.schemas(direction, name, (&before["schema"], &now["schema"])),
            }
        }
    }

    fn schemas(&mut self, direction: Direction, name: &str, schemas: (&Value, &Value)) {
        let comparison = Comparison::new(self.old, self.new, direction);
        for found in comparison.breaks(schemas.0, schemas.1) {
            self.breaks(&format!("in {name}: {found}"));
        }
    }

    fn breaks(&mut self, how: &str) {
        self.breaks.push(format!("{} {how}", self.place));
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use super::breaks;
    use crate::openapi::DOCUMENT;
    use crate::workspace::file;

    fn document() -> Value {
        let text = fs::read(file(DOCUMENT)).expect("the document is committed");
        serde_json::from_slice(&text).expect("it is JSON")
    }

    /// What is said of the document after a change at a place of it; null takes the place away.
    fn after(place: &str, value: Value) -> Vec<String> {
        let (old, mut new) = (document(), document());
        let (parent, name) = place.rsplit_once('/').expect("a place");
        let (parent, name) = (new.pointer_mut(parent).expect(place), name.replace("~1", "/"));
        match parent {
            Value::Object(members) if value.is_null() => drop(members.remove(&name).expect(place)),
            Value::Object(members) => drop(members.insert(name, value)),
            Value::Array(elements) if value.is_null() => drop(elements.remove(name.parse().expect(place))),
            Value::Array(elements) => elements.push(value),
            other => panic!("{place}: {other}"),
        }
        breaks(&old, &new)
    }

    const LIST: &str = "/paths/~1v1~1live~1sessions/get";
    const CREATE: &str = "/paths/~1v1~1sessions/post";

    #[test]
    fn lets_a_document_be_as_it_was() {
        assert_eq!(breaks(&document(), &document()), [""; 0]);
    }

    #[test]
    fn lets_operations_parameters_and_errors_come() {
        let optional = json!({"name": "language", "in": "query", "required": false, "schema": {"type": "string"}});
        for (place, value) in [
            ("/paths/~1v1~1hosts".to_owned(), json!({"get": {"responses": {}}})),
            (format!("{LIST}/parameters/-"), optional),
            (format!("{LIST}/responses/410"), json!({"description": "Gone"})),
        ] {
            assert_eq!(after(&place, value), [""; 0], "{place}");
        }
    }

    #[test]
    fn refuses_what_an_operation_did_and_does_no_longer() {
        for (place, said) in [
            ("/paths/~1v1~1live~1sessions".to_owned(), "GET /v1/live/sessions is gone"),
            (LIST.to_owned(), "GET /v1/live/sessions is gone"),
            (format!("{LIST}/parameters/0"), "GET /v1/live/sessions takes the parameter brand_id no longer"),
            (format!("{LIST}/responses/304"), "GET /v1/live/sessions answers with 304 no longer"),
            (
                format!("{LIST}/responses/200/headers/Link"),
                "GET /v1/live/sessions has the header Link of 200 no longer",
            ),
            (format!("{CREATE}/requestBody"), "POST /v1/sessions takes a body no longer"),
        ] {
            assert_eq!(after(&place, Value::Null), [said], "{place}");
        }
        let said = after(&format!("{LIST}/operationId"), json!("list"));
        assert_eq!(said, [r#"GET /v1/live/sessions is named "list" and was "listLiveSessions""#]);
    }

    #[test]
    fn refuses_what_an_operation_demands_anew() {
        let required = json!({"name": "brand", "in": "query", "required": true, "schema": {"type": "string"}});
        for (place, value, said) in [
            (format!("{LIST}/parameters/-"), required, "GET /v1/live/sessions demands the new parameter brand"),
            (
                format!("{LIST}/parameters/0/required"),
                json!(true),
                "GET /v1/live/sessions demands the parameter brand_id now",
            ),
            (format!("{LIST}/responses/206"), json!({}), "GET /v1/live/sessions answers with the new status 206"),
            ("/paths/~1livez/get/security".to_owned(), json!([{"bearer": []}]), "GET /livez needs a token now"),
            (
                "/paths/~1v1~1sessions~1{id}~1start/post/requestBody/required".to_owned(),
                json!(true),
                "POST /v1/sessions/{id}/start demands a body now",
            ),
        ] {
            assert_eq!(after(&place, value), [said], "{place}");
        }
    }

    #[test]
    fn finds_a_change_in_what_is_referred_to_wherever_it_is_used() {
        let said = after("/components/schemas/Session/properties/title", Value::Null);
        assert!(said.contains(&"GET /v1/sessions/{id} in the answer 200: /title is gone".to_owned()), "{said:?}");
        let in_list = "GET /v1/live/sessions in the answer 200: /sessions/*/title is gone";
        assert!(said.contains(&in_list.to_owned()), "{said:?}");
    }

    #[test]
    fn lets_codes_of_errors_come_and_none_go() {
        assert_eq!(after("/components/schemas/ErrorCode/enum/-", json!("gone")), [""; 0]);
        assert!(!after("/components/schemas/ErrorCode/enum/0", Value::Null).is_empty());
        let said = after("/components/schemas/SessionStatus/enum/-", json!("paused"));
        assert!(said.iter().all(|said| said.contains("in the answer")), "{said:?}");
        assert!(!said.is_empty());
    }
}
