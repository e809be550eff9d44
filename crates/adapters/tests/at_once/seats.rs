//! Many people register and cancel at once: no seat is sold twice, and the line keeps its order.

use std::ops::Range;

use live_adapters::test_support::{PgDatabase, SqliteFile, is_full_size};
use live_domain::contract::Store;
use live_domain::contract::fixtures::{
    enter, exported_registrations, fill, found, history, id, leave, register, registration, session,
};
use live_domain::{EventSubject, EventType, MaxParticipants, Registration, RegistrationStatus, Session};

use super::{Stores, at_once, name};

const SEATS: u32 = 50;
const PEOPLE: Range<u32> = 0..200;

/// The registrations of the session that are not cancelled, in the order of the line.
async fn line(store: &dyn Store, number: u32) -> Vec<Registration> {
    let mut line = exported_registrations(store).await;
    line.retain(|row| row.session_id == id(number.into()) && row.status != RegistrationStatus::Cancelled);
    line.sort_by_key(Registration::place);
    line
}

/// So many people are in the line, the first of them have the seats, all of them, and the counters say so.
pub(crate) async fn check_line(store: &dyn Store, number: u32, people: u32) {
    let (line, listed) = (line(store, number).await, found(store, number, "nobody").await);
    let seats = listed.session.max_participants.get();
    assert_eq!(line.len(), usize::try_from(people).unwrap());
    for (place, row) in (0..).zip(&line) {
        let expected = if place < seats { RegistrationStatus::Registered } else { RegistrationStatus::Waitlist };
        assert_eq!(row.status, expected, "place {place} of session {number}");
    }
    for pair in line.windows(2) {
        assert!(pair[0].registered_at < pair[1].registered_at, "two took one place: {pair:?}");
    }
    assert_eq!(listed.registered_count, people.min(seats));
    // What the counter says of the line shows in the place that the next one gets.
    let last = enter(store, number, "latecomer", 2, u64::from(number) * 1_000 + 999).await.unwrap();
    assert_eq!(last.registration.position, (people + 1).checked_sub(seats).filter(|place| *place > 0));
    leave(store, number, "latecomer", 2).await;
}

/// Who moved up did so in the order of the line.
pub(crate) async fn check_promotions(store: &dyn Store, number: u32) {
    let places = exported_registrations(store).await;
    let registered_at = |id| places.iter().find(|row| row.id == id).unwrap().registered_at;
    let promoted: Vec<_> = history(store)
        .await
        .into_iter()
        .filter(|event| event.session_id == id(number.into()) && event.event_type == EventType::RegistrationPromoted)
        .map(|event| match event.subject {
            EventSubject::Registration { id, .. } => registered_at(id),
            EventSubject::Session { .. } => panic!("a session is not promoted"),
        })
        .collect();
    assert!(promoted.is_sorted(), "{promoted:?}");
}

async fn check_seats<S: Store + Clone + 'static>(stores: Stores<S>) {
    let store = &stores[0];
    for number in 1..=(if is_full_size() { 20 } else { 3 }) {
        fill(store, [Session { max_participants: MaxParticipants::new(SEATS).unwrap(), ..session(number) }]).await;
        let take = move |store: S, person: u32| async move {
            let fresh = u64::from(number * 1_000 + person);
            enter(&store, number, &name(person), 0, fresh).await.unwrap();
        };
        at_once(&stores, PEOPLE, take).await;
        check_line(store, number, 200).await;
        let give_up = move |store: S, person: u32| async move {
            leave(&store, number, &name(person), 1).await;
        };
        at_once(&stores, PEOPLE.step_by(2), give_up).await;
        check_line(store, number, 100).await;
        check_promotions(store, number).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_no_seat_is_sold_twice_on_postgres() {
    let database = PgDatabase::create().await;
    check_seats([database.store(), database.store()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_no_seat_is_sold_twice_on_sqlite() {
    let file = SqliteFile::create().await;
    check_seats([file.store(), file.store()]).await;
}

/// Registrations are taken while a file is imported that touches the same session.
async fn check_beside_imports<S: Store + Clone + 'static>(stores: Stores<S>) {
    fill(&stores[0], [Session { max_participants: MaxParticipants::new(SEATS).unwrap(), ..session(1) }]).await;
    let waiting = RegistrationStatus::Waitlist;
    let act = move |store: S, person: u32| async move {
        if person.is_multiple_of(10) {
            let line = registration(1, &name(person), waiting, (1_000 + person).into());
            register(&store, [line]).await;
        } else {
            enter(&store, 1, &name(person), 0, (1_000 + person).into()).await.unwrap();
        }
    };
    at_once(&stores, PEOPLE, act).await;
    let line = line(&stores[0], 1).await;
    let standing = |status| line.iter().filter(|row| row.status == status).count();
    let listed = found(&stores[0], 1, "nobody").await;
    assert_eq!((standing(RegistrationStatus::Registered), standing(waiting)), (50, 150));
    assert_eq!(listed.registered_count, SEATS);
    let last = enter(&stores[0], 1, "latecomer", 0, 9).await.unwrap();
    assert_eq!(last.registration.position, Some(151));
    let instants: Vec<_> = line.iter().map(|row| row.registered_at).collect();
    assert!(instants.is_sorted() && instants.windows(2).all(|pair| pair[0] != pair[1]), "{instants:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_and_registrations_at_once_keep_the_counters_on_postgres() {
    let database = PgDatabase::create().await;
    check_beside_imports([database.store(), database.store()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_and_registrations_at_once_keep_the_counters_on_sqlite() {
    let file = SqliteFile::create().await;
    check_beside_imports([file.store(), file.store()]).await;
}
