//! The obligations of [`KeptAnswers`](crate::KeptAnswers), and of the writes that keep answers.

use super::Store;
use super::fixtures::{done, fill, found, happened, id, keyed, minutes, session, subject, write};
use crate::error::RegisterError;
use crate::event::EventType;
use crate::idempotency::{Fingerprint, Kept, Keyed, Outcome};
use crate::repository::{Replacement, Write};
use crate::session::{Session, SessionStatus};
use crate::text::Title;
use crate::viewer::BrandScope;

async fn kept(store: &dyn Store, owner: &str, key: &str, minute: i64) -> Option<Kept> {
    let key = key.parse().expect("a good key");
    store.kept(&subject(owner), &key, minutes(minute)).await.expect("the store answers")
}

/// The kept outcome of a write that was done before.
fn again<T: std::fmt::Debug, E: std::fmt::Debug>(result: Result<Keyed<T>, E>) -> Kept {
    match result.expect("the store answers") {
        Keyed::Kept(kept) => kept,
        Keyed::Done(value) => panic!("it was done once more: {value:?}"),
    }
}

pub(super) async fn a_kept_outcome_comes_back_and_nothing_is_done(store: &dyn Store) {
    let fingerprint = Fingerprint([7; 32]);
    let creating = keyed(write("ada", 0), "create", 7);
    let created = done(store.create(&session(1), &creating).await.expect("created"));
    let of_create = Kept { fingerprint, outcome: Outcome::Session { session: created.clone(), created: true } };
    assert_eq!(kept(store, "ada", "create", 1).await, Some(of_create.clone()));
    // Another body, another fingerprint: what is kept says so, and nothing is done.
    let other = keyed(write("ada", 1), "create", 8);
    assert_eq!(again(store.create(&session(2), &other).await), of_create);

    let registering = keyed(write("ada", 2), "register", 7);
    let registered = store.register(&BrandScope::All, id(1), id(11), &registering).await.expect("registered");
    let of_register = Kept { fingerprint, outcome: Outcome::Registration(done(registered)) };
    assert_eq!(again(store.register(&BrandScope::All, id(1), id(12), &registering).await), of_register);
    // The thing need not be there any more to tell that the key was used.
    assert_eq!(again(store.register(&BrandScope::All, id(9), id(12), &registering).await), of_register);

    let after = Session { title: Title::new("Another").expect("a title"), ..session(1) };
    let event_type = EventType::SessionUpdated;
    let replacement = Replacement { before: session(1), version: created.version, after, event_type };
    let replacing = keyed(write("ada", 3), "replace", 7);
    let replaced = done(store.replace(&replacement, &replacing).await.expect("replaced"));
    let of_replace = Kept { fingerprint, outcome: Outcome::Session { session: replaced.clone(), created: false } };
    assert_eq!(again(store.replace(&replacement, &replacing).await), of_replace);

    assert_eq!(found(store, 1, "ada").await, replaced);
    assert_eq!(happened(store, 0).await.len(), 3);
}

pub(super) async fn a_key_belongs_to_one_person(store: &dyn Store) {
    fill(store, [session(1)]).await;
    for (person, fresh) in [("ada", 11), ("bob", 12)] {
        let registering = keyed(write(person, 0), "key", 1);
        done(store.register(&BrandScope::All, id(1), id(fresh), &registering).await.expect("registered"));
    }
    assert_eq!(found(store, 1, "ada").await.registered_count, 2);
    assert_eq!(kept(store, "cleo", "key", 1).await, None);
    assert_eq!(kept(store, "ada", "Key", 1).await, None);
}

pub(super) async fn an_outcome_is_kept_for_24_hours(store: &dyn Store) {
    const DAY: i64 = 24 * 60;
    done(store.create(&session(1), &keyed(write("ada", 0), "key", 1)).await.expect("created"));
    done(store.create(&session(2), &keyed(write("ada", 1), "younger", 1)).await.expect("created"));
    assert!(kept(store, "ada", "key", DAY - 1).await.is_some());
    assert_eq!(kept(store, "ada", "key", DAY).await, None);
    // The key is free again, pruned or not.
    let anew = |minute| keyed(write("ada", minute), "key", 2);
    done(store.create(&session(3), &anew(DAY)).await.expect("created"));
    assert_eq!(kept(store, "ada", "key", DAY).await.map(|kept| kept.fingerprint), Some(Fingerprint([2; 32])));
    assert_eq!(store.prune(minutes(DAY)).await.expect("pruned"), 0, "the younger one is not old enough");
    assert_eq!(store.prune(minutes(DAY + 1)).await.expect("pruned"), 1);
    assert_eq!(store.prune(minutes(DAY + 1)).await.expect("pruned"), 0);
    assert_eq!(again(store.create(&session(4), &anew(DAY + 2)).await).fingerprint, Fingerprint([2; 32]));
}

pub(super) async fn a_refused_write_keeps_nothing(store: &dyn Store) {
    fill(store, [Session { status: SessionStatus::Ended, ..session(1) }]).await;
    let registering: Write = keyed(write("ada", 0), "key", 1);
    let refused = store.register(&BrandScope::All, id(1), id(11), &registering).await;
    assert!(matches!(refused, Err(RegisterError::Closed { .. })), "{refused:?}");
    let refused = store.register(&BrandScope::All, id(2), id(11), &registering).await;
    assert!(matches!(refused, Err(RegisterError::NotFound)), "{refused:?}");
    assert_eq!(kept(store, "ada", "key", 0).await, None);
}
