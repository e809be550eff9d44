use futures_util::FutureExt;

use super::*;
use crate::authority::Reach;
use crate::clock::{MockClock, MockIdSource};
use crate::contract::fixtures::{id, now, session, subject, viewer};
use crate::idempotency::Fingerprint;
use crate::registration::RegistrationStatus;
use crate::repository::{MockRegistrationRepository, MockSessionRepository};
use crate::session::{ListedSession, SessionVersion};

fn registrations(sessions: MockSessionRepository, registrations: MockRegistrationRepository) -> SessionRegistrations {
    let mut clock = MockClock::new();
    clock.expect_now().return_const(now());
    let mut ids = MockIdSource::new();
    ids.expect_fresh().return_const(id(77));
    SessionRegistrations::new(Arc::new(sessions), Arc::new(registrations), Arc::new(clock), Arc::new(ids))
}

fn key(fingerprint: u8) -> RequestKey {
    RequestKey { key: "key".parse().unwrap(), fingerprint: Fingerprint([fingerprint; 32]) }
}

fn registered() -> Registered {
    let registration = Registration {
        id: id(77),
        session_id: id(1),
        user_id: subject("ada"),
        status: RegistrationStatus::Waitlist,
        registered_at: now(),
        cancelled_at: None,
    };
    Registered { registration: PlacedRegistration { registration, position: Some(3) }, created: true }
}

fn finding(there: bool) -> MockSessionRepository {
    let version = SessionVersion::FIRST;
    let listed = ListedSession { session: session(1), version, registered_count: 0, is_registered: false };
    let mut sessions = MockSessionRepository::new();
    sessions.expect_find().returning(move |_, _, _| Ok(there.then(|| listed.clone())));
    sessions
}

/// What comes of a call: a mock answers at once.
fn get<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("a mock answers at once")
}

#[test]
fn registers_as_of_now_in_a_fresh_registration_by_one_call() {
    let mut store = MockRegistrationRepository::new();
    store
        .expect_register()
        .withf(|_, session, fresh, write| (*session, *fresh, write.now) == (id(1), id(77), now()))
        .once()
        .returning(|_, _, _, _| Ok(Keyed::Done(registered())));
    let service = registrations(MockSessionRepository::new(), store);
    let answer = get(service.register(&BrandScope::All, &viewer("ada"), id(1), None)).unwrap();
    assert_eq!(answer, Answer { value: registered(), replayed: false });
}

#[test]
fn a_kept_answer_goes_to_the_same_request_of_who_can_still_read_it() {
    let repeating = |fingerprint, readable| {
        let mut store = MockRegistrationRepository::new();
        let outcome = Outcome::Registration(registered());
        let kept = Kept { fingerprint: Fingerprint([1; 32]), outcome };
        store.expect_register().returning(move |_, _, _, _| Ok(Keyed::Kept(kept.clone())));
        let service = registrations(finding(readable), store);
        get(service.register(&BrandScope::All, &viewer("ada"), id(1), Some(key(fingerprint))))
    };
    assert_eq!(repeating(1, true).unwrap(), Answer { value: registered(), replayed: true });
    assert!(matches!(repeating(1, false), Err(RegisterError::NotFound)));
    assert!(matches!(repeating(2, true), Err(RegisterError::KeyReused)));
}

#[test]
fn the_line_is_shown_to_who_may_change_the_session() {
    let line = |name: &str, reach, there| {
        let mut store = MockRegistrationRepository::new();
        store.expect_line().returning(|_, _, _| Ok(Page { items: Vec::new(), next: None }));
        let editor = Editor { viewer: viewer(name), scope: BrandScope::All, reach };
        let service = registrations(finding(there), store);
        get(service.line(&editor, id(1), &LineScan::default(), PageSize::default()))
    };
    assert!(line("ada", Reach::Own, true).is_ok());
    assert!(line("bob", Reach::Any, true).is_ok());
    assert!(matches!(line("bob", Reach::Own, true), Err(EditError::NotOwner)));
    assert!(matches!(line("bob", Reach::Own, false), Err(EditError::NotFound)));
}

#[test]
fn who_never_registered_has_no_registration() {
    let mut store = MockRegistrationRepository::new();
    store.expect_latest().returning(|_, _, _| Ok(None));
    let service = registrations(MockSessionRepository::new(), store);
    let refused = get(service.latest(&BrandScope::All, &viewer("ada"), id(1)));
    assert!(matches!(refused, Err(FindError::NotFound)), "{refused:?}");
}
