//! Old history goes from its beginning, and nobody waits for it or misses what is left.

use live_adapters::test_support::{PgDatabase, SqliteFile};
use live_domain::contract::Store;
use live_domain::contract::fixtures::{enter, fill, history, id, minutes, session};
use live_domain::{EventPosition, HistoryRepository};
use serde_json::Value;
use tokio_postgres::Client;

/// So many events of long ago, and as many of the instant that the tests take for now.
const EVENTS: &str = "
    INSERT INTO session_events (id, session_id, brand_id, type, who, at, registration_id, user_id, status_after)
    SELECT gen_random_uuid(), $1, 'acme', 'registration.registered', 'ada',
        CASE WHEN i <= $2::bigint THEN timestamptz '2020-01-01T00:00:00Z' ELSE timestamptz '2026-03-10T12:00:00Z' END,
        gen_random_uuid(), 'ada', 'registered'
    FROM generate_series(1, 2 * $2::bigint) AS i";

async fn with_events(database: &PgDatabase, old: i64) -> Client {
    let (store, client) = (database.store(), database.connect().await);
    fill(&store, [session(1)]).await;
    client.batch_execute("TRUNCATE session_events").await.unwrap();
    client.execute(EVENTS, &[&id(1), &old]).await.unwrap();
    client
}

async fn count(client: &Client, table: &str) -> i64 {
    client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).await.unwrap().get(0)
}

#[tokio::test]
async fn a_batch_reads_about_a_batchs_worth_however_many_went_before() {
    let database = PgDatabase::create().await;
    let client = with_events(&database, 20_000).await;
    let store = database.store();
    for _ in 0..10 {
        assert_eq!(store.delete_before(minutes(0)).await.unwrap(), 1_000);
    }
    for analyze in ["", "ANALYZE"] {
        client.batch_execute(analyze).await.unwrap();
        let plan = store.explain_deletion(minutes(0)).await.unwrap();
        let plan: Value = serde_json::from_str(&plan).unwrap();
        let buffers = plan[0]["Plan"]["Shared Hit Blocks"].as_u64().unwrap();
        // A thousand rows of two tables: found, looked up and deleted.
        assert!(buffers <= 20_000, "{buffers} in {plan:#}");
        assert!(!plan.to_string().contains("Seq Scan"), "{plan:#}");
    }
}

#[tokio::test]
async fn an_event_without_a_place_is_kept_until_a_reader_could_meet_it() {
    let database = PgDatabase::create().await;
    let client = with_events(&database, 3).await;
    let store = database.store();
    let slow = database.connect().await;
    let insert = format!(
        "BEGIN; UPDATE sessions SET version = version + 1;
        INSERT INTO session_events (id, session_id, brand_id, type, who, at, registration_id, user_id, status_after)
        VALUES ('{}', '{}', 'acme', 'registration.registered', 'ada', '2019-01-01T00:00:00Z', gen_random_uuid(), 'ada',
            'registered')",
        id(7),
        id(1),
    );
    slow.batch_execute(&insert).await.unwrap();
    let reader = store.events(None, 100).await.unwrap();
    assert_eq!(store.delete_before(minutes(0)).await.unwrap(), 3);
    slow.batch_execute("COMMIT").await.unwrap();
    // It is older than all that went, but comes after what is younger and stays: it goes in its turn.
    assert_eq!(store.delete_before(minutes(0)).await.unwrap(), 0);
    let met = store.events(reader.last().map(|recorded| recorded.position), 100).await.unwrap();
    assert_eq!(met.iter().map(|recorded| recorded.event.id).collect::<Vec<_>>(), [id(7)]);
    assert_eq!(store.delete_before(minutes(1)).await.unwrap(), 4);
    assert_eq!((count(&client, "session_events").await, count(&client, "session_event_places").await), (0, 0));
}

#[tokio::test]
async fn nothing_is_deleted_beside_an_import_or_a_forgetting() {
    let database = PgDatabase::create().await;
    let client = with_events(&database, 3).await;
    let store = database.store();
    // The lock that both hold.
    client.batch_execute("BEGIN; SELECT pg_advisory_xact_lock(7310295002)").await.unwrap();
    assert_eq!(store.delete_before(minutes(0)).await.unwrap(), 0);
    client.batch_execute("COMMIT").await.unwrap();
    assert_eq!(store.delete_before(minutes(0)).await.unwrap(), 3);
}

/// Two processes delete, others register and one reads, all at once.
async fn check_at_once<S: Store + Clone + 'static>(stores: [S; 2]) {
    const OLD: u32 = 300;
    fill(&stores[0], (1..=10).map(session)).await;
    for number in 0..OLD {
        enter(&stores[0], 1 + number % 10, &format!("early {}", number / 10), -100, u64::from(100 + number))
            .await
            .unwrap();
    }
    let young = u64::from(OLD / 10);
    let deleting: Vec<_> = stores
        .clone()
        .into_iter()
        .map(|store| {
            tokio::spawn(async move {
                let mut deleted = 0;
                // Until there is nothing old, whoever deleted it: a zero also says that the other one is at it.
                while history(&store).await.first().is_some_and(|event| event.at < minutes(5)) {
                    deleted += store.delete_before(minutes(5)).await.unwrap();
                }
                deleted
            })
        })
        .collect();
    let registering = tokio::spawn({
        let store = stores[1].clone();
        async move {
            for number in 0..young {
                let person = format!("late {number}");
                enter(&store, u32::try_from(1 + number % 10).unwrap(), &person, 10, 1_000 + number).await.unwrap();
            }
        }
    });
    let (mut last, mut met): (Option<EventPosition>, u64) = (None, 0);
    while met < young {
        for recorded in stores[0].events(last, 7).await.unwrap() {
            assert!(last < Some(recorded.position));
            last = Some(recorded.position);
            met += u64::from(recorded.event.at == minutes(10));
        }
    }
    registering.await.unwrap();
    let mut deleted = 0;
    for task in deleting {
        deleted += task.await.unwrap();
    }
    // The sessions' own events, and those of who came early.
    assert_eq!(deleted, u64::from(OLD + 10));
    let left = history(&stores[0]).await;
    assert_eq!(u64::try_from(left.len()).unwrap(), young);
    assert!(left.iter().all(|event| event.at == minutes(10)));
}

#[tokio::test(flavor = "multi_thread")]
async fn several_delete_each_event_once_and_readers_miss_no_young_one_on_postgres() {
    let database = PgDatabase::create().await;
    check_at_once([database.store(), database.store()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn several_delete_each_event_once_and_readers_miss_no_young_one_on_sqlite() {
    let file = SqliteFile::create().await;
    check_at_once([file.store(), file.store()]).await;
}
