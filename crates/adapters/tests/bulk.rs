//! Imports and exports beside other writers, and when their connection is lost.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use live_adapters::test_support::{PgDatabase, SqliteFile};
use live_domain::bulk::BadLine;
use live_domain::contract::Store;
use live_domain::contract::fixtures::{
    exported_registrations, exported_sessions, fill, found, id, import_registrations, import_sessions, leave, lines,
    now, register, registration, session, session_lines,
};
use live_domain::{Export, ImportError, Imported, MaxParticipants, RegistrationStatus, Session, StoreError};

const IMPORTS: u8 = 8;

/// Several imports, each of them for the last seat.
async fn check_the_last_seat<S: Store + Clone + 'static>(store: S) {
    fill(&store, [Session { max_participants: MaxParticipants::new(1).unwrap(), ..session(1) }]).await;
    let imports: Vec<_> = (0..IMPORTS)
        .map(|number| {
            let store = store.clone();
            let line = registration(1, &format!("person {number}"), RegistrationStatus::Registered, number.into());
            tokio::spawn(async move { import_registrations(&store, lines([line])).await })
        })
        .collect();
    let mut refused = 0;
    for import in imports {
        match import.await.unwrap() {
            Ok(imported) => assert_eq!(imported.created, 1),
            Err(ImportError::BadLine { number, reason }) => {
                assert_eq!((number, reason), (1, BadLine::Oversold { registered: 2, seats: 1 }));
                refused += 1;
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    assert_eq!(refused, IMPORTS - 1);
    assert_eq!(exported_registrations(&store).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_at_once_do_not_oversell_on_postgres() {
    let database = PgDatabase::create().await;
    check_the_last_seat(database.store()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_at_once_do_not_oversell_on_sqlite() {
    let file = SqliteFile::create().await;
    check_the_last_seat(file.store()).await;
}

async fn check_snapshots(store: &dyn Store) {
    fill(store, (1..=3).map(session)).await;
    register(store, [registration(1, "ada", RegistrationStatus::Registered, 1)]).await;
    let (mut sessions, mut registrations) =
        (store.export_sessions().await.unwrap(), store.export_registrations().await.unwrap());
    fill(store, (2..=9).map(session)).await;
    register(store, [registration(1, "bob", RegistrationStatus::Registered, 2)]).await;
    assert_eq!(whole(&mut *sessions).await, [1, 2, 3].map(session));
    assert_eq!(whole(&mut *registrations).await.len(), 1);
    assert_eq!(exported_sessions(store).await.len(), 9);
}

async fn whole<T: Send + 'static>(export: &mut dyn Export<T>) -> Vec<T> {
    let mut rows = Vec::new();
    loop {
        let next = export.next().await.unwrap();
        if next.is_empty() {
            return rows;
        }
        rows.extend(next);
    }
}

#[tokio::test]
async fn an_export_is_of_the_store_as_it_was_on_postgres() {
    let database = PgDatabase::create().await;
    check_snapshots(&database.store()).await;
}

#[tokio::test]
async fn an_export_is_of_the_store_as_it_was_on_sqlite() {
    let file = SqliteFile::create().await;
    check_snapshots(&file.store()).await;
}

#[tokio::test]
async fn an_import_that_loses_its_connection_has_done_nothing() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    let mut import = live_domain::BulkRepository::import_sessions(&store, now()).await.unwrap();
    import.stage(session_lines([session(1)])).await.unwrap();
    let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'live import'";
    client.batch_execute(end).await.unwrap();
    let error = import.apply().await.unwrap_err();
    assert!(matches!(error, ImportError::Store(StoreError::Unavailable(_))), "{error:?}");
    assert!(exported_sessions(&store).await.is_empty());
}

#[tokio::test]
async fn reading_a_file_locks_nothing_on_postgres() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    fill(&store, [session(1)]).await;
    let mut import = live_domain::BulkRepository::import_sessions(&store, now()).await.unwrap();
    import.stage(session_lines([session(1), session(2)])).await.unwrap();
    client
        .batch_execute("SET lock_timeout = '10s'; BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE; COMMIT")
        .await
        .unwrap();
    import_sessions(&store, session_lines([session(3)])).await.unwrap();
    import.apply().await.unwrap();
    assert_eq!(exported_sessions(&store).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_holds_though_its_registration_changes_between_check_and_lock_on_postgres() {
    let database = PgDatabase::create().await;
    let (store, holder, watcher) = (database.store(), database.connect().await, database.connect().await);
    fill(&store, (1..=2).map(session)).await;
    let bob = || registration(1, "bob", RegistrationStatus::Registered, 1);
    register(&store, [bob()]).await;
    holder.batch_execute(&format!("BEGIN; SELECT FROM sessions WHERE id = '{}' FOR UPDATE", id(2))).await.unwrap();
    let file = lines([bob(), registration(2, "cleo", RegistrationStatus::Registered, 2)]);
    let import = tokio::spawn({
        let store = store.clone();
        async move { import_registrations(&store, file).await }
    });
    let waiting = "SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'live import' AND wait_event_type = 'Lock'";
    while watcher.query(waiting, &[]).await.unwrap().is_empty() {}
    // The line said nothing new when it was checked.
    leave(&store, 1, "bob", 5).await;
    holder.batch_execute("COMMIT").await.unwrap();
    assert_eq!(import.await.unwrap().unwrap(), Imported { created: 1, changed: 1, unchanged: 0 });
    let statuses: Vec<_> = exported_registrations(&store).await.iter().map(|row| row.status).collect();
    assert_eq!(statuses, [RegistrationStatus::Registered; 2]);
    assert_eq!(found(&store, 1, "bob").await.registered_count, 1);
}

#[tokio::test]
async fn the_counter_changes_without_touching_an_index_on_postgres() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    fill(&store, (1..=2_000).map(session)).await;
    let size = "SELECT pg_indexes_size('sessions')";
    let before: i64 = client.query_one(size, &[]).await.unwrap().get(0);
    let person = |number: u32| registration(number, "ada", RegistrationStatus::Registered, number.into());
    register(&store, (1..=2_000).map(person)).await;
    let after: i64 = client.query_one(size, &[]).await.unwrap().get(0);
    assert_eq!(before, after);
}
