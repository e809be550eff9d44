//! Whoever follows the history misses nothing, however late it is committed.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use std::collections::BTreeMap;

use live_adapters::postgres::PgSessionRepository;
use live_adapters::test_support::{PgDatabase, SqliteFile};
use live_domain::contract::Store;
use live_domain::contract::fixtures::{enter, fill, full_session, id, leave, now, session, session_lines, write};
use live_domain::{
    BrandScope, EventPosition, EventSubject, EventType, HistoryRepository, MaxParticipants, RecordedEvent,
    RegistrationRepository, RegistrationStatus, Session, SessionWriter,
};
use tokio_postgres::Client;
use uuid::Uuid;

/// Somebody who follows the history.
struct Reader<S> {
    store: S,
    last: Option<EventPosition>,
    met: Vec<RecordedEvent>,
}

impl<S: HistoryRepository + Clone> Reader<S> {
    fn of(store: &S) -> Self {
        Self { store: store.clone(), last: None, met: Vec::new() }
    }

    /// Reads on to the end; the numbers of the sessions that were new.
    async fn read_on(&mut self) -> Vec<u128> {
        let mut sessions = Vec::new();
        loop {
            let next = self.store.events(self.last, 7).await.unwrap();
            let Some(newest) = next.last() else { return sessions };
            assert!(self.last < Some(newest.position));
            self.last = Some(newest.position);
            sessions.extend(next.iter().map(|recorded| recorded.event.session_id.as_u128()));
            self.met.extend(next);
        }
    }
}

/// A transaction that changes session `number` as the store does, and is not committed yet.
async fn begin_change(database: &PgDatabase, number: u32) -> Client {
    let client = database.connect().await;
    let session = Uuid::from_u128(number.into());
    let change = format!(
        "BEGIN; UPDATE sessions SET version = version + 1 WHERE id = '{session}';
        INSERT INTO session_events (id, session_id, brand_id, type, who, at, registration_id, user_id, status_after)
        VALUES (gen_random_uuid(), '{session}', 'acme', 'registration.registered', 'ada', now(), gen_random_uuid(),
            'ada', 'registered')"
    );
    client.batch_execute(&change).await.unwrap();
    client
}

async fn commit(client: &Client) {
    client.batch_execute("COMMIT").await.unwrap();
}

/// How many rows readers still have to look through.
async fn behind(client: &Client) -> i64 {
    let query = "SELECT (SELECT last_value FROM session_events_seq_seq) - placed_through FROM session_event_progress";
    client.query_one(query, &[]).await.unwrap().get(0)
}

/// Writes and reads until readers have no more than the last rows to look through. That takes a few rounds once no older
/// transaction runs, in any database of the cluster: tests beside this one have some.
async fn catch_up(database: &PgDatabase, client: &Client, reader: &mut Reader<PgSessionRepository>) {
    for _ in 0..10_000 {
        if behind(client).await <= 2 {
            return;
        }
        commit(&begin_change(database, 1).await).await;
        reader.read_on().await;
    }
    panic!("readers have {} rows to look through again and again", behind(client).await);
}

#[tokio::test]
async fn an_event_that_is_committed_late_comes_late_and_is_not_missed() {
    let database = PgDatabase::create().await;
    let store = database.store();
    fill(&store, (1..=9).map(session)).await;
    let mut reader = Reader::of(&store);
    assert_eq!(reader.read_on().await.len(), 9);
    let slow = begin_change(&database, 1).await;
    let quick = begin_change(&database, 2).await;
    let undone = begin_change(&database, 3).await;
    commit(&quick).await;
    assert_eq!(reader.read_on().await, [2]);
    undone.batch_execute("ROLLBACK").await.unwrap();
    for number in 4..9_u32 {
        // Every reading is a chance to conclude too early that the slow one has ended.
        commit(&begin_change(&database, number).await).await;
        assert_eq!(reader.read_on().await, [u128::from(number)]);
        assert!(reader.read_on().await.is_empty());
    }
    commit(&slow).await;
    assert_eq!(reader.read_on().await, [1]);
    commit(&begin_change(&database, 1).await).await;
    assert_eq!(reader.read_on().await, [1]);
}

#[tokio::test]
async fn every_order_of_commits_is_met_once_and_whole() {
    let database = PgDatabase::create().await;
    let store = database.store();
    fill(&store, (1..=4).map(session)).await;
    let mut reader = Reader::of(&store);
    reader.read_on().await;
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [1, 3, 0, 2], [2, 0, 3, 1]] {
        let mut open = Vec::new();
        for number in 1..=4 {
            open.push(begin_change(&database, number).await);
            assert!(reader.read_on().await.is_empty());
        }
        for (place, numbers) in order.into_iter().zip(1_u128..=4) {
            commit(&open[place]).await;
            assert_eq!(reader.read_on().await, [u128::try_from(place).unwrap() + 1], "{order:?}, {numbers}");
        }
    }
    let mut again = Reader::of(&store);
    again.read_on().await;
    assert_eq!(again.met, reader.met);
}

#[tokio::test]
async fn nothing_is_written_while_there_is_nothing_new() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    fill(&store, (1..=3).map(session)).await;
    let mut reader = Reader::of(&store);
    catch_up(&database, &client, &mut reader).await;
    // Nothing is new once readers have nothing to look through.
    while behind(&client).await > 0 {
        reader.read_on().await;
    }
    let version = "SELECT xmin::text, ctid::text FROM session_event_progress";
    let read = async || {
        let row = client.query_one(version, &[]).await.unwrap();
        (row.get::<_, String>(0), row.get::<_, String>(1))
    };
    let before = read().await;
    assert!(reader.read_on().await.is_empty());
    assert_eq!(read().await, before);
}

#[tokio::test]
async fn what_has_been_placed_is_not_looked_through_for_ever() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    fill(&store, (1..=200).map(session)).await;
    let mut reader = Reader::of(&store);
    assert_eq!(reader.read_on().await.len(), 200);
    catch_up(&database, &client, &mut reader).await;
}

#[tokio::test]
async fn readers_catch_up_when_a_long_transaction_ends_and_nobody_writes() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    fill(&store, (1..=9).map(session)).await;
    let mut reader = Reader::of(&store);
    reader.read_on().await;
    let slow = begin_change(&database, 1).await;
    for number in 2..=9 {
        commit(&begin_change(&database, number).await).await;
        reader.read_on().await;
    }
    assert!(behind(&client).await >= 8);
    slow.batch_execute("ROLLBACK").await.unwrap();
    // Reading alone is enough, once no older transaction runs in any database of the cluster.
    while behind(&client).await > 1 {
        assert!(reader.read_on().await.is_empty());
    }
}

#[tokio::test]
async fn a_history_that_is_longer_than_one_batch_is_placed_whole() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    fill(&store, [session(1)]).await;
    let many = "INSERT INTO session_events (id, session_id, brand_id, type, who, at, registration_id, user_id, status_after)
        SELECT gen_random_uuid(), $1, 'acme', 'registration.registered', 'ada', now(), gen_random_uuid(), 'ada', 'registered'
        FROM generate_series(1, 25000)";
    client.execute(many, &[&id(1)]).await.unwrap();
    let (mut count, mut last) = (0, None);
    loop {
        let next = store.events(last, 4_000).await.unwrap();
        let Some(newest) = next.last() else { break };
        let positions: Vec<u64> = next.iter().map(|recorded| recorded.position.0).collect();
        assert_eq!(positions, (count + 1..).take(next.len()).collect::<Vec<_>>());
        (count, last) = (newest.position.0, Some(newest.position));
    }
    assert_eq!(count, 25_001);
    let mut reader = Reader::of(&store);
    reader.last = last;
    catch_up(&database, &client, &mut reader).await;
}

#[tokio::test]
async fn a_reader_goes_on_after_a_restore_into_a_younger_and_into_an_older_cluster() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    fill(&store, (1..=9).map(session)).await;
    let mut reader = Reader::of(&store);
    reader.read_on().await;
    // As dumped from a cluster of many more transactions, and of a few.
    for next_after in ["1000000000000", "3"] {
        let restore = format!("UPDATE session_event_progress SET next_after = {next_after}");
        client.batch_execute(&restore).await.unwrap();
        let slow = begin_change(&database, 1).await;
        for number in 2..=5_u32 {
            commit(&begin_change(&database, number).await).await;
            assert_eq!(reader.read_on().await, [u128::from(number)]);
        }
        commit(&slow).await;
        assert_eq!(reader.read_on().await, [1]);
        for number in 6..=8_u32 {
            commit(&begin_change(&database, number).await).await;
            assert_eq!(reader.read_on().await, [u128::from(number)]);
        }
        catch_up(&database, &client, &mut reader).await;
    }
}

/// What a registration's events say of each other: where one ends, the next one of that person begins.
fn check_chains(met: &[RecordedEvent]) {
    let mut standing: BTreeMap<(Uuid, Uuid), RegistrationStatus> = BTreeMap::new();
    for recorded in met {
        if let EventSubject::Registration { id, before, after, .. } = &recorded.event.subject {
            let key = (recorded.event.session_id, *id);
            assert_eq!(standing.insert(key, *after), *before, "{recorded:?}");
        }
    }
}

/// Writers and readers by two stores on one database, as by two processes. Returns how many events each reader met.
async fn check_readers<S: Store + Clone + 'static>(stores: [S; 2]) -> usize {
    const WRITERS: u32 = 8;
    let small = |number| Session { max_participants: MaxParticipants::new(2).unwrap(), ..session(number) };
    fill(&stores[0], (1..=3).map(small)).await;
    let writers: Vec<_> = (0..WRITERS)
        .map(|writer| {
            let store = stores[usize::from(writer.is_multiple_of(2))].clone();
            tokio::spawn(async move {
                for round in 0..12_u32 {
                    let (number, person) = (1 + (writer + round) % 3, format!("person {writer}"));
                    let fresh = u64::from(1_000 + writer * 100 + round);
                    enter(&store, number, &person, 0, fresh).await.unwrap();
                    leave(&store, number, &person, 1).await;
                }
            })
        })
        .collect();
    let readers: Vec<_> = stores
        .iter()
        .map(|store| {
            let mut reader = Reader::of(store);
            // Registered, or waitlisted and perhaps promoted, and cancelled: two events at least.
            let least = usize::try_from(3 + WRITERS * 12 * 2).unwrap();
            tokio::spawn(async move {
                while reader.met.len() < least {
                    reader.read_on().await;
                }
                reader
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let mut histories = Vec::new();
    for reader in readers {
        let mut reader = reader.await.unwrap();
        reader.read_on().await;
        check_chains(&reader.met);
        histories.push(reader.met);
    }
    assert_eq!(histories[0], histories[1]);
    histories[0].len()
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_at_once_meet_what_writers_at_once_do_in_one_order_on_postgres() {
    let database = PgDatabase::create().await;
    let met = check_readers([database.store(), database.store()]).await;
    let events = database.connect().await.query_one("SELECT count(*) FROM session_events", &[]).await.unwrap();
    assert_eq!(met, usize::try_from(events.get::<_, i64>(0)).unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_at_once_meet_what_writers_at_once_do_in_one_order_on_sqlite() {
    let file = SqliteFile::create().await;
    check_readers([file.store(), file.store()]).await;
}

async fn check_imported_snapshots(store: &dyn Store) {
    let full = full_session(1);
    fill(store, [full.clone()]).await;
    let changed = Session { title: "Another".parse().unwrap(), created_at: now(), ..full.clone() };
    live_domain::contract::fixtures::import_sessions(store, session_lines([changed.clone()])).await.unwrap();
    let after = Session { created_at: full.created_at, ..changed };
    let events = store.events(None, 10).await.unwrap();
    let subjects: Vec<_> = events.into_iter().map(|recorded| recorded.event.subject).collect();
    let event = |before: Option<&Session>, after: &Session, version| EventSubject::Session {
        before: before.cloned().map(Box::new),
        after: Box::new(after.clone()),
        version: live_domain::SessionVersion::new(version),
    };
    assert_eq!(subjects, [event(None, &full, 1), event(Some(&full), &after, 2)]);
}

#[tokio::test]
async fn an_import_writes_snapshots_that_read_like_any_other_on_postgres() {
    check_imported_snapshots(&PgDatabase::create().await.store()).await;
}

#[tokio::test]
async fn an_import_writes_snapshots_that_read_like_any_other_on_sqlite() {
    check_imported_snapshots(&SqliteFile::create().await.store()).await;
}

#[tokio::test]
async fn a_person_meets_their_own_write_at_once() {
    let database = PgDatabase::create().await;
    let store = database.store();
    store.create(&session(1), &write("ada", 0)).await.unwrap();
    store.register(&BrandScope::All, id(1), id(2), &write("bob", 0)).await.unwrap();
    let types: Vec<_> = store.events(None, 10).await.unwrap().into_iter().map(|e| e.event.event_type).collect();
    assert_eq!(types, [EventType::SessionCreated, EventType::RegistrationRegistered]);
}
