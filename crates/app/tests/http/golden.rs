//! Cursors and tags that were handed out by earlier versions, kept in `tests/golden`: one file for each format there was.
//!
//! A client may come back with one years later. A cursor then gives the page that it was made for, or is `invalid_cursor`;
//! a tag is known while the client's copy is still right. When a format changes, the first test fails, and says where it has
//! written what is answered now: that becomes the next file, named in [`GOLDEN`], and no earlier one is touched.

use std::path::Path;

use actix_web::http::{Method, StatusCode};
use live_domain::RegistrationStatus::{Cancelled, Registered, Waitlist};
use live_domain::Session;
use live_domain::contract::fixtures::{brand, fill, register, registration, session};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::support::{Answer, Failures, Service, bearer, get, in_seconds, token};

/// The files by their names, the newest last.
const GOLDEN: [(&str, &str); 2] =
    [("1.json", include_str!("../golden/1.json")), ("2.json", include_str!("../golden/2.json"))];

/// What was asked, and what was answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Exchange {
    /// Asked by `ada`, who hosts every session, at the instant that the fixtures take for now.
    path: String,
    /// The brands of the token; none: all.
    brands: Option<Vec<String>>,
    /// `Live-Position` of the request; since the second file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    position: Option<String>,
    tag: String,
    body: Value,
    /// The ids on the page behind `next_cursor` in the body, if there is one.
    next_page: Option<Value>,
}

const PATHS: [(&str, Option<&[&str]>); 15] = [
    ("/v1/live/sessions?limit=2", None),
    ("/v1/live/sessions?limit=2", Some(&["acme"])),
    ("/v1/live/sessions?limit=2", Some(&["globex", "acme"])),
    ("/v1/live/sessions?limit=2&upcoming=true", None),
    ("/v1/live/sessions?limit=2&upcoming=true&brand_id=acme", Some(&["acme"])),
    ("/v1/live/sessions?limit=2&month=2026-03", None),
    ("/v1/live/sessions?limit=2&month=2026-03&time_zone=America%2FNew_York", None),
    ("/v1/live/sessions?limit=2&brand_id=globex", None),
    ("/v1/live/sessions?limit=2&host_id=ada&kind=live", None),
    ("/v1/live/sessions?limit=2&community_id=rust", None),
    ("/v1/live/sessions?limit=2&category=music&status=scheduled,live", None),
    ("/v1/live/sessions?limit=100", None),
    (LINE_TWO, None),
    (WAITING, None),
    ("/v1/sessions/00000000-0000-0000-0000-000000000001", None),
];
const LINE_TWO: &str = "/v1/sessions/00000000-0000-0000-0000-000000000001/registrations?limit=2";
const WAITING: &str = "/v1/sessions/00000000-0000-0000-0000-000000000001/registrations?limit=2&status=waitlist";

/// The sessions and registrations that every file was made over.
async fn service() -> Service {
    let service = Service::empty().await;
    let sessions = (1..=8).map(|number| Session {
        brand_id: brand(if number % 2 == 0 { "acme" } else { "globex" }),
        community_id: Some("rust".parse().expect("a community")),
        category: Some("music".parse().expect("a category")),
        ..session(number)
    });
    fill(&service.store, sessions).await;
    let line = [
        ("ada", Registered),
        ("bob", Registered),
        ("cleo", Registered),
        ("dan", Waitlist),
        ("eve", Waitlist),
        ("fay", Waitlist),
    ];
    register(&service.store, (11..).zip(line).map(|(fresh, (person, status))| registration(1, person, status, fresh)))
        .await;
    service
}

fn ada(brands: Option<&[String]>) -> String {
    let mut claims = json!({"sub": "ada", "exp": in_seconds(86_400), "scope": "write:live"});
    if let Some(brands) = brands {
        claims["brand_id"] = json!(brands);
    }
    token(&claims)
}

impl Exchange {
    async fn send(&self, service: &Service, more: &str, if_none_match: Option<&str>) -> Answer {
        let request = bearer(get(&format!("{}{more}", self.path)), &ada(self.brands.as_deref()));
        let request =
            self.position.iter().fold(request, |request, seen| request.insert_header(("Live-Position", seen.as_str())));
        let request =
            if_none_match.into_iter().fold(request, |request, tag| request.insert_header(("If-None-Match", tag)));
        service.send(request).await
    }

    /// The page behind the cursor of this exchange, or why there is none; none: it was the last one.
    async fn next_page(&self, service: &Service) -> Option<Result<Value, String>> {
        let cursor = self.body["next_cursor"].as_str()?;
        let answer = self.send(service, &format!("&cursor={cursor}"), None).await;
        Some(if answer.status == StatusCode::OK { Ok(ids(&answer.json())) } else { Err(answer.error()) })
    }
}

/// The ids of what is listed.
fn ids(page: &Value) -> Value {
    let items = page["sessions"].as_array().or(page["registrations"].as_array()).expect("a list");
    items.iter().map(|item| item["id"].clone()).collect()
}

/// What the service answers today.
async fn today() -> Vec<Exchange> {
    let service = service().await;
    let mut exchanges = Vec::new();
    let positioned = PATHS.into_iter().take(1).map(|asked| (asked, Some("0/0".to_owned())));
    for ((path, brands), position) in PATHS.into_iter().map(|asked| (asked, None)).chain(positioned) {
        let (path, brands) = (path.to_owned(), brands.map(|brands| brands.iter().map(ToString::to_string).collect()));
        let mut exchange = Exchange { path, brands, position, tag: String::new(), body: Value::Null, next_page: None };
        let answer = exchange.send(&service, "", None).await;
        (exchange.tag, exchange.body) = (answer.tag(), answer.ok());
        exchange.next_page = exchange.next_page(&service).await.transpose().expect("its own cursor");
        exchanges.push(exchange);
    }
    exchanges
}

/// Every exchange of every file, with a name to tell it by.
fn golden() -> Vec<(String, Exchange)> {
    let read = |(file, text)| {
        let exchanges: Vec<Exchange> = serde_json::from_str(text).unwrap_or_else(|fault| panic!("{file}: {fault}"));
        exchanges
            .into_iter()
            .map(move |exchange| (format!("{file}: {} {:?}", exchange.path, exchange.brands), exchange))
    };
    GOLDEN.into_iter().flat_map(read).collect()
}

#[actix_web::test]
async fn the_newest_golden_file_holds_what_is_answered_today() {
    let today = today().await;
    let (file, newest) = GOLDEN.last().expect("a file");
    if serde_json::from_str::<Vec<Exchange>>(newest).is_ok_and(|newest| newest == today) {
        return;
    }
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("golden.json");
    let text = serde_json::to_string_pretty(&today).expect("JSON") + "\n";
    std::fs::write(&path, text).expect("a file is written");
    panic!(
        "cursors or tags are not those of tests/golden/{file}. If that is meant, copy {} beside it under the next number, \
         name it in GOLDEN, and leave {file} as it is: clients hold what is in it",
        path.display()
    );
}

#[actix_web::test]
async fn a_golden_cursor_gives_its_page_or_is_invalid() {
    let (service, mut failures) = (service().await, Failures::default());
    let newest = GOLDEN[GOLDEN.len() - 1].0;
    for (name, exchange) in golden() {
        match exchange.next_page(&service).await {
            Some(Err(error)) if !name.starts_with(newest) => {
                failures.check(&name, error.as_str(), "400 invalid_cursor");
            }
            found => failures.check(&name, found, exchange.next_page.map(Ok)),
        }
    }
}

#[actix_web::test]
async fn a_golden_cursor_is_good_for_no_other_query() {
    let (service, mut failures) = (service().await, Failures::default());
    let golden = golden();
    for (name, exchange) in &golden {
        for (_, other) in
            golden.iter().filter(|(_, other)| (&other.path, &other.brands) != (&exchange.path, &exchange.brands))
        {
            if !other.path.contains("limit=2") {
                continue;
            }
            let asked = Exchange { body: exchange.body.clone(), ..other.clone() };
            if let Some(found) = asked.next_page(&service).await {
                let (path, brands) = (&other.path, &other.brands);
                failures.check(&format!("{name} for {path} {brands:?}"), found, Err("400 invalid_cursor".to_owned()));
            }
        }
    }
}

#[actix_web::test]
async fn a_golden_tag_is_known_while_the_copy_is_right() {
    let (service, mut failures) = (service().await, Failures::default());
    for (name, exchange) in golden() {
        let answer = exchange.send(&service, "", Some(&exchange.tag)).await;
        if answer.status == StatusCode::NOT_MODIFIED {
            let whole = exchange.send(&service, "", None).await.ok();
            failures.check(&name, whole, exchange.body);
        } else {
            failures.check(&name, answer.status, StatusCode::OK);
        }
    }
    // Whoever registers changes every page with that session in it, and the session for themselves.
    register(&service.store, [registration(8, "ada", Registered, 99)]).await;
    register(&service.store, [registration(1, "ada", Cancelled, 99)]).await;
    for (name, exchange) in
        golden().into_iter().filter(|(_, exchange)| exchange.body.to_string().contains("000000000001"))
    {
        let answer = exchange.send(&service, "", Some(&exchange.tag)).await;
        let is_line = exchange.path == WAITING;
        failures.check(&name, answer.status == StatusCode::NOT_MODIFIED, is_line);
    }
}

#[actix_web::test]
async fn a_golden_tag_of_a_session_is_good_for_one_edit_at_most() {
    for (name, exchange) in golden().into_iter().filter(|(_, exchange)| exchange.body["id"].is_string()) {
        let service = service().await;
        let edit = async |title: &str| {
            let request = bearer(get(&exchange.path), &ada(None)).method(Method::PATCH);
            let request = request.insert_header(("If-Match", exchange.tag.as_str())).set_json(json!({"title": title}));
            service.send(request).await.status
        };
        let (first, second) = (edit("One").await, edit("Two").await);
        assert!([StatusCode::OK, StatusCode::PRECONDITION_FAILED].contains(&first), "{name}: {first}");
        assert_eq!(second, StatusCode::PRECONDITION_FAILED, "{name}");
    }
}
