//! What the log says of requests, and what it must not.

use live_adapters::test_support::PgDatabase;
use serde_json::{Value, json};

use crate::proxy::Proxy;
use crate::support::{Machine, SECRET, Server, get, post};

const SESSIONS: &str = "/v1/live/sessions";
const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

/// What the server logs from now on until it ends, line by line.
fn rest(server: Server) -> Vec<Value> {
    let line = |line: &str| serde_json::from_str(line).unwrap_or_else(|fault| panic!("{fault}: {line}"));
    server.rest().lines().map(line).collect()
}

/// The lines of requests, without what differs from run to run.
fn requests(lines: &[Value]) -> Vec<Value> {
    let lines = lines.iter().filter(|line| line["target"] == "live_app::request").cloned();
    let plain = |mut line: Value| {
        let members = line.as_object_mut().unwrap();
        let duration = members.remove("duration_ms").and_then(|duration| duration.as_f64());
        assert!(duration.is_some_and(|duration| duration > 0.0), "{members:?}");
        for name in ["timestamp", "level", "target"] {
            assert!(members.remove(name).is_some_and(|member| member.is_string()), "{name}: {members:?}");
        }
        line
    };
    lines.map(plain).collect()
}

async fn ask(server: &Server, path: &str, fields: &[(&str, &str)]) {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let request =
        fields.iter().fold(client.get(server.url(path)), |request, (name, value)| request.header(*name, *value));
    request.send().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_one_line_that_says_how_it_went_and_whose_it_was() {
    let machine = Machine::serving("sqlite:some.db");
    let server = Server::serve(&machine);
    let bearer = format!("Bearer {}", machine.token("ada"));
    let subject = machine.ok(&["subject", "--sub", "ada"]).trim().to_owned();
    let authorized = ("Authorization", bearer.as_str());
    ask(&server, SESSIONS, &[("X-Request-Id", "1"), authorized, ("traceparent", TRACEPARENT)]).await;
    ask(&server, "/v1/live/sessions?limit=0", &[("X-Request-Id", "2"), authorized, ("traceparent", "nonsense")]).await;
    ask(&server, "/v1/sessions/a-path/start", &[("X-Request-Id", "3")]).await;
    ask(&server, "/nowhere/at?all=1", &[("X-Request-Id", "4"), ("Authorization", "Bearer x")]).await;
    ask(&server, SESSIONS, &[("X-Request-Id", "5"), ("Authorization", "Bearer x")]).await;
    ask(&server, "/livez", &[("X-Request-Id", "6")]).await;
    let answered = |id: &str, route: &str, status: u16, more: Value| {
        let mut line =
            json!({"message": "answered", "request_id": id, "method": "GET", "route": route, "status": status});
        line.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        line
    };
    let expected = [
        answered(
            "1",
            SESSIONS,
            200,
            json!({"subject": subject, "trace_id": "0af7651916cd43dd8448eb211c80319c",
            "parent_id": "b7ad6b7169203331"}),
        ),
        answered("2", SESSIONS, 400, json!({"error": "validation_error", "subject": subject})),
        answered("3", "/v1/sessions/{id}/start", 405, json!({"error": "method_not_allowed"})),
        answered("4", "unmatched", 404, json!({"error": "not_found"})),
        answered("5", SESSIONS, 401, json!({"error": "invalid_token", "refusal": "malformed"})),
    ];
    assert_eq!(requests(&rest(server)), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_logged_where_everything_is_asked_for() {
    let machine = Machine::serving("sqlite:some.db").with("RUST_LOG", "live_app=debug");
    let server = Server::serve(&machine);
    ask(&server, "/livez", &[]).await;
    ask(&server, "/readyz", &[]).await;
    let lines = requests(&rest(server));
    assert_eq!(lines.iter().map(|line| &line["route"]).collect::<Vec<_>>(), ["/livez", "/readyz"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_told_with_its_causes_beside_the_line_of_its_request() {
    let database = PgDatabase::create().await;
    let proxy = Proxy::to(database.url_text()).await;
    let machine = Machine::serving(proxy.url()).with("LIVE_DB_TIMEOUT_MS", "1000");
    let server = Server::serve(&machine);
    proxy.cut();
    let bearer = format!("Bearer {}", machine.token("ada"));
    let fields = [("X-Request-Id", "1"), ("Authorization", bearer.as_str()), ("traceparent", TRACEPARENT)];
    ask(&server, SESSIONS, &fields).await;
    let lines = rest(server);
    let failures: Vec<_> = lines.iter().filter(|line| line["message"] == "request failed").collect();
    assert_eq!(failures.len(), 1, "{lines:?}");
    assert_eq!((&failures[0]["level"], &failures[0]["request_id"]), (&json!("ERROR"), &json!("1")));
    assert_eq!(failures[0]["trace_id"], "0af7651916cd43dd8448eb211c80319c");
    assert!(failures[0]["causes"].as_str().unwrap().contains("Postgres"), "{:?}", failures[0]);
    assert_eq!(requests(&lines)[0]["status"], 503);
}

#[tokio::test(flavor = "multi_thread")]
async fn at_no_level_is_there_a_token_a_secret_a_person_a_path_or_a_query() {
    let database = PgDatabase::create().await;
    for url in ["sqlite:some.db", database.url_text()] {
        let machine = Machine::serving(url).with("RUST_LOG", "trace");
        let person = "ada-who-is-nobody-elses-business";
        let token = machine.host_token(person);
        let server = Server::serve(&machine);
        for path in [SESSIONS, "/v1/live/sessions?limit=0&brand_id=what-was-asked", "/what-was-asked/at/all"] {
            get(&server.url(path), Some(&token)).await;
            get(&server.url(&format!("{path}?access_token={token}")), Some(&token)).await;
        }
        let body = json!({"host_id": person, "brand_id": "what-was-asked", "title": "what-was-asked",
            "scheduled_at": "2026-03-01T18:00:00Z", "max_participants": 1});
        let created = post(&server.url("/v1/sessions"), &token, "key", Some(&body)).await.unwrap();
        assert_eq!(created.status, 201, "{}", created.body);
        let id = created.body["id"].as_str().unwrap();
        post(&server.url(&format!("/v1/sessions/{id}/registrations")), &token, "key", None).await.unwrap();
        let feed = post(&server.url("/v1/live/feeds"), &token, "another-key", None).await.unwrap();
        let url = feed.body["url"].as_str().unwrap();
        let in_address = url.strip_prefix("feeds/").unwrap().strip_suffix(".ics").unwrap();
        for path in [url.to_owned(), format!("{url}?x"), format!("feeds/{in_address}")] {
            get(&server.url(&format!("/v1/live/{path}")), None).await;
        }
        let said = server.said.join("\n") + &server.rest();
        for route in ["/v1/sessions/{id}/registrations", "/v1/live/feeds/{secret}.ics", "/v1/live/feeds/{id}"] {
            assert!(said.contains(route), "{said}");
        }
        let feed_id = feed.body["id"].as_str().unwrap();
        for secret in [token.as_str(), SECRET, person, "what-was-asked", id, in_address, feed_id] {
            let line = said.lines().find(|line| line.contains(secret));
            assert_eq!(line, None, "{secret}");
        }
    }
}

#[test]
fn levels_that_cannot_be_read_are_told() {
    let said = Machine::serving("sqlite:some.db").with("RUST_LOG", "live_app=loud").run(&["serve"]);
    assert_eq!(said.code, 78);
    assert!(said.err.starts_with("error: RUST_LOG cannot be read: "), "{}", said.err);
}

#[test]
fn a_pseudonym_is_made_with_the_first_secret_that_is_set() {
    let subject = |machine: &Machine| machine.ok(&["subject", "--sub", "ada"]);
    let plain = Machine::new();
    let keyed = Machine::new().with("LIVE_LOG_SUBJECT_KEY", "a key");
    let signing = Machine::new().with("LIVE_AUTH_HS256_SECRET", SECRET);
    let asking = Machine::new().with("LIVE_AUTH_INTROSPECTION_CLIENT_SECRET", SECRET);
    let pseudonyms = [&plain, &keyed, &signing].map(subject);
    assert!(pseudonyms[0] != pseudonyms[1] && pseudonyms[1] != pseudonyms[2] && pseudonyms[2] != pseudonyms[0]);
    assert_eq!(subject(&asking), pseudonyms[2]);
    assert_eq!(subject(&signing.with("LIVE_LOG_SUBJECT_KEY", "a key")), pseudonyms[1]);
    let path = plain.file("key", "a key\n");
    assert_eq!(plain.ok(&["subject", "--sub", "ada", "--log-subject-key-file", &path]), pseudonyms[1]);
}
