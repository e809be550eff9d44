use std::io::Write;

use super::*;

fn settings(flags: &[(&str, &str)], environment: &[(&str, &str)]) -> Settings {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let flags = SettingFlags(flags.iter().map(owned).collect());
    Settings::new(flags, environment.iter().map(|(name, value)| (name.into(), value.into())))
}

fn file(content: &[u8]) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content).unwrap();
    file
}

#[test]
fn a_flag_wins_over_a_variable() {
    let both = settings(&[("bind", "127.0.0.1:1")], &[("LIVE_BIND", "127.0.0.1:2")]);
    assert_eq!(both.bind().unwrap()[0].port(), 1);
}

#[test]
fn an_empty_variable_is_unset() {
    let empty = settings(&[], &[("LIVE_BIND", ""), ("LIVE_DB_TIMEOUT_MS", "")]);
    assert_eq!(empty.bind().unwrap()[0].port(), 8080);
    assert_eq!(empty.store_settings().unwrap().timeout.as_millis(), 2_000);
}

#[test]
fn a_file_loses_one_newline_and_no_more() {
    let file = file(format!("{}\n\n", "s".repeat(32)).as_bytes());
    let path = file.path().to_str().unwrap();
    let given = settings(&[("auth-hs256-secret-file", path)], &[]).given(&table::AUTH_HS256_SECRET).unwrap().unwrap();
    assert_eq!(given.bytes.len(), 33);
}

#[test]
fn a_secret_and_its_file_are_not_given_both_but_a_flag_wins_over_both() {
    let file = file(&[b'f'; 40]);
    let path = file.path().to_str().unwrap();
    let environment = [("LIVE_AUTH_HS256_SECRET", "e"), ("LIVE_AUTH_HS256_SECRET_FILE", path)];
    let error = settings(&[], &environment).hs256_secret().unwrap_err().to_string();
    assert_eq!(error, "LIVE_AUTH_HS256_SECRET and LIVE_AUTH_HS256_SECRET_FILE are both given: give one");
    assert!(settings(&[("auth-hs256-secret-file", path)], &environment).hs256_secret().unwrap().is_some());
}

#[test]
fn a_wrong_setting_is_named_with_what_is_allowed_and_without_its_secret() {
    for (name, value, expected) in [
        ("LIVE_BIND", "8080", "LIVE_BIND must be a host and a port, as in 127.0.0.1:8080, and the host must be known"),
        ("LIVE_DB_POOL_SIZE", "0", "LIVE_DB_POOL_SIZE must be a whole number from 1 to 1000"),
        ("LIVE_DB_TIMEOUT_MS", "2s", "LIVE_DB_TIMEOUT_MS must be a whole number from 1 to 600000"),
        ("LIVE_UPCOMING_GRACE_MINUTES", "-1", "LIVE_UPCOMING_GRACE_MINUTES must be a whole number from 0 to 525600"),
        ("LIVE_HISTORY_DAYS", "0", "LIVE_HISTORY_DAYS must be a whole number from 1 to 36500"),
        ("LIVE_HISTORY_DAYS", "1.5", "LIVE_HISTORY_DAYS must be a whole number from 1 to 36500"),
        ("LIVE_HISTORY_DAYS", "36501", "LIVE_HISTORY_DAYS must be a whole number from 1 to 36500"),
        ("LIVE_MIGRATE_ON_START", "yes", "LIVE_MIGRATE_ON_START must be true or false"),
        ("LIVE_LOG", "xml", "LIVE_LOG must be text or json"),
        (
            "LIVE_AUTH_LIST_SCOPES",
            "a \"b\"",
            "LIVE_AUTH_LIST_SCOPES must hold scopes separated by spaces, without quotes and backslashes",
        ),
        (
            "LIVE_AUTH_WRITE_SCOPE",
            "a b",
            "LIVE_AUTH_WRITE_SCOPE must be one scope, without spaces, quotes and backslashes",
        ),
        (
            "LIVE_AUTH_MANAGE_SCOPE",
            "a\\",
            "LIVE_AUTH_MANAGE_SCOPE must be one scope, without spaces, quotes and backslashes",
        ),
        (
            "LIVE_AUTH_MANAGE_SCOPE",
            "ü",
            "LIVE_AUTH_MANAGE_SCOPE must be one scope, without spaces, quotes and backslashes",
        ),
        (
            "LIVE_AUTH_HS256_SECRET",
            "hunter2",
            "LIVE_AUTH_HS256_SECRET must have at least 32 bytes; `openssl rand -base64 48` makes a good one",
        ),
        (
            "LIVE_AUTH_HS256_SECRET_FILE",
            "/nowhere/secret",
            "LIVE_AUTH_HS256_SECRET_FILE: /nowhere/secret cannot be read: No such file or directory (os error 2)",
        ),
        (
            "LIVE_AUTH_JWKS",
            "https://live:hunter2@id.example/keys",
            "LIVE_AUTH_JWKS must be the path of a file, or an http(s) URL without user and password",
        ),
        (
            "LIVE_AUTH_JWKS",
            "file:///etc/keys.json",
            "LIVE_AUTH_JWKS must be the path of a file, or an http(s) URL without user and password",
        ),
        ("LIVE_RATE_PER_MINUTE", "0", "LIVE_RATE_PER_MINUTE must be a whole number from 1 to 1000000"),
        (
            "LIVE_TRUSTED_PROXIES",
            "10.0.0.0/8,proxy",
            "LIVE_TRUSTED_PROXIES must hold addresses and networks separated by commas, as in 10.0.0.0/8,::1; \"proxy\" is none",
        ),
        (
            "LIVE_CORS_ORIGINS",
            "https://app.example/",
            "LIVE_CORS_ORIGINS must hold origins as browsers send them: write https://app.example, and nothing besides",
        ),
        ("DATABASE_URL", "mysql://x", "DATABASE_URL: must be postgres://..., postgresql://... or sqlite:PATH"),
    ] {
        let settings = settings(&[], &[(name, value)]);
        let errors = [
            settings.bind().err(),
            settings.store_settings().err(),
            settings.upcoming_grace().err(),
            settings.history_kept_for().err(),
            settings.migrate_on_start().err(),
            settings.log_format().err(),
            settings.list_scopes().err(),
            settings.edit_scopes().err(),
            settings.hs256_secret().err(),
            settings.jwks().err(),
            settings.rate_limit().err(),
            settings.cors().err(),
            settings.database(DatabaseDefault::File).err(),
        ];
        let errors: Vec<String> = errors.into_iter().flatten().map(|error| error.to_string()).collect();
        assert_eq!(errors, [expected]);
    }
}

#[test]
fn neither_a_limit_nor_other_origins_unless_they_are_set() {
    let unset = settings(&[], &[("LIVE_TRUSTED_PROXIES", "10.0.0.0/8")]);
    assert!(unset.rate_limit().unwrap().is_none() && unset.cors().unwrap().is_none());
}

#[test]
fn the_scopes_of_hosts_and_managers_are_set_each_by_its_own_setting() {
    let scopes = |environment| settings(&[], environment).edit_scopes().map(|scopes| (scopes.write, scopes.manage));
    let named = |write: &str, manage: &str| Ok((write.to_owned(), manage.to_owned()));
    assert_eq!(scopes(&[]), named("write:live", "manage:live"));
    assert_eq!(scopes(&[("LIVE_AUTH_WRITE_SCOPE", "host")]), named("host", "manage:live"));
    assert_eq!(scopes(&[("LIVE_AUTH_MANAGE_SCOPE", "boss!")]), named("write:live", "boss!"));
}

#[test]
fn introspection_needs_its_url_its_client_and_the_secret_of_that() {
    let [url, id, secret] = [
        ("LIVE_AUTH_INTROSPECTION_URL", "https://id.example/introspect"),
        ("LIVE_AUTH_INTROSPECTION_CLIENT_ID", "live"),
        ("LIVE_AUTH_INTROSPECTION_CLIENT_SECRET", "hunter2"),
    ];
    let found = |given: &[(&str, &str)]| settings(&[], given).introspection().map_err(|error| error.to_string());
    for (given, missing) in [
        (&[url][..], "LIVE_AUTH_INTROSPECTION_CLIENT_ID"),
        (&[id], "LIVE_AUTH_INTROSPECTION_URL"),
        (&[secret], "LIVE_AUTH_INTROSPECTION_URL"),
        (&[url, id], "LIVE_AUTH_INTROSPECTION_CLIENT_SECRET"),
        (&[url, secret], "LIVE_AUTH_INTROSPECTION_CLIENT_ID"),
        (&[id, secret], "LIVE_AUTH_INTROSPECTION_URL"),
    ] {
        let error = found(given).unwrap_err();
        assert!(error.starts_with(&format!("{missing} is not set")) && !error.contains("hunter2"), "{error}");
    }
    assert!(found(&[]).unwrap().is_none());
    let whole = found(&[url, id, secret]).unwrap().unwrap();
    assert_eq!(whole.url.as_str(), url.1);
    assert!(!format!("{whole:?}").contains("hunter2"));
    for bad in ["id.example/introspect", "/introspect", "ftp://id.example", "https://live:hunter2@id.example"] {
        let error = found(&[(url.0, bad), id, secret]).unwrap_err();
        assert_eq!(error, "LIVE_AUTH_INTROSPECTION_URL must be an http(s) URL without user and password");
    }
}

#[test]
fn a_pem_text_is_no_secret() {
    let pem = "-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A\n-----END PUBLIC KEY-----";
    let error = settings(&[], &[("LIVE_AUTH_HS256_SECRET", pem)]).hs256_secret().unwrap_err();
    assert_eq!(error.to_string(), "LIVE_AUTH_HS256_SECRET must not be a PEM text: a key pair is no shared secret");
}

#[test]
fn production_names_its_store() {
    let error = settings(&[], &[]).database(DatabaseDefault::None).unwrap_err().to_string();
    assert!(error.starts_with("DATABASE_URL is not set: set it to postgres://"), "{error}");
}

#[test]
fn a_store_is_shown_with_its_origin_and_no_password() {
    let given = settings(&[("database-url", "postgres://live:hunter2@db.example/live")], &[]);
    let shown = given.database(DatabaseDefault::None).unwrap().to_string();
    assert_eq!(shown, "postgres://live:***@db.example/live (from --database-url)");
    assert!(!format!("{:?}", given.database(DatabaseDefault::None)).contains("hunter2"));
}

#[test]
fn the_variables_of_libpq_name_the_store_where_nothing_else_does() {
    let given = [
        ("PGHOST", "one.example,two.example"),
        ("PGPORT", "5432,5433"),
        ("PGUSER", "live"),
        ("PGPASSWORD", "a b@c/d+e&f"),
        ("PGDATABASE", "live sessions"),
        ("PGSSLMODE", "disable"),
        ("PGTARGETSESSIONATTRS", "read-write"),
    ];
    let shown = settings(&[], &given).database(DatabaseDefault::None).unwrap().to_string();
    assert_eq!(
        shown,
        "postgres://?host=one.example%2Ctwo.example&port=5432%2C5433&dbname=live%20sessions&user=live&password=***\
         &sslmode=disable&target_session_attrs=read-write \
         (from PGHOST and the other PG* variables, as DATABASE_URL is not set)"
    );
    let url = "postgres://live@db.example/live";
    let both = settings(&[], &[given.as_slice(), &[("DATABASE_URL", url)]].concat());
    assert_eq!(both.database(DatabaseDefault::None).unwrap().url, url.parse().unwrap());
    let dev = settings(&[], &given).database(DatabaseDefault::File).unwrap();
    assert_eq!(dev.url, "sqlite:live.db".parse().unwrap());
    assert!(settings(&[], &given[1..]).database(DatabaseDefault::None).is_err(), "no PGHOST");
}

#[test]
fn what_libpq_would_read_and_this_does_not_is_refused() {
    let error = |more| {
        let settings = settings(&[], &[("PGHOST", "db.example"), more]);
        settings.database(DatabaseDefault::None).unwrap_err().to_string()
    };
    for name in ["PGSERVICE", "PGREQUIREAUTH", "PGSSLCRL", "PGLOADBALANCEHOSTS"] {
        assert_eq!(error((name, "live")), format!("{name} is not supported: set DATABASE_URL, or unset it"));
    }
    let bad = error(("PGSSLMODE", "maybe"));
    assert!(bad.starts_with("PGHOST and the other PG* variables") && bad.contains("sslmode must be one of"), "{bad}");
}

#[test]
fn an_unknown_name_is_warned_about_with_the_nearest_known_one() {
    let unknown = settings(&[], &[("LIVE_BNID", "x"), ("LIVE_LOG", "text"), ("OTHER", "y")]).unknown();
    assert_eq!(unknown, ["LIVE_BNID is no setting; the nearest known one is LIVE_BIND"]);
}

#[test]
fn processes_that_share_a_secret_share_the_key_of_feeds() {
    let (hs256, introspection, log) = (
        ("LIVE_AUTH_HS256_SECRET", "one that has at least thirty-two bytes"),
        ("LIVE_AUTH_INTROSPECTION_CLIENT_SECRET", "another"),
        ("LIVE_LOG_SUBJECT_KEY", "a third"),
    );
    let opens = |sealing: &[(&str, &str)], opening: &[(&str, &str)]| {
        let [sealing, opening] = [sealing, opening].map(|given| settings(&[], given).feed_key().unwrap());
        opening.open(&sealing.fresh()).is_some()
    };
    assert!(opens(&[hs256, introspection, log], &[hs256]));
    assert!(opens(&[introspection, log], &[introspection]) && opens(&[log], &[log]));
    assert!(!opens(&[hs256], &[introspection]) && !opens(&[introspection], &[log]));
    assert!(!opens(&[], &[]), "without a secret it is one of the process alone");
}

#[test]
fn a_fault_of_any_setting_is_found() {
    assert_eq!(settings(&[], &[("DATABASE_URL", "sqlite:some.db")]).faults(), []);
    for setting in SETTINGS {
        for name in setting.variables() {
            // No setting takes this, nor is it the path of a file.
            let value = std::os::unix::ffi::OsStringExt::from_vec(vec![0xff]);
            let faults = Settings::new(SettingFlags::default(), [(name.clone().into(), value)]).faults();
            assert!(faults.iter().any(|fault| fault.to_string().starts_with(&name)), "{name}: {faults:?}");
        }
    }
}

fn standbys(urls: &str, database_url: &str) -> Result<String, String> {
    let settings = settings(&[], &[("LIVE_DATABASE_READ_URLS", urls), ("DATABASE_URL", database_url)]);
    let database = settings.database(DatabaseDefault::None).unwrap();
    settings.standbys(&database).map(|standbys| standbys.unwrap().to_string()).map_err(|error| error.to_string())
}

#[test]
fn standbys_are_named_one_by_one_and_shown_without_their_passwords() {
    let primary = "postgres://live@db/live";
    assert_eq!(
        standbys("postgres://live:secret@a/live, postgres://live@b:6432/live", primary).unwrap(),
        "postgres://live:***@a/live, postgres://live@b:6432/live, at most 1000 ms behind (from LIVE_DATABASE_READ_URLS)"
    );
    for (urls, expected) in [
        ("sqlite:live.db", "address 1: a SQLite file has no standbys: name servers of Postgres"),
        ("postgres://live@a/live,", "address 2: must be postgres://..., postgresql://... or sqlite:PATH"),
        ("postgres://live:se,cret@a/live", "in a password it is %2C"),
        ("postgres://a/live,b/live", "address 2: must be postgres://..."),
        ("postgres://live@/live?host=a&host=b", "address 1: names several servers"),
        ("postgres://live@a/live,postgres://live@a:5432/other", "address 2: a:5432 is named twice"),
    ] {
        let error = standbys(urls, primary).unwrap_err();
        assert!(error.starts_with("LIVE_DATABASE_READ_URLS: ") && error.contains(expected), "{error}");
        assert!(!error.contains("cret"), "{error}");
    }
    let error = standbys("postgres://live@a/live", "sqlite:live.db").unwrap_err();
    assert!(error.contains("needs a primary on Postgres, and the store is sqlite:live.db"), "{error}");
    let settings = settings(&[], &[("LIVE_DATABASE_READ_MAX_LAG_MS", "99"), ("DATABASE_URL", primary)]);
    let error = settings.standbys(&settings.database(DatabaseDefault::None).unwrap()).unwrap_err().to_string();
    assert_eq!(error, "LIVE_DATABASE_READ_MAX_LAG_MS must be a whole number from 100 to 3600000");
}
