//! Requests with one key at once: one is served, and whoever asked for the same gets its answer.

use live_adapters::test_support::{PgDatabase, SqliteFile};
use live_domain::contract::Store;
use live_domain::contract::fixtures::{
    exported_registrations, exported_sessions, fill, happened, id, keyed, session, viewer, write,
};
use live_domain::{
    Answer, BrandScope, EditError, Editor, EventType, Expected, Fingerprint, Kept, Keyed, ListedSession, Outcome,
    RequestKey, Session, SessionDraft, SessionVersion, Transition,
};

use super::{Stores, ada, at_once, editor};

const REQUESTS: u32 = 40;
const START: Transition = Transition::Start { stream_call_id: None };

/// The same key each time, for another request as often as the number differs.
fn key(request: u8) -> RequestKey {
    RequestKey { key: "one-key".parse().unwrap(), fingerprint: Fingerprint([request; 32]) }
}

fn draft(session: Session) -> SessionDraft {
    SessionDraft {
        host_id: session.host_id,
        brand_id: session.brand_id,
        community_id: session.community_id,
        title: session.title,
        kind: session.kind,
        category: session.category,
        scheduled_at: session.scheduled_at,
        max_participants: session.max_participants,
        duration_minutes: session.duration_minutes,
        metadata: session.metadata,
    }
}

type Answered = Result<Answer<ListedSession>, EditError>;

/// One did it, and all say what came of it.
fn check_one_done(answers: &[Answer<ListedSession>]) {
    assert_eq!(answers.iter().filter(|answer| !answer.replayed).count(), 1, "{answers:?}");
    assert!(answers.windows(2).all(|pair| pair[0].value == pair[1].value), "{answers:?}");
}

/// Of two requests, sent equally often, one was done and the other found its key used.
fn check_one_of_two_done(answered: Vec<Answered>) {
    let (done, refused): (Vec<_>, Vec<_>) = answered.into_iter().partition(Result::is_ok);
    assert!(refused.iter().all(|answer| matches!(answer, Err(EditError::KeyReused))), "{refused:?}");
    assert_eq!(done.len(), refused.len());
    check_one_done(&done.into_iter().map(Result::unwrap).collect::<Vec<_>>());
}

async fn check_creates<S: Store + Clone + 'static>(stores: Stores<S>) {
    let create =
        |store: S, _| async move { editor(store).create(&ada(), draft(session(1)), Some(key(1))).await.unwrap() };
    let answers = at_once(&stores, 0..REQUESTS, create).await;
    check_one_done(&answers);
    assert_eq!(exported_sessions(&stores[0]).await, [answers[0].value.session.clone()]);
    assert_eq!(happened(&stores[0], 0).await, [EventType::SessionCreated]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_creates_one_session_on_postgres() {
    let database = PgDatabase::create().await;
    check_creates([database.store(), database.store()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_creates_one_session_on_sqlite() {
    let file = SqliteFile::create().await;
    check_creates([file.store(), file.store()]).await;
}

/// The first moves the version on: the others expect one that has gone, and still get the answer.
async fn check_starts<S: Store + Clone + 'static>(stores: Stores<S>) {
    fill(&stores[0], [session(1)]).await;
    let start = |store: S, _| async move {
        let first = Expected::OneOf(vec![SessionVersion::FIRST]);
        editor(store).transition(&ada(), id(1), &first, &START, Some(key(1))).await.unwrap()
    };
    check_one_done(&at_once(&stores, 0..REQUESTS, start).await);
    assert_eq!(happened(&stores[0], 1).await, [EventType::SessionStarted]);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_starts_a_session_once_and_refuses_nobody_on_postgres() {
    let database = PgDatabase::create().await;
    check_starts([database.store(), database.store()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_starts_a_session_once_and_refuses_nobody_on_sqlite() {
    let file = SqliteFile::create().await;
    check_starts([file.store(), file.store()]).await;
}

/// What has only the key in common: to create one session or another, and to start one or another.
async fn check_two_requests<S: Store + Clone + 'static>(stores: Stores<S>) {
    let either = |request: u32| u8::try_from(1 + request % 2).unwrap();
    let create = |store: S, request| async move {
        let number = either(request);
        editor(store).create(&ada(), draft(session(number.into())), Some(key(number))).await
    };
    check_one_of_two_done(at_once(&stores, 0..REQUESTS, create).await);
    assert_eq!(happened(&stores[0], 0).await, [EventType::SessionCreated]);

    fill(&stores[0], [1, 2].map(|number| Session { host_id: "bob".parse().unwrap(), ..session(number) })).await;
    let start = |store: S, request| async move {
        let (number, bob) = (either(request), Editor { viewer: viewer("bob"), ..ada() });
        editor(store).transition(&bob, id(number.into()), &Expected::Any, &START, Some(key(number))).await
    };
    check_one_of_two_done(at_once(&stores, 0..REQUESTS, start).await);
    assert_eq!(happened(&stores[0], 3).await, [EventType::SessionStarted]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_requests_with_one_key_one_is_done_on_postgres() {
    let database = PgDatabase::create().await;
    check_two_requests([database.store(), database.store()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_requests_with_one_key_one_is_done_on_sqlite() {
    let file = SqliteFile::create().await;
    check_two_requests([file.store(), file.store()]).await;
}

async fn check_registrations<S: Store + Clone + 'static>(stores: Stores<S>) {
    fill(&stores[0], [session(1)]).await;
    let act = |store: S, number: u32| async move {
        let write = keyed(write("ada", 0), "one-key", 7);
        store.register(&BrandScope::All, id(1), id(u64::from(number) + 100), &write).await.unwrap()
    };
    let outcomes = at_once(&stores, 0..REQUESTS, act).await.into_iter().map(|answer| match answer {
        Keyed::Done(done) => (done, 1),
        Keyed::Kept(Kept { outcome: Outcome::Registration(kept), .. }) => (kept, 0),
        Keyed::Kept(kept) => panic!("another outcome was kept: {kept:?}"),
    });
    let (answers, done): (Vec<_>, Vec<u32>) = outcomes.unzip();
    assert_eq!((done.iter().sum::<u32>(), answers.len()), (1, 40));
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    assert_eq!(exported_registrations(&stores[0]).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_registers_once_on_postgres() {
    let database = PgDatabase::create().await;
    check_registrations([database.store(), database.store()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_registers_once_on_sqlite() {
    let file = SqliteFile::create().await;
    check_registrations([file.store(), file.store()]).await;
}
