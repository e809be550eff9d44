//! The obligations of [`PersonRepository`](crate::PersonRepository).

use super::Store;
use super::fixtures::{
    brand, done, enter, exported_registrations, exported_sessions, feed, fill, found, full_session, history, id, keyed,
    leave, minutes, register, registration, secret, session, standing, subject, viewer, write,
};
use crate::error::ReplaceError;
use crate::event::{Actor, Event, EventSubject, EventType};
use crate::feed::Feed;
use crate::forget::Forgotten;
use crate::idempotency::{Kept, Outcome};
use crate::listing::SessionFilter;
use crate::registration::RegistrationStatus::{Registered, Waitlist};
use crate::repository::{Replacement, Write};
use crate::session::{MaxParticipants, Session, SessionVersion};
use crate::text::Pseudonym;
use crate::viewer::BrandScope;

/// Forgets that person, so many minutes from now.
async fn forget(store: &dyn Store, name: &str, minute: i64) -> (Pseudonym, Forgotten) {
    let pseudonym = Pseudonym::random();
    let forgotten = store.forget(&subject(name), &pseudonym, minutes(minute)).await;
    (pseudonym, forgotten.expect("the person is forgotten"))
}

fn person(pseudonym: &Pseudonym) -> Actor {
    Actor::Person(pseudonym.subject().clone())
}

fn hosted_by(pseudonym: &Pseudonym, session: Session) -> Session {
    Session { host_id: pseudonym.host_id().clone(), ..session }
}

/// Everything that a store holds of people, as text.
async fn all_text(store: &dyn Store) -> String {
    let (sessions, registrations) = (exported_sessions(store).await, exported_registrations(store).await);
    format!("{sessions:?} {registrations:?} {:?}", history(store).await)
}

/// Somebody called `name` hosts a session and edits it, edits another's, registers for both and cancels one: 1 session,
/// 2 registrations, and 6 events, beside the one by which an import brings them as a host.
async fn live_a_life(store: &dyn Store, name: &str) {
    let hosted = Session { host_id: name.parse().expect("a good host"), ..full_session(1) };
    let hosted = Session { status: crate::SessionStatus::Live, ended_at: None, ..hosted };
    fill(store, [hosted.clone(), session(2)]).await;
    for before in [hosted, session(2)] {
        let after = Session { title: "Another".parse().expect("a title"), ..before.clone() }.touched(minutes(1));
        let event_type = EventType::SessionUpdated;
        let replacement = Replacement { before, version: SessionVersion::FIRST, after, event_type };
        let replacing = keyed(write(name, 1), &format!("edit {}", replacement.after.id).replace(' ', "-"), 1);
        done(store.replace(&replacement, &replacing).await.expect("replaced"));
    }
    for number in [1_u32, 2] {
        let entering = keyed(write(name, 2), &format!("enter-{number}"), 1);
        let (session, fresh) = (id(u64::from(number)), id(u64::from(number) + 10));
        done(store.register(&BrandScope::All, session, fresh, &entering).await.expect("registered"));
    }
    leave(store, 2, name, 3).await;
}

pub(super) async fn every_place_of_a_person_has_the_pseudonym(store: &dyn Store) {
    // A name that JSON, patterns and quotes in SQL could stumble over.
    let name = r#"zo\"é%_' {}"#;
    live_a_life(store, name).await;
    // A manager's key holds a session of theirs.
    let before = found(store, 1, "max").await;
    let after = Session { category: None, ..before.session.clone() }.touched(minutes(4));
    let event_type = EventType::SessionUpdated;
    let replacement = Replacement { before: before.session, version: before.version, after, event_type };
    done(store.replace(&replacement, &keyed(write("max", 4), "edit", 1)).await.expect("replaced"));
    let told = history(store).await;
    let (pseudonym, forgotten) = forget(store, name, 5).await;
    assert_eq!(forgotten, Forgotten { sessions: 1, registrations: 2, events: 7, kept: 5, feeds: 0 });

    let text = all_text(store).await;
    assert!(!text.contains("zo"), "{text}");
    assert_eq!(found(store, 1, "max").await.session.host_id, *pseudonym.host_id());
    let latest = store.latest(&BrandScope::All, &viewer(pseudonym.subject().as_str()), id(1)).await.expect("answered");
    assert_eq!(latest.map(|placed| placed.registration.id), Some(id(11)));
    let renamed: Vec<Event> = told.into_iter().map(|event| with_pseudonym(event, name, &pseudonym)).collect();
    assert_eq!(history(store).await[..renamed.len()], renamed);
    for (owner, key) in [("max", "edit"), (pseudonym.subject().as_str(), "enter-1")] {
        let kept = store.kept(&subject(owner), &key.parse().expect("a key"), minutes(6)).await.expect("answered");
        let text = format!("{:?}", kept.expect("it is kept"));
        assert!(text.contains(pseudonym.subject().as_str()) && !text.contains("zo"), "{text}");
    }
}

/// The event as it is to be once that person is forgotten.
fn with_pseudonym(event: Event, name: &str, pseudonym: &Pseudonym) -> Event {
    let session = |session: Box<Session>| {
        if session.host_id.as_str() == name { Box::new(hosted_by(pseudonym, *session)) } else { session }
    };
    let subject = match event.subject {
        EventSubject::Session { before, after, version } => {
            EventSubject::Session { before: before.map(session), after: session(after), version }
        }
        EventSubject::Registration { id, user_id, before, after } => {
            let user_id = if user_id.as_str() == name { pseudonym.subject().clone() } else { user_id };
            EventSubject::Registration { id, user_id, before, after }
        }
    };
    let actor = if event.actor.as_str() == name { person(pseudonym) } else { event.actor };
    Event { actor, subject, ..event }
}

pub(super) async fn a_session_with_another_host_is_a_changed_session(store: &dyn Store) {
    let early = Session { updated_at: minutes(-9), ..full_session(1) };
    let late = Session { host_id: early.host_id.clone(), updated_at: minutes(9), ..session(2) };
    fill(store, [early.clone(), late.clone(), session(3)]).await;
    let (pseudonym, forgotten) = forget(store, early.host_id.as_str(), 5).await;
    assert_eq!(forgotten.sessions, 2);
    let expected = [early, late].map(|before| {
        let before = hosted_by(&pseudonym, before);
        (before.clone(), before.touched(minutes(5)))
    });
    for (number, (_, after)) in (1..).zip(&expected) {
        let listed = found(store, number, "ada").await;
        assert_eq!((&listed.session, listed.version), (after, SessionVersion::new(2)));
    }
    assert_eq!(found(store, 3, "ada").await.version, SessionVersion::FIRST);
    let mut told: Vec<Event> = history(store).await.into_iter().skip(3).collect();
    told.sort_by_key(|event| event.session_id);
    assert_eq!(told.len(), 2);
    for (event, (before, after)) in told.iter().zip(expected) {
        assert_eq!((event.event_type, &event.actor), (EventType::SessionUpdated, &person(&pseudonym)));
        assert_eq!((event.session_id, &event.brand_id, event.at), (after.id, &after.brand_id, minutes(5)));
        let (before, after) = (Some(Box::new(before)), Box::new(after));
        assert_eq!(event.subject, EventSubject::Session { before, after, version: SessionVersion::new(2) });
        assert_eq!(event.id.get_version_num(), 7);
    }
}

pub(super) async fn an_edit_that_was_decided_before_does_not_bring_the_name_back(store: &dyn Store) {
    fill(store, [session(1)]).await;
    let read = found(store, 1, "ada").await;
    let (pseudonym, _) = forget(store, "ada", 1).await;
    let after = Session { title: "Another".parse().expect("a title"), ..read.session.clone() };
    let event_type = EventType::SessionUpdated;
    let replacement = Replacement { before: read.session, version: read.version, after, event_type };
    let replaced = store.replace(&replacement, &write("ada", 2)).await;
    assert!(matches!(replaced, Err(ReplaceError::Stale)), "{replaced:?}");
    assert_eq!(found(store, 1, "ada").await.session.host_id, *pseudonym.host_id());
}

pub(super) async fn orders_places_and_counts_stay(store: &dyn Store) {
    let max_participants = MaxParticipants::new(1).expect("a number");
    fill(store, [Session { max_participants, ..session(1) }, session(2)]).await;
    for (minute, name) in [(1, "bob"), (2, "cleo"), (3, "dan")] {
        enter(store, 1, name, minute, 10 + minute.unsigned_abs()).await.expect("registered");
    }
    let (pseudonym, _) = forget(store, "cleo", 4).await;
    let forgotten = pseudonym.subject().to_string();
    let expected =
        [("bob".to_owned(), Registered, None), ("dan".to_owned(), Waitlist, Some(2)), (forgotten, Waitlist, Some(1))];
    assert_eq!(standing(store, 1).await, expected);
    assert_eq!(found(store, 1, "bob").await.registered_count, 1);
    // The line goes on by its order: the pseudonym moves up first.
    leave(store, 1, "bob", 5).await;
    let promoted = history(store).await.pop().expect("an event").subject;
    let user_id = pseudonym.subject().clone();
    assert_eq!(promoted, EventSubject::Registration { id: id(12), user_id, before: Some(Waitlist), after: Registered });
    // Who comes again comes as anybody else.
    let again = enter(store, 1, "cleo", 6, 20).await.expect("registered").registration;
    assert_eq!((again.registration.id, again.position), (id(20), Some(2)));
}

pub(super) async fn a_kept_answer_is_not_found_by_the_person_any_more(store: &dyn Store) {
    fill(store, [session(1)]).await;
    let entering = keyed(write("cleo", 1), "key", 1);
    done(store.register(&BrandScope::All, id(1), id(11), &entering).await.expect("registered"));
    let (pseudonym, forgotten) = forget(store, "cleo", 2).await;
    assert_eq!(forgotten.kept, 1);
    let key = "key".parse().expect("a key");
    assert_eq!(store.kept(&subject("cleo"), &key, minutes(3)).await.expect("answered"), None);
    let anew = done(store.register(&BrandScope::All, id(1), id(12), &entering).await.expect("registered"));
    assert!(anew.created);
    let kept = store.kept(pseudonym.subject(), &key, minutes(3)).await.expect("answered");
    assert!(
        matches!(&kept, Some(Kept { outcome: Outcome::Registration(kept), .. })
            if kept.registration.registration.user_id == *pseudonym.subject()),
        "{kept:?}"
    );
}

pub(super) async fn an_import_is_nobody_whatever_a_person_is_called(store: &dyn Store) {
    fill(store, [session(1)]).await;
    register(store, [registration(1, "bob", Registered, 11)]).await;
    enter(store, 1, "import", 1, 12).await.expect("registered");
    let (pseudonym, forgotten) = forget(store, "import", 2).await;
    assert_eq!(forgotten, Forgotten { registrations: 1, events: 1, ..Forgotten::default() });
    let actors: Vec<_> = history(store).await.into_iter().map(|event| event.actor).collect();
    assert_eq!(actors, [Actor::Import, Actor::Import, person(&pseudonym)]);
}

pub(super) async fn nobody_else_is_renamed(store: &dyn Store) {
    let mut others = Vec::new();
    for (number, name) in (1..).zip(["Ada", "ada ", "a%", "ad_", "adä"]) {
        let titled = Session { title: "ada".parse().expect("a title"), brand_id: brand("ada"), ..session(number) };
        others.push(Session { host_id: name.parse().expect("a host"), ..titled });
    }
    fill(store, others.clone()).await;
    for (fresh, name) in (11..).zip(["Ada", "ada ", "a%", "ad_"]) {
        done(store.register(&BrandScope::All, id(1), id(fresh), &keyed(write(name, 1), "ada", 1)).await.expect("done"));
    }
    let before = all_text(store).await;
    let (_, forgotten) = forget(store, "ada", 2).await;
    assert_eq!(forgotten, Forgotten::default());
    assert_eq!(all_text(store).await, before);
    assert_eq!(exported_sessions(store).await, others);
}

pub(super) async fn nothing_to_forget_writes_nothing(store: &dyn Store) {
    live_a_life(store, "zoe").await;
    forget(store, "zoe", 4).await;
    let before = all_text(store).await;
    for name in ["zoe", "nobody", &"n".repeat(255)] {
        assert_eq!(forget(store, name, 5).await.1, Forgotten::default());
    }
    assert_eq!(all_text(store).await, before);
}

pub(super) async fn the_feeds_of_a_person_are_gone_and_those_of_their_sessions_renamed(store: &dyn Store) {
    // A name that JSON, patterns and quotes in SQL could stumble over.
    let name = r#"zo\"é%_' {}"#;
    let of = |host: &str| SessionFilter::default().with_host(host.parse().expect("a host")).with_brand(brand(name));
    let own = Feed { filter: of(name), ..feed(1, name) };
    let hosted = Feed { filter: of(name), upcoming: true, ..feed(2, "ada") };
    let other = Feed { filter: of("zo"), ..feed(3, "ada") };
    for (number, feed) in (1..).zip([&own, &hosted, &other]) {
        let creating = keyed(write(feed.owner.subject().as_str(), 0), "key", number);
        let creating = Write { key: creating.key.filter(|_| number == 1), ..creating };
        done(store.create_feed(feed, &secret(number), &creating).await.expect("created"));
    }
    let (pseudonym, forgotten) = forget(store, name, 1).await;
    assert_eq!(forgotten, Forgotten { kept: 1, feeds: 2, ..Forgotten::default() });
    let mut found = Vec::new();
    for number in [1, 2, 3] {
        found.push(store.feed_by_secret(&secret(number).hash, minutes(2)).await.expect("answered"));
    }
    let renamed = Feed { filter: of(pseudonym.subject().as_str()), ..hosted };
    assert_eq!(found, [None, Some(renamed), Some(other)]);
    assert_eq!(store.feed(&own.owner, own.id, minutes(2)).await.expect("answered"), None);
    assert_eq!(forget(store, name, 3).await.1, Forgotten::default());
}
