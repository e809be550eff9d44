//! Every filter by itself, with a brand, with states and in every order.

use live_adapters::test_support::PgDatabase;
use live_domain::{LineScan, PageSize, SessionFilter, SessionScan};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::questions::{Question, conditions, questions, scans, scope, since};
use crate::run::Run;

/// Sessions a quarter of an hour apart. What is rare is so rare that reading past everything else would show; there are
/// few hosts, brands and categories, and they lie in the table in the order of time: what misleads a planner.
const ROWS: &str = "
    INSERT INTO sessions (id, host_id, brand_id, community_id, title, kind, category, scheduled_at, status,
        max_participants, metadata, created_at, updated_at)
    SELECT gen_random_uuid(), CASE WHEN i % 200 = 7 THEN 'rare' ELSE 'common' END,
        CASE WHEN i % 200 = 17 THEN 'rare' ELSE 'common' END,
        CASE WHEN i % 200 = 27 THEN 'rare' WHEN i % 2 = 0 THEN 'common' END,
        'Session ' || i,
        CASE WHEN i % 200 = 37 THEN 'office_hours' ELSE 'live' END,
        CASE WHEN i % 200 = 47 THEN 'rare' ELSE 'common' END,
        timestamptz '2026-01-01T00:00:00Z' + i * interval '15 minutes',
        CASE WHEN i > 17400 AND i < 17500 AND i % 10 = 7 THEN 'live' WHEN i > 17500 THEN 'scheduled'
            WHEN i % 200 = 57 THEN 'cancelled' ELSE 'ended' END,
        100, '{}', now(), now()
    FROM generate_series(1, 20000) AS i";

const REGISTRATIONS: &str = "
    INSERT INTO registrations (id, session_id, user_id, status, registered_at)
    SELECT gen_random_uuid(), id, 'ada', 'registered', '2026-01-01T00:00:00Z' FROM sessions";

async fn filled() -> PgDatabase {
    let database = PgDatabase::create().await;
    let client = database.connect().await;
    for statement in [ROWS, REGISTRATIONS, "ANALYZE"] {
        client.batch_execute(statement).await.unwrap();
    }
    database
}

#[tokio::test]
async fn every_list_reads_what_it_returns() {
    let database = filled().await;
    let store = database.store();
    for question in questions() {
        let run = Run::of(&store, &question).await;
        run.check_shape(&question.name);
        run.check_reads_what_it_returns(&question.name);
    }
}

#[tokio::test]
async fn a_value_that_was_rare_when_statistics_were_taken_misleads_nobody() {
    let database = filled().await;
    let (store, client) = (database.store(), database.connect().await);
    // Nobody was live, and there is one brand: by statistics any way to it is as good as the other.
    client.batch_execute("UPDATE sessions SET status = 'ended', brand_id = 'common'; ANALYZE").await.unwrap();
    client.batch_execute("UPDATE sessions SET status = 'live' WHERE host_id = 'common'").await.unwrap();
    for (which, filter) in conditions() {
        let filter = filter.with_brand("common".parse().unwrap());
        for scan in scans() {
            let question =
                Question { name: format!("{which}, {scan:?}"), scope: scope(["common"]), filter: filter.clone(), scan };
            Run::of(&store, &question).await.check_reads_what_it_returns(&question.name);
        }
    }
}

/// The sessions of the rare host, community or category.
async fn rare(client: &Client, column: &str) -> u64 {
    let count = format!("SELECT count(*) FROM sessions WHERE {column} = 'rare'");
    client.query_one(&count, &[]).await.unwrap().get::<_, i64>(0).try_into().unwrap()
}

#[tokio::test]
async fn of_two_conditions_the_first_bounds_what_is_read() {
    let database = filled().await;
    let (store, client) = (database.store(), database.connect().await);
    let filter = SessionFilter::default;
    let both = [
        ("host_id", filter().with_host("rare".parse().unwrap()).with_community("common".parse().unwrap())),
        ("community_id", filter().with_community("rare".parse().unwrap()).with_category("common".parse().unwrap())),
    ];
    for (column, filter) in both {
        for scan in scans() {
            let question = Question {
                name: format!("{column}, {scan:?}"),
                scope: scope(["common"]),
                filter: filter.clone(),
                scan,
            };
            let run = Run::of(&store, &question).await;
            run.check_shape(&question.name);
            assert!(run.entries() <= rare(&client, column).await + run.branches(), "{}", question.name);
        }
    }
}

#[tokio::test]
async fn a_scope_merges_its_brands() {
    let database = filled().await;
    let store = database.store();
    for size in [3, 60, 200] {
        let names =
            ["rare", "common"].map(str::to_owned).into_iter().chain((2..size).map(|name| format!("brand {name}")));
        let scope = scope(names);
        for (which, filter) in conditions() {
            let scan = SessionScan::beginning(live_domain::SessionOrder::Newest, since());
            let question = Question { name: format!("{size} brands by {which}"), scope: scope.clone(), filter, scan };
            let run = Run::of(&store, &question).await;
            run.check_shape(&question.name);
            run.check_reads_what_it_returns(&question.name);
        }
    }
}

/// The indexes that are there for queries, not to keep a rule, and how often each was read.
const READ: &str = "
    SELECT indexrelname::text, idx_scan FROM pg_stat_user_indexes i
    WHERE relname IN ('sessions', 'registrations')
        AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid)";

#[tokio::test]
async fn some_list_reads_every_index() {
    let database = filled().await;
    let (store, client) = (database.store(), database.connect().await);
    let mut named = Vec::new();
    for question in questions() {
        // A plan is a matter of the text alone: one of each index will do.
        let index = Run::of(&store, &question).await.indexes().concat();
        if !named.contains(&index) {
            named.push(index);
        }
    }
    let line = LineScan { statuses: live_domain::Selection::default(), after: None };
    store.explain_line(Uuid::nil(), &line, PageSize::default()).await.unwrap();
    // The statistics of a connection are told when it ends.
    let mut unread = vec![String::new()];
    while !unread.is_empty() {
        let rows = client.query(READ, &[]).await.unwrap();
        assert_eq!(rows.len(), named.len() + 1, "an index that no list names");
        unread = rows.iter().filter(|row| row.get::<_, i64>(1) == 0).map(|row| row.get(0)).collect();
        tokio::task::yield_now().await;
    }
}
