//! Failures of Postgres by their codes: what is tried again, what becomes of the connection, and what is counted.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use std::time::Duration;

use diesel::Connection;
use diesel::connection::SimpleConnection;
use live_adapters::postgres::PgSessionRepository;
use live_adapters::test_support::{PgDatabase, SETTINGS, SqliteFile, pool_usage};
use live_adapters::{FailureKind, Migrations, StoreSettings, StoreUsage};
use live_domain::contract::fixtures::{enter, fill, now, session, viewer, write};
use live_domain::{
    BrandScope, ListedSession, Page, PageSize, RegisterError, SessionFilter, SessionOrder, SessionRepository,
    SessionScan, SessionWriter, StoreError,
};
use tokio_postgres::Client;

const ONE_CONNECTION: StoreSettings = StoreSettings { pool_size: 1, ..SETTINGS };

async fn list(store: &dyn SessionRepository) -> Result<Page<ListedSession, SessionScan>, StoreError> {
    let scan = SessionScan::beginning(SessionOrder::Newest, now());
    store.list(&BrandScope::All, &viewer("ada"), &SessionFilter::default(), scan, PageSize::default()).await
}

/// The failures so far, but those that did not happen.
fn failures(store: &dyn StoreUsage) -> Vec<(FailureKind, u64)> {
    store.reading().failures.into_iter().filter(|(_, count)| *count > 0).collect()
}

/// Lets the next `times` calls of `undo()` fail with that code.
async fn undo_next(client: &Client, code: &str, times: u32) {
    let function = format!(
        "DROP SEQUENCE IF EXISTS undone; CREATE SEQUENCE undone;
        CREATE OR REPLACE FUNCTION undo() RETURNS bool LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('undone') <= {times} THEN RAISE EXCEPTION 'undone' USING ERRCODE = '{code}'; END IF;
            RETURN true; END $$;"
    );
    client.batch_execute(&function).await.unwrap();
}

/// Checks by `undo()` what is put into the history.
const UNDO_WRITES: &str = "ALTER TABLE session_events ADD CHECK (undo())";
/// Reads sessions through `undo()`.
const UNDO_READS: &str =
    "ALTER TABLE sessions RENAME TO stored; CREATE VIEW sessions AS SELECT * FROM stored WHERE undo()";

/// A database with a session, and a connection of the test to it.
async fn prepared(statement: &str) -> (PgDatabase, Client) {
    let database = PgDatabase::create().await;
    fill(&database.store(), [session(1)]).await;
    let client = database.connect().await;
    undo_next(&client, "00000", 0).await;
    client.batch_execute(statement).await.unwrap();
    (database, client)
}

/// A store of one connection, which the server knows by that name.
fn named(database: &PgDatabase, name: &str) -> PgSessionRepository {
    let url = format!("{}?application_name={name}", database.url_text());
    PgSessionRepository::new(&url.parse().unwrap(), ONE_CONNECTION).unwrap()
}

/// The server's process behind the connection of that name.
async fn backend(client: &Client, name: &str) -> i32 {
    let backend = "SELECT pid FROM pg_stat_activity WHERE application_name = $1";
    let rows = client.query(backend, &[&name]).await.unwrap();
    rows.first().unwrap().get(0)
}

#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Done,
    Unavailable,
    Failed,
}

fn answer<T>(result: &Result<T, StoreError>) -> Answer {
    match result {
        Ok(_) => Answer::Done,
        Err(StoreError::Unavailable(_)) => Answer::Unavailable,
        Err(StoreError::Failed(_)) => Answer::Failed,
    }
}

/// A code, what it counts as, what a read comes to that meets it once, what a write, and whether the connection stays.
const CODES: [(&str, FailureKind, Answer, Answer, bool); 16] = {
    use Answer::{Done, Failed, Unavailable};
    use FailureKind::{Conflict, Deadline, Lost, Resources, Stale, Statement};
    [
        ("40001", Conflict, Done, Done, true),
        ("40P01", Conflict, Done, Done, true),
        ("55P03", Conflict, Done, Done, true),
        ("0A000", Stale, Done, Done, false),
        ("25006", Stale, Done, Done, false),
        ("26000", Stale, Done, Done, false),
        ("08006", Lost, Done, Unavailable, false),
        ("40003", Lost, Done, Unavailable, false),
        ("57P01", Lost, Done, Unavailable, false),
        ("57P03", Lost, Done, Unavailable, false),
        ("57014", Deadline, Unavailable, Unavailable, true),
        ("53100", Resources, Unavailable, Unavailable, false),
        ("53200", Resources, Unavailable, Unavailable, false),
        ("58030", Resources, Unavailable, Unavailable, false),
        ("42501", Statement, Failed, Failed, false),
        ("XX001", Statement, Failed, Failed, false),
    ]
};

#[tokio::test]
async fn a_read_is_tried_once_more_where_that_may_help() {
    let (database, client) = prepared(UNDO_READS).await;
    for (code, kind, read, _, keeps) in CODES {
        let store = named(&database, code);
        list(&store).await.unwrap();
        let before = backend(&client, code).await;
        undo_next(&client, code, 1).await;
        assert_eq!(answer(&list(&store).await), read, "{code}");
        assert_eq!(failures(&store), [(kind, 1)], "{code}");
        assert_eq!(list(&store).await.unwrap().items.len(), 1, "{code}");
        assert_eq!(backend(&client, code).await == before, keeps, "{code}");
    }
}

async fn register(store: &PgSessionRepository, fresh: u64) -> Result<(), StoreError> {
    match enter(store, 1, &format!("person {fresh}"), 0, fresh).await {
        Ok(_) => Ok(()),
        Err(RegisterError::Store(error)) => Err(error),
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_write_is_tried_once_more_where_the_server_has_undone_it() {
    let (database, client) = prepared(UNDO_WRITES).await;
    let mut registered = 0;
    for (fresh, (code, kind, _, written, keeps)) in (1..).zip(CODES) {
        let store = named(&database, code);
        list(&store).await.unwrap();
        let before = backend(&client, code).await;
        undo_next(&client, code, 1).await;
        registered += u64::from(written == Answer::Done);
        assert_eq!(answer(&register(&store, fresh).await), written, "{code}");
        assert_eq!(failures(&store), [(kind, 1)], "{code}");
        list(&store).await.unwrap();
        assert_eq!(backend(&client, code).await == before, keeps, "{code}");
    }
    let store = database.store();
    assert_eq!(list(&store).await.unwrap().items[0].registered_count, u32::try_from(registered).unwrap());
}

#[tokio::test]
async fn nothing_is_tried_a_third_time() {
    for (statement, writes) in [(UNDO_READS, false), (UNDO_WRITES, true)] {
        let (database, client) = prepared(statement).await;
        let store = named(&database, "live");
        undo_next(&client, "40P01", 2).await;
        let failed = if writes { register(&store, 1).await } else { list(&store).await.map(drop) };
        let Err(StoreError::Unavailable(cause)) = failed else { panic!("{failed:?}") };
        assert!(cause.to_string().contains("SQLSTATE 40P01"), "{cause}");
        assert_eq!(failures(&store), [(FailureKind::Conflict, 2)]);
    }
}

#[tokio::test]
async fn what_fails_on_sqlite_is_counted_by_its_kind_as_well() {
    let file = SqliteFile::create_empty();
    let store = file.store_with(StoreSettings { pool_size: 3, timeout: Duration::from_millis(200), ..SETTINGS });
    assert_eq!(answer(&list(&store).await), Answer::Unavailable);
    assert_eq!(failures(&store), [(FailureKind::Connect, 1)]);
    store.run().await.unwrap();
    list(&store).await.unwrap();
    let reading = store.reading();
    assert_eq!((reading.pool_max, reading.pool_open, reading.pool_idle, reading.pool_waiting), (3, 1, 1, 0));

    let mut other = diesel::SqliteConnection::establish(file.path().to_str().unwrap()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let write = store.create(&session(1), &write("ada", 0)).await;
    assert!(matches!(write, Err(StoreError::Unavailable(_))), "{write:?}");
    other.batch_execute("ROLLBACK; DROP TABLE sessions").unwrap();
    assert_ne!(answer(&list(&store).await), Answer::Done);
    let kinds: Vec<_> = failures(&store).into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, [FailureKind::Connect, FailureKind::Deadline, FailureKind::Resources]);
}

#[tokio::test]
async fn who_waits_for_a_connection_is_counted() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store_with(ONE_CONNECTION), database.connect().await);
    client.batch_execute("BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let lists: Vec<_> = (0..3)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { list(&store).await.map(drop) })
        })
        .collect();
    while store.reading().pool_waiting != 2 || pool_usage(&store) != (1, 1) {
        tokio::task::yield_now().await;
    }
    client.batch_execute("ROLLBACK").await.unwrap();
    for list in lists {
        list.await.unwrap().unwrap();
    }
    assert_eq!((store.reading().pool_waiting, pool_usage(&store)), (0, (1, 0)));
    assert!(failures(&store).is_empty());
}

/// Whatever the pool has of them, one failure tells that all are no good.
#[tokio::test]
async fn a_pool_full_of_connections_that_the_server_ended_fails_no_read() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    fill(&store, [session(1)]).await;
    open_all(&store, &client).await;
    let end = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'live'";
    client.batch_execute(end).await.unwrap();
    for _ in 0..2 * SETTINGS.pool_size {
        list(&store).await.unwrap();
    }
}

/// Lets every connection of the pool be opened, and prepare the list.
async fn open_all(store: &PgSessionRepository, client: &Client) {
    client.batch_execute("BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let lists = (0..SETTINGS.pool_size).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { list(&store).await.map(drop) })
    });
    let lists: Vec<_> = lists.collect();
    while pool_usage(store) != (SETTINGS.pool_size, SETTINGS.pool_size) {
        tokio::task::yield_now().await;
    }
    client.batch_execute("ROLLBACK").await.unwrap();
    for list in lists {
        list.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_changed_column_fails_no_read_and_no_write_whatever_the_pool_holds() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    fill(&store, [session(1)]).await;
    for (fresh, change) in (1..).zip([
        r#"ALTER COLUMN title TYPE varchar COLLATE "C""#,
        "ADD COLUMN mood text",
        r#"ALTER COLUMN title TYPE text COLLATE "C""#,
    ]) {
        open_all(&store, &client).await;
        client.batch_execute(&format!("ALTER TABLE sessions {change}")).await.unwrap();
        register(&store, fresh).await.unwrap();
        for _ in 0..2 * SETTINGS.pool_size {
            list(&store).await.unwrap();
        }
    }
}
