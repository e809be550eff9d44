//! What a registration costs Postgres, and how many there are in a second.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a failed expectation is a failed test; rates are printed"
)]

use std::time::Instant;

use live_adapters::postgres::PgSessionRepository;
use live_adapters::test_support::PgDatabase;
use live_domain::contract::fixtures::{fill, id, keyed, session, write};
use live_domain::{BrandScope, MaxParticipants, RegistrationRepository, Session};
use tokio_postgres::Client;

const SESSIONS: u32 = 100;

/// So many tasks register so many different people each, going round all sessions.
async fn register(store: &PgSessionRepository, tasks: u32, each: u32, with_keys: bool) {
    let tasks: Vec<_> = (0..tasks)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for round in 0..each {
                    let number = task * each + round;
                    let write = write(&format!("person {number}"), 0);
                    let write = if with_keys { keyed(write, "key", 1) } else { write };
                    let (session, fresh) = (id(u64::from(1 + (number * 7) % SESSIONS)), id(u64::from(1_000 + number)));
                    store.register(&BrandScope::All, session, fresh, &write).await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
}

/// The statistics of a connection are told when it ends.
async fn until_the_store_is_gone(client: &Client) {
    let connections =
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name LIKE 'live%'";
    while !client.query(connections, &[]).await.unwrap().is_empty() {}
}

/// How many updates the sessions saw, and how many of them wrote no index.
async fn measure(tasks: u32, each: u32, seats: u32, with_keys: bool) -> (i64, i64) {
    let database = PgDatabase::create().await;
    let client = database.connect().await;
    let store = database.store();
    let sized = |number| Session { max_participants: MaxParticipants::new(seats).unwrap(), ..session(number) };
    fill(&store, (1..=SESSIONS).map(sized)).await;
    let started = Instant::now();
    register(&store, tasks, each, with_keys).await;
    let rate = f64::from(tasks * each) / started.elapsed().as_secs_f64();
    drop(store);
    until_the_store_is_gone(&client).await;
    let updates = "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE relname = 'sessions'";
    let row = client.query_one(updates, &[]).await.unwrap();
    let (made, hot) = (row.get(0), row.get(1));
    println!("{tasks} tasks, {seats} seats, with keys: {with_keys}: {rate:.0} a second, {hot} of {made} updates hot");
    (made, hot)
}

#[tokio::test]
async fn a_registration_writes_no_index_of_the_sessions() {
    // One for each session: there is room for a second version of each, whatever keeps the first ones.
    let made = i64::from(SESSIONS);
    assert_eq!(measure(1, SESSIONS, 1_000, true).await, (made, made));
}

/// The rates are printed. Of many registrations at once some do write the indexes: when the page of a session is full of
/// versions that somebody might still look at. Here a crowd comes for the sessions of a few pages.
#[tokio::test(flavor = "multi_thread")]
async fn acceptance_registrations_a_second() {
    for (seats, with_keys) in [(1_000_000, false), (1_000_000, true), (1, true)] {
        let (made, hot) = measure(16, 200, seats, with_keys).await;
        assert_eq!(made, 3_200);
        assert!(hot * 4 > made * 3, "{hot} of {made}");
    }
}
