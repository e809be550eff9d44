use futures_util::FutureExt;

use super::*;
use crate::authority::{NotYours, Reach};
use crate::clock::{MockClock, MockIdSource};
use crate::contract::fixtures::{brand, id, minutes, now, session, viewer};
use crate::idempotency::{Fingerprint, MockKeptAnswers};
use crate::patch::PatchRefused;
use crate::repository::{MockSessionRepository, MockSessionWriter};
use crate::seats::SeatsTaken;
use crate::session::SessionStatus;
use crate::viewer::BrandScope;

#[derive(Default)]
struct Mocks {
    sessions: MockSessionRepository,
    writer: MockSessionWriter,
    kept: MockKeptAnswers,
}

impl Mocks {
    /// The session that is found, in that version, as often as it is looked for.
    fn finding(mut self, session: Session, version: u64) -> Self {
        let listed = listed(session, version);
        self.sessions.expect_find().returning(move |_, _, _| Ok(Some(listed.clone())));
        self
    }

    fn editor(self) -> SessionEditor {
        let mut clock = MockClock::new();
        clock.expect_now().return_const(now());
        let mut ids = MockIdSource::new();
        ids.expect_fresh().return_const(id(77));
        let Self { sessions, writer, kept } = self;
        SessionEditor::new(Arc::new(sessions), Arc::new(writer), Arc::new(kept), Arc::new(clock), Arc::new(ids))
    }
}

fn listed(session: Session, version: u64) -> ListedSession {
    let version = SessionVersion::new(version);
    ListedSession { session, version, registered_count: 0, is_registered: false }
}

fn ada() -> Editor {
    Editor { viewer: viewer("ada"), scope: BrandScope::All, reach: Reach::Own }
}

fn key(fingerprint: u8) -> RequestKey {
    RequestKey { key: "key".parse().unwrap(), fingerprint: Fingerprint([fingerprint; 32]) }
}

fn kept(fingerprint: u8, session: Session) -> Kept {
    let outcome = Outcome::Session { session: listed(session, 1), created: true };
    Kept { fingerprint: Fingerprint([fingerprint; 32]), outcome }
}

fn draft() -> SessionDraft {
    let Session { host_id, brand_id, title, scheduled_at, max_participants, kind, metadata, .. } = session(77);
    SessionDraft {
        host_id,
        brand_id,
        community_id: None,
        title,
        kind,
        category: None,
        scheduled_at,
        max_participants,
        duration_minutes: None,
        metadata,
    }
}

fn retitling() -> SessionPatch {
    SessionPatch { title: Some("Another".parse().unwrap()), ..SessionPatch::default() }
}

/// What comes of a call: a mock answers at once.
fn get<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("a mock answers at once")
}

#[test]
fn creates_a_session_with_a_fresh_id_as_of_now() {
    let mut mocks = Mocks::default();
    let expected = draft().into_session(id(77), now());
    mocks
        .writer
        .expect_create()
        .withf(move |session, write| *session == expected && write.now == now() && write.key == Some(key(1)))
        .once()
        .returning(|session, _| Ok(Keyed::Done(listed(session.clone(), 1))));
    let answer = get(mocks.editor().create(&ada(), draft(), Some(key(1)))).unwrap();
    assert_eq!((answer.replayed, answer.value.session.id), (false, id(77)));
}

#[test]
fn nothing_is_asked_of_the_store_for_a_host_or_brand_that_is_not_ones_own() {
    let bob = Editor { viewer: viewer("bob"), ..ada() };
    let refused = get(Mocks::default().editor().create(&bob, draft(), Some(key(1))));
    assert!(matches!(refused, Err(EditError::NotYours(NotYours::Host))), "{refused:?}");
    let elsewhere = Editor { scope: BrandScope::only([brand("globex")]).unwrap(), ..ada() };
    let refused = get(Mocks::default().editor().create(&elsewhere, draft(), Some(key(1))));
    assert!(matches!(refused, Err(EditError::NotYours(NotYours::Brand))), "{refused:?}");
}

#[test]
fn a_kept_answer_goes_to_the_same_request_of_who_can_still_read_it() {
    let creating = |fingerprint, readable: bool| {
        let mut mocks = Mocks::default();
        mocks.writer.expect_create().returning(|_, _| Ok(Keyed::Kept(kept(1, session(5)))));
        let found = readable.then(|| listed(session(5), 9));
        mocks.sessions.expect_find().withf(|_, _, wanted| *wanted == id(5)).returning(move |_, _, _| Ok(found.clone()));
        get(mocks.editor().create(&ada(), draft(), Some(key(fingerprint))))
    };
    let answer = creating(1, true).unwrap();
    assert_eq!((answer.replayed, answer.value), (true, listed(session(5), 1)), "as it was, not as it is");
    assert!(matches!(creating(1, false), Err(EditError::NotFound)));
    assert!(matches!(creating(2, true), Err(EditError::KeyReused)));
    assert!(matches!(creating(2, false), Err(EditError::KeyReused)));
}

#[test]
fn a_kept_answer_comes_before_everything_that_the_session_could_refuse() {
    let step = |fingerprint| {
        let mut mocks = Mocks::default();
        mocks.kept.expect_kept().returning(|_, _, _| Ok(Some(kept(1, session(5)))));
        let ended = Session { status: SessionStatus::Ended, host_id: "bob".parse().unwrap(), ..session(5) };
        let editor = mocks.finding(ended, 9).editor();
        let expected = Expected::OneOf(Vec::new());
        get(editor.transition(&ada(), id(5), &expected, &Transition::Cancel, Some(key(fingerprint))))
    };
    assert!(step(1).unwrap().replayed);
    assert!(matches!(step(2), Err(EditError::KeyReused)));
}

#[test]
fn judges_owner_then_version_then_state() {
    let ended = Session { status: SessionStatus::Ended, ..session(1) };
    let patch = |session: Session, expected: &Expected| {
        let rescheduling = SessionPatch { scheduled_at: Some(minutes(1)), ..SessionPatch::default() };
        let editor = Mocks::default().finding(session, 3).editor();
        get(editor.patch(&ada(), id(1), expected, &rescheduling)).unwrap_err()
    };
    let other = Expected::OneOf(vec![SessionVersion::new(2)]);
    let bobs = Session { host_id: "bob".parse().unwrap(), ..ended.clone() };
    assert!(matches!(patch(bobs, &other), EditError::NotOwner));
    assert!(matches!(patch(ended.clone(), &other), EditError::OtherVersion));
    let current = Expected::OneOf(vec![SessionVersion::new(2), SessionVersion::new(3)]);
    assert!(matches!(patch(ended, &current), EditError::Refused(PatchRefused::Final { .. })));
    let mut nowhere = Mocks::default();
    nowhere.sessions.expect_find().returning(|_, _, _| Ok(None));
    let refused = get(nowhere.editor().patch(&ada(), id(1), &other, &retitling()));
    assert!(matches!(refused, Err(EditError::NotFound)), "{refused:?}");
}

#[test]
fn an_edit_that_changes_nothing_asks_nothing_of_the_store_unless_it_has_a_key() {
    let same = SessionPatch { title: Some(session(1).title), ..SessionPatch::default() };
    let answer = get(Mocks::default().finding(session(1), 3).editor().patch(&ada(), id(1), &Expected::Any, &same));
    assert_eq!(answer.unwrap(), listed(session(1), 3));

    let live = Session { status: SessionStatus::Live, ..session(1) };
    let mut mocks = Mocks::default();
    mocks.kept.expect_kept().returning(|_, _, _| Ok(None));
    mocks
        .writer
        .expect_replace()
        .withf(|replacement, write| replacement.before == replacement.after && write.key.is_some())
        .once()
        .returning(|replacement, _| Ok(Keyed::Done(listed(replacement.after.clone(), 3))));
    let start = Transition::Start { stream_call_id: Some("late".parse().unwrap()) };
    let editor = mocks.finding(live.clone(), 3).editor();
    let answer = get(editor.transition(&ada(), id(1), &Expected::Any, &start, Some(key(1)))).unwrap();
    assert_eq!(answer.value.session, live);
}

#[test]
fn an_edit_is_decided_again_when_another_came_first() {
    let mut mocks = Mocks::default();
    let mut reads =
        [(session(1), 1), (Session { category: Some("new".parse().unwrap()), ..session(1) }, 2)].into_iter();
    mocks.sessions.expect_find().times(2).returning(move |_, _, _| {
        let (session, version) = reads.next().unwrap();
        Ok(Some(listed(session, version)))
    });
    mocks.writer.expect_replace().times(2).returning(|replacement, _| {
        assert_eq!(replacement.event_type, EventType::SessionUpdated);
        if replacement.version == SessionVersion::FIRST {
            return Err(ReplaceError::Stale);
        }
        Ok(Keyed::Done(listed(replacement.after.clone(), 3)))
    });
    let answer = get(mocks.editor().patch(&ada(), id(1), &Expected::Any, &retitling())).unwrap();
    assert_eq!(answer.session.category, Some("new".parse().unwrap()), "the other edit stays");
    assert_eq!(answer.session.title, "Another".parse().unwrap());
}

#[test]
fn who_expects_a_version_is_told_when_another_edit_came_first() {
    let mut mocks = Mocks::default();
    let mut versions = [1, 2].into_iter();
    mocks.sessions.expect_find().returning(move |_, _, _| Ok(Some(listed(session(1), versions.next().unwrap()))));
    mocks.writer.expect_replace().once().returning(|_, _| Err(ReplaceError::Stale));
    let first = Expected::OneOf(vec![SessionVersion::FIRST]);
    let refused = get(mocks.editor().patch(&ada(), id(1), &first, &retitling()));
    assert!(matches!(refused, Err(EditError::OtherVersion)), "{refused:?}");
}

#[test]
fn the_same_request_twice_at_once_is_answered_the_same_whatever_came_of_the_session() {
    let mut mocks = Mocks::default();
    let mut answers = [None, Some(kept(1, session(1)))].into_iter();
    mocks.kept.expect_kept().times(2).returning(move |_, _, _| Ok(answers.next().unwrap()));
    mocks.writer.expect_replace().once().returning(|_, _| Err(ReplaceError::Stale));
    let editor = mocks.finding(session(1), 1).editor();
    let first = Expected::OneOf(vec![SessionVersion::FIRST]);
    let start = Transition::Start { stream_call_id: None };
    assert!(get(editor.transition(&ada(), id(1), &first, &start, Some(key(1)))).unwrap().replayed);
}

#[test]
fn whoever_sees_the_effect_of_their_own_request_gets_its_answer() {
    let mut mocks = Mocks::default();
    // The twin of this request commits between the two looks.
    let twin_is_done = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = Arc::clone(&twin_is_done);
    mocks.sessions.expect_find().returning(move |_, _, _| {
        let version = if seen.swap(true, std::sync::atomic::Ordering::SeqCst) { 2 } else { 1 };
        Ok(Some(listed(session(1), version)))
    });
    mocks.kept.expect_kept().returning(move |_, _, _| {
        Ok(twin_is_done.load(std::sync::atomic::Ordering::SeqCst).then(|| kept(1, session(1))))
    });
    let start = Transition::Start { stream_call_id: None };
    let first = Expected::OneOf(vec![SessionVersion::FIRST]);
    let answer = get(mocks.editor().transition(&ada(), id(1), &first, &start, Some(key(1))));
    assert!(answer.unwrap().replayed);
}

#[test]
fn gives_up_on_a_session_that_changes_all_the_time() {
    let mut mocks = Mocks::default();
    mocks.writer.expect_replace().times(ATTEMPTS).returning(|_, _| Err(ReplaceError::Stale));
    let editor = mocks.finding(session(1), 1).editor();
    let refused = get(editor.patch(&ada(), id(1), &Expected::Any, &retitling()));
    assert!(matches!(refused, Err(EditError::Store(StoreError::Unavailable(_)))), "{refused:?}");
}

#[test]
fn tells_that_seats_are_taken() {
    let mut mocks = Mocks::default();
    mocks.writer.expect_replace().returning(|_, _| Err(SeatsTaken { registered: 4 }.into()));
    let refused = get(mocks.finding(session(1), 1).editor().patch(&ada(), id(1), &Expected::Any, &retitling()));
    assert!(matches!(refused, Err(EditError::SeatsTaken(SeatsTaken { registered: 4 }))), "{refused:?}");
}

#[test]
fn each_step_has_its_event() {
    let live = Session { status: SessionStatus::Live, ..session(1) };
    for (before, step, event_type) in [
        (session(1), Transition::Start { stream_call_id: None }, EventType::SessionStarted),
        (live, Transition::End { recording_url: None }, EventType::SessionEnded),
        (session(1), Transition::Cancel, EventType::SessionCancelled),
    ] {
        let mut mocks = Mocks::default();
        mocks
            .writer
            .expect_replace()
            .withf(move |replacement, _| replacement.event_type == event_type)
            .once()
            .returning(|replacement, _| Ok(Keyed::Done(listed(replacement.after.clone(), 2))));
        let editor = mocks.finding(before, 1).editor();
        get(editor.transition(&ada(), id(1), &Expected::Any, &step, None)).unwrap();
    }
}
