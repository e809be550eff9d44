//! Edits beside registrations, and beside imports.

use live_adapters::test_support::{PgDatabase, SqliteFile};
use live_domain::contract::Store;
use live_domain::contract::fixtures::{done, enter, fill, found, happened, history, id, leave, session, write};
use live_domain::{
    EventSubject, EventType, Expected, ListedSession, MaxParticipants, ReplaceError, Replacement, Session,
    SessionPatch, SessionVersion,
};

use super::seats::{check_line, check_promotions};
use super::{Stores, ada, at_once, editor, name};

const TURNS: u32 = 200;

/// Changes the session as it is found, and as it is found then when another change came first.
async fn edit(
    store: &dyn Store,
    number: u32,
    change: impl Fn(Session) -> Session,
) -> Result<ListedSession, ReplaceError> {
    loop {
        let ListedSession { session: before, version, .. } = found(store, number, "ada").await;
        let (after, event_type) = (change(before.clone()), EventType::SessionUpdated);
        let replacement = Replacement { before, version, after, event_type };
        match store.replace(&replacement, &write("ada", 0)).await {
            Err(ReplaceError::Stale) => {}
            answer => return answer.map(done),
        }
    }
}

/// Each change of the session moved its version by one, is told once, and begins where the one before it ended.
/// Says how many there were.
async fn check_changes(store: &dyn Store, number: u32) -> u64 {
    let mut last: Option<(Session, SessionVersion)> = None;
    for event in history(store).await.into_iter().filter(|event| event.session_id == id(number.into())) {
        let EventSubject::Session { before, after, version } = event.subject else { continue };
        let (present, next) =
            last.map_or((None, SessionVersion::FIRST), |(session, version)| (Some(session), version.next()));
        assert_eq!((before.map(|before| *before), version), (present, next));
        last = Some((*after, version));
    }
    let found = found(store, number, "nobody").await;
    let changes = found.version.get();
    assert_eq!(last, Some((found.session, found.version)));
    changes
}

/// Seats are added and taken away while people come and go.
async fn check_capacity<S: Store + Clone + 'static>(stores: Stores<S>) {
    fill(&stores[0], [session(1)]).await;
    let act = |store: S, turn: u32| async move {
        if turn.is_multiple_of(5) {
            let max_participants = MaxParticipants::new(20 + turn * 7 % 61).unwrap();
            // A title of its own, so that no two edits come to the same.
            let resized = |session| Session { max_participants, title: name(turn).parse().unwrap(), ..session };
            return match edit(&store, 1, resized).await {
                Ok(_) => 1,
                Err(ReplaceError::SeatsTaken(_)) => 0,
                Err(error) => panic!("{error:?}"),
            };
        }
        enter(&store, 1, &name(turn), 0, (1_000 + turn).into()).await.unwrap();
        if turn.is_multiple_of(2) {
            leave(&store, 1, &name(turn), 1).await;
        }
        0
    };
    let edits: u64 = at_once(&stores, 0..TURNS, act).await.into_iter().sum();
    let store = &stores[0];
    assert_eq!(check_changes(store, 1).await, 1 + edits);
    let updated = happened(store, 0).await.into_iter().filter(|event| *event == EventType::SessionUpdated);
    assert_eq!(updated.count(), usize::try_from(edits).unwrap());
    check_promotions(store, 1).await;
    // Of the 160 who came, half went.
    check_line(store, 1, 80).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_that_come_and_go_beside_people_who_do_keep_the_line_on_postgres() {
    let database = PgDatabase::create().await;
    check_capacity([database.store(), database.store()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_that_come_and_go_beside_people_who_do_keep_the_line_on_sqlite() {
    let file = SqliteFile::create().await;
    check_capacity([file.store(), file.store()]).await;
}

/// Two sessions are edited while files are imported that change both.
async fn check_imports<S: Store + Clone + 'static>(stores: Stores<S>) {
    const TURNS: u32 = 60;
    fill(&stores[0], [1, 2].map(session)).await;
    let act = |store: S, turn: u32| async move {
        let title = name(turn);
        if turn.is_multiple_of(5) {
            fill(&store, [2, 1].map(|number| Session { title: title.parse().unwrap(), ..session(number) })).await;
        } else {
            let retitled = |session| Session { title: title.parse().unwrap(), ..session };
            edit(&store, 1 + turn % 2, retitled).await.unwrap();
        }
    };
    at_once(&stores, 0..TURNS, act).await;
    for number in [1, 2] {
        // The one that put it in, 12 files, and half of the 48 edits.
        assert_eq!(check_changes(&stores[0], number).await, 1 + 12 + 24);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_and_edits_at_once_are_told_one_after_the_other_on_postgres() {
    let database = PgDatabase::create().await;
    check_imports([database.store(), database.store()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn imports_and_edits_at_once_are_told_one_after_the_other_on_sqlite() {
    let file = SqliteFile::create().await;
    check_imports([file.store(), file.store()]).await;
}

/// Two dozen edit one session all the time, whatever version it is in: nobody is turned away.
async fn check_patches<S: Store + Clone + 'static>(stores: Stores<S>) {
    const EDITORS: u32 = 24;
    const EDITS: u32 = 8;
    fill(&stores[0], [session(1)]).await;
    let act = |store: S, number: u32| async move {
        let editor = editor(store);
        for edit in 0..EDITS {
            let title = Some(name(number * EDITS + edit).parse().unwrap());
            let patch = SessionPatch { title, ..SessionPatch::default() };
            editor.patch(&ada(), id(1), &Expected::Any, &patch).await.unwrap();
        }
    };
    at_once(&stores, 0..EDITORS, act).await;
    assert_eq!(check_changes(&stores[0], 1).await, u64::from(1 + EDITORS * EDITS));
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_at_once_are_all_made_on_postgres() {
    let database = PgDatabase::create().await;
    check_patches([database.store(), database.store()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_at_once_are_all_made_on_sqlite() {
    let file = SqliteFile::create().await;
    check_patches([file.store(), file.store()]).await;
}
