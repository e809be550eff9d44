//! `live doctor`: what it says, and how it ends.

use std::io::{Read, Write};
use std::net::TcpListener;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use live_adapters::test_support::PgDatabase;
use serde_json::json;

use crate::support::{Machine, SECRET, Said, Server, session_lines};
use crate::web::{Web, answer};

fn doctor(machine: &Machine) -> Said {
    machine.run(&["doctor", "--bind", "127.0.0.1:0"])
}

/// The report with `N` for what differs from run to run.
fn stable(report: &str) -> String {
    let mut stable = String::new();
    let mut words = report.split_inclusive([' ', '\n', '(', ')']).peekable();
    while let Some(word) = words.next() {
        let is_measured = words.peek().is_some_and(|unit| ["ms)", "ms\n", "MiB "].contains(unit));
        stable += if is_measured { "N " } else { word };
        if word == "SQLite " && words.next().is_some() {
            stable += "N\n";
        }
    }
    stable
}

/// What is told before the store is opened.
fn well() -> String {
    format!(
        "\
ok   settings: every setting can be read
ok   bind: 127.0.0.1:0 is free
ok   admin-bind: 127.0.0.1:0 is free
ok   zones: time-zone data {zones} is built in, and months end where they should
ok   secret: tokens that are signed with LIVE_AUTH_HS256_SECRET are taken
",
        zones = live_domain::TimeZone::database_version(),
    )
}

const WELL_DATA: &str = "\
ok   schema: the schema is this version's
ok   counters: registered_count and waiting_count equal the registrations of every session (N ms)
ok   seats: no session has more registrations in force than seats (N ms)
ok   line: nobody waits beside a free seat, but where an import left it so (N ms)
ok   life: started_at and ended_at fit the status of every session that was never imported (N ms)
ok   history: the newest event of every session says how the session is (N ms)
";

#[test]
fn a_healthy_file_is_told_line_by_line() {
    let machine = Machine::serving("sqlite:some.db");
    machine.ok(&["migrate"]);
    let said = doctor(&machine);
    let store = "\
ok   database: opened some.db by SQLite N
ok   writable: the file and its folder take writes
ok   journal: writes go to a log of their own: readers wait for nobody
ok   space: N MiB are free on the disk
ok   integrity: the file is sound (N ms)
ok   references: every row that another refers to is there (N ms)
";
    let answers = "ok   answers: answers that are kept for idempotency keys go in time (N ms)\n";
    assert_eq!(stable(&said.out), format!("{}{store}{WELL_DATA}{answers}", well()));
    assert_eq!(said.code, 0);
    assert!(said.err.starts_with("store: sqlite:some.db (from DATABASE_URL)\n"), "{}", said.err);
    assert!(said.err.ends_with("0 to mend (FAIL), 0 to look at (warn)\n"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthy_postgres_is_told_line_by_line() {
    let database = PgDatabase::create().await;
    let said = doctor(&Machine::serving(database.url_text()));
    let report = stable(&said.out);
    let rest = report.strip_prefix(&well()).unwrap_or_else(|| panic!("{report}"));
    let checks: Vec<&str> =
        rest.lines().filter_map(|line| line.get(5..)?.split_once(": ").map(|(check, _)| check)).collect();
    let server =
        ["database", "version", "encryption", "encoding", "writable", "timeouts", "connections", "pooler", "rights"];
    let data = ["clock", "schema", "counters", "seats", "line", "life", "history", "places", "answers"];
    assert_eq!(checks, [server, data].concat(), "{rest}");
    assert!(rest.contains(WELL_DATA), "{rest}");
    assert!(rest.contains("ok   clock: the clock of the database agrees with this machine's\n"), "{rest}");
    assert_eq!(said.code, 0, "{rest}");
}

#[test]
fn a_file_that_is_damaged_or_no_database_is_told() {
    let machine = machine();
    machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=500))]);
    let path = machine.path().join("some.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8_192].fill(0x55);
    std::fs::write(&path, bytes).unwrap();
    let said = doctor(&machine);
    assert!(said.out.contains("FAIL integrity: the file is damaged: "), "{}", said.out);
    assert!(said.out.contains("restore a back-up"), "{}", said.out);
    assert_ne!(said.code, 0);
    std::fs::write(&path, "no database").unwrap();
    let said = doctor(&machine);
    assert_eq!(said.code, 69, "{}", said.out);
    assert!(said.out.contains("FAIL database: ") && said.out.contains("file is not a database"), "{}", said.out);
}

#[test]
fn a_schema_that_is_behind_or_newer_is_told() {
    let file = live_adapters::test_support::SqliteFile::create_empty();
    let machine = Machine::serving(&format!("sqlite:{}", file.path().display()));
    file.execute("CREATE TABLE something_else (id INTEGER)");
    let said = doctor(&machine);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.contains("FAIL schema: the schema is behind by 2026-11-25-000001_sessions"), "{}", said.out);
    assert!(said.out.contains("     -> run `live migrate`") && !said.out.contains("counters"), "{}", said.out);
    machine.ok(&["migrate"]);
    file.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000000')");
    let said = doctor(&machine);
    assert_eq!(said.code, 0, "{}", said.out);
    assert!(said.out.contains("warn schema: the schema is newer than this version, by 99991231000000"), "{}", said.out);
    assert!(said.out.contains("ok   counters"), "{}", said.out);
}

#[test]
fn of_several_faults_the_exit_code_names_what_is_to_be_mended_first() {
    let unreachable = "postgres://live:hunter2@127.0.0.1:1/live";
    let said = doctor(&Machine::serving(unreachable));
    assert_eq!(said.code, 69, "{}", said.out);
    assert!(
        said.out.contains("FAIL database: the store is unavailable: cannot connect to Postgres (host 127.0.0.1"),
        "{}",
        said.out
    );
    assert!(said.out.contains("     -> see that Postgres runs there"), "{}", said.out);
    let said = doctor(&Machine::serving(unreachable).with("LIVE_DRAIN_MS", "soon").with("LIVE_BNID", "127.0.0.1:1"));
    assert_eq!(said.code, 78, "{}", said.out);
    assert!(
        said.out.contains("warn settings: LIVE_BNID is no setting; the nearest known one is LIVE_BIND"),
        "{}",
        said.out
    );
    assert!(said.out.contains("FAIL settings: LIVE_DRAIN_MS must be a whole number from 0 to 600000"), "{}", said.out);
    assert!(said.out.contains("FAIL database"), "{}", said.out);
    let said = doctor(&Machine::new().with("DATABASE_URL", "sqlite:missing.db"));
    assert_eq!(said.code, 78, "{}", said.out);
    assert!(
        said.out.contains("FAIL tokens: ") && said.out.contains("-> LIVE_AUTH_HS256_SECRET is not set"),
        "{}",
        said.out
    );
    assert!(said.out.contains("-> run `live migrate`, which makes the file"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_or_lets_nobody_in_is_told_apart() {
    let database = PgDatabase::create().await;
    let missing = database.url_text().replace(database.name(), "live_nowhere");
    let said = doctor(&Machine::serving(&missing));
    assert_eq!(said.code, 69, "{}", said.out);
    assert!(said.out.contains("-> create the database"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_without_rights_is_told_what_it_lacks_and_that_the_rest_waits_for_it() {
    let database = PgDatabase::create().await;
    let (client, role) = (database.connect().await, format!("{}_role", database.name()));
    client.batch_execute(&format!("CREATE ROLE {role}")).await.unwrap();
    let sign = if database.url_text().contains('?') { '&' } else { '?' };
    let url = format!("{}{sign}options=-c%20role%3D{role}", database.url_text());
    let said = doctor(&Machine::serving(&url).with("LIVE_MIGRATE_ON_START", "false"));
    client.batch_execute(&format!("DROP ROLE {role}")).await.unwrap();
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.contains(&format!("FAIL rights: {role} lacks SELECT ON sessions")), "{}", said.out);
    assert!(said.out.contains(&format!("GRANT SELECT ON __diesel_schema_migrations TO {role};")), "{}", said.out);
    let rest = "FAIL store: the store is unavailable: a statement failed on Postgres: permission denied for table";
    assert!(said.out.contains(rest) && said.out.contains("-> mend what is said above"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_password_and_no_secret_is_shown() {
    let issuer = Web::start(|_| answer("500 Internal Server Error", "hunter2"));
    for url in [
        "postgres://live:hunter2@127.0.0.1:1/live",
        "postgres://live:hunter2@elsewhere@127.0.0.1:1/live",
        "postgres://127.0.0.1:1/live?password=hunter2&user=live",
        "mysql://live:hunter2@127.0.0.1/live",
    ] {
        let machine = Machine::serving(url)
            .with("RUST_LOG", "trace")
            .with("LIVE_AUTH_JWKS", &issuer.url("/keys?access=hunter2"))
            .with("LIVE_AUTH_INTROSPECTION_URL", &issuer.url("/introspect?access=hunter2"))
            .with("LIVE_AUTH_INTROSPECTION_CLIENT_ID", "live")
            .with("LIVE_AUTH_INTROSPECTION_CLIENT_SECRET", "hunter2");
        let said = doctor(&machine);
        for text in [&said.out, &said.err] {
            assert!(!text.contains("hunter2") && !text.contains(SECRET), "{url}: {text}");
        }
        assert!(
            said.out.contains("FAIL keys: the URL of LIVE_AUTH_JWKS cannot be fetched: the answer was 500"),
            "{}",
            said.out
        );
        assert!(said.out.contains("FAIL introspection: "), "{}", said.out);
    }
}

/// A machine that is well, but for what the test sets.
fn machine() -> Machine {
    let machine = Machine::serving("sqlite:some.db");
    machine.ok(&["migrate"]);
    machine
}

fn key_set() -> String {
    let key = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let (x, y) = key.public_key().as_ref()[1..].split_at(32);
    let [x, y] = [x, y].map(|number| URL_SAFE_NO_PAD.encode(number));
    let good = json!({"kty": "EC", "crv": "P-256", "kid": "2026\n", "use": "sig", "x": x, "y": y});
    json!({"keys": [good, {"kty": "oct", "k": "c2VjcmV0"}]}).to_string()
}

#[test]
fn the_keys_of_a_file_are_told_and_those_that_cannot_be_used() {
    let machine = machine();
    let path = machine.file("keys.json", &key_set());
    let said = doctor(&machine.with("LIVE_AUTH_JWKS", &path));
    assert!(said.out.contains("ok   keys: tokens are verified by ES256 (kid \"2026\\n\")\n"), "{}", said.out);
    assert!(
        said.out.contains("warn keys: key 2 is a symmetric key, and is passed over\n     -> take it out"),
        "{}",
        said.out
    );
    assert!(!said.out.contains("c2VjcmV0"), "{}", said.out);
    assert_eq!(said.code, 0);
    let said = doctor(&self::machine().with("LIVE_AUTH_JWKS", "/nowhere/keys.json"));
    assert_eq!(said.code, 78, "{}", said.out);
    assert!(said.out.contains("FAIL keys: LIVE_AUTH_JWKS: /nowhere/keys.json cannot be read"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_url_is_fetched_and_the_clock_of_its_server_compared() {
    let dated = |date: &'static str| {
        Web::start(move |_| answer("200 OK", &key_set()).replacen("\r\n", &format!("\r\nDate: {date}\r\n"), 1))
    };
    let undated = Web::start(|_| answer("200 OK", &key_set()));
    let late = dated("Sun, 06 Nov 1994 08:49:37 GMT");
    let cached = dated("Sun, 06 Nov 1994 08:49:37 GMT\r\nAge: 600");
    for (issuer, code, clock) in
        [(&undated, 0, None), (&cached, 0, None), (&late, 1, Some("FAIL issuer-clock: the clock of the issuer is "))]
    {
        let said = doctor(&machine().with("LIVE_AUTH_JWKS", &issuer.url("/keys")));
        assert_eq!(said.code, code, "{}", said.out);
        assert!(said.out.contains("ok   keys: tokens are verified by ES256"), "{}", said.out);
        assert!(
            clock.is_none_or(|clock| said.out.contains(clock) && said.out.contains(" s behind this machine's")),
            "{}",
            said.out
        );
        assert!(clock.is_some() || !said.out.contains("issuer-clock"), "{}", said.out);
    }
    let page = Web::start(|_| answer("200 OK", "<html>"));
    let said = doctor(&machine().with("LIVE_AUTH_JWKS", &page.url("/")));
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(
        said.out.contains("FAIL keys: what the URL of LIVE_AUTH_JWKS answers is no JSON Web Key Set"),
        "{}",
        said.out
    );
    assert!(said.out.contains("jwks_uri"), "{}", said.out);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_introspection_endpoint_is_asked_about_a_random_token() {
    for (status, body, expected, code) in [
        ("200 OK", r#"{"active":false}"#, "ok   introspection: the endpoint takes the client", 0),
        ("200 OK", r#"{"active":true,"sub":"ada"}"#, "FAIL introspection: the endpoint says of a random token", 1),
        ("200 OK", r#"{"active":true}"#, "FAIL introspection: the endpoint says of a random token", 1),
        ("200 OK", "{}", "FAIL introspection: the introspection endpoint did not say", 1),
        ("401 Unauthorized", "{}", "the answer was 401 Unauthorized", 1),
    ] {
        let issuer = Web::start(move |_| answer(status, body));
        let machine = machine()
            .with("LIVE_AUTH_INTROSPECTION_URL", &issuer.url("/introspect"))
            .with("LIVE_AUTH_INTROSPECTION_CLIENT_ID", "live")
            .with("LIVE_AUTH_INTROSPECTION_CLIENT_SECRET", "secret");
        let said = doctor(&machine);
        assert!(said.out.contains(expected), "{body}: {}", said.out);
        assert_eq!(said.code, code, "{body}: {}", said.out);
    }
}

#[test]
fn an_address_that_a_ready_service_holds_is_fine_and_one_that_another_holds_is_not() {
    let machine = machine();
    let server = Server::serve(&machine);
    let said = machine.run(&["doctor", "--bind", &server.address]);
    assert_eq!(said.code, 0, "{}", said.out);
    assert!(
        said.out.contains(&format!("ok   bind: {} is held by a service that is ready", server.address)),
        "{}",
        said.out
    );
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for mut stream in other.incoming().map_while(Result::ok) {
            let _refused = stream.read(&mut [0; 1_024]).and_then(|_| stream.write_all(b"nonsense\r\n\r\n"));
        }
    });
    let said = machine.run(&["doctor", "--bind", &address]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.contains(&format!("FAIL bind: {address} is taken, and not by a service")), "{}", said.out);
    let said = machine.run(&["doctor", "--bind", "127.0.0.1:0", "--admin-bind", &address]);
    assert_eq!(said.code, 1, "{}", said.out);
    assert!(said.out.contains(&format!("FAIL admin-bind: {address} is taken, and not by a")), "{}", said.out);
}

#[test]
fn a_file_that_serve_would_not_take_is_warned_about() {
    let machine = Machine::new().with("LIVE_AUTH_HS256_SECRET", SECRET);
    machine.file("live.db", "");
    machine.ok(&["migrate"]);
    let said = doctor(&machine);
    assert_eq!(said.code, 0, "{}", said.out);
    assert!(said.out.contains("warn database: DATABASE_URL is not set"), "{}", said.out);
    assert_eq!(machine.run(&["serve"]).code, 78);
}

#[test]
fn a_wrong_setting_of_the_log_hides_nothing() {
    for (name, value, fault) in
        [("RUST_LOG", "live=loud", "RUST_LOG cannot be read"), ("LIVE_LOG", "xml", "LIVE_LOG must be text or json")]
    {
        let said = doctor(&machine().with(name, value));
        assert_eq!(said.code, 78, "{}", said.out);
        let fault = format!("FAIL settings: {fault}");
        assert!(said.out.contains(&fault) && said.out.contains("ok   counters"), "{}", said.out);
    }
}
