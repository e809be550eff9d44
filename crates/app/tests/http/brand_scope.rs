//! Brand scope: the brands in a token are all that exists for the caller.

use live_domain::Session;
use live_domain::contract::fixtures::{brand, session};
use serde_json::{Value, json};

use crate::support::{Failures, Service, in_seconds, token};

async fn service() -> Service {
    let of = |number, name: &str| Session { brand_id: brand(name), ..session(number) };
    Service::with([of(1, "acme"), of(2, "globex"), of(3, "acme"), of(4, "initech"), of(5, "Acme")]).await
}

fn bearer(claims: &Value) -> String {
    let mut whole = json!({"sub": "ada", "exp": in_seconds(60)});
    whole.as_object_mut().expect("an object").extend(claims.as_object().expect("an object").clone());
    token(&whole)
}

#[actix_web::test]
async fn brand_scope_is_all_that_exists() {
    let service = service().await;
    let many: Vec<String> = (0..199).map(|number| format!("brand-{number}")).chain(["acme".to_owned()]).collect();
    let repeated: Vec<&String> = many.iter().chain(&many).collect();
    let mut failures = Failures::default();
    for (claims, expected) in [
        (json!({}), vec![5, 4, 3, 2, 1]),
        (json!({"brand_id": "acme"}), vec![3, 1]),
        (json!({"brand": "acme"}), vec![3, 1]),
        (json!({"brand_id": ["acme"]}), vec![3, 1]),
        (json!({"brand": ["globex", "acme"]}), vec![3, 2, 1]),
        (json!({"brand": ["acme", "globex"], "brand_id": ["globex", "acme"]}), vec![3, 2, 1]),
        (json!({"brand": "acme", "brand_id": ["acme"]}), vec![3, 1]),
        (json!({"brand_id": "Acme"}), vec![5]),
        (json!({"brand_id": "acme,globex"}), vec![]),
        (json!({"brand_id": "nothing of it"}), vec![]),
        (json!({"brand_id": []}), vec![]),
        (json!({"brand": []}), vec![]),
        (json!({"brand_id": "ü".repeat(128)}), vec![]),
        (json!({"brand_id": many}), vec![3, 1]),
        (json!({"brand_id": repeated}), vec![3, 1]),
    ] {
        let answer = service.list_as(&bearer(&claims), "").await;
        let found = if answer.status.is_success() { Ok(answer.numbers()) } else { Err(answer.error()) };
        let case = claims.to_string().chars().take(80).collect::<String>();
        failures.check(&case, found, Ok(expected));
    }
}

#[actix_web::test]
async fn brand_scope_forbids_to_ask_for_another_brand() {
    let service = service().await;
    let mut failures = Failures::default();
    for (claims, query, expected) in [
        (json!({}), "brand_id=globex", "[2]"),
        (json!({"brand_id": "acme"}), "brand_id=acme", "[3, 1]"),
        (json!({"brand_id": ["acme", "globex"]}), "brand_id=globex", "[2]"),
        (json!({"brand_id": "acme"}), "brand_id=globex", "403 forbidden"),
        (json!({"brand_id": "acme"}), "brand_id=Acme", "403 forbidden"),
        (json!({"brand_id": "acme"}), "brand_id=acme+", "403 forbidden"),
        (json!({"brand_id": "acme"}), "brand_id=nowhere", "403 forbidden"),
        (json!({"brand": "acme"}), "brand_id=globex&upcoming=true", "403 forbidden"),
        (json!({"brand_id": ["acme", "globex"]}), "brand_id=initech", "403 forbidden"),
        (json!({"brand_id": []}), "brand_id=acme", "403 forbidden"),
        (json!({"brand": [], "brand_id": []}), "brand_id=acme", "403 forbidden"),
    ] {
        let answer = service.list_as(&bearer(&claims), query).await;
        let found = if answer.status.is_success() { format!("{:?}", answer.numbers()) } else { answer.error() };
        failures.check(&format!("{claims} {query}"), found, expected.to_owned());
    }
}

#[actix_web::test]
async fn brand_scope_holds_under_every_filter() {
    let service = service().await;
    let acme = bearer(&json!({"brand_id": "acme"}));
    for query in ["", "host_id=ada", "upcoming=true", "month=2026-03", "status=scheduled", "kind=live", "limit=100"] {
        let mut found = service.list_as(&acme, query).await.numbers();
        found.sort_unstable();
        assert_eq!(found, [1, 3], "{query}");
    }
    let first = service.list_as(&acme, "limit=1").await;
    let second = service.list_as(&acme, &format!("cursor={}", first.next_cursor().expect("a next page"))).await;
    assert_eq!((first.numbers(), second.numbers(), second.next_cursor()), (vec![3], vec![1], None));
}
