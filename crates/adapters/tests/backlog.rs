//! How far the readers of a history are behind is told, and costs little.

use live_adapters::test_support::{PgDatabase, SqliteFile};
use live_adapters::{Backlog, HistoryBacklog};
use live_domain::HistoryRepository;
use live_domain::contract::fixtures::{fill, session};

#[tokio::test]
async fn what_no_reader_has_come_to_is_counted_from_its_first_event_on() {
    let database = PgDatabase::create().await;
    let store = database.store();
    let nothing = Backlog { unplaced: 0, oldest: None, unsettled: 0 };
    assert_eq!(store.backlog().await.unwrap(), Some(nothing));
    fill(&store, (1..=9).map(session)).await;
    let behind = store.backlog().await.unwrap().unwrap();
    assert_eq!((behind.unplaced, behind.unsettled), (9, 9));
    let read = store.events(None, 100).await.unwrap();
    assert_eq!(behind.oldest, Some(read[0].event.at));
    let caught_up = store.backlog().await.unwrap().unwrap();
    assert_eq!((caught_up.unplaced, caught_up.oldest), (0, None));
    fill(&store, (10..=11).map(session)).await;
    assert_eq!(store.backlog().await.unwrap().unwrap().unplaced, 2);
}

#[tokio::test]
async fn a_long_backlog_is_counted_to_an_end() {
    let database = PgDatabase::create().await;
    let store = database.store();
    let many =
        "INSERT INTO session_events (id, session_id, brand_id, type, who, at, registration_id, user_id, status_after)
        SELECT gen_random_uuid(), gen_random_uuid(), 'acme', 'registration.registered', 'ada', now(), gen_random_uuid(),
            'ada', 'registered' FROM generate_series(1, 20000)";
    database.connect().await.batch_execute(many).await.unwrap();
    let behind = store.backlog().await.unwrap().unwrap();
    assert_eq!((behind.unplaced, behind.unsettled), (u64::from(Backlog::MOST), 20_000));
}

#[tokio::test]
async fn where_one_writes_at_a_time_nobody_is_behind() {
    let file = SqliteFile::create().await;
    let store = file.store();
    fill(&store, [session(1)]).await;
    assert_eq!(store.backlog().await.unwrap(), None);
}
