use futures_util::FutureExt;

use super::*;
use crate::clock::{MockClock, MockIdSource};
use crate::contract::fixtures::{brand, feed, id, minutes, now, secret, session, viewer};
use crate::feed::MockFeedRepository;
use crate::idempotency::Fingerprint;
use crate::listing::{Page, ScanOrder, SessionOrder, UpcomingGrace};
use crate::repository::MockSessionRepository;
use crate::session::SessionVersion;

fn feeds(sessions: MockSessionRepository, feeds: MockFeedRepository) -> CalendarFeeds {
    let mut clock = MockClock::new();
    clock.expect_now().returning(now);
    let mut ids = MockIdSource::new();
    ids.expect_fresh().return_const(id(77));
    let clock: Arc<dyn Clock> = Arc::new(clock);
    let sessions = LiveSessions::new(Arc::new(sessions), Arc::clone(&clock), UpcomingGrace::default());
    CalendarFeeds::new(sessions, Arc::new(feeds), clock, Arc::new(ids))
}

fn key(fingerprint: u8) -> RequestKey {
    RequestKey { key: "key".parse().unwrap(), fingerprint: Fingerprint([fingerprint; 32]) }
}

fn scope(brands: &[&str]) -> BrandScope {
    BrandScope::only(brands.iter().copied().map(brand)).unwrap()
}

/// What comes of a call: a mock answers at once.
fn get<T>(future: impl Future<Output = T>) -> T {
    future.now_or_never().expect("a mock answers at once")
}

#[test]
fn makes_a_feed_of_the_caller_in_their_scope_as_of_now() {
    let filter = SessionFilter::default().with_brand(brand("acme"));
    let expires_at = FeedLifetime::seconds(60).unwrap().from(now());
    let made = Feed { scope: scope(&["acme"]), filter: filter.clone(), upcoming: true, expires_at, ..feed(77, "ada") };
    let (expected, mut store) = (made.clone(), MockFeedRepository::new());
    store
        .expect_create_feed()
        .withf(move |feed, sealed, write| {
            (feed, sealed, write.now, &write.viewer) == (&expected, &secret(1), now(), &expected.owner)
        })
        .once()
        .returning(|_, _, _| Ok(Keyed::Done(())));
    let service = feeds(MockSessionRepository::new(), store);
    let draft = FeedDraft { filter, upcoming: true, lifetime: FeedLifetime::seconds(60).unwrap() };
    let answer = get(service.create(&scope(&["acme"]), &viewer("ada"), draft, secret(1), None)).unwrap();
    assert_eq!(answer, Answer { value: IssuedFeed { feed: made, secret: secret(1) }, replayed: false });
}

#[test]
fn a_brand_out_of_scope_never_reaches_the_store() {
    let service = feeds(MockSessionRepository::new(), MockFeedRepository::new());
    let draft = FeedDraft { filter: SessionFilter::default().with_brand(brand("globex")), ..FeedDraft::default() };
    let refused = get(service.create(&scope(&["acme"]), &viewer("ada"), draft, secret(1), Some(key(1))));
    assert!(matches!(refused, Err(CreateFeedError::BrandOutOfScope)), "{refused:?}");
}

/// What the key of a feed of `acme`, which is there still or not, gives to the same request or another one from that scope.
fn replayed(is_there: bool, fingerprint: u8, from: &BrandScope) -> Result<Answer<IssuedFeed>, CreateFeedError> {
    let mut store = MockFeedRepository::new();
    let kept = Kept { fingerprint: Fingerprint([1; 32]), outcome: Outcome::Feed { id: id(5), secret: secret(5) } };
    store.expect_create_feed().returning(move |_, _, _| Ok(Keyed::Kept(kept.clone())));
    store.expect_feed().returning(move |owner, asked, at| {
        assert_eq!((owner, asked, at), (&viewer("ada"), id(5), now()));
        Ok(is_there.then(|| Feed { scope: scope(&["acme"]), ..feed(5, "ada") }))
    });
    let service = feeds(MockSessionRepository::new(), store);
    get(service.create(from, &viewer("ada"), FeedDraft::default(), secret(1), Some(key(fingerprint))))
}

#[test]
fn a_kept_feed_comes_with_its_own_secret() {
    for from in [BrandScope::All, scope(&["acme"]), scope(&["acme", "globex"])] {
        let answer = replayed(true, 1, &from).unwrap();
        assert_eq!((answer.value.feed.id, answer.value.secret, answer.replayed), (id(5), secret(5), true));
    }
}

#[test]
fn a_kept_feed_is_given_to_none_who_could_not_make_it_now() {
    assert!(matches!(replayed(false, 1, &BrandScope::All), Err(CreateFeedError::NotFound)));
    assert!(matches!(replayed(true, 1, &scope(&["globex"])), Err(CreateFeedError::NotFound)));
    assert!(matches!(replayed(true, 2, &BrandScope::All), Err(CreateFeedError::KeyReused)));
}

#[test]
fn a_feed_is_read_as_its_owner_within_its_scope_page_by_page() {
    let held = Feed { scope: scope(&["acme"]), upcoming: true, ..feed(1, "ada") };
    let (found, mut store, mut sessions) = (held.clone(), MockFeedRepository::new(), MockSessionRepository::new());
    store.expect_feed_by_secret().returning(move |_, at| {
        assert_eq!(at, now());
        Ok(Some(found.clone()))
    });
    sessions.expect_list().times(10).returning(|scope, viewer, _, scan, size| {
        assert_eq!((scope, viewer, size.get()), (&self::scope(&["acme"]), &self::viewer("ada"), 100));
        assert_eq!(scan.order, ScanOrder::Upcoming { since: minutes(-30) });
        let version = SessionVersion::FIRST;
        let first = scan.after.map_or(0, |place| u32::try_from(place.id.as_u128()).unwrap() + 1);
        let listed =
            |number| ListedSession { session: session(number), version, registered_count: 0, is_registered: false };
        let items: Vec<_> = (first..first + 100).map(listed).collect();
        let next = items.last().map(|last| scan.resumed_after(last.session.position()));
        Ok(Page { items, next })
    });
    let (feed, sessions) = get(feeds(sessions, store).read(&secret(1).hash)).unwrap();
    assert_eq!((feed.order(), feed), (SessionOrder::Upcoming, held));
    let numbers = sessions.iter().map(|listed| listed.session.id.as_u128());
    assert!(numbers.eq(0..1_000), "each once, and no more");
}

#[test]
fn what_is_not_there_is_not_found() {
    let mut store = MockFeedRepository::new();
    store.expect_feed_by_secret().returning(|_, _| Ok(None));
    store.expect_revoke_feed().returning(|_, _, _| Ok(false));
    let service = feeds(MockSessionRepository::new(), store);
    assert!(matches!(get(service.read(&secret(1).hash)), Err(FindError::NotFound)));
    assert!(matches!(get(service.revoke(&viewer("ada"), id(1))), Err(FindError::NotFound)));
}
