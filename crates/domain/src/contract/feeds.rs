//! The obligations of [`FeedRepository`](crate::FeedRepository).

use super::Store;
use super::fixtures::{brand, done, feed, id, keyed, minutes, secret, subject, viewer, write};
use crate::error::CreateFeedError;
use crate::feed::Feed;
use crate::idempotency::{Fingerprint, Kept, Keyed, Outcome};
use crate::listing::{Month, Selection, SessionFilter, TimeZone};
use crate::session::{SessionKind, SessionStatus};
use crate::timestamp::Timestamp;
use crate::viewer::BrandScope;

/// Puts in a feed with the secret of that number, as its owner.
async fn create(store: &dyn Store, feed: &Feed, number: u8) {
    let creating = write(feed.owner.subject().as_str(), 0);
    done(store.create_feed(feed, &secret(number), &creating).await.expect("created"));
}

async fn by_secret(store: &dyn Store, number: u8, now: Timestamp) -> Option<Feed> {
    store.feed_by_secret(&secret(number).hash, now).await.expect("the store answers")
}

async fn of_owner(store: &dyn Store, name: &str, number: u64, now: Timestamp) -> Option<Feed> {
    store.feed(&viewer(name), id(number), now).await.expect("the store answers")
}

pub(super) async fn a_feed_is_found_by_its_secret_and_comes_back_as_it_went_in(store: &dyn Store) {
    let awkward = r#"zo\"é%_' {},"#;
    let zone = TimeZone::named("Australia/Lord_Howe").expect("a zone");
    let filter = SessionFilter::default()
        .with_brand(brand(awkward))
        .with_host(awkward.parse().expect("a host"))
        .with_community(awkward.parse().expect("a community"))
        .with_category(awkward.parse().expect("a category"))
        .with_statuses(Selection::of([SessionStatus::Live, SessionStatus::Cancelled]))
        .with_kinds(Selection::of([SessionKind::OfficeHours]))
        .with_month(Month::new(2026, 4, &zone).expect("a month"));
    let scopes = [
        BrandScope::All,
        BrandScope::only([]).expect("a scope"),
        BrandScope::only([brand(awkward), brand("b")]).expect("a scope"),
    ];
    let plain = feed(1, "ada");
    let mut feeds = vec![
        Feed { filter: filter.clone(), upcoming: true, owner: viewer(awkward), ..feed(2, "ada") },
        Feed { filter: SessionFilter::default().with_statuses(Selection::of([])), ..feed(3, "ada") },
        plain,
    ];
    feeds.extend((4..).zip(scopes).map(|(number, scope)| Feed { scope, ..feed(number, "ada") }));
    for (number, feed) in (1..).zip(&feeds) {
        create(store, feed, number).await;
    }
    for (number, feed) in (1..).zip(feeds) {
        assert_eq!(by_secret(store, number, minutes(1)).await, Some(feed.clone()));
        assert_eq!(store.feed(&feed.owner, feed.id, minutes(1)).await.expect("answered"), Some(feed));
    }
    assert_eq!(by_secret(store, 99, minutes(1)).await, None);
}

pub(super) async fn a_feed_is_in_force_until_it_expires(store: &dyn Store) {
    let feed = Feed { expires_at: minutes(10), ..feed(1, "ada") };
    create(store, &feed, 1).await;
    let last = minutes(10).earlier_by(time::Duration::MICROSECOND);
    assert_eq!(by_secret(store, 1, last).await, Some(feed.clone()));
    assert_eq!(of_owner(store, "ada", 1, last).await, Some(feed));
    assert_eq!(by_secret(store, 1, minutes(10)).await, None);
    assert_eq!(of_owner(store, "ada", 1, minutes(10)).await, None);
    assert!(!store.revoke_feed(&viewer("ada"), id(1), minutes(10)).await.expect("answered"));
}

pub(super) async fn a_feed_belongs_to_its_owner(store: &dyn Store) {
    create(store, &feed(1, "ada"), 1).await;
    for other in ["bob", "Ada", "ada "] {
        assert_eq!(of_owner(store, other, 1, minutes(1)).await, None);
        assert!(!store.revoke_feed(&viewer(other), id(1), minutes(1)).await.expect("answered"));
    }
    assert_eq!(by_secret(store, 1, minutes(1)).await, Some(feed(1, "ada")));
}

pub(super) async fn a_revoked_feed_is_gone(store: &dyn Store) {
    create(store, &feed(1, "ada"), 1).await;
    create(store, &feed(2, "ada"), 2).await;
    assert!(store.revoke_feed(&viewer("ada"), id(1), minutes(1)).await.expect("answered"));
    assert!(!store.revoke_feed(&viewer("ada"), id(1), minutes(1)).await.expect("answered"));
    assert_eq!((by_secret(store, 1, minutes(1)).await, of_owner(store, "ada", 1, minutes(1)).await), (None, None));
    assert_eq!(by_secret(store, 2, minutes(1)).await, Some(feed(2, "ada")));
}

pub(super) async fn nobody_has_more_feeds_than_the_most(store: &dyn Store) {
    let most = u8::try_from(Feed::MOST_OF_ONE_OWNER).expect("few");
    create(store, &Feed { expires_at: minutes(10), ..feed(0, "ada") }, 0).await;
    for number in 1..most {
        create(store, &feed(number.into(), "ada"), number).await;
    }
    let one_more = feed(200, "ada");
    let asking = keyed(write("ada", 9), "key", 1);
    let refused = store.create_feed(&one_more, &secret(200), &asking).await;
    assert!(matches!(refused, Err(CreateFeedError::TooMany)), "{refused:?}");
    assert_eq!(of_owner(store, "ada", 200, minutes(9)).await, None);
    let kept = store.kept(&subject("ada"), &"key".parse().expect("a key"), minutes(9)).await;
    assert_eq!(kept.expect("answered"), None);
    create(store, &feed(201, "bob"), 201).await;
    // One has expired by now, pruned or not; then one is revoked.
    done(store.create_feed(&one_more, &secret(200), &write("ada", 10)).await.expect("created"));
    let refused = store.create_feed(&feed(202, "ada"), &secret(202), &write("ada", 10)).await;
    assert!(matches!(refused, Err(CreateFeedError::TooMany)), "{refused:?}");
    assert!(store.revoke_feed(&viewer("ada"), id(200), minutes(10)).await.expect("answered"));
    done(store.create_feed(&feed(202, "ada"), &secret(202), &write("ada", 10)).await.expect("created"));
}

pub(super) async fn a_key_makes_one_feed_and_keeps_its_secret_sealed(store: &dyn Store) {
    let creating = keyed(write("ada", 0), "key", 7);
    done(store.create_feed(&feed(1, "ada"), &secret(1), &creating).await.expect("created"));
    let outcome = Outcome::Feed { id: id(1), secret: secret(1) };
    let expected = Kept { fingerprint: Fingerprint([7; 32]), outcome };
    for fingerprint in [7, 8] {
        let again = keyed(write("ada", 1), "key", fingerprint);
        let again = store.create_feed(&feed(2, "ada"), &secret(2), &again).await.expect("answered");
        assert_eq!(again, Keyed::Kept(expected.clone()));
    }
    assert_eq!(by_secret(store, 2, minutes(1)).await, None);
    done(store.create_feed(&feed(2, "bob"), &secret(2), &keyed(write("bob", 1), "key", 7)).await.expect("created"));
}

pub(super) async fn feeds_that_have_expired_are_pruned(store: &dyn Store) {
    for (number, minute) in [(1, 10), (2, 11), (3, 12)] {
        let feed = Feed { expires_at: minutes(minute), ..feed(number.into(), "ada") };
        create(store, &feed, number).await;
    }
    assert_eq!(store.prune_feeds(minutes(9)).await.expect("pruned"), 0);
    assert_eq!(store.prune_feeds(minutes(11)).await.expect("pruned"), 2);
    assert_eq!(store.prune_feeds(minutes(11)).await.expect("pruned"), 0);
    // As of an earlier time: they are not there, rather than not in force.
    assert_eq!(by_secret(store, 2, minutes(1)).await, None);
    assert!(by_secret(store, 3, minutes(1)).await.is_some());
}
