//! The schema comes up, goes down and comes up again, also when several start at once; and it holds what the domain
//! promises.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use diesel::Connection;
use diesel::SqliteConnection;
use diesel_async::AsyncPgConnection;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::MigrationHarness;
use live_adapters::test_support::{PgDatabase, SqliteFile};
use live_adapters::{Migrations, postgres, sqlite};
use live_domain::contract::Store;
use live_domain::contract::fixtures::{enter, fill, found, minutes, session};
use live_domain::{MaxParticipants, SchemaState, Session, SessionVersion, StoreHealth};

/// How many processes start at once.
const STARTERS: usize = 8;

async fn start_together<M: Migrations + Clone + 'static>(store: &M) -> Vec<Vec<String>> {
    let starters: Vec<_> = (0..STARTERS)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.run().await.unwrap() })
        })
        .collect();
    let mut applied = Vec::new();
    for starter in starters {
        applied.push(starter.await.unwrap());
    }
    applied
}

async fn check_start<S: Migrations + StoreHealth + Clone + 'static>(store: S) {
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Behind);
    let pending = store.pending().await.unwrap();
    assert!(!pending.is_empty());
    // To ask is not to begin.
    assert_eq!(store.pending().await.unwrap(), pending);
    let applied = start_together(&store).await;
    let applied: Vec<_> = applied.into_iter().filter(|names| !names.is_empty()).collect();
    assert_eq!(applied, [pending]);
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Current);
    assert!(store.pending().await.unwrap().is_empty());
    assert!(store.run().await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_migrates_postgres_and_the_others_wait() {
    check_start(PgDatabase::create_empty().await.store()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_several_migrates_sqlite_and_the_others_wait() {
    let file = SqliteFile::create_empty();
    check_start(file.store()).await;
}

#[tokio::test]
async fn every_migration_of_postgres_can_be_reverted() {
    let database = PgDatabase::create().await;
    let url = database.url_text().to_owned();
    let revert = move || {
        let mut connection = AsyncConnectionWrapper::<AsyncPgConnection>::establish(&url).unwrap();
        connection.revert_all_migrations(postgres::MIGRATIONS).unwrap();
    };
    tokio::task::spawn_blocking(revert).await.unwrap();
    let client = database.connect().await;
    let left = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relname NOT LIKE '\\_\\_diesel%'";
    assert!(client.query(left, &[]).await.unwrap().is_empty());
    let store = database.store();
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Behind);
    store.run().await.unwrap();
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Current);
}

#[tokio::test]
async fn every_migration_of_sqlite_can_be_reverted() {
    let file = SqliteFile::create().await;
    let mut connection = SqliteConnection::establish(file.path().to_str().unwrap()).unwrap();
    connection.revert_all_migrations(sqlite::MIGRATIONS).unwrap();
    drop(connection);
    let store = file.store();
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Behind);
    store.run().await.unwrap();
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Current);
}

/// Takes back what made the store able to write, and runs it again over a session with a line.
async fn check_line_survives<S: Migrations + Store>(open: impl Fn() -> S, revert: impl FnOnce() + Send + 'static) {
    let store = open();
    fill(&store, [Session { max_participants: MaxParticipants::new(1).unwrap(), ..session(1) }]).await;
    for (minute, person) in [(1, "ada"), (2, "bob"), (3, "cleo")] {
        enter(&store, 1, person, minute, minute.unsigned_abs()).await.unwrap();
    }
    tokio::task::spawn_blocking(revert).await.unwrap();
    // As another process would open it: this one knows the tables that are gone.
    let store = open();
    store.run().await.unwrap();
    let last = enter(&store, 1, "dan", 0, 4).await.unwrap().registration;
    assert_eq!(last.position, Some(3));
    assert_eq!(last.registration.registered_at, minutes(3).later_by(time::Duration::MICROSECOND));
    assert_eq!(found(&store, 1, "ada").await.version, SessionVersion::FIRST);
}

#[tokio::test]
async fn who_waited_before_the_store_could_write_still_waits_on_postgres() {
    let database = PgDatabase::create().await;
    let url = database.url_text().to_owned();
    let revert = move || {
        let mut connection = AsyncConnectionWrapper::<AsyncPgConnection>::establish(&url).unwrap();
        while connection.applied_migrations().unwrap().len() > 1 {
            drop(connection.revert_last_migration(postgres::MIGRATIONS).unwrap());
        }
    };
    check_line_survives(|| database.store(), revert).await;
}

#[tokio::test]
async fn who_waited_before_the_store_could_write_still_waits_on_sqlite() {
    let file = SqliteFile::create().await;
    let path = file.path().to_str().unwrap().to_owned();
    let revert = move || {
        let mut connection = SqliteConnection::establish(&path).unwrap();
        while connection.applied_migrations().unwrap().len() > 1 {
            drop(connection.revert_last_migration(sqlite::MIGRATIONS).unwrap());
        }
    };
    check_line_survives(|| file.store(), revert).await;
}

#[tokio::test]
async fn a_newer_schema_is_current_and_an_older_one_behind_on_postgres() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    client.batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')").await.unwrap();
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Current);
    client.batch_execute("DELETE FROM __diesel_schema_migrations WHERE version < '9999'").await.unwrap();
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Behind);
}
