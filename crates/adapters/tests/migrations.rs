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
use live_domain::{SchemaState, StoreHealth};

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

#[tokio::test]
async fn a_newer_schema_is_current_and_an_older_one_behind_on_postgres() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    client.batch_execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')").await.unwrap();
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Current);
    client.batch_execute("DELETE FROM __diesel_schema_migrations WHERE version < '9999'").await.unwrap();
    assert_eq!(store.schema_state().await.unwrap(), SchemaState::Behind);
}
