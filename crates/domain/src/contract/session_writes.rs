//! The obligations of [`SessionWriter`](crate::SessionWriter).

use super::Store;
use super::fixtures::{
    Question, done, enter, exported_sessions, fill, found, full_session, happened, history, keyed, minutes, register,
    registration, session, standing, write,
};
use crate::error::{ReplaceError, StoreError};
use crate::event::EventSubject;
use crate::event::EventType::{self, RegistrationPromoted, SessionCreated, SessionUpdated};
use crate::idempotency::Keyed;
use crate::registration::RegistrationStatus::{Registered, Waitlist};
use crate::repository::{Replacement, Write};
use crate::seats::SeatsTaken;
use crate::session::{ListedSession, MaxParticipants, Session, SessionVersion};
use crate::text::Title;

fn retitled(session: &Session, title: &str) -> Session {
    Session { title: Title::new(title).expect("a title"), updated_at: minutes(1), ..session.clone() }
}

fn resized(session: &Session, seats: u32) -> Session {
    Session { max_participants: MaxParticipants::new(seats).expect("a number"), ..session.clone() }
}

async fn create(store: &dyn Store, session: &Session) -> ListedSession {
    let created: Result<Keyed<ListedSession>, StoreError> = store.create(session, &write("ada", 0)).await;
    done(created.expect("the session is created"))
}

/// Replaces a session that was read in that version.
async fn replace(
    store: &dyn Store,
    before: &ListedSession,
    after: Session,
    write: &Write,
) -> Result<ListedSession, ReplaceError> {
    let (version, event_type) = (before.version, EventType::SessionUpdated);
    let replacement = Replacement { before: before.session.clone(), version, after, event_type };
    Ok(done(store.replace(&replacement, write).await?))
}

pub(super) async fn a_created_session_is_found_in_its_first_version(store: &dyn Store) {
    let created = create(store, &session(1)).await;
    let expected = ListedSession {
        session: session(1),
        version: SessionVersion::FIRST,
        registered_count: 0,
        is_registered: false,
    };
    assert_eq!(created, expected);
    assert_eq!(found(store, 1, "bob").await, expected);
    assert_eq!(Question::default().ask(store).await.items, [expected]);
    assert_eq!(happened(store, 0).await, [SessionCreated]);
}

pub(super) async fn every_member_of_a_created_session_comes_back(store: &dyn Store) {
    for wanted in [session(1), full_session(2)] {
        assert_eq!(create(store, &wanted).await.session, wanted);
    }
    assert_eq!(exported_sessions(store).await, [session(1), full_session(2)]);
}

pub(super) async fn every_member_of_a_replaced_session_comes_back(store: &dyn Store) {
    let mut present = create(store, &session(1)).await;
    // All of them get a value, and then all that may be empty are emptied.
    for after in [full_session(1), session(1)] {
        let before = present.session.clone();
        present = replace(store, &present, after.clone(), &write("ada", 1)).await.expect("replaced");
        assert_eq!(present.session, after);
        assert_eq!(found(store, 1, "ada").await, present);
        let (before, after) = (Some(Box::new(before)), Box::new(after));
        let told = history(store).await.pop().map(|event| event.subject);
        assert_eq!(told, Some(EventSubject::Session { before, after, version: present.version }));
    }
}

pub(super) async fn a_replacement_moves_the_version(store: &dyn Store) {
    let created = create(store, &session(1)).await;
    let wanted = retitled(&session(1), "Another");
    let replaced = replace(store, &created, wanted.clone(), &write("ada", 1)).await.expect("replaced");
    assert_eq!(replaced, ListedSession { session: wanted, version: SessionVersion::new(2), ..created });
    assert_eq!(found(store, 1, "ada").await, replaced);
    assert_eq!(happened(store, 0).await, [SessionCreated, SessionUpdated]);
}

pub(super) async fn of_two_edits_of_one_version_one_is_stale(store: &dyn Store) {
    let created = create(store, &session(1)).await;
    let first = replace(store, &created, retitled(&session(1), "First"), &write("ada", 1)).await.expect("replaced");
    for (before, after) in [(&created, retitled(&session(1), "Second")), (&created, session(1))] {
        let refused = replace(store, before, after, &keyed(write("ada", 2), "second", 1)).await;
        assert!(matches!(refused, Err(ReplaceError::Stale)), "{refused:?}");
    }
    let gone = ListedSession { session: session(9), ..created };
    let refused = replace(store, &gone, retitled(&session(9), "Gone"), &write("ada", 2)).await;
    assert!(matches!(refused, Err(ReplaceError::Stale)), "{refused:?}");
    assert_eq!(found(store, 1, "ada").await, first);
    assert_eq!(happened(store, 0).await.len(), 2);
}

pub(super) async fn registrations_move_no_version(store: &dyn Store) {
    let created = create(store, &session(1)).await;
    enter(store, 1, "ada", 1, 11).await.expect("registered");
    let seen = found(store, 1, "ada").await;
    assert_eq!((seen.version, seen.registered_count, seen.is_registered), (created.version, 1, true));
    assert_eq!(seen.session, created.session);
    let replaced = replace(store, &created, retitled(&session(1), "Another"), &write("ada", 1)).await;
    let replaced = replaced.expect("an edit is not spoilt by registrations");
    assert_eq!((replaced.registered_count, replaced.is_registered), (1, true));
}

pub(super) async fn a_replacement_that_changes_nothing_writes_nothing(store: &dyn Store) {
    let created = create(store, &session(1)).await;
    let write = keyed(write("ada", 1), "same", 1);
    assert_eq!(replace(store, &created, session(1), &write).await.expect("nothing to do"), created);
    assert_eq!(happened(store, 0).await, [SessionCreated]);
    let key = write.key.expect("a key").key;
    assert!(store.kept(write.viewer.subject(), &key, write.now).await.expect("answered").is_some());
}

pub(super) async fn seats_that_are_taken_stay(store: &dyn Store) {
    let created = create(store, &session(1)).await;
    for (person, fresh) in [("ada", 11), ("bob", 12)] {
        enter(store, 1, person, 1, fresh).await.expect("registered");
    }
    let refused = replace(store, &created, resized(&session(1), 1), &write("ada", 2)).await;
    assert!(matches!(refused, Err(ReplaceError::SeatsTaken(SeatsTaken { registered: 2 }))), "{refused:?}");
    assert_eq!(found(store, 1, "cleo").await.session, session(1));
    assert_eq!(happened(store, 3).await, []);
    replace(store, &created, resized(&session(1), 2), &write("ada", 2)).await.expect("just enough");
}

pub(super) async fn new_seats_go_to_the_first_of_the_line(store: &dyn Store) {
    let created = create(store, &resized(&session(1), 1)).await;
    for (minute, person) in (1..).zip(["ada", "bob", "cleo", "dan"]) {
        enter(store, 1, person, minute, 10 + minute.unsigned_abs()).await.expect("taken in");
    }
    let replaced = replace(store, &created, resized(&session(1), 3), &write("cleo", 9)).await.expect("replaced");
    assert_eq!((replaced.registered_count, replaced.is_registered), (3, true));
    let names = ["ada", "bob", "cleo"].map(|name| (name.to_owned(), Registered, None));
    let waiting = ("dan".to_owned(), Waitlist, Some(1));
    assert_eq!(standing(store, 1).await, [names.to_vec(), vec![waiting]].concat());
    let events = history(store).await;
    let types: Vec<_> = events.iter().skip(5).map(|event| event.event_type).collect();
    assert_eq!(types, [SessionUpdated, RegistrationPromoted, RegistrationPromoted]);
    let next = enter(store, 1, "eve", 10, 20).await.expect("taken in");
    assert_eq!(next.registration.position, Some(2));
}

pub(super) async fn an_edit_of_other_members_promotes_nobody(store: &dyn Store) {
    fill(store, [session(1)]).await;
    register(store, [registration(1, "ada", Waitlist, 11)]).await;
    let before = found(store, 1, "ada").await;
    let replaced = replace(store, &before, retitled(&session(1), "Another"), &write("ada", 1)).await.expect("replaced");
    assert_eq!(replaced.registered_count, 0);
    assert_eq!(standing(store, 1).await, [("ada".to_owned(), Waitlist, Some(1))]);
    let replaced = replace(store, &replaced, resized(&replaced.session, 9), &write("ada", 2)).await.expect("replaced");
    assert_eq!((replaced.registered_count, replaced.is_registered), (1, true));
}
