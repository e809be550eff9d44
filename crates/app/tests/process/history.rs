//! `LIVE_HISTORY_DAYS`: old history goes while the service serves.

use std::time::{Duration, Instant};

use live_adapters::test_support::{PgDatabase, SqliteFile, is_full_size};
use live_domain::contract::Store;
use live_domain::contract::fixtures::{enter, fill, id, minutes, session};
use live_domain::{MaxParticipants, Session};

use crate::support::{Machine, PATIENCE, Server, post};

async fn old_history_goes(url: &str, store: &dyn Store) {
    // Of 2026-03-10: long ago by the clock of the service, but for a century that is kept.
    fill(store, [session(1)]).await;
    enter(store, 1, "bob", 1, 11).await.unwrap();
    let machine = Machine::serving(url);
    for (days, left) in [("", 2), ("36500", 2), ("30", 0)] {
        let machine = Machine::serving(url).with("LIVE_HISTORY_DAYS", days);
        let server = Server::serve(&machine);
        let begun = Instant::now();
        while store.events(None, 10).await.unwrap().len() != left {
            assert!(begun.elapsed() < PATIENCE, "LIVE_HISTORY_DAYS={days}");
        }
        // The registrations themselves stay.
        assert_eq!(server.stop(), 0);
        assert_eq!(store.events(None, 10).await.unwrap().len(), left, "LIVE_HISTORY_DAYS={days}");
    }
    assert_eq!(machine.ok(&["export", "registrations"]).lines().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_kept_as_long_as_is_set_on_postgres() {
    let database = PgDatabase::create().await;
    old_history_goes(database.url_text(), &database.store()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn history_is_kept_as_long_as_is_set_on_sqlite() {
    let file = SqliteFile::create().await;
    old_history_goes(&format!("sqlite:{}", file.path().to_str().unwrap()), &file.store()).await;
}

/// So many events of ten people, of long ago.
const OLD: &str = "
    INSERT INTO session_events (id, session_id, brand_id, type, who, at, registration_id, user_id, status_after)
    SELECT gen_random_uuid(), $1, 'acme', 'registration.registered', 'person', timestamptz '2020-01-01T00:00:00Z',
        gen_random_uuid(), 'person', 'registered' FROM generate_series(1, $2::bigint)";

/// Registers people for ten sessions, one after the other in each; how many in a second, and the longest.
async fn register(machine: &Machine, server: &Server, people: usize, round: &str) -> (f64, Duration) {
    let tokens: Vec<_> = (0..people).map(|person| machine.token(&format!("{round} {person}"))).collect();
    let begun = Instant::now();
    let one_session = async |session: usize| {
        let url = server.url(&format!("/v1/sessions/00000000-0000-0000-0000-{session:012x}/registrations"));
        let mut longest = Duration::ZERO;
        for token in &tokens {
            let answer = post(&url, token, &session.to_string(), None).await.unwrap();
            assert_eq!(answer.status, 201, "{}", answer.body);
            longest = longest.max(answer.took);
        }
        longest
    };
    let longest = futures_util::future::join_all((1..=10).map(one_session)).await.into_iter().max().unwrap();
    let registrations = f64::from(u32::try_from(10 * people).unwrap());
    (registrations / begun.elapsed().as_secs_f64(), longest)
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_registrations_do_not_wait_for_old_history_to_go() {
    let (old, people): (i64, _) = if is_full_size() { (300_000, 300) } else { (5_000, 3) };
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    let max_participants = MaxParticipants::new(1_000_000).unwrap();
    let open = |number| Session { max_participants, scheduled_at: minutes(0), ..session(number) };
    fill(&store, (1..=10).map(open)).await;
    client.execute(OLD, &[&id(1), &old]).await.unwrap();
    let count = async || client.query_one("SELECT count(*) FROM session_events", &[]).await.unwrap().get::<_, i64>(0);

    let machine = Machine::serving(database.url_text());
    let server = Server::serve(&machine);
    let (rate, longest) = register(&machine, &server, people, "before").await;
    println!("{rate:.0} registrations/s while nothing is deleted, the longest took {longest:.2?}");
    assert_eq!(server.stop(), 0);

    let server = Server::serve(&Machine::serving(database.url_text()).with("LIVE_HISTORY_DAYS", "30"));
    let (before, begun) = (count().await, Instant::now());
    let (rate, longest) = register(&machine, &server, people, "meanwhile").await;
    let new = i64::try_from(10 * people).unwrap();
    let deleted = before + new - count().await;
    println!(
        "{rate:.0} registrations/s while {deleted} events were deleted in {:.1?}, the longest took {longest:.2?}",
        begun.elapsed()
    );
    if !is_full_size() {
        while count().await > 2 * new {
            assert!(begun.elapsed() < PATIENCE);
        }
    }
}
