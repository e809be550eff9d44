//! What would make a page cost more than another if there were not an index for it.

use live_adapters::test_support::{PgDatabase, is_full_size};
use live_domain::{BrandScope, SessionFilter, SessionOrder, SessionScan};

use crate::questions::{Question, conditions, scope, since};
use crate::run::Run;

/// A tenth is of one brand and overdue: nobody ever started it. A tenth is hosted by somebody who is in a thousand brands.
const ROWS: &str = "
    INSERT INTO sessions (id, host_id, brand_id, community_id, title, kind, category, scheduled_at, status,
        max_participants, metadata, created_at, updated_at)
    SELECT gen_random_uuid(), CASE WHEN i % 10 = 1 THEN 'traveller' WHEN i % 5000 = 7 THEN 'rare' ELSE 'host ' || i % 2000 END,
        CASE WHEN i % 10 = 0 THEN 'overdue' ELSE 'brand ' || i / 10 % 1000 END,
        CASE WHEN i % 5000 = 17 THEN 'rare' ELSE 'community ' || i % 500 END, 'Session ' || i,
        CASE WHEN i % 5000 = 27 THEN 'office_hours' ELSE 'live' END,
        CASE WHEN i % 5000 = 37 THEN 'rare' ELSE 'category ' || i % 40 END,
        timestamptz '2026-07-02T07:30:00Z' + (i - $1::int * 3 / 4) * interval '1 minute',
        CASE WHEN i % 10 = 0 AND i < $1::int * 3 / 4 OR i >= $1::int * 3 / 4 THEN 'scheduled'
            WHEN i % 1000 = 3 THEN 'live' WHEN i % 20 = 4 THEN 'cancelled' ELSE 'ended' END,
        100, '{}', now(), now()
    FROM generate_series(1, $1::int) AS i";

/// The caller is registered for the latest, which are those of a first page.
const REGISTRATIONS: &str = "
    INSERT INTO registrations (id, session_id, user_id, status, registered_at)
    SELECT gen_random_uuid(), id, caller, 'registered', '2026-01-01T00:00:00Z'
    FROM (SELECT id FROM sessions ORDER BY scheduled_at DESC LIMIT 10000) AS latest, unnest(ARRAY['ada', 'bob']) AS caller";

fn questions() -> Vec<Question> {
    let filter = SessionFilter::default;
    let traveller = || filter().with_host("traveller".parse().unwrap());
    let brands = |size: usize| scope((0..size).map(|number| format!("brand {}", number * 7)));
    let mut asked = vec![
        ("a brand with a tenth of all overdue".to_owned(), scope(["overdue"]), filter()),
        (
            "a host in one of a thousand brands".to_owned(),
            BrandScope::All,
            traveller().with_brand("brand 7".parse().unwrap()),
        ),
        ("a host in the caller's one of a thousand brands".to_owned(), brands(1), traveller()),
        ("a host in the caller's ten of a thousand brands".to_owned(), brands(10), traveller()),
    ];
    asked.extend([1, 10, 100].map(|size| (format!("a token of {size} brands"), brands(size), filter())));
    asked.extend(
        conditions().into_iter().map(|(which, filter)| (format!("all brands by {which}"), BrandScope::All, filter)),
    );
    let orders = [SessionOrder::Newest, SessionOrder::Upcoming];
    let in_orders = |(name, scope, filter): (String, BrandScope, SessionFilter)| {
        orders.map(|order| Question {
            name: format!("{name}, {order:?}"),
            scope: scope.clone(),
            filter: filter.clone(),
            scan: SessionScan::beginning(order, since()),
        })
    };
    asked.into_iter().flat_map(in_orders).collect()
}

/// Beside the rows of the page and their registrations, each branch costs the way down its index and a row ahead.
fn bound(run: &Run) -> u64 {
    150 + 8 * run.branches()
}

#[tokio::test]
async fn acceptance_a_page_reads_a_pages_worth_whatever_the_data() {
    let sessions = if is_full_size() { 1_000_000 } else { 20_000 };
    let database = PgDatabase::create().await;
    let client = database.connect().await;
    client.execute(ROWS, &[&sessions]).await.unwrap();
    client.batch_execute(REGISTRATIONS).await.unwrap();
    client.batch_execute("VACUUM ANALYZE").await.unwrap();
    let store = database.store();
    for question in questions() {
        let run = Run::of(&store, &question).await;
        let (entries, buffers, branches) = (run.entries(), run.buffers(), run.branches());
        println!(
            "{sessions} sessions, {}: {branches} branches of {:?}, {entries} entries, {buffers} buffers",
            question.name,
            run.indexes()
        );
        run.check_shape(&question.name);
        run.check_reads_what_it_returns(&question.name);
        assert!(buffers <= bound(&run), "{}: {buffers} buffers", question.name);
    }
}
