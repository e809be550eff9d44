//! What commands say and how they end.

use crate::support::{Machine, SECRET};

#[test]
fn wrong_usage_exits_2() {
    for arguments in [&["nonsense"][..], &[], &["serve", "--nonsense"], &["import", "sessions"], &["token"]] {
        assert_eq!(Machine::new().run(arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn help_names_every_setting_as_variable_and_flag() {
    let help = Machine::new().ok(&["serve", "--help"]);
    for setting in live_app::settings::SETTINGS {
        assert!(help.contains(setting.name), "{} is not in --help", setting.name);
        assert!(help.contains(&format!("--{}", setting.flag())), "--{} is not in --help", setting.flag());
    }
    assert!(!help.contains("--auth-hs256-secret "), "a secret must not be a flag");
}

#[test]
fn serve_says_everything_that_is_missing_and_exits_78() {
    let said = Machine::new().run(&["serve"]);
    assert_eq!(said.code, 78);
    assert!(said.err.contains("DATABASE_URL is not set"), "{}", said.err);
    let ways = "LIVE_AUTH_HS256_SECRET is not set, nor is LIVE_AUTH_JWKS, nor LIVE_AUTH_INTROSPECTION_URL";
    assert!(said.err.contains(ways), "{}", said.err);
}

#[test]
fn a_wrong_setting_exits_78_and_no_secret_is_printed() {
    for (name, value, expected) in [
        ("LIVE_BIND", "nonsense", "LIVE_BIND must be a host and a port"),
        ("LIVE_AUTH_HS256_SECRET", "hunter2", "LIVE_AUTH_HS256_SECRET must have at least 32 bytes"),
        (
            "LIVE_AUTH_HS256_SECRET_FILE",
            "/nowhere",
            "LIVE_AUTH_HS256_SECRET and LIVE_AUTH_HS256_SECRET_FILE are both given",
        ),
        ("LIVE_LOG", "xml", "LIVE_LOG must be text or json"),
        ("DATABASE_URL", "postgres://live:hunter2@elsewhere@db.example/live", "percent-encode the password"),
        (
            "DATABASE_URL",
            "postgres://live:hunter2@db.example/live?sslmode=verify-full",
            "DATABASE_URL: sslmode=verify-ca and verify-full need an authority",
        ),
        ("DATABASE_URL", "postgres://", "DATABASE_URL: needs a host"),
        ("DATABASE_URL", "mysql://live:hunter2@db.example/live", "DATABASE_URL: must be postgres://"),
    ] {
        let machine = Machine::serving("sqlite:live.db").with(name, value);
        let said = machine.run(&["serve"]);
        assert_eq!(said.code, 78, "{name}={value}: {}", said.err);
        assert!(said.err.contains(expected), "{name}={value}: {}", said.err);
        assert!(!said.err.contains("hunter2") && !said.err.contains(SECRET), "{}", said.err);
    }
}

#[test]
fn an_unknown_variable_is_warned_about() {
    let said = Machine::new().with("LIVE_BNID", "127.0.0.1:1").run(&["openapi"]);
    assert_eq!(said.code, 0);
    assert!(said.err.contains("LIVE_BNID is no setting; the nearest known one is LIVE_BIND"), "{}", said.err);
}

#[test]
fn openapi_prints_the_document_that_is_committed() {
    let committed = include_str!("../../../../docs/openapi.json");
    assert!(Machine::new().ok(&["openapi"]) == committed, "run `cargo xtask openapi` and commit docs/openapi.json");
}

#[test]
fn a_token_needs_a_secret() {
    let said = Machine::new().run(&["token", "--sub", "ada"]);
    assert_eq!(said.code, 78);
    assert!(said.err.contains("LIVE_AUTH_HS256_SECRET") && said.err.contains("live dev"), "{}", said.err);
}

#[test]
fn a_token_has_the_issuer_and_audience_that_are_set() {
    use base64::Engine;
    let machine = Machine::new()
        .with("LIVE_AUTH_HS256_SECRET", SECRET)
        .with("LIVE_AUTH_ISSUER", "https://issuer.example")
        .with("LIVE_AUTH_AUDIENCE", "live");
    let token =
        machine.ok(&["token", "--sub", "ada", "--brand", "acme", "--brand", "globex", "--scope", "a", "--ttl", "30m"]);
    let payload = token.split('.').nth(1).unwrap();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload).unwrap();
    let claims: serde_json::Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 1_800);
    assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some("https://issuer.example"), Some("live")));
    assert_eq!((&claims["brand_id"], claims["scope"].as_str()), (&serde_json::json!(["acme", "globex"]), Some("a")));
}

#[test]
fn a_token_that_nobody_would_take_is_not_made() {
    let machine = Machine::new().with("LIVE_AUTH_HS256_SECRET", SECRET);
    let brands = |count: usize, length: usize| {
        (0..count).flat_map(move |number| ["--brand".to_owned(), format!("{number:0length$}")]).collect::<Vec<_>>()
    };
    for (more, expected) in [
        (brands(201, 3), "at most 200 brands"),
        (brands(100, 128), "8192"),
        (vec!["--brand".to_owned(), String::new()], "--brand"),
        (vec!["--ttl".to_owned(), "0s".to_owned()], "--ttl"),
    ] {
        let arguments = ["token", "--sub", "ada"].into_iter().chain(more.iter().map(String::as_str));
        let said = machine.run(&arguments.collect::<Vec<_>>());
        assert_eq!((said.code, said.out.as_str()), (2, ""), "{}", said.err);
        assert!(said.err.contains(expected), "{}", said.err);
    }
}

#[test]
fn healthcheck_fails_where_nothing_listens() {
    let said = Machine::new().run(&["healthcheck", "--bind", "127.0.0.1:1"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("not ready"), "{}", said.err);
}

#[test]
fn a_store_that_cannot_be_reached_exits_69_with_the_whole_cause() {
    let machine = Machine::serving("postgres://live:hunter2@127.0.0.1:1/live").with("LIVE_DB_WAIT_MS", "0");
    let said = machine.run(&["migrate"]);
    assert_eq!(said.code, 69, "{}", said.err);
    assert!(said.err.contains("store: postgres://live:***@127.0.0.1:1/live (from DATABASE_URL)"), "{}", said.err);
    assert!(said.err.contains("127.0.0.1") && said.err.contains("refused"), "{}", said.err);
    assert!(!said.err.contains("hunter2"), "{}", said.err);
}

#[test]
fn migrate_check_tells_whether_the_schema_is_behind() {
    let machine = Machine::new().with("DATABASE_URL", "sqlite:some.db");
    let said = machine.run(&["migrate", "--check"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("run `live migrate`"), "{}", said.err);
    machine.ok(&["migrate"]);
    machine.ok(&["migrate", "--check"]);
}

#[test]
fn only_migrating_makes_a_file() {
    let machine = Machine::new().with("DATABASE_URL", "sqlite:typo.db");
    for arguments in [&["migrate", "--check"][..], &["export", "sessions"], &["import", "sessions", "-"]] {
        let said = machine.run(arguments);
        assert_eq!(said.code, 1, "{arguments:?}: {}", said.err);
        assert!(said.err.contains("run `live migrate`"), "{arguments:?}: {}", said.err);
        assert!(!machine.path().join("typo.db").exists(), "{arguments:?}");
    }
}

#[test]
fn without_a_store_import_says_how_to_name_one() {
    let said = Machine::new().run(&["export", "sessions"]);
    assert_eq!(said.code, 78);
    assert!(said.err.contains("DATABASE_URL is not set"), "{}", said.err);
}
