//! Calendar feeds that one person makes at once.

use std::sync::Arc;

use live_adapters::test_support::{PgDatabase, SqliteFile};
use live_domain::contract::Store;
use live_domain::contract::fixtures::{secret, viewer};
use live_domain::{
    BrandScope, CalendarFeeds, CreateFeedError, Feed, FeedDraft, Fingerprint, IssuedFeed, LiveSessions, RequestKey,
    SealedSecret, SystemClock, TimeOrderedIds, UpcomingGrace,
};

use super::{Stores, at_once};

fn feeds<S: Store + 'static>(store: S) -> CalendarFeeds {
    let (store, clock) = (Arc::new(store), Arc::new(SystemClock));
    let sessions =
        LiveSessions::new(Arc::<S>::clone(&store), Arc::<SystemClock>::clone(&clock), UpcomingGrace::default());
    CalendarFeeds::new(sessions, store, clock, Arc::new(TimeOrderedIds))
}

/// The secret of one of many.
fn numbered(number: u32) -> SealedSecret {
    secret(u8::try_from(number).unwrap())
}

/// Of more than anybody may have, as many are made as they may have.
async fn check_the_most<S: Store + Clone + 'static>(stores: Stores<S>) {
    let most = u32::try_from(Feed::MOST_OF_ONE_OWNER).unwrap();
    let made = at_once(&stores, 0..most + 20, |store: S, number| async move {
        let (scope, draft) = (BrandScope::All, FeedDraft::default());
        feeds(store).create(&scope, &viewer("ada"), draft, numbered(number), None).await
    });
    let (done, refused): (Vec<_>, Vec<_>) = made.await.into_iter().partition(Result::is_ok);
    assert!(refused.iter().all(|made| matches!(made, Err(CreateFeedError::TooMany))), "{refused:?}");
    assert_eq!((done.len(), refused.len()), (Feed::MOST_OF_ONE_OWNER, 20));
}

/// With one key one is made, and all say which.
async fn check_one_key<S: Store + Clone + 'static>(stores: Stores<S>) {
    let made = at_once(&stores, 0..40, |store: S, number| async move {
        let key = RequestKey { key: "one-key".parse().unwrap(), fingerprint: Fingerprint([1; 32]) };
        let (scope, draft) = (BrandScope::All, FeedDraft::default());
        feeds(store).create(&scope, &viewer("ada"), draft, numbered(number), Some(key)).await.unwrap()
    });
    let made = made.await;
    assert_eq!(made.iter().filter(|answer| !answer.replayed).count(), 1);
    assert!(made.windows(2).all(|pair| pair[0].value == pair[1].value), "{made:?}");
    let IssuedFeed { feed, secret } = made[0].value.clone();
    assert_eq!(stores[0].feed_by_secret(&secret.hash, feed.created_at).await.unwrap(), Some(feed));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_more_feeds_than_the_most_on_postgres() {
    let database = PgDatabase::create().await;
    check_the_most([database.store(), database.store()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_more_feeds_than_the_most_on_sqlite() {
    let file = SqliteFile::create().await;
    check_the_most([file.store(), file.store()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_makes_one_feed_on_postgres() {
    let database = PgDatabase::create().await;
    check_one_key([database.store(), database.store()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_makes_one_feed_on_sqlite() {
    let file = SqliteFile::create().await;
    check_one_key([file.store(), file.store()]).await;
}
