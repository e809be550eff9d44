//! The obligations of [`RegistrationRepository`](crate::RegistrationRepository).

use time::Duration;

use super::Store;
use super::fixtures::{
    brand, enter, exported_registrations, fill, found, happened, id, leave, lines, minutes, now, register,
    registration, session, standing, viewer, write,
};
use crate::error::{CancelError, RegisterError};
use crate::listing::{PageSize, Selection, Variants};
use crate::registration::RegistrationStatus::{self, Cancelled, Registered, Waitlist};
use crate::registration::{LineScan, PlacedRegistration, Registration};
use crate::session::{MaxParticipants, Session, SessionStatus};
use crate::viewer::BrandScope;

async fn fill_with_seats(store: &dyn Store, seats: u32) {
    let max_participants = MaxParticipants::new(seats).expect("a number");
    fill(store, [Session { max_participants, ..session(1) }]).await;
}

/// A session of so many seats, and these people after each other, a minute apart, in registrations from 11 on.
async fn fill_with(store: &dyn Store, seats: u32, people: &[&str]) {
    fill_with_seats(store, seats).await;
    for (minute, person) in (1..).zip(people) {
        enter(store, 1, person, minute, 10 + minute.unsigned_abs()).await.expect("taken in");
    }
}

/// Lets these people wait for session 1, in that order, whatever seats are free.
async fn import_line(store: &dyn Store, people: &[&str]) {
    register(store, (11..).zip(people).map(|(fresh, person)| registration(1, person, Waitlist, fresh))).await;
}

fn named<const N: usize>(
    standing: [(&str, RegistrationStatus, Option<u32>); N],
) -> Vec<(String, RegistrationStatus, Option<u32>)> {
    standing.map(|(name, status, position)| (name.to_owned(), status, position)).to_vec()
}

pub(super) async fn the_first_get_seats_and_the_rest_wait(store: &dyn Store) {
    fill_with_seats(store, 2).await;
    for (person, minute, status, position) in [
        ("ada", 1, Registered, None),
        ("bob", 2, Registered, None),
        ("cleo", 3, Waitlist, Some(1)),
        ("dan", 4, Waitlist, Some(2)),
    ] {
        let entered = enter(store, 1, person, minute, 10 + minute.unsigned_abs()).await.expect("taken in");
        let expected = Registration {
            id: id(10 + minute.unsigned_abs()),
            session_id: id(1),
            user_id: viewer(person).subject().clone(),
            status,
            registered_at: minutes(minute),
            cancelled_at: None,
        };
        assert!(entered.created);
        assert_eq!(entered.registration, PlacedRegistration { registration: expected, position });
    }
    let seen = found(store, 1, "cleo").await;
    assert_eq!((seen.registered_count, seen.is_registered), (2, false));
    assert!(found(store, 1, "bob").await.is_registered);
}

pub(super) async fn a_repeat_keeps_its_registration(store: &dyn Store) {
    fill_with(store, 1, &["ada", "bob"]).await;
    let events = happened(store, 0).await;
    for (person, fresh, status, position) in [("ada", 11, Registered, None), ("bob", 12, Waitlist, Some(1))] {
        let again = enter(store, 1, person, 9, 99).await.expect("there already");
        assert!(!again.created);
        let PlacedRegistration { registration, position: place } = again.registration;
        assert_eq!((registration.id, registration.status, place), (id(fresh), status, position));
    }
    assert_eq!(found(store, 1, "ada").await.registered_count, 1);
    assert_eq!(happened(store, 0).await, events);
}

pub(super) async fn who_cancelled_queues_up_anew(store: &dyn Store) {
    fill_with(store, 1, &["ada", "bob", "cleo"]).await;
    leave(store, 1, "bob", 5).await;
    let again = enter(store, 1, "bob", 6, 16).await.expect("taken in");
    assert!(again.created);
    let PlacedRegistration { registration, position } = again.registration;
    assert_eq!((registration.id, registration.registered_at, position), (id(16), minutes(6), Some(2)));
    assert_eq!(registration.cancelled_at, None);
    assert_eq!(exported_registrations(store).await.len(), 3, "one is shown of each person");
}

pub(super) async fn a_seat_given_up_goes_to_the_first_of_the_line(store: &dyn Store) {
    fill_with(store, 2, &["ada", "bob", "cleo", "dan"]).await;
    let cancelled = leave(store, 1, "ada", 5).await;
    assert_eq!(cancelled.position, None);
    assert_eq!((cancelled.registration.status, cancelled.registration.cancelled_at), (Cancelled, Some(minutes(5))));
    let expected = named([
        ("ada", Cancelled, None),
        ("bob", Registered, None),
        ("cleo", Registered, None),
        ("dan", Waitlist, Some(1)),
    ]);
    assert_eq!(standing(store, 1).await, expected);
    assert_eq!(found(store, 1, "cleo").await.registered_count, 2);
    let cleo = &exported_registrations(store).await[2];
    assert_eq!((cleo.id, cleo.registered_at), (id(13), minutes(3)), "a promotion changes the status alone");
}

pub(super) async fn who_gives_up_a_place_promotes_nobody(store: &dyn Store) {
    fill_with_seats(store, 3).await;
    import_line(store, &["ada", "bob"]).await;
    leave(store, 1, "ada", 5).await;
    assert_eq!(standing(store, 1).await, named([("ada", Cancelled, None), ("bob", Waitlist, Some(1))]));
    assert_eq!(found(store, 1, "bob").await.registered_count, 0);
}

pub(super) async fn cancelling_twice_is_cancelling_once(store: &dyn Store) {
    fill_with(store, 1, &["ada", "bob"]).await;
    let once = leave(store, 1, "ada", 5).await;
    let events = happened(store, 0).await;
    assert_eq!(leave(store, 1, "ada", 6).await, once);
    assert_eq!(happened(store, 0).await, events);
    assert_eq!(found(store, 1, "bob").await.registered_count, 1);
    // However the clocks of two machines differ, nobody cancels before they registered.
    assert_eq!(leave(store, 1, "bob", -5).await.registration.cancelled_at, Some(minutes(2)));
    for (session, person) in [(1, "nobody"), (2, "ada")] {
        let refused = store.cancel(&BrandScope::All, id(session), &write(person, 7)).await;
        assert!(matches!(refused, Err(CancelError::NotFound)), "{refused:?}");
    }
}

pub(super) async fn a_closed_session_takes_nobody_and_promotes_nobody(store: &dyn Store) {
    fill_with(store, 1, &["ada", "bob"]).await;
    for status in [SessionStatus::Ended, SessionStatus::Cancelled] {
        let max_participants = MaxParticipants::new(1).expect("a number");
        fill(store, [Session { status, max_participants, ..session(1) }]).await;
        for person in ["ada", "bob", "cleo"] {
            let refused = enter(store, 1, person, 5, 99).await;
            assert!(matches!(refused, Err(RegisterError::Closed { status: told }) if told == status), "{refused:?}");
        }
    }
    assert_eq!(leave(store, 1, "ada", 6).await.registration.status, Cancelled);
    assert_eq!(standing(store, 1).await, named([("ada", Cancelled, None), ("bob", Waitlist, Some(1))]));
    assert_eq!(found(store, 1, "bob").await.registered_count, 0);
}

pub(super) async fn an_imported_line_goes_before_a_newcomer(store: &dyn Store) {
    fill_with_seats(store, 2).await;
    import_line(store, &["ada", "bob", "cleo"]).await;
    let dan = enter(store, 1, "dan", 5, 99).await.expect("taken in");
    assert_eq!(dan.registration.position, Some(2));
    let expected = named([
        ("ada", Registered, None),
        ("bob", Registered, None),
        ("cleo", Waitlist, Some(1)),
        ("dan", Waitlist, Some(2)),
    ]);
    assert_eq!(standing(store, 1).await, expected);
    assert_eq!(found(store, 1, "dan").await.registered_count, 2);
}

pub(super) async fn registered_at_rises_whatever_the_clock_says(store: &dyn Store) {
    fill_with_seats(store, 9).await;
    let later = |micros: i64| minutes(5).later_by(Duration::microseconds(micros));
    for (person, minute, expected) in
        [("ada", 5, later(0)), ("bob", 5, later(1)), ("cleo", -9, later(2)), ("dan", 6, minutes(6))]
    {
        let entered = enter(store, 1, person, minute, 10 + u64::from(person.as_bytes()[0])).await.expect("taken in");
        assert_eq!(entered.registration.registration.registered_at, expected, "{person}");
    }
    // Nor does it fall when the last of the line is there no more.
    let early = registration(1, "dan", Registered, 77).with_registered_at(now(), now()).expect("a line");
    register(store, [early]).await;
    let last = enter(store, 1, "eve", 0, 78).await.expect("taken in").registration.registration;
    assert_eq!(last.registered_at, minutes(6).later_by(Duration::MICROSECOND));
}

pub(super) async fn a_registration_is_of_its_person_and_within_their_scope(store: &dyn Store) {
    fill_with(store, 1, &["ada"]).await;
    let (acme, globex) =
        (BrandScope::only([brand("acme")]).expect("one"), BrandScope::only([brand("globex")]).expect("one"));
    let ask =
        async |scope: &BrandScope, person: &str| store.latest(scope, &viewer(person), id(1)).await.expect("answered");
    assert!(ask(&acme, "ada").await.is_some());
    assert_eq!(ask(&acme, "bob").await, None);
    assert_eq!(ask(&globex, "ada").await, None);
    let refused = store.register(&globex, id(1), id(99), &write("bob", 1)).await;
    assert!(matches!(refused, Err(RegisterError::NotFound)), "{refused:?}");
    let refused = store.register(&acme, id(2), id(99), &write("bob", 1)).await;
    assert!(matches!(refused, Err(RegisterError::NotFound)), "{refused:?}");
    let refused = store.cancel(&globex, id(1), &write("ada", 1)).await;
    assert!(matches!(refused, Err(CancelError::NotFound)), "{refused:?}");
    assert!(store.register(&acme, id(1), id(99), &write("bob", 1)).await.is_ok());
    assert_eq!(happened(store, 1).await.len(), 2);
}

pub(super) async fn the_line_is_read_in_its_order_page_by_page(store: &dyn Store) {
    fill(store, [1, 2].map(session)).await;
    // Two at each instant, told apart by their ids, of every status in turn.
    let line = |number: u32, place: u64| {
        let status = RegistrationStatus::ALL[usize::try_from(place % 3).expect("few")];
        let at =
            now().earlier_by(Duration::minutes(60)).later_by(Duration::minutes(i64::try_from(place / 2).expect("few")));
        let line = registration(number, &format!("person {}", 99 - place), status, 0)
            .with_id(id(1_000 * u64::from(number) + place));
        line.with_registered_at(at, now()).expect("a line")
    };
    let files = (0..11).flat_map(|place| [line(1, place), line(2, place)]);
    super::fixtures::import_registrations(store, lines(files)).await.expect("imported");
    for statuses in [vec![], vec![Registered], vec![Waitlist, Cancelled], RegistrationStatus::ALL.to_vec()] {
        let expected: Vec<_> = (0..11)
            .filter(|place| statuses.contains(&RegistrationStatus::ALL[usize::try_from(place % 3).expect("few")]))
            .map(|place| id(1_000 + place))
            .collect();
        let mut scan = LineScan { statuses: Selection::of(statuses), after: None };
        let mut walked = Vec::new();
        loop {
            let page = store.line(id(1), &scan, PageSize::new(3).expect("a size")).await.expect("a page");
            assert!(page.items.len() == 3 || page.next.is_none(), "only the last page is short");
            walked.extend(page.items.iter().map(|registration| registration.id));
            match page.next {
                Some(next) => scan = next,
                None => break,
            }
        }
        assert_eq!(walked, expected);
    }
    let none = store.line(id(3), &LineScan::default(), PageSize::default()).await.expect("a page");
    assert!(none.items.is_empty() && none.next.is_none());
}
