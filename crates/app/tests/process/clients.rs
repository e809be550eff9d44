//! How `live serve` treats its clients, as the settings have it.

use reqwest::header::HeaderMap;

use crate::support::{Machine, Server, send_with};

const SESSIONS: &str = "/v1/live/sessions";

fn number(headers: &HeaderMap, name: &str) -> u64 {
    headers[name].to_str().unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_asks_too_often_is_told_when_to_come_again() {
    let machine = Machine::serving("sqlite:some.db")
        .with("LIVE_RATE_PER_MINUTE", "3")
        .with("LIVE_TRUSTED_PROXIES", "127.0.0.0/8")
        .with("LIVE_CORS_ORIGINS", "https://app.example");
    let server = Server::serve(&machine);
    let (url, token) = (server.url(SESSIONS), format!("Bearer {}", machine.token("ada")));
    let by_ada = [("Authorization", token.as_str()), ("Origin", "https://app.example")];
    for _ in 0..3 {
        let answer = send_with("GET", &url, &by_ada).await;
        assert_eq!((answer.status, number(&answer.headers, "x-ratelimit-limit")), (200, 3));
    }
    // Each worker has counted. On a slow machine one more may be due by now.
    let mut answer = send_with("GET", &url, &by_ada).await;
    while answer.status == 200 {
        answer = send_with("GET", &url, &by_ada).await;
    }
    assert_eq!((answer.status, answer.body["error"].as_str()), (429, Some("rate_limited")));
    assert!((1..=20).contains(&number(&answer.headers, "retry-after")));
    assert_eq!(number(&answer.headers, "x-ratelimit-remaining"), 0);
    assert_eq!(answer.headers["access-control-allow-origin"], "https://app.example");

    for client in ["192.0.2.1", "192.0.2.2"] {
        let answer = send_with("GET", &url, &[("X-Forwarded-For", client)]).await;
        assert_eq!((answer.status, number(&answer.headers, "x-ratelimit-remaining")), (401, 2), "{client}");
    }
    let preflight = [("Origin", "https://app.example"), ("Access-Control-Request-Method", "GET")];
    let answer = send_with("OPTIONS", &url, &preflight).await;
    assert_eq!((answer.status, &answer.headers["access-control-allow-origin"]), (204, &by_ada[1].1.parse().unwrap()));
    assert_eq!(server.stop(), 0);
}

#[test]
fn what_is_set_wrong_is_said_before_serving() {
    for (name, value) in
        [("LIVE_RATE_PER_MINUTE", "many"), ("LIVE_TRUSTED_PROXIES", "proxy"), ("LIVE_CORS_ORIGINS", "app.example")]
    {
        let said = Machine::serving("sqlite:some.db").with(name, value).run(&["serve"]);
        assert_eq!(said.code, 78, "{}", said.err);
        assert!(said.err.contains(&format!("{name} must ")), "{}", said.err);
    }
}
