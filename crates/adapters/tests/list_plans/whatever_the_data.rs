//! What would make a page cost more than another if there were not an index for it.

use live_adapters::test_support::{PgDatabase, is_full_size};
use live_domain::{BrandScope, Selection, SessionFilter, SessionKind, SessionOrder, SessionScan};

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

/// Whose sessions are asked for, and by what.
fn asked() -> Vec<(String, BrandScope, SessionFilter)> {
    let filter = SessionFilter::default;
    let traveller = || filter().with_host("traveller".parse().unwrap());
    let in_a_brand = |filter: SessionFilter| filter.with_brand("brand 7".parse().unwrap());
    let of_overdue = |filter: SessionFilter| filter.with_brand("overdue".parse().unwrap());
    let token = |size: usize| scope((0..size).map(|number| format!("brand {}", number * 7)));
    let of_all = |name: &str, filter| (name.to_owned(), BrandScope::All, filter);
    let mut asked = vec![
        of_all("a host in one of a thousand brands", in_a_brand(traveller())),
        ("a host in the caller's ten of a thousand brands".to_owned(), token(10), traveller()),
        of_all("a brand by community", in_a_brand(filter().with_community("community 71".parse().unwrap()))),
        of_all("a brand by category", in_a_brand(filter().with_category("category 31".parse().unwrap()))),
        of_all("a brand by kind", in_a_brand(filter().with_kinds(Selection::of([SessionKind::Live])))),
    ];
    asked.extend([1, 10, 100].map(|size| (format!("a token of {size} brands"), token(size), filter())));
    for (which, filter) in conditions() {
        asked.push(of_all(&format!("all brands by {which}"), filter.clone()));
        asked.push(of_all(&format!("the overdue brand by {which}"), of_overdue(filter)));
    }
    asked
}

fn questions() -> Vec<Question> {
    let orders = [SessionOrder::Newest, SessionOrder::Upcoming];
    let in_orders = |(name, scope, filter): (String, BrandScope, SessionFilter)| {
        orders.map(|order| Question {
            name: format!("{name}, {order:?}"),
            scope: scope.clone(),
            filter: filter.clone(),
            scan: SessionScan::beginning(order, since()),
        })
    };
    asked().into_iter().flat_map(in_orders).collect()
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
