//! Writes on Postgres: many at once, beside others' locks, undone by the server, and left by their callers.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use std::time::Duration;

use live_adapters::StoreSettings;
use live_adapters::postgres::PgSessionRepository;
use live_adapters::test_support::{PgDatabase, SETTINGS, pool_usage};
use live_domain::contract::fixtures::{
    enter, exported_registrations, fill, found, id, keyed, leave, session, standing, write,
};
use live_domain::{
    BrandScope, CancelError, EventType, HistoryRepository, KeptAnswers, Keyed, MaxParticipants, RegisterError,
    Registered, RegistrationRepository, RegistrationStatus, Replacement, Session, SessionVersion, SessionWriter,
    StoreError,
};
use tokio::task::JoinHandle;
use tokio_postgres::Client;

const ONE_CONNECTION: StoreSettings = StoreSettings { pool_size: 1, ..SETTINGS };
const IMPATIENT: StoreSettings = StoreSettings { pool_size: 1, timeout: Duration::from_secs(1), ..SETTINGS };

fn with_seats(number: u32, seats: u32) -> Session {
    Session { max_participants: MaxParticipants::new(seats).unwrap(), ..session(number) }
}

async fn all<T>(tasks: Vec<JoinHandle<T>>) -> Vec<T> {
    let mut done = Vec::new();
    for task in tasks {
        done.push(task.await.unwrap());
    }
    done
}

/// Registers person `name` with a key of that name, in a task.
fn register_with_key(
    store: &PgSessionRepository,
    number: u64,
    name: &str,
    fresh: u64,
) -> JoinHandle<Keyed<Registered>> {
    let (store, write) = (store.clone(), keyed(write(name, 0), name, 1));
    tokio::spawn(async move { store.register(&BrandScope::All, id(number), id(fresh), &write).await.unwrap() })
}

async fn until_a_write_waits(client: &Client) {
    let waiting = "SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'live' AND wait_event_type = 'Lock'";
    while client.query(waiting, &[]).await.unwrap().is_empty() {}
}

/// Holds session 1, as a slow registration would.
async fn holding(database: &PgDatabase) -> Client {
    let client = database.connect().await;
    let hold = format!("BEGIN; SELECT FROM sessions WHERE id = '{}' FOR NO KEY UPDATE", id(1));
    client.batch_execute(&hold).await.unwrap();
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_are_not_oversold_and_the_line_has_no_gaps_whatever_runs_at_once() {
    let database = PgDatabase::create().await;
    let store = database.store();
    fill(&store, [with_seats(1, 5)]).await;
    let people = (1..=24_u64).map(|person| {
        let store = store.clone();
        tokio::spawn(async move { enter(&store, 1, &format!("person {person:02}"), 0, person).await.unwrap() })
    });
    let registered = all(people.collect()).await;
    let mut positions: Vec<_> = registered.iter().filter_map(|one| one.registration.position).collect();
    positions.sort_unstable();
    assert_eq!(positions, (1..=19).collect::<Vec<_>>());
    let mut instants: Vec<_> = registered.iter().map(|one| one.registration.registration.registered_at).collect();
    instants.sort_unstable();
    instants.dedup();
    assert_eq!(instants.len(), 24);
    let leavers = (1..=24_u64).map(|person| {
        let store = store.clone();
        tokio::spawn(async move { leave(&store, 1, &format!("person {person:02}"), 1).await })
    });
    all(leavers.collect()).await;
    assert_eq!(found(&store, 1, "ada").await.registered_count, 0);
    let counters = "SELECT registered_count, waiting_count FROM sessions";
    let row = database.connect().await.query_one(counters, &[]).await.unwrap();
    assert_eq!((row.get::<_, i32>(0), row.get::<_, i32>(1)), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_person_at_once_from_everywhere_has_one_registration() {
    let database = PgDatabase::create().await;
    let store = database.store();
    fill(&store, [session(1)]).await;
    let attempts = (1..=16_u64).map(|fresh| {
        let store = store.clone();
        tokio::spawn(async move { enter(&store, 1, "ada", 0, fresh).await.unwrap() })
    });
    let registered = all(attempts.collect()).await;
    assert_eq!(registered.iter().filter(|one| one.created).count(), 1);
    assert!(registered.iter().all(|one| one.registration == registered[0].registration));
    assert_eq!(found(&store, 1, "ada").await.registered_count, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_has_one_effect_however_many_requests_come_at_once() {
    let database = PgDatabase::create().await;
    let store = database.store();
    // One has no seats left, so that both ways to a registration meet.
    fill(&store, (1..=8).map(|number| with_seats(number, 1))).await;
    enter(&store, 1, "bob", 0, 1).await.unwrap();
    let requests = (1..=16).map(|number| register_with_key(&store, 1 + number % 8, "ada", 100 + number));
    let answers = all(requests.collect()).await;
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Keyed::Done(_))).count(), 1);
    let hers = exported_registrations(&store).await.into_iter().filter(|one| one.user_id.as_str() == "ada");
    assert_eq!(hers.count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_edits_at_once_with_one_version_one_wins() {
    let database = PgDatabase::create().await;
    let store = database.store();
    fill(&store, [session(1)]).await;
    let edits = (1..=8).map(|seats| {
        let store = store.clone();
        let replacement = Replacement {
            before: session(1),
            version: SessionVersion::FIRST,
            after: with_seats(1, 200 + seats),
            event_type: EventType::SessionUpdated,
        };
        tokio::spawn(async move { store.replace(&replacement, &write("ada", 0)).await.is_ok() })
    });
    assert_eq!(all(edits.collect()).await.into_iter().filter(|won| *won).count(), 1);
    assert_eq!(found(&store, 1, "ada").await.version, SessionVersion::new(2));
    assert_eq!(store.events(None, 10).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_second_request_with_a_key_waits_for_the_first() {
    let database = PgDatabase::create().await;
    let store = database.store();
    fill(&store, [1, 2].map(session)).await;
    let first = database.connect().await;
    let keep = "BEGIN; INSERT INTO idempotency_keys (subject, key, fingerprint, outcome, kept_at)
        VALUES ('ada', 'ada', decode(repeat('07', 32), 'hex'), $$?$$, now())";
    first.batch_execute(keep).await.unwrap();
    let second = register_with_key(&store, 1, "ada", 1);
    until_a_write_waits(&database.connect().await).await;
    first.batch_execute("ROLLBACK").await.unwrap();
    assert!(matches!(second.await.unwrap(), Keyed::Done(_)));
}

#[tokio::test]
async fn an_answer_kept_on_the_short_way_reads_like_any_other() {
    let database = PgDatabase::create().await;
    let store = database.store();
    fill(&store, [session(1)]).await;
    let write = keyed(write("a \"person\" \\ ü", 0), "key", 1);
    let Keyed::Done(registered) = store.register(&BrandScope::All, id(1), id(9), &write).await.unwrap() else {
        panic!("nothing was kept yet")
    };
    let asked = write.key.as_ref().unwrap();
    let kept = store.kept(write.viewer.subject(), &asked.key, write.now).await.unwrap().unwrap();
    assert_eq!(kept.outcome, live_domain::Outcome::Registration(registered));
    assert_eq!(kept.fingerprint, asked.fingerprint);
}

#[tokio::test]
async fn a_write_whose_caller_goes_away_comes_to_its_end() {
    let database = PgDatabase::create().await;
    let store = database.store_with(ONE_CONNECTION);
    fill(&store, [with_seats(1, 1)]).await;
    enter(&store, 1, "bob", 0, 1).await.unwrap();
    let holder = holding(&database).await;
    // Waits in the middle of a transaction: there is no seat left.
    let caller = register_with_key(&store, 1, "ada", 2);
    until_a_write_waits(&database.connect().await).await;
    caller.abort();
    assert!(caller.await.unwrap_err().is_cancelled());
    assert_eq!(pool_usage(&store), (1, 1));
    holder.batch_execute("COMMIT").await.unwrap();
    // The only connection is whole and carries on.
    enter(&store, 1, "cleo", 0, 3).await.unwrap();
    assert_eq!(pool_usage(&store), (1, 0));
    assert_eq!(
        standing(&store, 1).await,
        [
            ("ada".to_owned(), RegistrationStatus::Waitlist, Some(1)),
            ("bob".to_owned(), RegistrationStatus::Registered, None),
            ("cleo".to_owned(), RegistrationStatus::Waitlist, Some(2)),
        ]
    );
}

#[tokio::test]
async fn a_registration_whose_commit_fails_is_not_told_to_be_made() {
    let database = PgDatabase::create().await;
    let store = database.store();
    fill(&store, (1..=2).map(session)).await;
    enter(&store, 1, "ada", 0, 11).await.unwrap();
    // That no two registrations share an id is judged at the commit, when the answer has been written already.
    let refused = enter(&store, 2, "ada", 1, 11).await;
    assert!(matches!(refused, Err(RegisterError::Store(StoreError::Failed(_)))), "{refused:?}");
    assert_eq!(exported_registrations(&store).await.len(), 1);
    assert_eq!(found(&store, 2, "ada").await.registered_count, 0);
}

#[tokio::test]
async fn nobody_waits_for_a_session_that_does_not_exist_for_them() {
    let database = PgDatabase::create().await;
    fill(&database.store(), [session(1)]).await;
    enter(&database.store(), 1, "ada", 0, 11).await.unwrap();
    let holder = holding(&database).await;
    let (store, elsewhere) = (database.store_with(IMPATIENT), BrandScope::only(["globex".parse().unwrap()]).unwrap());
    let refused = store.register(&elsewhere, id(1), id(12), &write("bob", 0)).await;
    assert!(matches!(refused, Err(RegisterError::NotFound)), "{refused:?}");
    let refused = store.cancel(&elsewhere, id(1), &write("ada", 0)).await;
    assert!(matches!(refused, Err(CancelError::NotFound)), "{refused:?}");
    holder.batch_execute("COMMIT").await.unwrap();
}

#[tokio::test]
async fn a_kept_answer_is_given_while_the_session_is_held() {
    let database = PgDatabase::create().await;
    fill(&database.store(), [session(1)]).await;
    let registering = keyed(write("ada", 0), "key", 1);
    database.store().register(&BrandScope::All, id(1), id(11), &registering).await.unwrap();
    let holder = holding(&database).await;
    let store = database.store_with(IMPATIENT);
    let again = store.register(&BrandScope::All, id(1), id(12), &registering).await;
    assert!(matches!(again, Ok(Keyed::Kept(_))), "{again:?}");
    holder.batch_execute("COMMIT").await.unwrap();
}

#[tokio::test]
async fn a_write_that_waits_past_the_deadline_is_unavailable_and_leaves_nothing() {
    let database = PgDatabase::create().await;
    let store = database.store_with(IMPATIENT);
    fill(&store, [session(1)]).await;
    let holder = holding(&database).await;
    let register = store.register(&BrandScope::All, id(1), id(1), &write("ada", 0)).await;
    assert!(matches!(register, Err(live_domain::RegisterError::Store(StoreError::Unavailable(_)))), "{register:?}");
    let cancel = store.cancel(&BrandScope::All, id(1), &write("ada", 0)).await;
    assert!(matches!(cancel, Err(live_domain::CancelError::Store(StoreError::Unavailable(_)))), "{cancel:?}");
    assert_eq!(pool_usage(&store), (0, 0));
    holder.batch_execute("COMMIT").await.unwrap();
    assert!(exported_registrations(&store).await.is_empty());
    enter(&store, 1, "ada", 0, 1).await.unwrap();
}

#[tokio::test]
async fn a_write_that_loses_a_deadlock_is_done_after_it() {
    let database = PgDatabase::create().await;
    let store = database.store();
    fill(&store, [session(1)]).await;
    let other = database.connect().await;
    // It waits longer before it looks for a deadlock: the store's write is the one to be undone.
    let take_key = "SET deadlock_timeout = '1min'; BEGIN;
        INSERT INTO idempotency_keys (subject, key, fingerprint, outcome, kept_at)
        VALUES ('ada', 'ada', decode(repeat('07', 32), 'hex'), $$?$$, now())";
    other.batch_execute(take_key).await.unwrap();
    let registered = register_with_key(&store, 1, "ada", 1);
    until_a_write_waits(&database.connect().await).await;
    let take_session = format!("UPDATE sessions SET version = version + 1 WHERE id = '{}'; ROLLBACK", id(1));
    other.batch_execute(&take_session).await.unwrap();
    assert!(matches!(registered.await.unwrap(), Keyed::Done(_)));
    let undone: i64 = other
        .query_one("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()", &[])
        .await
        .unwrap()
        .get(0);
    assert_eq!(undone, 1);
}

#[tokio::test]
async fn a_write_outlives_a_change_of_the_schema() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store_with(ONE_CONNECTION), database.connect().await);
    fill(&store, [with_seats(1, 1)]).await;
    enter(&store, 1, "ada", 0, 1).await.unwrap();
    enter(&store, 1, "bob", 0, 2).await.unwrap();
    // "cached plan must not change result type"
    client.batch_execute(r#"ALTER TABLE sessions ALTER COLUMN title TYPE varchar COLLATE "C""#).await.unwrap();
    enter(&store, 1, "cleo", 0, 3).await.unwrap();
    leave(&store, 1, "ada", 0).await;
}

/// Every kind of write and of what follows it.
async fn write_in_every_way(store: &PgSessionRepository, number: u32) {
    let name = |person: &str| format!("{person} of {number}");
    store.create(&with_seats(number, 1), &keyed(write("ada", 0), &format!("{number}"), 1)).await.unwrap();
    for (fresh, person) in (1..).zip(["bob", "cleo", "dan", "bob"]) {
        let write = keyed(write(&name(person), 0), "key", 1);
        store.register(&BrandScope::All, id(number.into()), id(u64::from(number) * 10 + fresh), &write).await.unwrap();
    }
    leave(store, number, &name("bob"), 1).await;
    enter(store, number, &name("bob"), 2, u64::from(number) * 10 + 9).await.unwrap();
    leave(store, number, &name("dan"), 1).await;
}

#[tokio::test]
async fn registrations_are_prepared_once_however_many_there_are() {
    let database = PgDatabase::create().await;
    let store = database.store_with(ONE_CONNECTION);
    write_in_every_way(&store, 1).await;
    let mut before = store.prepared_statements().await.unwrap();
    for number in 2..6 {
        write_in_every_way(&store, number).await;
    }
    let mut after = store.prepared_statements().await.unwrap();
    before.sort();
    after.sort();
    assert_eq!(after, before);
    let executed = "INSERT INTO registrations";
    assert_eq!(after.iter().filter(|text| text.contains(executed)).count(), 2);
}
