//! A person is forgotten whole, whatever they do meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, SqliteConnection};
use live_adapters::test_support::{PgDatabase, SqliteFile, is_full_size};
use live_domain::contract::Store;
use live_domain::contract::fixtures::{
    done, enter, exported_registrations, exported_sessions, fill, history, id, keyed, minutes, session, subject, write,
};
use live_domain::{BrandScope, CancelError, EventSubject, Forgotten, Pseudonym, RegistrationRepository, Session};
use tokio_postgres::Client;
use uuid::Uuid;

const PERSON: &str = "cleo";
const SESSIONS: u32 = 6;
const ROUNDS: u32 = 25;
const FORGETTINGS: usize = 6;

/// Two stores on one database are as two processes that serve it.
type Stores<S> = [S; 2];

async fn forget(store: &dyn Store) -> Forgotten {
    store.forget(&subject(PERSON), &Pseudonym::random(), minutes(1)).await.unwrap()
}

/// Registers and cancels on one session again and again, with keys, and creates sessions of their own.
async fn come_and_go<S: Store>(store: S, number: u32) {
    for round in 0..ROUNDS {
        let (fresh, key) = (u64::from(1_000 * (number + 1) + round), format!("{number}-{round}"));
        let entering = keyed(write(PERSON, 0), &key, 1);
        done(store.register(&BrandScope::All, id(number.into()), id(fresh), &entering).await.unwrap());
        if round % 5 == 0 {
            let own = Session { host_id: PERSON.parse().unwrap(), ..session(1_000 * (number + 1) + round) };
            done(store.create(&own, &keyed(write(PERSON, 0), &format!("own-{key}"), 1)).await.unwrap());
        }
        let left = store.cancel(&BrandScope::All, id(number.into()), &write(PERSON, 0)).await;
        // Whoever was forgotten in between never registered.
        assert!(matches!(left, Ok(_) | Err(CancelError::NotFound)), "{left:?}");
    }
}

/// A registration has one person, in its row and all of its events; and a session one host.
async fn check_nobody_is_half_forgotten(store: &dyn Store) {
    let mut people: BTreeMap<(&str, Uuid), BTreeSet<String>> = BTreeMap::new();
    let mut name = |what, id: Uuid, name: &str| people.entry((what, id)).or_default().insert(name.to_owned());
    for registration in exported_registrations(store).await {
        name("registration", registration.id, registration.user_id.as_str());
    }
    for session in exported_sessions(store).await {
        name("session", session.id, session.host_id.as_str());
    }
    for event in history(store).await {
        match event.subject {
            EventSubject::Registration { id, user_id, .. } => {
                name("registration", id, user_id.as_str());
                name("registration", id, event.actor.as_str());
            }
            EventSubject::Session { before, after, .. } => {
                for session in before.into_iter().chain([after]) {
                    name("session", session.id, session.host_id.as_str());
                }
            }
        }
    }
    let halves: Vec<_> = people.iter().filter(|(_, names)| names.len() > 1).collect();
    assert!(halves.is_empty(), "{halves:#?}");
}

async fn check_forgetting_a_busy_person<S: Store + Clone + 'static>(stores: Stores<S>) {
    fill(&stores[0], (1..=SESSIONS).map(session)).await;
    let comers: Vec<_> = (1..=SESSIONS)
        .map(|number| tokio::spawn(come_and_go(stores[usize::from(number.is_multiple_of(2))].clone(), number)))
        .collect();
    let mut renamed = 0;
    for _ in 0..FORGETTINGS {
        renamed += forget(&stores[0]).await.events;
        check_nobody_is_half_forgotten(&stores[1]).await;
    }
    for comer in comers {
        comer.await.unwrap();
    }
    renamed += forget(&stores[0]).await.events;
    let least = u64::from(SESSIONS * ROUNDS);
    assert!(renamed >= least, "{renamed} of {least}");
    check_nobody_is_half_forgotten(&stores[0]).await;
    assert_eq!(forget(&stores[0]).await, Forgotten::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_comes_and_goes_is_forgotten_whole_on_postgres() {
    let database = PgDatabase::create().await;
    check_forgetting_a_busy_person([database.store(), database.store()]).await;
    assert_eq!(mentions(&database.connect().await).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_comes_and_goes_is_forgotten_whole_on_sqlite() {
    let file = SqliteFile::create().await;
    check_forgetting_a_busy_person([file.store(), file.store()]).await;
    assert_eq!(mentions_in_file(&file), Vec::<String>::new());
}

/// The tables with a row that holds the person's name in any column.
async fn mentions(client: &Client) -> Vec<String> {
    let tables = "SELECT relname::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";
    let mut found = Vec::new();
    for table in client.query(tables, &[]).await.unwrap() {
        let table: String = table.get(0);
        let query = format!("SELECT FROM {table} AS row WHERE position('{PERSON}' IN row::text) > 0");
        found.extend((!client.query(&query, &[]).await.unwrap().is_empty()).then_some(table));
    }
    found
}

/// The same of a SQLite file.
#[expect(clippy::disallowed_methods, reason = "a test that looks at every table has no typed query for each")]
fn mentions_in_file(file: &SqliteFile) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Named {
        #[diesel(sql_type = Text)]
        name: String,
    }
    let mut connection = SqliteConnection::establish(file.path().to_str().unwrap()).unwrap();
    let columns = "SELECT t.name || '.' || c.name AS name FROM sqlite_schema t, pragma_table_info(t.name) c
        WHERE t.type = 'table'";
    let columns: Vec<Named> = diesel::sql_query(columns).load(&mut connection).unwrap();
    let mut holds_the_name = |column: &Named| {
        let (table, name) = column.name.split_once('.').unwrap();
        let query = format!("SELECT 'x' AS name FROM {table} WHERE instr(CAST({name} AS TEXT), '{PERSON}') > 0");
        !diesel::sql_query(query).load::<Named>(&mut connection).unwrap().is_empty()
    };
    columns.into_iter().filter(|column| holds_the_name(column)).map(|column| column.name).collect()
}

async fn until_forgetting_waits(client: &Client) {
    let waiting = "SELECT FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = 'live forget' AND wait_event_type = 'Lock'";
    while client.query(waiting, &[]).await.unwrap().is_empty() {}
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_person_is_in_the_middle_of_is_waited_for_and_renamed_with_the_rest() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    fill(&store, [session(1)]).await;
    enter(&store, 1, PERSON, 0, 11).await.unwrap();
    // A cancellation, as the store does it, that is not committed yet.
    let cancelling = database.connect().await;
    let cancel = format!(
        "BEGIN; SELECT FROM sessions WHERE id = '{session}' FOR NO KEY UPDATE;
        UPDATE registrations SET status = 'cancelled', cancelled_at = now() WHERE user_id = '{PERSON}';
        INSERT INTO session_events (id, session_id, brand_id, type, who, at, registration_id, user_id, status_after)
        VALUES (gen_random_uuid(), '{session}', 'acme', 'registration.cancelled', '{PERSON}', now(), '{registration}',
            '{PERSON}', 'cancelled')",
        session = id(1),
        registration = id(11),
    );
    cancelling.batch_execute(&cancel).await.unwrap();
    let forgetting = tokio::spawn({
        let store = store.clone();
        async move { forget(&store).await }
    });
    until_forgetting_waits(&client).await;
    cancelling.batch_execute("COMMIT").await.unwrap();
    assert_eq!(forgetting.await.unwrap(), Forgotten { registrations: 1, events: 2, ..Forgotten::default() });
    assert_eq!(mentions(&client).await, Vec::<String>::new());
}

/// So many registrations of others, each with its event.
const CROWD: &str = "
    WITH crowd AS (
        SELECT i, gen_random_uuid() AS id, 'person ' || i AS user_id,
            timestamptz '2026-01-01T00:00:00Z' + i * interval '1 millisecond' AS at
        FROM generate_series(1, $1::bigint) AS i
    ), registered AS (
        INSERT INTO registrations (id, session_id, user_id, status, registered_at)
        SELECT id, $2, user_id, 'registered', at FROM crowd
    )
    INSERT INTO session_events (id, session_id, brand_id, type, who, at, registration_id, user_id, status_after)
    SELECT gen_random_uuid(), $2, 'acme', 'registration.registered', user_id, at, id, user_id, 'registered' FROM crowd";

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_others_register_while_a_person_is_forgotten() {
    let events: i64 = if is_full_size() { 1_000_000 } else { 10_000 };
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    fill(&store, [session(1), session(2), session(3)]).await;
    client.execute(CROWD, &[&events, &id(3)]).await.unwrap();
    enter(&store, 1, PERSON, 0, 11).await.unwrap();
    let begun = Instant::now();
    let forgetting = tokio::spawn({
        let store = store.clone();
        async move { forget(&store).await }
    });
    let mut longest = BTreeMap::new();
    let mut round = 0_u32;
    while !forgetting.is_finished() || round == 0 {
        // One session that the person is registered for, and one that they are not.
        for number in [1, 2] {
            let entered = Instant::now();
            let fresh = u64::from(100 + 10 * round + number);
            let entering = write(&format!("person {round}"), 0);
            store.register(&BrandScope::All, id(number.into()), id(fresh), &entering).await.unwrap();
            let took = longest.entry(number).or_insert(entered.elapsed());
            *took = (*took).max(entered.elapsed());
        }
        round += 1;
    }
    assert_eq!(forgetting.await.unwrap().registrations, 1);
    println!(
        "among {events} events a person was forgotten in {:.2?}; the longest registration for their session took {:.2?}, \
         for another {:.2?}",
        begun.elapsed(),
        longest[&1],
        longest[&2]
    );
}
