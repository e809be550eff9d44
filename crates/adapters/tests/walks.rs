//! A walk meets each session once, whatever is written meanwhile, and its pages cost the same however deep they lie.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use live_adapters::postgres::{self, PgSessionRepository};
use live_adapters::test_support::{PgDatabase, SqliteFile, is_full_size};
use live_domain::contract::Store;
use live_domain::contract::fixtures::{fill, id, import_sessions, minutes, now, session, session_lines};
use live_domain::{
    BrandScope, PageSize, Position, Session, SessionFilter, SessionOrder, SessionRepository, SessionScan, Title, Viewer,
};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

/// Sessions that stay where they are, sessions that are rescheduled, and sessions that come during a walk.
const STAYING: std::ops::Range<u32> = 0..400;
const MOVING: std::ops::Range<u32> = 1_000..1_200;
const COMING: std::ops::Range<u32> = 10_000..11_000;

/// Sessions share instants, so that ties are walked as well.
fn staying(number: u32) -> Session {
    Session { scheduled_at: minutes(i64::from(number % 50)), ..session(number) }
}

/// Writes until it is told to stop: new titles, other times, new sessions.
async fn write<S: Store + 'static>(store: S, seed: u64, done: Arc<AtomicBool>) {
    let mut random = StdRng::seed_from_u64(seed);
    let mut coming = COMING.cycle();
    while !done.load(Ordering::Relaxed) {
        let mut file = HashMap::new();
        for _ in 0..20 {
            let title = Title::new(format!("Title {}", random.random_range(0..1_000_000))).unwrap();
            let retitled = Session { title, ..staying(random.random_range(STAYING)) };
            let moved = session(random.random_range(MOVING));
            let moved = Session { scheduled_at: minutes(random.random_range(-10..60)), ..moved };
            let new = session(coming.next().unwrap());
            let new = Session { scheduled_at: minutes(random.random_range(-10..60)), ..new };
            file.extend([retitled, moved, new].map(|session| (session.id, session)));
        }
        import_sessions(&store, session_lines(file.into_values())).await.unwrap();
    }
}

/// How often each session is met.
async fn walk(store: &dyn SessionRepository, order: SessionOrder, size: PageSize) -> HashMap<Uuid, u32> {
    let viewer = Viewer::new("ada").unwrap();
    let filter = SessionFilter::default().with_brand("acme".parse().unwrap());
    let mut scan = SessionScan::beginning(order, minutes(-1_000));
    let mut met = HashMap::new();
    loop {
        let page = store.list(&BrandScope::All, &viewer, &filter, scan, size).await.unwrap();
        for item in page.items {
            *met.entry(item.session.id).or_default() += 1;
        }
        match page.next {
            Some(next) => scan = next,
            None => return met,
        }
    }
}

async fn check_walks<S: Store + Clone + 'static>(store: S) {
    fill(&store, STAYING.map(staying).chain(MOVING.map(session))).await;
    let done = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(write(store.clone(), 7, Arc::clone(&done)));
    let walks: u8 = if is_full_size() { 100 } else { 10 };
    for number in 0..walks {
        let order =
            [SessionOrder::Newest, SessionOrder::Chronological, SessionOrder::Upcoming][usize::from(number % 3)];
        let met = walk(&store, order, PageSize::new(number % 13 + 5).unwrap()).await;
        for staying in STAYING {
            assert_eq!(met.get(&id(staying.into())), Some(&1), "session {staying} in walk {number}, {order:?}");
        }
    }
    assert!(!writer.is_finished(), "the writer failed");
    done.store(true, Ordering::Relaxed);
    writer.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_walks_meet_what_stays_once_on_postgres() {
    let database = PgDatabase::create().await;
    check_walks(database.store()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_walks_meet_what_stays_once_on_sqlite() {
    let file = SqliteFile::create().await;
    check_walks(file.store()).await;
}

const MANY: &str = "
    INSERT INTO sessions (id, host_id, brand_id, title, kind, scheduled_at, status, max_participants, metadata,
        created_at, updated_at)
    SELECT gen_random_uuid(), 'host ' || i % 1000, 'brand ' || i % 7, 'Session ' || i, 'live',
        timestamptz '2026-01-01T00:00:00Z' + i * interval '1 second',
        CASE WHEN i % 10 = 0 THEN 'scheduled' ELSE 'ended' END, 100, '{}', now(), now()
    FROM generate_series(1, $1::int) AS i";

/// Buffers that a page touches.
async fn buffers(store: &PgSessionRepository, filter: &SessionFilter, scan: SessionScan) -> f64 {
    let viewer = Viewer::new("ada").unwrap();
    let query = postgres::list_query(&BrandScope::All, &viewer, filter, scan, PageSize::default()).unwrap();
    let plan: serde_json::Value = serde_json::from_str(&store.explain(&query).await.unwrap()).unwrap();
    let plan = &plan[0]["Plan"];
    plan["Shared Hit Blocks"].as_f64().unwrap() + plan["Shared Read Blocks"].as_f64().unwrap()
}

/// The fastest of several, in microseconds.
async fn micros(store: &PgSessionRepository, filter: &SessionFilter, scan: SessionScan) -> u128 {
    let viewer = Viewer::new("ada").unwrap();
    let mut fastest = u128::MAX;
    for _ in 0..50 {
        let started = Instant::now();
        store.list(&BrandScope::All, &viewer, filter, scan, PageSize::default()).await.unwrap();
        fastest = fastest.min(started.elapsed().as_micros());
    }
    fastest
}

#[tokio::test]
async fn acceptance_page_1000_costs_what_page_1_costs_on_postgres() {
    let sessions: i32 = if is_full_size() { 1_000_000 } else { 50_000 };
    let database = PgDatabase::create().await;
    let client = database.connect().await;
    client.execute(MANY, &[&sessions]).await.unwrap();
    client.batch_execute("VACUUM ANALYZE").await.unwrap();
    let store = database.store();
    for filter in [SessionFilter::default(), SessionFilter::default().with_brand("brand 3".parse().unwrap())] {
        for order in [SessionOrder::Newest, SessionOrder::Chronological, SessionOrder::Upcoming] {
            let first = SessionScan::beginning(order, now().earlier_by(time::Duration::days(365)));
            let deep = first.resumed_after(place_of_page(&database, 1_000, order, &filter).await);
            let (shallow_buffers, deep_buffers) =
                (buffers(&store, &filter, first).await, buffers(&store, &filter, deep).await);
            let (shallow, deep) = (micros(&store, &filter, first).await, micros(&store, &filter, deep).await);
            println!(
                "{sessions} sessions, {order:?}, brand {:?}: page 1 {shallow_buffers} buffers, {shallow} us; \
                 page 1000 {deep_buffers} buffers, {deep} us",
                filter.brand().map(ToString::to_string)
            );
            assert!(deep_buffers <= shallow_buffers * 1.2, "{deep_buffers} buffers after {shallow_buffers}");
        }
    }
}

/// The place after so many pages, or as deep as the list goes.
async fn place_of_page(database: &PgDatabase, page: i64, order: SessionOrder, filter: &SessionFilter) -> Position {
    let client = database.connect().await;
    let direction = if order == SessionOrder::Newest { "DESC" } else { "ASC" };
    let statuses = if order == SessionOrder::Upcoming { "status = 'scheduled'" } else { "true" };
    let brand = filter.brand().map_or("true".to_owned(), |brand| format!("brand_id = '{brand}'"));
    let matching = format!("FROM sessions WHERE {statuses} AND {brand}");
    let count: i64 = client.query_one(&format!("SELECT count(*) {matching}"), &[]).await.unwrap().get(0);
    let offset = ((page - 1) * 20 - 1).min(count - 30).max(0);
    let place = format!(
        "SELECT scheduled_at, id {matching} ORDER BY scheduled_at {direction}, id {direction} LIMIT 1 OFFSET {offset}"
    );
    let row = client.query_one(&place, &[]).await.unwrap();
    Position { scheduled_at: live_domain::Timestamp::clamped(row.get(0)), id: row.get(1) }
}
