//! The queries of a Grafana dashboard, in a form that promtool reads.

use serde_json::{Value, json};

use crate::error::{Context, Result};

/// What Grafana puts in the place of its variables, more or less.
const VARIABLES: [(&str, &str); 3] = [("$__rate_interval", "5m"), ("$job", "live"), ("$instance", ".*")];

/// A file of recording rules, one for each query. JSON is YAML, which promtool takes.
pub(super) fn rules(dashboard: &str) -> Result<String> {
    let dashboard: Value = serde_json::from_str(dashboard).context(|| "the dashboard is no JSON".to_owned())?;
    let mut queries = Vec::new();
    collect(&dashboard, &mut queries);
    if queries.is_empty() {
        return Err("the dashboard asks nothing: no member `expr` is in it".into());
    }
    let rule = |(number, query): (usize, &&str)| {
        let query = VARIABLES.iter().fold((*query).to_owned(), |text, (name, value)| text.replace(name, value));
        json!({"record": format!("query:{number}"), "expr": query})
    };
    let rules: Vec<_> = queries.iter().enumerate().map(rule).collect();
    Ok(json!({"groups": [{"name": "dashboard", "rules": rules}]}).to_string())
}

fn collect<'a>(value: &'a Value, queries: &mut Vec<&'a str>) {
    match value {
        Value::Object(members) => {
            queries.extend(members.get("expr").and_then(Value::as_str));
            members.values().for_each(|member| collect(member, queries));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, queries)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::rules;

    #[test]
    fn makes_a_rule_of_every_query_at_any_depth() {
        let rules = rules(r#"{"a": [{"expr": "rate(x{job=\"$job\"}[$__rate_interval])"}, {"b": {"expr": "y"}}]}"#);
        assert_eq!(
            rules.expect("a dashboard"),
            r#"{"groups":[{"name":"dashboard","rules":[{"expr":"rate(x{job=\"live\"}[5m])","record":"query:0"},{"expr":"y","record":"query:1"}]}]}"#
        );
    }

    #[test]
    fn refuses_a_dashboard_that_asks_nothing() {
        assert!(rules("{}").is_err());
        assert!(rules("{").is_err());
    }
}
