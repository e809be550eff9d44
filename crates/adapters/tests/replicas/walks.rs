//! The walk rule, while servers come and go.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use live_adapters::test_support::SETTINGS;
use live_adapters::{Store, StoreSettings};
use live_domain::contract::fixtures::{Question, id, minutes, session, write};
use live_domain::{Page, PageSize, Session, SessionOrder, SessionScan, StoreError};
use uuid::Uuid;

use crate::site::{Site, are_read, execute};

/// Sessions that stay where they are.
const STAYING: std::ops::Range<u32> = 0..100;
const BOUND: Duration = Duration::from_secs(2);
const HURRIED: StoreSettings = StoreSettings { timeout: Duration::from_secs(2), ..SETTINGS };

fn staying(number: u32) -> Session {
    Session { scheduled_at: minutes(i64::from(number % 25)), ..session(number) }
}

/// Creates sessions between those that stay until it is told to stop; that the primary is away is none of its business.
async fn write_on(store: Store, done: Arc<AtomicBool>) {
    let mut number = 1_000;
    while !done.load(Ordering::Relaxed) {
        let coming = Session { scheduled_at: minutes(i64::from(number % 25)), ..session(number) };
        match store.writer.create(&coming, &write("ada", 0)).await {
            Ok(_) | Err(StoreError::Unavailable(_)) => number += 1,
            Err(error) => panic!("{error:?}"),
        }
    }
}

/// How often each session is met. A page that cannot be had now is asked for again, as a client does after 503.
async fn walk(store: &Store, order: SessionOrder) -> HashMap<Uuid, u32> {
    let Question { scope, viewer, filter, .. } = Question::default();
    let (mut scan, size) = (SessionScan::beginning(order, minutes(-1_000)), PageSize::new(7).expect("a size"));
    let mut met = HashMap::new();
    loop {
        let page = match store.sessions.list(&scope, &viewer, &filter, scan, size).await {
            Err(StoreError::Unavailable(_)) => continue,
            page => page.expect("a page"),
        };
        let Page { items, next } = page;
        for item in items {
            *met.entry(item.session.id).or_default() += 1;
        }
        match next {
            Some(next) => scan = next,
            None => return met,
        }
    }
}

/// Walks until it is told to stop, and tells how often.
async fn walk_on(store: Store, done: Arc<AtomicBool>) -> u32 {
    let mut walks = 0;
    while !done.load(Ordering::Relaxed) {
        for order in [SessionOrder::Newest, SessionOrder::Chronological, SessionOrder::Upcoming] {
            let met = walk(&store, order).await;
            for number in STAYING {
                assert_eq!(met.get(&id(number.into())), Some(&1), "session {number} in walk {walks}, {order:?}");
            }
            walks += 1;
        }
    }
    walks
}

#[tokio::test(flavor = "multi_thread")]
async fn walks_meet_what_stays_once_while_standbys_pause_restart_and_are_promoted() {
    let mut site = Site::start(2).await;
    let (old, new) = (site.primary.address(), site.standbys[1].address());
    let primary = format!("postgres://postgres@{old},{new}/postgres?target_session_attrs=read-write");
    let store = site.store_at(&primary, BOUND, HURRIED);
    for number in STAYING {
        store.writer.create(&staying(number), &write("ada", 0)).await.expect("a session is created");
    }
    site.standbys_have_everything().await;
    are_read(&store, &[true, true]).await;

    let done = Arc::new(AtomicBool::new(false));
    let writer = tokio::spawn(write_on(store.clone(), Arc::clone(&done)));
    let walkers: Vec<_> = (0..3).map(|_| tokio::spawn(walk_on(store.clone(), Arc::clone(&done)))).collect();
    for _ in 0..2 {
        execute(&site.standbys[0], "SELECT pg_wal_replay_pause()").await;
        are_read(&store, &[false, true]).await;
        execute(&site.standbys[0], "SELECT pg_wal_replay_resume()").await;
        site.standbys[1].crash();
        site.standbys[1].restart(&[]);
        are_read(&store, &[true, true]).await;
    }
    site.primary.crash();
    site.standbys[1].promote();
    // What is promoted goes on alone: the other one follows who is gone.
    are_read(&store, &[false, true]).await;
    done.store(true, Ordering::Relaxed);
    writer.await.expect("the writer goes on");
    for walker in walkers {
        let walks = walker.await.expect("each walk meets each once");
        assert!(walks > 0);
    }
}
