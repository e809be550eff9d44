//! The obligations of [`HistoryRepository`](crate::HistoryRepository), and of what is written to it.

use super::Store;
use super::fixtures::{
    brand, done, enter, fill, found, happened, history, id, leave, minutes, now, register, registration, session,
    subject, write,
};
use crate::event::{Actor, Event, EventSubject, EventType};
use crate::registration::RegistrationStatus::{self, Cancelled, Registered, Waitlist};
use crate::repository::Replacement;
use crate::session::{MaxParticipants, Session, SessionStatus, SessionVersion};

fn one_seat() -> Session {
    Session { max_participants: MaxParticipants::new(1).expect("a number"), ..session(1) }
}

fn of_registration(
    fresh: u64,
    person: &str,
    before: Option<RegistrationStatus>,
    after: RegistrationStatus,
) -> EventSubject {
    EventSubject::Registration { id: id(fresh), user_id: subject(person), before, after }
}

/// What is to be told of each event, its id aside.
fn told(event: &Event) -> (EventType, &Actor, i64, &EventSubject) {
    let minute = (event.at.as_micros() - now().as_micros()) / 60_000_000;
    (event.event_type, &event.actor, minute, &event.subject)
}

fn person(name: &str) -> Actor {
    Actor::Person(subject(name))
}

pub(super) async fn every_change_is_recorded_in_order(store: &dyn Store) {
    let created = done(store.create(&one_seat(), &write("ada", 0)).await.expect("created"));
    enter(store, 1, "bob", 1, 11).await.expect("taken in");
    enter(store, 1, "cleo", 2, 12).await.expect("taken in");
    let after = Session { status: SessionStatus::Live, started_at: Some(minutes(3)), ..one_seat() };
    let event_type = EventType::SessionStarted;
    let start = Replacement { before: one_seat(), version: created.version, after: after.clone(), event_type };
    done(store.replace(&start, &write("ada", 3)).await.expect("started"));
    leave(store, 1, "cleo", 4).await;

    let events = history(store).await;
    let whole = |session: Session| Box::new(session);
    let expected = [
        (
            EventType::SessionCreated,
            &person("ada"),
            0,
            &EventSubject::Session { before: None, after: whole(one_seat()), version: SessionVersion::FIRST },
        ),
        (EventType::RegistrationRegistered, &person("bob"), 1, &of_registration(11, "bob", None, Registered)),
        (EventType::RegistrationWaitlisted, &person("cleo"), 2, &of_registration(12, "cleo", None, Waitlist)),
        (
            EventType::SessionStarted,
            &person("ada"),
            3,
            &EventSubject::Session {
                before: Some(whole(one_seat())),
                after: whole(after),
                version: SessionVersion::new(2),
            },
        ),
        (EventType::RegistrationCancelled, &person("cleo"), 4, &of_registration(12, "cleo", Some(Waitlist), Cancelled)),
    ];
    assert_eq!(events.iter().map(told).collect::<Vec<_>>(), expected);
    for event in &events {
        assert_eq!((event.session_id, &event.brand_id), (id(1), &brand("acme")));
        assert_eq!(event.id.get_version_num(), 7);
    }
}

pub(super) async fn promotions_are_recorded_where_they_happen(store: &dyn Store) {
    let max_participants = MaxParticipants::new(3).expect("a number");
    fill(store, [Session { max_participants, ..session(1) }]).await;
    let line = [("ada", Registered), ("bob", Registered), ("cleo", Waitlist), ("dan", Waitlist), ("eve", Waitlist)];
    register(store, (11..).zip(line).map(|(fresh, (person, status))| registration(1, person, status, fresh))).await;
    // One seat was free beside the line: it is given before ada's, which goes to the next.
    leave(store, 1, "ada", 5).await;
    let events = history(store).await;
    let expected = [
        (EventType::RegistrationPromoted, &person("ada"), 5, &of_registration(13, "cleo", Some(Waitlist), Registered)),
        (EventType::RegistrationCancelled, &person("ada"), 5, &of_registration(11, "ada", Some(Registered), Cancelled)),
        (EventType::RegistrationPromoted, &person("ada"), 5, &of_registration(14, "dan", Some(Waitlist), Registered)),
    ];
    assert_eq!(events.iter().skip(6).map(told).collect::<Vec<_>>(), expected);
    assert_eq!(found(store, 1, "dan").await.registered_count, 3);
}

pub(super) async fn an_import_records_what_it_changes(store: &dyn Store) {
    fill(store, [session(1), session(2)]).await;
    register(store, [registration(1, "ada", Registered, 11), registration(1, "bob", Waitlist, 12)]).await;
    let moved = Session { brand_id: brand("globex"), ..session(1) };
    fill(store, [moved.clone(), session(2)]).await;
    register(store, [registration(1, "ada", Cancelled, 13), registration(1, "bob", Waitlist, 14)]).await;
    assert_eq!(found(store, 1, "ada").await.version, SessionVersion::new(2));
    assert_eq!(found(store, 2, "ada").await.version, SessionVersion::FIRST);

    let events = history(store).await;
    let mut created: Vec<_> = events.iter().take(2).map(|event| event.session_id).collect();
    created.sort_unstable();
    assert_eq!(created, [id(1), id(2)]);
    let expected = [
        (EventType::RegistrationImported, &Actor::Import, 0, &of_registration(11, "ada", None, Registered)),
        (EventType::RegistrationImported, &Actor::Import, 0, &of_registration(12, "bob", None, Waitlist)),
        (
            EventType::SessionImported,
            &Actor::Import,
            0,
            &EventSubject::Session {
                before: Some(Box::new(session(1))),
                after: Box::new(moved),
                version: SessionVersion::new(2),
            },
        ),
        (EventType::RegistrationImported, &Actor::Import, 0, &of_registration(11, "ada", Some(Registered), Cancelled)),
    ];
    assert_eq!(events.iter().skip(2).map(told).collect::<Vec<_>>(), expected);
    assert_eq!(events[4].brand_id, brand("globex"));
}

pub(super) async fn a_reader_goes_on_where_it_stopped(store: &dyn Store) {
    assert_eq!(store.events(None, 10).await.expect("answered"), []);
    fill(store, (1..=5).map(session)).await;
    let first = store.events(None, 2).await.expect("answered");
    assert_eq!(first.len(), 2);
    let rest = store.events(Some(first[1].position), 10).await.expect("answered");
    assert_eq!(rest.len(), 3);
    let places: Vec<_> = first.iter().chain(&rest).map(|recorded| recorded.position).collect();
    assert!(places.is_sorted() && places.windows(2).all(|pair| pair[0] != pair[1]));
    let last = places.last().copied();
    assert_eq!(store.events(last, 10).await.expect("answered"), []);
    fill(store, [session(6)]).await;
    assert_eq!(store.events(last, 10).await.expect("answered").len(), 1);
    assert_eq!(happened(store, 5).await, [EventType::SessionImported]);
}

/// The places of what there is.
async fn places(store: &dyn Store) -> Vec<u64> {
    let events = store.events(None, 100).await.expect("answered");
    events.into_iter().map(|recorded| recorded.position.0).collect()
}

pub(super) async fn the_oldest_events_are_deleted_and_no_place_moves(store: &dyn Store) {
    fill(store, [session(1)]).await;
    for (minute, person) in (1..).zip(["bob", "cleo", "dan", "eve"]) {
        enter(store, 1, person, minute, 10 + minute.unsigned_abs()).await.expect("registered");
    }
    let all = store.events(None, 100).await.expect("answered");
    assert_eq!(store.delete_before(now()).await.expect("deleted"), 0, "nothing happened before");
    // A reader in the middle of what is deleted, and one beyond it.
    let [behind, beyond] = [Some(all[1].position), Some(all[3].position)];
    assert_eq!(store.delete_before(minutes(3)).await.expect("deleted"), 3);
    assert_eq!(store.delete_before(minutes(3)).await.expect("deleted"), 0);
    assert_eq!(store.events(None, 100).await.expect("answered"), all[3..]);
    assert_eq!(store.events(behind, 100).await.expect("answered"), all[3..]);
    assert_eq!(store.events(beyond, 100).await.expect("answered"), all[4..]);
    assert_eq!(found(store, 1, "bob").await.registered_count, 4);
}

pub(super) async fn a_young_event_keeps_those_behind_it(store: &dyn Store) {
    fill(store, [session(1)]).await;
    // By a machine whose clock is ahead.
    for (fresh, (person, minute)) in (11..).zip([("bob", 1), ("cleo", 90), ("dan", 2)]) {
        enter(store, 1, person, minute, fresh).await.expect("registered");
    }
    assert_eq!(store.delete_before(minutes(60)).await.expect("deleted"), 2);
    assert_eq!(places(store).await.len(), 2);
    assert_eq!(store.delete_before(minutes(91)).await.expect("deleted"), 2);
}

pub(super) async fn a_history_that_is_deleted_whole_goes_on(store: &dyn Store) {
    fill(store, [session(1)]).await;
    enter(store, 1, "bob", 1, 11).await.expect("registered");
    let before = places(store).await;
    assert_eq!(store.delete_before(minutes(2)).await.expect("deleted"), 2);
    assert!(places(store).await.is_empty());
    enter(store, 1, "cleo", 2, 12).await.expect("registered");
    let after = places(store).await;
    assert!(after.len() == 1 && before.iter().all(|place| *place < after[0]), "{before:?} {after:?}");
}
