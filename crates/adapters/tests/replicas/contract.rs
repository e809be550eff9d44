//! The suite, with lists read from standbys.

use live_adapters::test_support::SETTINGS;
use live_domain::contract::{check_store, compare_with_memory};

use crate::own_writes::OwnWrites;
use crate::site::{ANY_LAG, Site, are_read, execute, lists};

/// The schema as it was created. A database of its own for each case would be hundreds of files on each server.
const EMPTY: &str = "
    TRUNCATE sessions, registrations, session_events, session_event_places, session_event_progress, idempotency_keys, calendar_feeds
        RESTART IDENTITY;
    INSERT INTO session_event_progress DEFAULT VALUES";

/// A store with nothing in it, both standbys of which are read from.
async fn own_writes(site: &Site) -> OwnWrites {
    execute(&site.primary, EMPTY).await;
    let store = site.store(ANY_LAG, SETTINGS);
    are_read(&store, &[true, true]).await;
    OwnWrites { store }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_with_standbys_keeps_the_contract() {
    let site = Site::start(2).await;
    check_store(async || own_writes(&site).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn random_questions_to_a_store_with_standbys_agree_with_memory() {
    let site = Site::start(2).await;
    let store = own_writes(&site).await;
    compare_with_memory(&store, 7, 500).await;
    let (of_primary, of_standbys) = lists(&store.store);
    println!("{of_primary} lists of the primary, {of_standbys:?} of the standbys");
    assert!(of_standbys.iter().all(|lists| *lists > 0), "{of_standbys:?}");
}
