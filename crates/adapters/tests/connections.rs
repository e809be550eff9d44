//! What becomes of connections when a store is away, stops answering or comes back, and when a caller goes away.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use std::time::{Duration, Instant};

use diesel::Connection;
use diesel::connection::SimpleConnection;
use futures_util::FutureExt;
use live_adapters::Migrations;
use live_adapters::causes::chain;
use live_adapters::postgres::PgSessionRepository;
use live_adapters::sqlite::SqliteSessionRepository;
use live_adapters::test_support::{PgDatabase, SETTINGS, SqliteFile, pool_usage};
use live_adapters::{DatabaseUrl, StoreSettings, StoreUsage, open};
use live_domain::Clock;
use live_domain::contract::fixtures::{enter, fill, session, standing};
use live_domain::listing::Variants;
use live_domain::{
    BrandScope, ListedSession, Page, PageSize, Selection, SessionFilter, SessionKind, SessionOrder, SessionRepository,
    SessionScan, SessionStatus, StoreError, SystemClock, Viewer,
};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

type Listed = Result<Page<ListedSession, SessionScan>, StoreError>;

async fn list(store: &dyn SessionRepository, filter: &SessionFilter) -> Listed {
    let viewer = Viewer::new("ada").unwrap();
    let scan = SessionScan::beginning(SessionOrder::Newest, SystemClock.now());
    store.list(&BrandScope::All, &viewer, filter, scan, PageSize::default()).await
}

async fn list_all(store: &dyn SessionRepository) -> Listed {
    list(store, &SessionFilter::default()).await
}

/// The message with its causes. The store must be unavailable.
fn unavailable<T>(result: Result<T, StoreError>) -> String {
    let Err(StoreError::Unavailable(cause)) = result else { panic!("the store is not unavailable") };
    chain(cause.as_ref())
}

const IMPATIENT: StoreSettings = StoreSettings { pool_size: 1, timeout: Duration::from_millis(200), ..SETTINGS };
const ONE_CONNECTION: StoreSettings = StoreSettings { pool_size: 1, ..SETTINGS };

async fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn a_postgres_that_is_away_is_told_with_everything_but_the_password() {
    let port = closed_port().await;
    let url: DatabaseUrl = format!("postgres://live:secret@127.0.0.1:{port}/sessions").parse().unwrap();
    let store = open(&url, SETTINGS).unwrap();
    let message = unavailable(list_all(&*store.sessions).await);
    for part in ["127.0.0.1", &format!("port {port}"), "database sessions", "user live", "refused"] {
        assert!(message.contains(part), "{message}");
    }
    assert!(!message.contains("secret"), "{message}");
    unavailable(store.health.schema_state().await);
    unavailable(store.migrations.run().await);
    unavailable(store.migrations.pending().await);
    unavailable(store.bulk.import_sessions(SystemClock.now()).await.map(drop));
    unavailable(store.bulk.export_sessions().await.map(drop));
}

#[tokio::test]
async fn a_postgres_that_says_nothing_is_given_up_at_the_deadline() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://live@{}/live", silent.local_addr().unwrap()).parse().unwrap();
    let store = PgSessionRepository::new(&url, IMPATIENT).unwrap();
    let started = Instant::now();
    let message = unavailable(list_all(&store).await);
    assert!(message.contains("200 ms"), "{message}");
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(pool_usage(&store), (0, 0));
}

#[tokio::test]
async fn nobody_goes_on_dialling_for_a_caller_who_has_given_up() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("postgres://live@{}/live?sslmode=disable", silent.local_addr().unwrap()).parse().unwrap();
    let store = PgSessionRepository::new(&url, IMPATIENT).unwrap();
    unavailable(list_all(&store).await);
    let (mut stream, _) = silent.accept().await.unwrap();
    // Long before a connection is given up that nobody waits for with a deadline.
    let mut said = Vec::new();
    let ended = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut said));
    ended.await.expect("the connection is given up").unwrap();
}

/// Holds a lock that no list gets past, and waits until `waiting` of them wait for it.
async fn blocked(database: &PgDatabase) -> tokio_postgres::Client {
    let blocker = database.connect().await;
    blocker.batch_execute("BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE").await.unwrap();
    blocker
}

async fn until_a_list_waits(database: &PgDatabase) {
    let client = database.connect().await;
    let waiting = "SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'live' AND wait_event_type = 'Lock'";
    while client.query(waiting, &[]).await.unwrap().is_empty() {}
}

#[tokio::test]
async fn a_statement_that_does_not_end_leaves_no_connection_busy() {
    let database = PgDatabase::create().await;
    let store = database.store_with(IMPATIENT);
    list_all(&store).await.unwrap();
    let blocker = blocked(&database).await;
    unavailable(list_all(&store).await);
    // The server may have stopped it a moment before we gave up: then the connection is as good as ever.
    assert_eq!(pool_usage(&store).1, 0);
    blocker.batch_execute("ROLLBACK").await.unwrap();
    list_all(&store).await.unwrap();
}

#[tokio::test]
async fn the_server_stops_working_on_what_nobody_waits_for() {
    let database = PgDatabase::create().await;
    let store = database.store_with(IMPATIENT);
    let lock = blocked(&database).await;
    for _ in 0..10 {
        unavailable(list_all(&store).await);
    }
    let busy = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let busy: i64 = lock.query_one(busy, &[]).await.unwrap().get(0);
    assert!(busy <= 2, "{busy} statements still wait, of a pool of one connection");
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_busy_connection_on_postgres() {
    let database = PgDatabase::create().await;
    let store = database.store_with(ONE_CONNECTION);
    list_all(&store).await.unwrap();
    let blocker = blocked(&database).await;
    let caller = tokio::spawn({
        let store = store.clone();
        async move { list_all(&store).await }
    });
    until_a_list_waits(&database).await;
    assert_eq!(pool_usage(&store), (1, 1));
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    assert_eq!(pool_usage(&store), (0, 0));
    blocker.batch_execute("ROLLBACK").await.unwrap();
    list_all(&store).await.unwrap();
}

#[tokio::test]
async fn connections_that_the_server_ends_are_replaced_before_anybody_notices() {
    let database = PgDatabase::create().await;
    let store = database.store_with(ONE_CONNECTION);
    let client = database.connect().await;
    for _ in 0..5 {
        list_all(&store).await.unwrap();
        let end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE datname = current_database() AND application_name = 'live'";
        client.batch_execute(end).await.unwrap();
        list_all(&store).await.unwrap();
    }
}

/// Lists of many different shapes.
fn shapes() -> Vec<SessionFilter> {
    let statuses = (1_u8..15).map(|mask| {
        let chosen = SessionStatus::ALL.iter().enumerate().filter(move |(bit, _)| mask & (1 << bit) != 0);
        Selection::of(chosen.map(|(_, status)| *status))
    });
    let mut shapes: Vec<_> = statuses.map(|statuses| SessionFilter::default().with_statuses(statuses)).collect();
    for kind in SessionKind::ALL {
        shapes.extend(shapes.clone().into_iter().map(|shape| shape.with_kinds(Selection::of([*kind]))));
    }
    for with in [
        |shape: SessionFilter| shape.with_host("ada".parse().unwrap()),
        |shape: SessionFilter| shape.with_community("ada".parse().unwrap()),
        |shape: SessionFilter| shape.with_category("ada".parse().unwrap()),
        |shape: SessionFilter| shape.with_brand("ada".parse().unwrap()),
    ] {
        shapes.extend(shapes.clone().into_iter().map(with));
    }
    shapes
}

#[tokio::test]
async fn a_list_is_prepared_once_however_often_it_is_asked() {
    let database = PgDatabase::create().await;
    let store = database.store_with(ONE_CONNECTION);
    let filter = |name: &str| SessionFilter::default().with_host(name.parse().unwrap());
    list(&store, &filter("ada")).await.unwrap();
    let before = store.prepared_statements().await.unwrap();
    assert_eq!(before.iter().filter(|text| text.contains("UNION ALL") || text.contains("AS page")).count(), 1);
    for name in ["bob", "cleo", "dan"] {
        list(&store, &filter(name)).await.unwrap();
    }
    assert_eq!(store.prepared_statements().await.unwrap().len(), before.len());
}

#[tokio::test]
async fn a_connection_does_not_gather_statements_for_ever() {
    let database = PgDatabase::create().await;
    let store = database.store_with(ONE_CONNECTION);
    let shapes = shapes();
    assert!(shapes.len() > 600);
    let mut most = 0;
    for shape in shapes {
        list(&store, &shape).await.unwrap();
        most = most.max(store.prepared_statements().await.unwrap().len());
    }
    assert!((400..=510).contains(&most), "{most}");
}

#[tokio::test]
async fn a_missing_folder_is_named() {
    let file = SqliteFile::create_empty();
    let path = file.path().with_file_name("missing").join("live.db");
    let store = SqliteSessionRepository::new(&path, SETTINGS).unwrap();
    let message = unavailable(store.run().await);
    assert!(message.contains("there is no folder") && message.contains("missing"), "{message}");
}

#[tokio::test]
async fn work_on_sqlite_ends_by_itself_when_nobody_waits_for_it() {
    let file = SqliteFile::create().await;
    let store = file.store_with(IMPATIENT);
    let mut blocker = diesel::SqliteConnection::establish(file.path().to_str().unwrap()).unwrap();
    // With the old journal a writer shuts readers out.
    blocker.batch_execute("PRAGMA journal_mode = DELETE").unwrap();
    list_all(&store).await.unwrap();
    blocker.batch_execute("BEGIN EXCLUSIVE").unwrap();
    let message = unavailable(list_all(&store).await);
    assert!(message.contains("200 ms"), "{message}");
    assert_eq!(pool_usage(&store), (1, 1));
    drop(blocker);
    while pool_usage(&store) == (1, 1) {
        tokio::task::yield_now().await;
    }
    list_all(&store).await.unwrap();
}

#[tokio::test]
async fn a_caller_who_goes_away_leaves_no_open_transaction_on_sqlite() {
    let file = SqliteFile::create().await;
    let store = file.store_with(ONE_CONNECTION);
    fill(&store, [session(1)]).await;
    let mut other = diesel::SqliteConnection::establish(file.path().to_str().unwrap()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let first = tokio::spawn({
        let store = store.clone();
        async move { enter(&store, 1, "ada", 1, 11).await }
    });
    while pool_usage(&store) != (1, 1) {
        tokio::task::yield_now().await;
    }
    let mut second = Box::pin(enter(&store, 1, "bob", 1, 12));
    assert!((&mut second).now_or_never().is_none(), "it is not the second one's turn");
    drop(second);
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    other.batch_execute("ROLLBACK").unwrap();
    while pool_usage(&store) != (1, 0) {
        tokio::task::yield_now().await;
    }
    // Nobody holds the lock: this connection does not wait for it.
    other.batch_execute("BEGIN IMMEDIATE; ROLLBACK").unwrap();
    let people: Vec<_> = standing(&store, 1).await.into_iter().map(|(person, ..)| person).collect();
    assert_eq!(people, ["ada"], "what has begun ends, what waited for its turn has not begun");
    enter(&store, 1, "bob", 1, 12).await.unwrap();
}

/// Does something on a thread that serves requests by itself, and ends the thread.
fn on_a_thread_of_its_own<T: Send>(work: impl AsyncFnOnce() -> T + Send) -> T {
    let serve = || tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work());
    std::thread::scope(|scope| scope.spawn(serve).join().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_has_its_share_and_takes_what_others_can_spare() {
    let database = PgDatabase::create().await;
    let of_two = |pool_size, threads| database.store_with(StoreSettings { pool_size, threads, ..SETTINGS });
    let store = of_two(3, 2);
    let blocker = database.connect().await;
    blocker.batch_execute("BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let four_at_once = async || {
        let lists = futures_util::future::join_all([(); 4].map(|()| list_all(&store)));
        let all_in_use = async {
            // Each of those that are there waits for the lock.
            while pool_usage(&store) != (3, 3) || store.reading().pool_waiting == 0 {
                tokio::task::yield_now().await;
            }
            blocker.batch_execute("COMMIT").await.unwrap();
        };
        let (listed, ()) = futures_util::future::join(lists, all_in_use).await;
        assert!(listed.iter().all(Result::is_ok));
    };
    on_a_thread_of_its_own(four_at_once);

    let store = of_two(1, 8);
    on_a_thread_of_its_own(async || drop(list_all(&store).await.unwrap()));
    assert_eq!(store.reading().pool_max, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_outlive_the_thread_that_made_them_at_most_by_being_found_out() {
    let database = PgDatabase::create().await;
    let store = database.store_with(StoreSettings { threads: 2, ..SETTINGS });
    // Their connections end with each of them; the last one finds every share taken by a thread that is no more.
    for _ in 0..3 {
        on_a_thread_of_its_own(async || drop(list_all(&store).await.unwrap()));
        list_all(&store).await.unwrap();
    }
}
