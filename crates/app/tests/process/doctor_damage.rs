//! `live doctor` on stores whose data was damaged past the service: each damage is one finding, and a counter is mended.

use std::fmt::Write;

use live_adapters::test_support::{PgDatabase, SqliteFile};
use serde_json::{Value, json};

use crate::support::{Answer, Machine, Said, Server, get, post};

/// A store that the test can reach past the service.
enum Store {
    Postgres(Box<PgDatabase>),
    Sqlite(SqliteFile),
}

impl Store {
    async fn both() -> [Self; 2] {
        [Self::Postgres(Box::new(PgDatabase::create().await)), Self::Sqlite(SqliteFile::create().await)]
    }

    fn url(&self) -> String {
        match self {
            Self::Postgres(database) => database.url_text().to_owned(),
            Self::Sqlite(file) => format!("sqlite:{}", file.path().display()),
        }
    }

    /// Whatever the checks of the schema say.
    async fn execute(&self, statements: &str) {
        match self {
            Self::Postgres(database) => database.connect().await.batch_execute(statements).await.unwrap(),
            Self::Sqlite(file) => file.execute(&format!("PRAGMA ignore_check_constraints = ON; {statements}")),
        }
    }
}

/// Two sessions of two seats: one that nobody has touched, and a live one whose seats are taken and that carl waits for.
struct Seeded {
    scheduled: String,
    live: String,
}

async fn create(server: &Server, host: &str, title: &str) -> String {
    let session = json!({"host_id": "ada", "brand_id": "acme", "title": title, "scheduled_at": "2026-03-01T18:00:00Z",
        "max_participants": 2});
    let answer = post(&server.url("/v1/sessions"), host, &title.replace(' ', "-"), Some(&session)).await.unwrap();
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.body["id"].as_str().unwrap().to_owned()
}

async fn seed(server: &Server, machine: &Machine) -> Seeded {
    let host = machine.host_token("ada");
    let scheduled = create(server, &host, "A session that nobody has touched").await;
    let live = create(server, &host, "A session that has begun").await;
    for (person, expected) in [("ada", "registered"), ("bob", "registered"), ("carl", "waitlist")] {
        let answer = register(server, machine, &live, person).await;
        assert_eq!(answer.body["status"], expected, "{}", answer.body);
    }
    let answer = post(&server.url(&format!("/v1/sessions/{live}/start")), &host, "start", None).await.unwrap();
    assert_eq!(answer.status, 200, "{}", answer.body);
    Seeded { scheduled, live }
}

async fn register(server: &Server, machine: &Machine, session: &str, person: &str) -> Answer {
    let url = server.url(&format!("/v1/sessions/{session}/registrations"));
    post(&url, &machine.token(person), &format!("{session} {person}").replace(' ', "-"), None).await.unwrap()
}

/// The lines of the report that are not `ok`, remedies included. Whether the test's role is a superuser is not looked at.
fn findings(said: &Said) -> Vec<String> {
    let mut lines = said.out.lines();
    let mut found = Vec::new();
    while let Some(line) = lines.next() {
        if !line.starts_with("ok   ") {
            let remedy = lines.next().unwrap_or_default();
            assert!(remedy.starts_with("     -> "), "no remedy for {line}");
            if !line.contains("is a superuser") {
                found.push(format!("{line}\n{remedy}"));
            }
        }
    }
    found
}

const STARTED: &str = "2026-01-01T00:00:00Z";

/// A damage, how it is undone, and the finding: its beginning, and what its remedy names.
struct Damage {
    doing: String,
    undoing: String,
    finding: &'static str,
    remedy: &'static str,
}

fn damages(store: &Store, seeded: &Seeded) -> Vec<Damage> {
    let postgres = matches!(store, Store::Postgres(_));
    let id = |id: &str| if postgres { format!("'{id}'") } else { format!("x'{}'", id.replace('-', "")) };
    let (live, scheduled) = (id(&seeded.live), id(&seeded.scheduled));
    let instant = if postgres { format!("'{STARTED}'") } else { "1767225600000000".to_owned() };
    let set = |what: &str| format!("UPDATE sessions SET {what} WHERE id = {live};");
    let of = |person: &str, what: &str| {
        format!("UPDATE registrations SET {what} WHERE session_id = {live} AND user_id = '{person}';")
    };
    let unchecked = if postgres { "ALTER TABLE sessions DROP CONSTRAINT sessions_registered_count_range;" } else { "" };
    let begun = |from: &str, to: &str, at: &str| {
        format!(
            "UPDATE sessions SET started_at = {at} WHERE id = {scheduled};
            UPDATE session_events SET after = replace(after, '\"started_at\":{from}', '\"started_at\":{to}')
            WHERE session_id = {scheduled};"
        )
    };
    let started = format!("\"{STARTED}\"");
    let damage = |doing: String, undoing: String, finding, remedy| Damage { doing, undoing, finding, remedy };
    vec![
        damage(
            set("registered_count = 1"),
            set("registered_count = 2"),
            "FAIL counters: registered_count or waiting_count differs from the registrations of session",
            "`live doctor --repair`",
        ),
        damage(
            set("waiting_count = 7"),
            set("waiting_count = 1"),
            "FAIL counters: registered_count or waiting_count differs",
            "`live doctor --repair`",
        ),
        damage(
            of("bob", "status = 'cancelled', cancelled_at = registered_at") + &set("registered_count = 1"),
            of("bob", "status = 'registered', cancelled_at = NULL") + &set("registered_count = 2"),
            "FAIL line: somebody waits beside a free seat, and no import left it so, in session",
            "`PATCH /v1/sessions/{id}`",
        ),
        damage(
            begun("null", &started, &instant),
            begun(&started, "null", "NULL"),
            "FAIL life: started_at or ended_at does not fit the status of session",
            "`live import sessions`",
        ),
        damage(
            set("title = 'Changed by hand'"),
            set("title = 'A session that has begun'"),
            "FAIL history: something changed without an event",
            "`PATCH /v1/sessions/{id}`",
        ),
        damage(
            set("version = version + 1"),
            set("version = version - 1"),
            "FAIL history: something changed without an event",
            "`live import sessions`",
        ),
        damage(
            unchecked.to_owned()
                + &of("carl", "status = 'registered'")
                + &set("registered_count = 3, waiting_count = 0"),
            of("carl", "status = 'waitlist'") + &set("registered_count = 2, waiting_count = 1"),
            "FAIL seats: more registrations are in force than there are seats in session",
            "`live export sessions`",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_damage_to_the_data_is_one_finding_with_a_remedy() {
    for store in Store::both().await {
        let machine = Machine::serving(&store.url());
        let server = Server::serve(&machine);
        let seeded = seed(&server, &machine).await;
        for Damage { doing, undoing, finding, remedy } in damages(&store, &seeded) {
            let well = machine.run(&["doctor", "--bind", "127.0.0.1:0"]);
            assert_eq!((well.code, findings(&well)), (0, vec![]), "before {doing}");
            store.execute(&doing).await;
            let said = machine.run(&["doctor", "--bind", "127.0.0.1:0"]);
            let mut found = findings(&said);
            // SQLite tells of a row that its table would not take; on Postgres there is none.
            found.retain(|finding| !finding.starts_with("FAIL integrity: rows break the rules of their tables: CHECK"));
            assert_eq!((said.code, found.len()), (1, 1), "after {doing}\n{}{}", said.out, said.err);
            assert!(found[0].starts_with(finding) && found[0].contains(remedy), "after {doing}\n{}", found[0]);
            store.execute(&undoing).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_no_reader_will_ever_come_to_are_found() {
    let store = Store::Postgres(Box::new(PgDatabase::create().await));
    let machine = Machine::serving(&store.url());
    let server = Server::serve(&machine);
    seed(&server, &machine).await;
    for damage in ["UPDATE session_event_progress SET placed_through = 99", "DELETE FROM session_event_progress"] {
        store.execute(damage).await;
        let said = machine.run(&["doctor"]);
        let found = findings(&said);
        assert_eq!((said.code, found.len()), (1, 1), "{damage}: {found:?}");
        assert!(found[0].starts_with("FAIL places: ") && found[0].contains("back-up"), "{damage}: {}", found[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kept_answers_that_nobody_deletes_are_a_warning() {
    for store in Store::both().await {
        let machine = Machine::serving(&store.url());
        let server = Server::serve(&machine);
        seed(&server, &machine).await;
        let days_ago = match store {
            Store::Postgres(_) => "kept_at - interval '2 days'",
            Store::Sqlite(_) => "kept_at - 172800000000",
        };
        store.execute(&format!("UPDATE idempotency_keys SET kept_at = {days_ago}")).await;
        let said = machine.run(&["doctor", "--bind", "127.0.0.1:0"]);
        let found = findings(&said);
        assert_eq!((said.code, found.len()), (0, 1), "{}", said.out);
        assert!(found[0].starts_with("warn answers: 6 answers") && found[0].contains("`live serve`"), "{}", found[0]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_history_does_not_go_back_nothing_is_said_of_what_it_would_tell() {
    for store in Store::both().await {
        let machine = Machine::serving(&store.url());
        let server = Server::serve(&machine);
        let seeded = seed(&server, &machine).await;
        for Damage { doing, finding, .. } in damages(&store, &seeded) {
            if ["FAIL line", "FAIL life", "FAIL history"].iter().any(|judged| finding.starts_with(judged)) {
                store.execute(&doing).await;
            }
        }
        store.execute("DELETE FROM session_events").await;
        let said = machine.run(&["doctor", "--bind", "127.0.0.1:0"]);
        assert_eq!((said.code, findings(&said)), (0, vec![]), "{}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_leaves_people_waiting_beside_free_seats_is_no_fault() {
    for store in Store::both().await {
        let machine = Machine::serving(&store.url());
        let server = Server::serve(&machine);
        let Seeded { scheduled, live } = seed(&server, &machine).await;
        let waiting = format!(r#"{{"session_id":"{scheduled}","user_id":"dora","status":"waitlist"}}"#);
        machine.ok(&["import", "registrations", &machine.file("waiting", &waiting)]);
        let line = machine.ok(&["export", "sessions"]);
        let line = line.lines().find(|line| line.contains(&live)).unwrap();
        let wider = line.replace(r#""max_participants":2"#, r#""max_participants":9"#);
        machine.ok(&["import", "sessions", &machine.file("wider", &wider)]);
        let said = machine.run(&["doctor", "--bind", "127.0.0.1:0"]);
        assert_eq!((said.code, findings(&said)), (0, vec![]), "{}", said.err);
        // The next change of the seats promotes, and then it would be one.
        assert_eq!(register(&server, &machine, &live, "eve").await.body["status"], "registered");
        let said = machine.run(&["doctor", "--bind", "127.0.0.1:0"]);
        assert_eq!((said.code, findings(&said)), (0, vec![]), "{}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repair_mends_counters_and_tells_the_history_and_then_finds_nothing() {
    for store in Store::both().await {
        let machine = Machine::serving(&store.url());
        let server = Server::serve(&machine);
        let Seeded { scheduled, live } = seed(&server, &machine).await;
        let before = get(&server.url(&format!("/v1/sessions/{live}")), Some(&machine.token("ada"))).await.body;
        // Ada's registration is gone, and the counters say what never was.
        store.execute("DELETE FROM registrations WHERE user_id = 'ada'; UPDATE sessions SET waiting_count = 5").await;
        let said = machine.run(&["doctor", "--bind", "127.0.0.1:0"]);
        assert_eq!(said.code, 1);
        assert!(said.out.contains("differs from the registrations of 2 sessions: "), "{}", said.out);
        let said = machine.run(&["doctor", "--repair", "--bind", "127.0.0.1:0"]);
        assert_eq!((said.code, findings(&said)), (0, vec![]), "{}", said.err);
        let mut expected = String::new();
        for (session, was, is) in [(&scheduled, (0, 5), (0, 0)), (&live, (2, 5), (1, 1))] {
            let counters = |(registered, waiting)| format!("registered_count {registered}, waiting_count {waiting}");
            writeln!(expected, "ok   repair: mended session {session}: {} -> {}", counters(was), counters(is)).unwrap();
        }
        assert!(said.out.contains(&expected), "{}", said.out);
        let again = machine.run(&["doctor", "--repair", "--bind", "127.0.0.1:0"]);
        assert_eq!((again.code, findings(&again)), (0, vec![]), "{}", again.err);
        assert!(!again.out.contains("repair:"), "{}", again.out);

        let after = get(&server.url(&format!("/v1/sessions/{live}")), Some(&machine.token("ada"))).await.body;
        assert_eq!(after["registered_count"], 1);
        assert_eq!(after["updated_at"], before["updated_at"]);
        // The seat that was free all along goes to the first of the line with the next change of the seats.
        assert_eq!(register(&server, &machine, &live, "dora").await.body["position"], 1);
        let url = server.url(&format!("/v1/sessions/{live}/registrations/me"));
        assert_eq!(get(&url, Some(&machine.token("carl"))).await.body["status"], "registered");
        check_event(&store, &live).await;
    }
}

/// The history names the doctor, and the counters before and after.
async fn check_event(store: &Store, session: &str) {
    let Store::Postgres(database) = store else { return };
    let query =
        "SELECT e.version = s.version, e.before, e.after FROM session_events e JOIN sessions s ON s.id = e.session_id
        WHERE s.id::text = $1 AND e.type = 'session.updated' AND e.who = 'doctor'";
    let row = database.connect().await.query_one(query, &[&session]).await.unwrap();
    assert!(row.get::<_, bool>(0), "the version moved");
    let [before, after] = [1, 2].map(|column| serde_json::from_str::<Value>(row.get(column)).unwrap());
    let counters = |snapshot: &Value| (snapshot["registered_count"].as_u64(), snapshot["waiting_count"].as_u64());
    assert_eq!((counters(&before), counters(&after)), ((Some(2), Some(5)), (Some(1), Some(1))));
    assert_eq!(before["title"], after["title"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn repair_waits_for_who_holds_the_session_and_counts_what_they_wrote() {
    let database = PgDatabase::create().await;
    let client = database.connect().await;
    let machine = Machine::serving(database.url_text()).with("LIVE_DB_TIMEOUT_MS", "60000");
    let Seeded { live, .. } = seed(&Server::serve(&machine), &machine).await;
    client.batch_execute(&format!("UPDATE sessions SET waiting_count = 5 WHERE id = '{live}'")).await.unwrap();
    let held = database.connect().await;
    held.batch_execute(&format!("BEGIN; SELECT 1 FROM sessions WHERE id = '{live}' FOR NO KEY UPDATE")).await.unwrap();
    let child = machine.command(["doctor", "--repair", "--bind", "127.0.0.1:0"]).spawn().unwrap();
    let waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while client.query_opt(waiting, &[]).await.unwrap().is_none() {}
    let line = "INSERT INTO registrations (id, session_id, user_id, status, registered_at)
        SELECT gen_random_uuid(), id, 'dora', 'waitlist', last_registered_at + interval '1 second' FROM sessions";
    held.batch_execute(&format!("{line} WHERE id = '{live}'; COMMIT")).await.unwrap();
    let said = crate::support::said(child);
    assert_eq!((said.code, findings(&said)), (0, vec![]), "{}", said.err);
    assert!(
        said.out.contains("registered_count 2, waiting_count 5 -> registered_count 2, waiting_count 2"),
        "{}",
        said.out
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_counter_that_would_say_more_than_there_are_seats_is_left_to_people() {
    for store in Store::both().await {
        let machine = Machine::serving(&store.url());
        let server = Server::serve(&machine);
        let Seeded { live, .. } = seed(&server, &machine).await;
        store.execute("UPDATE registrations SET status = 'registered' WHERE user_id = 'carl'").await;
        let said = machine.run(&["doctor", "--repair", "--bind", "127.0.0.1:0"]);
        let found = findings(&said);
        assert_eq!((said.code, found.len()), (1, 2), "{}", said.out);
        assert!(found[0].starts_with("FAIL counters") && found[1].starts_with("FAIL seats"), "{}", said.out);
        // As the remedy has it.
        let line = machine.ok(&["export", "sessions"]);
        let line = line.lines().find(|line| line.contains(&live)).unwrap();
        let wider = line.replace(r#""max_participants":2"#, r#""max_participants":3"#);
        machine.ok(&["import", "sessions", &machine.file("wider", &wider)]);
        let said = machine.run(&["doctor", "--repair", "--bind", "127.0.0.1:0"]);
        assert_eq!((said.code, findings(&said)), (0, vec![]), "{}", said.err);
    }
}
