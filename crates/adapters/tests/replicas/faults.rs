//! Standbys that lag, fall silent or go away.

use std::time::{Duration, Instant};

use live_adapters::test_support::{PgCluster, SETTINGS};
use live_adapters::{Store, StoreSettings};
use live_domain::contract::fixtures::{Question, id, session, write};
use live_domain::{ListedSession, Page, SessionScan, StoreError, StorePosition};

use crate::site::{ANY_LAG, Site, are_read, execute, has_come_to, lists, position, reading, until};

/// A bound that a paused standby exceeds soon, and a busy machine seldom.
const BOUND: Duration = Duration::from_secs(2);
const HURRIED: StoreSettings = StoreSettings { timeout: Duration::from_secs(3), ..SETTINGS };
const PAUSE: &str = "SELECT pg_wal_replay_pause()";
const RESUME: &str = "SELECT pg_wal_replay_resume()";

async fn create(store: &Store, number: u32) {
    store.writer.create(&session(number), &write("ada", 0)).await.expect("a session is created");
}

async fn list(store: &Store, seen: Option<StorePosition>) -> Result<Page<ListedSession, SessionScan>, StoreError> {
    let Question { scope, viewer, filter, scan, size } = Question::default();
    store.sessions.list(&scope, &viewer, &filter, scan.having_seen(seen), size).await
}

async fn sees(store: &Store, number: u32, seen: Option<StorePosition>) -> bool {
    let page = list(store, seen).await.expect("a page");
    page.items.iter().any(|item| item.session.id == id(number.into()))
}

/// Stops the replay of a standby, and waits until it stands still.
async fn pause(standby: &PgCluster) {
    execute(standby, PAUSE).await;
    let client = standby.connect().await;
    let ask = "SELECT pg_get_wal_replay_pause_state() = 'paused'";
    until("the replay is paused", async || client.query_one(ask, &[]).await.expect("an answer").get(0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn standbys_are_read_by_turns_and_nothing_but_lists_is() {
    let site = Site::start(2).await;
    let store = site.store(ANY_LAG, SETTINGS);
    create(&store, 1).await;
    site.standbys_have_everything().await;
    are_read(&store, &[true, true]).await;
    for _ in 0..10 {
        assert!(sees(&store, 1, None).await);
        let Question { scope, viewer, .. } = Question::default();
        store.sessions.find(&scope, &viewer, id(1)).await.expect("an answer").expect("the session");
    }
    assert_eq!(lists(&store), (0, vec![5, 5]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_is_paused_or_away_is_not_read_from_until_it_is_back() {
    let mut site = Site::start(2).await;
    let store = site.store(BOUND, SETTINGS);
    are_read(&store, &[true, true]).await;

    pause(&site.standbys[0]).await;
    create(&store, 1).await;
    are_read(&store, &[false, true]).await;
    assert!(reading(&store).standbys[0].lag.expect("a lag that is known") > BOUND);
    site.standbys[1].crash();
    are_read(&store, &[false, false]).await;
    let (of_primary, of_standbys) = lists(&store);
    assert!(sees(&store, 1, None).await);
    assert_eq!(lists(&store), (of_primary + 1, of_standbys));

    execute(&site.standbys[0], RESUME).await;
    are_read(&store, &[true, false]).await;
    site.standbys[1].restart(&[]);
    are_read(&store, &[true, true]).await;
    assert!(sees(&store, 1, None).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_written_sees_it_from_whichever_server_is_read() {
    let mut site = Site::start(1).await;
    site.standbys.push(site.primary.standby_with(&["recovery_min_apply_delay=1h"]).await);
    let store = site.store(ANY_LAG, SETTINGS);
    are_read(&store, &[true, true]).await;
    for number in 1..=50 {
        create(&store, number).await;
        let seen = store.progress.position().await.expect("a position");
        assert!(sees(&store, number, Some(seen)).await, "session {number}");
    }
    assert_eq!(lists(&store).1[1], 0, "one that is an hour behind has nothing of it");
    let before = lists(&store).1[0];
    site.primary.connect().await.batch_execute("CHECKPOINT").await.expect("a checkpoint");
    let seen = position(&site.primary).await;
    has_come_to(&site.standbys[0], seen).await;
    for _ in 0..4 {
        assert!(sees(&store, 50, Some(seen)).await);
    }
    assert!(lists(&store).1[0] > before, "one that has replayed it is read from");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_primary_is_away_standbys_are_read() {
    let mut site = Site::start(2).await;
    let store = site.store(BOUND, HURRIED);
    create(&store, 1).await;
    let seen = store.progress.position().await.expect("a position");
    site.standbys_have_everything().await;
    are_read(&store, &[true, true]).await;
    site.primary.crash();
    for _ in 0..20 {
        assert!(sees(&store, 1, Some(seen)).await);
    }
    let begun = Instant::now();
    until("the bound has passed", async || begun.elapsed() > BOUND * 2).await;
    assert!(sees(&store, 1, Some(seen)).await && sees(&store, 1, None).await, "the last that is known of it counts");
    assert!(matches!(
        store.sessions.find(&Question::default().scope, &Question::default().viewer, id(1)).await,
        Err(StoreError::Unavailable(_))
    ));

    let begun = Instant::now();
    let further = list(&store, Some(StorePosition::new(seen.get() + 1_000_000))).await;
    assert!(matches!(further, Err(StoreError::Unavailable(_))), "{further:?}");
    assert!(begun.elapsed() >= HURRIED.timeout, "standbys may yet come to it");
    assert!(!store.progress.is_ahead(StorePosition::new(u64::MAX)).await.expect("what cannot be known"));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_primary_a_standby_that_is_behind_is_waited_for() {
    let mut site = Site::start(1).await;
    let store = site.store(ANY_LAG, SETTINGS);
    are_read(&store, &[true]).await;
    pause(&site.standbys[0]).await;
    create(&store, 1).await;
    let seen = store.progress.position().await.expect("a position");
    // It has received what it has not replayed.
    let client = site.standbys[0].connect().await;
    let ask = format!("SELECT pg_last_wal_receive_lsn() - '0/0' >= {} - 40", seen.get());
    until("it is received", async || client.query_one(&ask, &[]).await.expect("an answer").get(0)).await;
    site.primary.crash();
    let resume = async {
        let ask = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_last_wal_replay_lsn%'";
        until("it is asked", async || client.query_one(ask, &[]).await.expect("an answer").get::<_, i64>(0) > 1).await;
        execute(&site.standbys[0], RESUME).await;
    };
    let (is_there, ()) = tokio::join!(sees(&store, 1, Some(seen)), resume);
    assert!(is_there);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_whose_standbys_were_never_there_is_the_primary_alone() {
    let mut site = Site::start(1).await;
    site.standbys[0].crash();
    let store = site.store(BOUND, SETTINGS);
    create(&store, 1).await;
    let seen = store.progress.position().await.expect("a position");
    assert!(sees(&store, 1, None).await && sees(&store, 1, Some(seen)).await);
    assert_eq!(lists(&store), (2, vec![0]));
    site.standbys[0].restart(&[]);
    are_read(&store, &[true]).await;
    assert!(sees(&store, 1, Some(seen)).await);
    assert_eq!(lists(&store), (2, vec![1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_position_that_the_primary_has_not_come_to_is_ahead() {
    let site = Site::start(1).await;
    let store = site.store(ANY_LAG, SETTINGS);
    let now = store.progress.position().await.expect("a position");
    let is_ahead = async |number| store.progress.is_ahead(StorePosition::new(number)).await.expect("an answer");
    assert!(!is_ahead(0).await && !is_ahead(now.get()).await);
    assert!(is_ahead(now.get() + 1_000_000_000).await && is_ahead(u64::MAX).await);
    create(&store, 1).await;
    let later = position(&site.primary).await;
    assert!(!is_ahead(later.get()).await, "what another process has written is asked for");
}

/// Fills the log up to the last byte of a page, and writes nothing more.
#[tokio::test(flavor = "multi_thread")]
async fn a_standby_that_has_everything_is_read_from_also_where_the_log_ends_with_a_page() {
    let site = Site::start(1).await;
    let store = site.store(ANY_LAG, SETTINGS);
    are_read(&store, &[true]).await;
    create(&store, 1).await;
    let client = site.primary.connect().await;
    let offset = "SELECT ((pg_current_wal_insert_lsn() - '0/0') % 8192)::integer";
    until("the log ends with a page", async || {
        let offset: i32 = client.query_one(offset, &[]).await.expect("an offset").get(0);
        if offset == 24 || offset == 40 {
            return true;
        }
        // A message of so many bytes has 53 more around it, and begins at a multiple of 8.
        let length = (8_192 - offset - 56).clamp(1, 4_000);
        let message = format!("SELECT pg_logical_emit_message(false, '', repeat('x', {length}))");
        client.batch_execute(&message).await.expect("a message");
        false
    })
    .await;
    let seen = store.progress.position().await.expect("a position");
    has_come_to(&site.standbys[0], seen).await;
    until("the standby is known to have it", async || {
        let before = lists(&store).1[0];
        assert!(sees(&store, 1, Some(seen)).await);
        lists(&store).1[0] > before
    })
    .await;
    let replayed = "SELECT (pg_last_wal_replay_lsn() - '0/0')::bigint";
    let replayed: i64 = site.standbys[0].connect().await.query_one(replayed, &[]).await.expect("a position").get(0);
    println!("the primary tells {}, the standby {replayed}", seen.get());
}
