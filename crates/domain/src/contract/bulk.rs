//! The obligations of [`BulkRepository`](crate::BulkRepository).

use super::Store;
use super::fixtures::{
    Question, brand, exported_registrations, exported_sessions, fill, id, import_registrations, import_sessions, lines,
    minutes, now, register, registration, registration_line, session, session_lines,
};
use crate::bulk::{BadLine, ImportError, Imported, RegistrationLine, SessionLine};
use crate::registration::RegistrationStatus::{Cancelled, Registered, Waitlist};
use crate::session::{MaxParticipants, Session};
use crate::text::Title;
use crate::timestamp::Timestamp;

fn bad_line<T>(result: Result<T, ImportError>) -> (u64, BadLine) {
    match result {
        Err(ImportError::BadLine { number, reason }) => (number, reason),
        Err(ImportError::Store(error)) => panic!("the store failed instead of naming a line: {error:?}"),
        Ok(_) => panic!("a bad line was imported"),
    }
}

fn seats(session: Session, seats: u32) -> Session {
    Session { max_participants: MaxParticipants::new(seats).expect("a number"), ..session }
}

fn retitled(session: Session) -> Session {
    Session { title: Title::new("Another title").expect("a title"), ..session }
}

pub(super) async fn a_dropped_import_does_nothing(store: &dyn Store) {
    let mut import = store.import_sessions(now()).await.expect("an import begins");
    import.stage(session_lines([session(1)])).await.expect("lines are taken");
    drop(import);
    assert!(exported_sessions(store).await.is_empty());
    fill(store, [session(1)]).await;
    assert_eq!(exported_sessions(store).await.len(), 1);
}

pub(super) async fn a_line_that_changes_nothing_writes_nothing(store: &dyn Store) {
    let imported = import_sessions(store, session_lines([1, 2].map(session))).await.expect("imported");
    assert_eq!(imported, Imported { created: 2, ..Imported::default() });
    let again = session_lines([session(1), retitled(session(2)), session(3)]);
    let imported = import_sessions(store, again).await.expect("imported");
    assert_eq!(imported, Imported { created: 1, changed: 1, unchanged: 1 });
}

pub(super) async fn a_line_replaces_a_session_whole_but_for_created_at(store: &dyn Store) {
    fill(store, [session(1)]).await;
    let line = Session { brand_id: brand("globex"), created_at: now(), updated_at: now(), ..retitled(session(1)) };
    fill(store, [line.clone()]).await;
    assert_eq!(exported_sessions(store).await, [Session { created_at: session(1).created_at, ..line }]);
}

pub(super) async fn updated_at_that_is_not_given_is_no_change(store: &dyn Store) {
    fill(store, [session(1)]).await;
    let unnamed = |session| lines([SessionLine::new(session, false).expect("a line")]);
    let same = Session { updated_at: now(), ..session(1) };
    assert_eq!(import_sessions(store, unnamed(same.clone())).await.expect("imported").unchanged, 1);
    assert_eq!(exported_sessions(store).await, [session(1)]);
    assert_eq!(import_sessions(store, unnamed(retitled(same.clone()))).await.expect("imported").changed, 1);
    assert_eq!(exported_sessions(store).await, [retitled(same)]);
}

pub(super) async fn a_repeated_session_is_named_by_its_line(store: &dyn Store) {
    let result = import_sessions(store, session_lines([1, 2, 3, 2, 1].map(session))).await;
    assert_eq!(bad_line(result), (4, BadLine::RepeatedKey { first: 2 }));
    assert!(exported_sessions(store).await.is_empty());
}

pub(super) async fn a_session_keeps_the_seats_that_are_taken(store: &dyn Store) {
    fill(store, [1, 2].map(session)).await;
    register(store, [registration(2, "ada", Registered, 1), registration(2, "bob", Registered, 2)]).await;
    let result = import_sessions(store, session_lines([session(1), seats(session(2), 1)])).await;
    assert_eq!(bad_line(result), (2, BadLine::Oversold { registered: 2, seats: 1 }));
    fill(store, [seats(session(2), 2)]).await;
}

pub(super) async fn nothing_is_written_when_a_line_is_bad(store: &dyn Store) {
    fill(store, [session(1)]).await;
    import_sessions(store, session_lines([retitled(session(1)), session(2), session(2)]))
        .await
        .expect_err("a bad line");
    assert_eq!(exported_sessions(store).await, [session(1)]);
    let good_and_bad = lines([registration(1, "ada", Registered, 1), registration(9, "ada", Registered, 2)]);
    import_registrations(store, good_and_bad).await.expect_err("a bad line");
    assert!(exported_registrations(store).await.is_empty());
    assert_eq!(Question::default().ask(store).await.items[0].registered_count, 0);
}

pub(super) async fn a_registration_needs_its_session(store: &dyn Store) {
    fill(store, [session(1)]).await;
    let result = import_registrations(
        store,
        lines([registration(1, "ada", Registered, 1), registration(9, "ada", Registered, 2)]),
    )
    .await;
    assert_eq!(bad_line(result), (2, BadLine::UnknownSession(id(9))));
}

pub(super) async fn a_repeated_registration_is_named_by_its_line(store: &dyn Store) {
    fill(store, [session(1)]).await;
    let file = [("ada", 1), ("bob", 2), ("ada", 3)].map(|(person, fresh)| registration(1, person, Registered, fresh));
    assert_eq!(bad_line(import_registrations(store, lines(file)).await), (3, BadLine::RepeatedKey { first: 1 }));
}

pub(super) async fn an_id_belongs_to_one_registration(store: &dyn Store) {
    fill(store, [session(1)]).await;
    register(store, [registration(1, "ada", Registered, 1).with_id(id(77))]).await;
    let taken = lines([registration(1, "bob", Registered, 2), registration(1, "cleo", Registered, 3).with_id(id(77))]);
    assert_eq!(bad_line(import_registrations(store, taken).await), (2, BadLine::IdTaken));
    let twice = ["bob", "cleo"].map(|person| registration(1, person, Registered, 4).with_id(id(78)));
    assert_eq!(bad_line(import_registrations(store, lines(twice)).await), (2, BadLine::IdTaken));
}

pub(super) async fn ids_can_be_exchanged_within_one_file(store: &dyn Store) {
    fill(store, [session(1)]).await;
    let with = |ada: u64, bob: u64| {
        [("ada", ada), ("bob", bob)].map(|(person, number)| registration(1, person, Registered, 9).with_id(id(number)))
    };
    register(store, with(1, 2)).await;
    register(store, with(2, 1)).await;
    let ids: Vec<_> = exported_registrations(store).await.into_iter().map(|registration| registration.id).collect();
    assert_eq!(ids, [id(2), id(1)]);
}

pub(super) async fn the_last_line_of_an_oversold_session_is_named(store: &dyn Store) {
    fill(store, [seats(session(1), 2), session(2)]).await;
    register(store, [registration(1, "ada", Registered, 1)]).await;
    let file = [(1, "bob"), (1, "cleo"), (2, "ada"), (1, "dan"), (2, "bob")];
    let file = (10..).zip(file).map(|(fresh, (session, person))| registration(session, person, Registered, fresh));
    let result = import_registrations(store, lines(file)).await;
    assert_eq!(bad_line(result), (4, BadLine::Oversold { registered: 4, seats: 2 }));
    // Judged when the whole file is in: a seat that a later line gives up is free.
    let file = [
        registration(1, "bob", Registered, 20),
        registration(1, "cleo", Registered, 21),
        registration(1, "ada", Cancelled, 22),
    ];
    register(store, file).await;
}

pub(super) async fn a_waitlist_is_not_promoted(store: &dyn Store) {
    fill(store, [seats(session(1), 1)]).await;
    register(store, [registration(1, "ada", Registered, 1), registration(1, "bob", Waitlist, 2)]).await;
    register(store, [registration(1, "ada", Cancelled, 3)]).await;
    let statuses: Vec<_> = exported_registrations(store).await.into_iter().map(|row| row.status).collect();
    assert_eq!(statuses, [Cancelled, Waitlist]);
    assert_eq!(Question::default().ask(store).await.items[0].registered_count, 0);
}

pub(super) async fn registrations_without_an_instant_queue_up(store: &dyn Store) {
    fill(store, [1, 2].map(session)).await;
    let people = ["dan", "ada", "cleo", "bob"];
    register(store, (1..).zip(people).map(|(fresh, person)| registration(1, person, Waitlist, fresh))).await;
    register(store, [registration(1, "eve", Waitlist, 9), registration(2, "eve", Waitlist, 10)]).await;
    let rows = exported_registrations(store).await;
    let mut line: Vec<_> = rows.iter().filter(|row| row.session_id == id(1)).collect();
    line.sort_by_key(|row| row.registered_at);
    let order: Vec<_> = line.iter().map(|row| row.user_id.as_str()).collect();
    assert_eq!(order, ["dan", "ada", "cleo", "bob", "eve"]);
    assert!(line.windows(2).all(|pair| pair[0].registered_at < pair[1].registered_at));
    assert_eq!(line[0].registered_at, now());
    assert_eq!(rows.iter().find(|row| row.session_id == id(2)).map(|row| row.registered_at), Some(now()));
}

pub(super) async fn what_a_registration_line_leaves_out_stays(store: &dyn Store) {
    fill(store, [session(1)]).await;
    let given =
        registration(1, "ada", Waitlist, 1).with_id(id(50)).with_registered_at(minutes(-9), now()).expect("a line");
    register(store, [given]).await;
    let again = import_registrations(store, lines([registration(1, "ada", Waitlist, 2)])).await.expect("imported");
    assert_eq!(again, Imported { unchanged: 1, ..Imported::default() });
    register(store, [registration(1, "ada", Registered, 3)]).await;
    let rows = exported_registrations(store).await;
    assert_eq!((rows[0].id, rows[0].registered_at, rows[0].status), (id(50), minutes(-9), Registered));
}

pub(super) async fn counts_follow_what_is_imported(store: &dyn Store) {
    fill(store, [1, 2].map(session)).await;
    register(store, [registration(1, "ada", Registered, 1), registration(1, "bob", Registered, 2)]).await;
    register(store, [registration(1, "ada", Cancelled, 3), registration(2, "ada", Registered, 4)]).await;
    let page = Question::default().ask(store).await;
    let counts: Vec<_> = page.items.iter().map(|item| (item.session.id, item.registered_count)).collect();
    assert_eq!(counts, [(id(2), 1), (id(1), 1)]);
}

pub(super) async fn a_cancelled_registration_was_cancelled_when_it_was_registered(store: &dyn Store) {
    fill(store, [session(1)]).await;
    let cancelled = |line: RegistrationLine, at: Option<Timestamp>| {
        at.map_or(Ok(line.clone()), |at| line.with_cancelled_at(at)).expect("a good line")
    };
    let registered = registration(1, "ada", Cancelled, 1).with_registered_at(minutes(-9), now()).expect("a line");
    register(store, [cancelled(registered.clone(), Some(minutes(-3)))]).await;
    assert_eq!(exported_registrations(store).await[0].cancelled_at, Some(minutes(-3)));
    register(store, [cancelled(registered, None)]).await;
    assert_eq!(exported_registrations(store).await[0].cancelled_at, Some(minutes(-9)));
    register(store, [registration(1, "ada", Registered, 2)]).await;
    assert_eq!(exported_registrations(store).await[0].cancelled_at, None);
}

pub(super) async fn an_export_imports_to_the_same_state(store: &dyn Store) {
    fill(store, (1..=1_500).map(session)).await;
    let person = |number: u32| format!("person {:04}", 9_999 - number);
    register(
        store,
        (1..=1_500).map(|number| registration(number % 700 + 1, &person(number), Registered, number.into())),
    )
    .await;
    let (sessions, registrations) = (exported_sessions(store).await, exported_registrations(store).await);
    assert!(sessions.is_sorted_by(|left, right| left.id < right.id) && sessions.len() == 1_500);
    assert!(registrations.len() == 1_500);
    let again = import_sessions(store, session_lines(sessions)).await.expect("imported");
    assert_eq!(again, Imported { unchanged: 1_500, ..Imported::default() });
    let file = lines(registrations.into_iter().map(registration_line));
    let again = import_registrations(store, file).await.expect("imported");
    assert_eq!(again, Imported { unchanged: 1_500, ..Imported::default() });
}
