//! The tables are as diesel is told, and their checks hold what the domain promises.

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use live_adapters::test_support::{PgDatabase, SqliteFile};
use live_domain::EventType;
use live_domain::listing::Variants;

/// A column's name, type and whether it can be empty, as a `schema.rs` says it.
type Columns = Vec<(String, String, bool)>;

/// Reads the tables of a `schema.rs`.
fn declared(source: &str) -> BTreeMap<String, Columns> {
    let mut tables = BTreeMap::new();
    let mut table = String::new();
    let mut sql_name = None;
    for line in source.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
        if let Some((name, _)) = line.strip_prefix("#[sql_name = \"").and_then(|name| name.split_once('"')) {
            sql_name = Some(name.to_owned());
        } else if let Some((name, kind)) = line.strip_suffix(',').and_then(|line| line.split_once(" -> ")) {
            let inner = kind.strip_prefix("Nullable<").and_then(|kind| kind.strip_suffix('>'));
            let name = sql_name.take().unwrap_or_else(|| name.to_owned());
            let column = (name, inner.unwrap_or(kind).to_owned(), inner.is_some());
            tables.entry(table.clone()).or_insert_with(Vec::new).push(column);
        } else if let Some((name, _)) = line.split_once(" (") {
            name.clone_into(&mut table);
        }
    }
    tables
}

#[tokio::test]
async fn the_declared_tables_are_those_of_postgres() {
    let database = PgDatabase::create().await;
    let client = database.connect().await;
    let tables = declared(include_str!("../src/postgres/schema.rs"));
    assert_eq!(
        tables.keys().collect::<Vec<_>>(),
        [
            "calendar_feeds",
            "idempotency_keys",
            "registrations",
            "session_event_places",
            "session_event_progress",
            "session_events",
            "sessions",
        ]
    );
    for (table, columns) in tables {
        let query = "SELECT column_name::text, data_type::text, is_nullable::text FROM information_schema.columns
            WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position";
        let found: Columns = client
            .query(query, &[&table])
            .await
            .unwrap()
            .iter()
            .map(|row| {
                let kind = match row.get(1) {
                    "uuid" => "Uuid",
                    "text" => "Text",
                    "integer" => "Integer",
                    "bigint" => "BigInt",
                    "boolean" => "Bool",
                    "bytea" => "Binary",
                    "timestamp with time zone" => "Timestamptz",
                    other => other,
                };
                (row.get(0), kind.to_owned(), row.get::<_, &str>(2) == "YES")
            })
            .collect();
        assert_eq!(columns, found, "{table}");
    }
}

#[tokio::test]
async fn the_declared_tables_are_those_of_sqlite() {
    let file = SqliteFile::create().await;
    let mut connection = SqliteConnection::establish(file.path().to_str().unwrap()).unwrap();
    let tables = declared(include_str!("../src/sqlite/schema.rs"));
    assert_eq!(
        tables.keys().collect::<Vec<_>>(),
        ["calendar_feeds", "idempotency_keys", "registrations", "session_events", "sessions"]
    );
    for (table, columns) in tables {
        let query = format!("SELECT name, type, \"notnull\" = 0 FROM pragma_table_info('{table}') ORDER BY cid");
        let found: Columns = sql::<(Text, Text, Bool)>(&query).load(&mut connection).unwrap();
        let stored = |kind: &str| match kind {
            "Binary" => "BLOB",
            "Text" => "TEXT",
            _ => "INTEGER",
        };
        let columns: Columns =
            columns.into_iter().map(|(name, kind, nullable)| (name, stored(&kind).to_owned(), nullable)).collect();
        assert_eq!(columns, found, "{table}");
    }
}

/// Columns of a session and values that it may not have; in the words of both stores.
fn bad_sessions() -> Vec<(&'static str, String)> {
    let text = |length: usize| format!("'{}'", "ü".repeat(length));
    let mut bad = Vec::new();
    for (column, most) in [
        ("host_id", 128),
        ("brand_id", 128),
        ("community_id", 128),
        ("title", 200),
        ("category", 128),
        ("stream_call_id", 255),
    ] {
        bad.extend(
            ["''", "'a\u{1}'", "'\u{1f}'", "'a\nb'", "'\u{7f}'", "'\u{85}a'", "'\u{9f}'"]
                .map(|text| (column, text.to_owned())),
        );
        bad.push((column, text(most + 1)));
    }
    for (column, values) in [
        ("title", &["' '", "'\u{2003}\u{a0}'", "'\u{3000}\u{1680}\u{2028}'", "NULL"][..]),
        ("kind", &["'Live'", "''", "NULL"]),
        ("status", &["'over'", "'LIVE'", "NULL"]),
        ("max_participants", &["0", "-1", "1000001", "NULL"]),
        ("duration_minutes", &["0", "1441"]),
        ("recording_url", &["'video.example'", "'ftp://video.example'", "'https://'", "''", "'https://a\u{7}'"]),
        ("metadata", &["'[]'", "'null'", "'1'", "'{'", "''", "NULL"]),
        ("registered_count", &["-1", "11", "NULL"]),
        ("version", &["0", "-1", "NULL"]),
        ("waiting_count", &["-1", "NULL"]),
        ("brand_id", &["NULL"]),
        ("host_id", &["NULL"]),
    ] {
        bad.extend(values.iter().map(|value| (column, (*value).to_owned())));
    }
    bad.push(("recording_url", format!("'https://{}'", "a".repeat(2_041))));
    bad.push(("metadata", format!("'{{\"a\":\"{}\"}}'", "x".repeat(16_377))));
    bad
}

/// Values that it may have, at the edge.
fn good_sessions() -> Vec<(&'static str, String)> {
    let text = |length: usize| format!("'{}'", "ü".repeat(length));
    vec![
        ("host_id", text(128)),
        ("title", text(200)),
        ("title", "' \u{a0}a'".to_owned()),
        ("title", "'\u{a0}\u{200b}'".to_owned()),
        ("community_id", "NULL".to_owned()),
        ("stream_call_id", text(255)),
        ("max_participants", "1000000".to_owned()),
        ("duration_minutes", "1440".to_owned()),
        ("recording_url", "'HTTPS://video.example'".to_owned()),
        ("recording_url", format!("'https://{}'", "a".repeat(2_040))),
        ("metadata", format!("'{{\"a\":\"{}\"}}'", "x".repeat(16_376))),
        ("metadata", r#"'{"a":"\\ud800",  "n":1e999}'"#.replace("\\\\", "\\")),
        ("registered_count", "10".to_owned()),
        ("ended_at", "started_at".to_owned()),
        ("version", "9223372036854775807".to_owned()),
        ("waiting_count", "11".to_owned()),
        ("last_registered_at", "NULL".to_owned()),
    ]
}

const INSTANTS: [&str; 6] =
    ["scheduled_at", "started_at", "ended_at", "created_at", "updated_at", "last_registered_at"];

#[tokio::test]
async fn the_checks_of_postgres_refuse_what_the_domain_refuses() {
    let database = PgDatabase::create().await;
    let client = database.connect().await;
    let setup = "
        INSERT INTO sessions (id, host_id, brand_id, title, kind, scheduled_at, status, max_participants, metadata,
            created_at, updated_at)
        VALUES (gen_random_uuid(), 'a', 'a', 'a', 'live', now(), 'live', 10, '{}', now(), now());
        INSERT INTO registrations SELECT gen_random_uuid(), id, 'ada', 'registered', now() FROM sessions";
    client.batch_execute(setup).await.unwrap();
    let mut bad = bad_sessions();
    for column in INSTANTS {
        let instants = ["'1969-12-31T23:59:59.999999Z'", "'9999-01-01T00:00:00Z'", "'infinity'", "'-infinity'"];
        bad.extend(instants.map(|instant| (column, instant.to_owned())));
    }
    for (column, value) in bad {
        let result = client.batch_execute(&format!("UPDATE sessions SET {column} = {value}")).await;
        let error = result.expect_err(&format!("{column} = {value}"));
        // A violated check or NOT NULL; or no JSON at all.
        assert!(["23514", "23502", "22P02"].contains(&error.code().unwrap().code()), "{column} = {value}: {error:?}");
    }
    let mut good = good_sessions();
    for column in INSTANTS {
        good.extend(["'1970-01-01T00:00:00Z'", "'9998-12-31T23:59:59.999999Z'"].map(|at| (column, at.to_owned())));
    }
    for (column, value) in good {
        client.batch_execute(&format!("UPDATE sessions SET {column} = {value}")).await.unwrap();
    }
    for (column, value) in bad_registrations() {
        let result = client.batch_execute(&format!("UPDATE registrations SET {column} = {value}")).await;
        result.expect_err(&format!("{column} = {value}"));
    }
    client.batch_execute("DELETE FROM sessions").await.expect_err("registrations keep their session");
}

fn bad_registrations() -> Vec<(&'static str, String)> {
    let mut bad = [("user_id", "''"), ("user_id", "'a\u{7f}'"), ("user_id", "NULL"), ("status", "'gone'")]
        .map(|(column, value)| (column, value.to_owned()))
        .to_vec();
    bad.push(("user_id", format!("'{}'", "ü".repeat(256))));
    bad.push(("status", "'cancelled'".to_owned()));
    bad.push(("cancelled_at", "registered_at".to_owned()));
    bad
}

#[tokio::test]
async fn the_checks_of_sqlite_refuse_what_the_domain_refuses() {
    let file = SqliteFile::create().await;
    let mut connection = SqliteConnection::establish(file.path().to_str().unwrap()).unwrap();
    let setup = "
        PRAGMA foreign_keys = ON;
        INSERT INTO sessions (id, host_id, brand_id, title, kind, scheduled_at, status, max_participants, metadata,
            created_at, updated_at)
        VALUES (randomblob(16), 'a', 'a', 'a', 'live', 1, 'live', 10, '{}', 1, 1);
        INSERT INTO registrations SELECT randomblob(16), id, 'ada', 'registered', 1, NULL FROM sessions";
    connection.batch_execute(setup).unwrap();
    let mut bad = bad_sessions();
    for column in INSTANTS {
        bad.extend(["-1", "253370764800000000", "'2026-01-01'"].map(|instant| (column, instant.to_owned())));
    }
    bad.extend(["title", "host_id", "category"].map(|column| (column, "'a' || char(0) || 'b'".to_owned())));
    bad.push(("id", "randomblob(15)".to_owned()));
    for (column, value) in bad {
        let result = connection.batch_execute(&format!("UPDATE sessions SET {column} = {value}"));
        result.expect_err(&format!("{column} = {value}"));
    }
    let mut good = good_sessions();
    for column in INSTANTS {
        good.extend(["0", "253370764799999999"].map(|instant| (column, instant.to_owned())));
    }
    for (column, value) in good {
        let result = connection.batch_execute(&format!("UPDATE sessions SET {column} = {value}"));
        result.unwrap_or_else(|error| panic!("{column} = {value}: {error}"));
    }
    for (column, value) in bad_registrations() {
        let result = connection.batch_execute(&format!("UPDATE registrations SET {column} = {value}"));
        result.expect_err(&format!("{column} = {value}"));
    }
    connection.batch_execute("DELETE FROM sessions").expect_err("registrations keep their session");
}

/// What each store says in words of its own.
struct Words {
    fresh_id: &'static str,
    now: &'static str,
    bytes: fn(usize) -> String,
}

const POSTGRES: Words = Words {
    fresh_id: "gen_random_uuid()",
    now: "now()",
    bytes: |count| format!("decode(repeat('07', {count}), 'hex')"),
};
const SQLITE: Words = Words { fresh_id: "randomblob(16)", now: "1", bytes: |count| format!("zeroblob({count})") };

impl Words {
    /// An event of a session, one of a registration, a kept answer, and a calendar feed.
    fn rows(&self) -> String {
        let Self { fresh_id, now, bytes } = self;
        let event = "INSERT INTO session_events (id, session_id, brand_id, who, at, type,";
        format!(
            "{event} version, after)
            VALUES ({fresh_id}, {fresh_id}, 'acme', 'ada', {now}, 'session.created', 1, '{{}}');
            {event} registration_id, user_id, status_after)
            VALUES ({fresh_id}, {fresh_id}, 'acme', 'ada', {now}, 'registration.registered', {fresh_id}, 'ada', 'waitlist');
            INSERT INTO idempotency_keys (subject, key, fingerprint, outcome, kept_at)
            VALUES ('ada', 'key', {hash}, '{{}}', {now});
            INSERT INTO calendar_feeds (id, secret_hash, owner, filter, created_at, expires_at)
            VALUES ({fresh_id}, {hash}, 'ada', '{{}}', {now}, {now})",
            hash = bytes(32)
        )
    }

    /// Changes of these rows that are refused, and the check that does it.
    fn bad_changes(&self) -> Vec<(String, &'static str)> {
        let registration_id = format!("registration_id = {}", self.fresh_id);
        let off = |column| [0, 31, 33].map(|count| format!("{column} = {}", (self.bytes)(count)));
        let ([none, short, long], [no_hash, half_hash, long_hash]) = (off("fingerprint"), off("secret_hash"));
        let types = ["type = ''", "type = 'session.gone'", "type = 'Session.created'"];
        let of_session = [
            "version = NULL",
            "after = NULL",
            "version = NULL, after = NULL",
            &registration_id,
            "user_id = 'ada'",
            "status_before = 'waitlist'",
            "status_after = 'waitlist'",
        ];
        let of_registration = [
            "registration_id = NULL",
            "user_id = NULL",
            "status_after = NULL",
            "version = 1",
            "before = '{}'",
            "after = '{}'",
            "version = 1, after = '{}'",
        ];
        [
            ("session_events_type_known", "session_events", "true", &types[..]),
            ("session_events_of_one_kind", "session_events", "registration_id IS NULL", &of_session),
            ("session_events_of_one_kind", "session_events", "version IS NULL", &of_registration),
            ("idempotency_keys_fingerprint_length", "idempotency_keys", "true", &[&none, &short, &long]),
            ("calendar_feeds_secret_hash_length", "calendar_feeds", "true", &[&no_hash, &half_hash, &long_hash]),
            (
                "calendar_feeds_owner_form",
                "calendar_feeds",
                "true",
                &["owner = ''", "owner = 'a\u{1}'", "owner = '\u{85}'"],
            ),
        ]
        .into_iter()
        .flat_map(|(check, table, rows, changes)| {
            changes.iter().map(move |change| (format!("UPDATE {table} SET {change} WHERE {rows}"), check))
        })
        .collect()
    }
}

/// Changes of these rows that are not refused.
fn good_changes() -> Vec<String> {
    let types = EventType::ALL.iter().map(|event_type| format!("type = '{}'", event_type.as_str()));
    let befores = ["before = '{}' WHERE version IS NOT NULL", "status_before = 'waitlist' WHERE version IS NULL"];
    types.chain(befores.map(str::to_owned)).map(|change| format!("UPDATE session_events SET {change}")).collect()
}

#[tokio::test]
async fn the_history_kept_answers_and_feeds_of_postgres_hold_their_form() {
    let database = PgDatabase::create().await;
    let client = database.connect().await;
    client.batch_execute(&POSTGRES.rows()).await.unwrap();
    let mut bad = POSTGRES.bad_changes();
    let progress = "UPDATE session_event_progress SET single = false";
    bad.push((progress.to_owned(), "session_event_progress_one_row"));
    bad.push(("INSERT INTO session_event_progress DEFAULT VALUES".to_owned(), "session_event_progress_pkey"));
    for (change, check) in bad {
        let error = client.batch_execute(&change).await.expect_err(&change);
        assert_eq!(error.as_db_error().unwrap().constraint(), Some(check), "{change}");
    }
    for change in good_changes() {
        client.batch_execute(&change).await.unwrap_or_else(|error| panic!("{change}: {error:?}"));
    }
}

#[tokio::test]
async fn the_history_kept_answers_and_feeds_of_sqlite_hold_their_form() {
    let file = SqliteFile::create().await;
    let mut connection = SqliteConnection::establish(file.path().to_str().unwrap()).unwrap();
    connection.batch_execute(&SQLITE.rows()).unwrap();
    for (change, check) in SQLITE.bad_changes() {
        let error = connection.batch_execute(&change).expect_err(&change).to_string();
        assert_eq!(error, format!("CHECK constraint failed: {check}"), "{change}");
    }
    for change in good_changes() {
        connection.batch_execute(&change).unwrap_or_else(|error| panic!("{change}: {error}"));
    }
}
