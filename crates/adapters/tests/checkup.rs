//! Checkups: what is told of the server and its rights, and that whoever writes meanwhile makes nothing look wrong.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use std::sync::Arc;

use diesel::Connection;
use diesel::connection::SimpleConnection;
use live_adapters::Checkup;
use live_adapters::checkup::{Checked, Counters, Mending, Verdict};
use live_adapters::postgres::PgSessionRepository;
use live_adapters::test_support::{PgDatabase, SETTINGS, SqliteFile};
use live_domain::contract::Store;
use live_domain::contract::fixtures::{
    enter, fill, found, history, id, leave, minutes, now, register, registration, session,
};
use live_domain::{Actor, Event, EventSubject, EventType, MaxParticipants, RegistrationStatus, Session};
use tokio::task::JoinSet;

/// What is not well, each as its check and what is said of it.
fn findings(checked: &[Checked]) -> Vec<String> {
    let found = checked.iter().filter(|checked| checked.verdict != Verdict::Well);
    found.map(|Checked { check, text, .. }| format!("{check}: {text}")).collect()
}

/// People come and go, and a line is imported now and then, while the data is examined again and again.
async fn check_under_load<S: Store + Checkup + Clone + 'static>(store: S) {
    fill(&store, [Session { max_participants: MaxParticipants::new(3).unwrap(), ..session(1) }]).await;
    let mut writers = JoinSet::new();
    for writer in 0..4_u32 {
        let store = store.clone();
        writers.spawn(async move {
            for turn in 0..25 {
                let (name, fresh) = (format!("person {writer}-{}", turn % 5), u64::from(1_000 * (writer + 1) + turn));
                enter(&store, 1, &name, 1, fresh).await.unwrap();
                if turn % 2 == 1 {
                    leave(&store, 1, &name, 2).await;
                }
                if turn % 10 == 0 {
                    let imported = format!("imported {writer}-{turn}");
                    register(&store, [registration(1, &imported, RegistrationStatus::Waitlist, fresh + 500)]).await;
                }
            }
        });
    }
    let mut checkups = 0;
    while !writers.is_empty() {
        assert_eq!(findings(&store.data(now()).await.unwrap()), [""; 0], "after {checkups} checkups");
        checkups += 1;
        while let Some(ended) = writers.try_join_next() {
            ended.unwrap();
        }
    }
    assert_eq!(findings(&store.data(now()).await.unwrap()), [""; 0]);
    assert!(checkups > 1, "the writers had ended before the data was examined");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_meanwhile_makes_nothing_look_wrong_on_postgres() {
    let database = PgDatabase::create().await;
    check_under_load(database.store()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_writes_meanwhile_makes_nothing_look_wrong_on_sqlite() {
    let file = SqliteFile::create().await;
    check_under_load(file.store()).await;
}

/// Damages a counter and mends it, and reads of that in the history; a session that is right is left alone.
async fn check_mending<S: Store + Checkup>(store: S, damage: impl AsyncFnOnce(&str)) {
    fill(&store, [session(1), session(2)]).await;
    enter(&store, 1, "ada", 1, 11).await.unwrap();
    damage("UPDATE sessions SET registered_count = 7").await;
    assert_eq!(store.miscounted(None).await.unwrap(), [id(1), id(2)]);
    assert_eq!(store.miscounted(Some(id(1))).await.unwrap(), [id(2)]);
    let before = history(&store).await;
    let counters = |registered| Counters { registered, waiting: 0 };
    let mended = Mending::Mended { before: counters(7), after: counters(1) };
    assert_eq!(store.mend(id(1), minutes(5)).await.unwrap(), mended);
    assert_eq!(store.mend(id(1), minutes(6)).await.unwrap(), Mending::Right);
    assert_eq!(store.mend(id(3), minutes(6)).await.unwrap(), Mending::Right);
    assert_eq!(store.miscounted(None).await.unwrap(), [id(2)]);
    let after = history(&store).await;
    let [Event { event_type, session_id, actor, at, subject, .. }] = &after[before.len()..] else {
        panic!("{after:?}")
    };
    assert_eq!((event_type, session_id, at), (&EventType::SessionUpdated, &id(1), &minutes(5)));
    assert_eq!(actor, &Actor::Doctor);
    let found = found(&store, 1, "ada").await;
    let session = Box::new(found.session);
    let expected = EventSubject::Session { before: Some(session.clone()), after: session, version: found.version };
    assert_eq!((subject, found.registered_count), (&expected, 1));
}

#[tokio::test]
async fn a_counter_is_mended_and_the_history_names_the_doctor_on_postgres() {
    let database = PgDatabase::create().await;
    let client = database.connect().await;
    check_mending(database.store(), async |damage| client.batch_execute(damage).await.unwrap()).await;
}

#[tokio::test]
async fn a_counter_is_mended_and_the_history_names_the_doctor_on_sqlite() {
    let file = SqliteFile::create().await;
    check_mending(file.store(), async |damage| file.execute(damage)).await;
}

/// The server as one role sees it.
async fn server(url: &str, migrates: bool) -> Vec<Checked> {
    let store = PgSessionRepository::new(&url.parse().unwrap(), SETTINGS).unwrap();
    store.server(migrates).await.unwrap_or_else(|unreachable| panic!("{unreachable:?}"))
}

fn said_of<'c>(checked: &'c [Checked], check: &str) -> Vec<&'c Checked> {
    checked.iter().filter(|checked| checked.check == check).collect()
}

/// A role that may connect, and no more. It goes with its database, but for its name.
async fn role(database: &PgDatabase) -> (String, String) {
    let role = format!("live_role_{}", uuid::Uuid::new_v4().simple());
    database.connect().await.batch_execute(&format!("CREATE ROLE {role}")).await.unwrap();
    let sign = if database.url_text().contains('?') { '&' } else { '?' };
    let url = format!("{}{sign}options=-c%20role%3D{role}", database.url_text());
    (role, url)
}

#[tokio::test]
async fn a_role_is_told_every_right_that_it_lacks_and_how_to_get_it() {
    let database = PgDatabase::create().await;
    let client = database.connect().await;
    let (role, url) = role(&database).await;
    let rows = client.query("SELECT tablename::text FROM pg_tables WHERE schemaname = 'public'", &[]).await.unwrap();
    let tables = rows.iter().map(|row| row.get::<_, String>(0)).filter(|table| !table.starts_with("__"));
    let found = server(&url, false).await;
    let [lacking] = said_of(&found, "rights")[..] else { panic!("{found:?}") };
    let Verdict::Wrong { remedy } = &lacking.verdict else { panic!("{lacking:?}") };
    for table in tables {
        for right in ["SELECT", "INSERT", "UPDATE", "DELETE"] {
            assert!(lacking.text.contains(&format!("{right} ON {table}")), "{right} {table}: {}", lacking.text);
        }
    }
    let grants = remedy.split_once(": ").unwrap().1;
    client.batch_execute(grants).await.unwrap();
    let found = server(&url, false).await;
    let expected = Checked::well("rights", format!("{role} may do what the service needs"));
    assert_eq!(said_of(&found, "rights"), [&expected]);
    // To bring the schema up takes more.
    let found = server(&url, true).await;
    assert!(findings(&found)[0].contains("cannot bring the schema up"), "{found:?}");
    let mend = format!("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC", database.name());
    client.batch_execute(&mend).await.unwrap();
    let found = findings(&server(&url, false).await);
    assert_eq!(found, [format!("rights: {role} may not create temporary tables: imports fail")]);
    client.batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}")).await.unwrap();
}

#[tokio::test]
async fn what_the_server_has_set_against_the_service_is_told() {
    let database = PgDatabase::create().await;
    let name = database.name();
    for (setting, check, expected) in [
        (format!("ALTER DATABASE {name} SET default_transaction_read_only = on"), "writable", "every write fails"),
        (format!("ALTER DATABASE {name} SET statement_timeout = 100"), "timeouts", "statement_timeout is 100 ms"),
        (
            format!("ALTER DATABASE {name} CONNECTION LIMIT 7"),
            "connections",
            "LIVE_DB_POOL_SIZE is 8, and the server lets in 7",
        ),
    ] {
        let before = said_of(&server(database.url_text(), true).await, check)[0].clone();
        assert_eq!(before.verdict, Verdict::Well, "{before:?}");
        let client = database.connect().await;
        client.batch_execute("SET default_transaction_read_only = off").await.unwrap();
        client.batch_execute(&setting).await.unwrap();
        let found = server(database.url_text(), true).await;
        let [told] = said_of(&found, check)[..] else { panic!("{found:?}") };
        assert!(told.verdict != Verdict::Well && told.text.contains(expected), "{told:?}");
        client.batch_execute(&format!("ALTER DATABASE {name} RESET ALL")).await.unwrap();
    }
}

#[tokio::test]
async fn a_file_without_a_log_of_its_own_is_told() {
    let file = SqliteFile::create().await;
    let well = file.store().server(true).await.unwrap();
    assert_eq!(findings(&well), [""; 0]);
    file.execute("PRAGMA journal_mode = DELETE");
    let found = file.store().server(true).await.unwrap();
    assert_eq!(findings(&found), ["journal: journal_mode is delete: readers and writers wait for each other"]);
}

#[tokio::test]
async fn a_file_that_somebody_has_locked_is_told_apart_from_one_that_nobody_may_write() {
    let file = SqliteFile::create().await;
    let mut writer = diesel::SqliteConnection::establish(file.path().to_str().unwrap()).unwrap();
    writer.batch_execute("BEGIN IMMEDIATE").unwrap();
    let found = file.store().server(true).await.unwrap();
    assert_eq!(findings(&found), ["writable: somebody has been writing for over 5 seconds, and nobody else can"]);
}

#[tokio::test]
async fn rows_without_the_session_that_they_refer_to_are_told_on_sqlite() {
    let file = SqliteFile::create().await;
    let store: Arc<dyn Store> = Arc::new(file.store());
    fill(&*store, [session(1)]).await;
    register(&*store, [registration(1, "ada", RegistrationStatus::Registered, 11)]).await;
    file.execute("PRAGMA foreign_keys = OFF; DELETE FROM sessions");
    let found = file.store().server(true).await.unwrap();
    assert!(findings(&found)[0].starts_with("references: rows of registrations refer to rows"), "{found:?}");
    assert_eq!(findings(&file.store().data(minutes(0)).await.unwrap()), [""; 0]);
}
