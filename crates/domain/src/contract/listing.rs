//! The obligations of [`SessionRepository`](crate::SessionRepository).

use super::fixtures::{Question, brand, fill, full_session, id, minutes, now, register, registration, session, viewer};
use super::rows::{Rows, Stores};
use crate::bulk::RegistrationLine;
use crate::listing::{Month, PageSize, Position, Selection, SessionFilter, SessionOrder, SessionScan, TimeZone};
use crate::memory::MemorySessionRepository;
use crate::metadata::Metadata;
use crate::registration::RegistrationStatus::{Cancelled, Registered, Waitlist};
use crate::repository::SessionRepository;
use crate::session::{DurationMinutes, Session, SessionKind, SessionStatus};
use crate::text::{Category, CommunityId, HostId, RecordingUrl, StreamCallId, Title};
use crate::timestamp::Timestamp;
use crate::viewer::BrandScope;

const ORDERS: [SessionOrder; 3] = [SessionOrder::Newest, SessionOrder::Chronological, SessionOrder::Upcoming];

fn in_order(order: SessionOrder) -> Question {
    Question { scan: SessionScan::beginning(order, now()), ..Question::default() }
}

async fn filled(stores: &mut dyn Stores, sessions: impl IntoIterator<Item = Session>) -> Box<dyn SessionRepository> {
    stores.holding(sessions.into_iter().collect::<Vec<_>>().into()).await
}

/// A store with those sessions and registrations.
async fn registered(
    stores: &mut dyn Stores,
    sessions: impl IntoIterator<Item = Session>,
    registrations: impl IntoIterator<Item = RegistrationLine>,
) -> Box<dyn SessionRepository> {
    let memory = MemorySessionRepository::default();
    fill(&memory, sessions).await;
    register(&memory, registrations).await;
    stores.holding(Rows::of(&memory).await).await
}

fn filtered(filter: SessionFilter) -> Question {
    Question { filter, ..Question::default() }
}

pub(super) async fn an_empty_store_lists_nothing(stores: &mut dyn Stores) {
    let store = &*filled(stores, []).await;
    for order in ORDERS {
        let page = in_order(order).ask(store).await;
        assert!(page.items.is_empty() && page.next.is_none(), "{order:?}");
    }
}

pub(super) async fn newest_comes_latest_first(stores: &mut dyn Stores) {
    let store = &*filled(stores, [2, 1, 3].map(session)).await;
    assert_eq!(in_order(SessionOrder::Newest).numbers(store).await, [3, 2, 1]);
}

pub(super) async fn chronological_comes_earliest_first(stores: &mut dyn Stores) {
    let store = &*filled(stores, [2, 1, 3].map(session)).await;
    assert_eq!(in_order(SessionOrder::Chronological).numbers(store).await, [1, 2, 3]);
    assert_eq!(in_order(SessionOrder::Upcoming).numbers(store).await, [1, 2, 3]);
}

pub(super) async fn ties_are_broken_by_the_bytes_of_the_id(stores: &mut dyn Stores) {
    // As text, as signed numbers or with their halves exchanged these ids would come in another order.
    let numbers = [1_u128, 0x10, 1 << 64, (1 << 127) + 1, u128::MAX];
    let tied = numbers.map(|number| Session { id: uuid::Uuid::from_u128(number), ..session(5) });
    let store = &*filled(stores, tied).await;
    assert_eq!(in_order(SessionOrder::Chronological).numbers(store).await, numbers);
    let backwards: Vec<_> = numbers.into_iter().rev().collect();
    assert_eq!(in_order(SessionOrder::Newest).numbers(store).await, backwards);
    let one_by_one = Question { size: PageSize::new(1).expect("a size"), ..in_order(SessionOrder::Newest) };
    assert_eq!(one_by_one.walk(store).await.concat(), backwards);
}

pub(super) async fn each_filter_selects_what_it_names(stores: &mut dyn Stores) {
    let named = |text: &str| text.to_owned();
    let store = &*filled(
        stores,
        [
            Session { brand_id: brand("globex"), ..session(1) },
            Session { host_id: HostId::new("bob").expect("a host"), ..session(2) },
            Session { community_id: CommunityId::new(named("rust")).ok(), ..session(3) },
            Session { category: Category::new(named("music")).ok(), ..session(4) },
            Session { kind: SessionKind::OfficeHours, ..session(5) },
            Session { status: SessionStatus::Ended, ..session(6) },
            Session { status: SessionStatus::Cancelled, ..session(7) },
            Session { scheduled_at: minutes(60 * 24 * 40), ..session(8) },
        ],
    )
    .await;
    let april = Month::new(2026, 4, &TimeZone::UTC).expect("a month");
    let none = SessionFilter::default;
    for (filter, expected) in [
        (none().with_brand(brand("globex")), vec![1]),
        (none().with_host(HostId::new("bob").expect("a host")), vec![2]),
        (none().with_community(CommunityId::new("rust").expect("a community")), vec![3]),
        (none().with_category(Category::new("music").expect("a category")), vec![4]),
        (none().with_kinds(Selection::of([SessionKind::OfficeHours])), vec![5]),
        (none().with_statuses(Selection::of([SessionStatus::Ended])), vec![6]),
        (none().with_statuses(Selection::of([SessionStatus::Ended, SessionStatus::Cancelled])), vec![7, 6]),
        (none().with_statuses(Selection::of([])), vec![]),
        (none().with_kinds(Selection::of([])), vec![]),
        (none().with_month(april), vec![8]),
        (none().with_month(april).with_brand(brand("globex")), vec![]),
        (none().with_brand(brand("nobody")), vec![]),
    ] {
        assert_eq!(filtered(filter.clone()).numbers(store).await, expected, "{filter:?}");
    }
}

pub(super) async fn text_is_compared_by_its_bytes(stores: &mut dyn Stores) {
    let category = |text: &str| Category::new(text).expect("a category");
    // Equal to some collation: by case, by accents composed or not, by trailing white space, by a wildcard.
    let texts = ["music", "Music", "mu\u{301}sic", "m\u{fa}sic", "music ", "m%", "m_sic", "'; --"];
    let store = &*filled(
        stores,
        (1..).zip(texts).map(|(number, text)| Session { category: Some(category(text)), ..session(number) }),
    )
    .await;
    for (number, text) in (1..).zip(texts) {
        let question = filtered(SessionFilter::default().with_category(category(text)));
        assert_eq!(question.numbers(store).await, [number], "{text:?}");
    }
}

pub(super) async fn a_month_holds_its_first_instant_and_not_its_end(stores: &mut dyn Stores) {
    let zone = TimeZone::named("Australia/Lord_Howe").expect("a zone");
    let april = Month::new(2026, 4, &zone).expect("a month");
    let may = Month::new(2026, 5, &zone).expect("a month");
    let before = april.start().earlier_by(time::Duration::MICROSECOND);
    let instants = [before, april.start(), april.last(), may.start()];
    let store =
        &*filled(stores, (1..).zip(instants).map(|(number, scheduled_at)| Session { scheduled_at, ..session(number) }))
            .await;
    for order in [SessionOrder::Chronological, SessionOrder::Newest] {
        let question = Question { filter: SessionFilter::default().with_month(april), ..in_order(order) };
        let mut numbers = question.numbers(store).await;
        numbers.sort_unstable();
        assert_eq!(numbers, [2, 3], "{order:?}");
    }
}

pub(super) async fn upcoming_is_live_or_scheduled_within_grace(stores: &mut dyn Stores) {
    let at = |number, status, scheduled_at| Session { scheduled_at, status, ..session(number) };
    let just_before = now().earlier_by(time::Duration::MICROSECOND);
    let store = &*filled(
        stores,
        [
            at(1, SessionStatus::Live, minutes(-5000)),
            at(2, SessionStatus::Scheduled, just_before),
            at(3, SessionStatus::Scheduled, now()),
            at(4, SessionStatus::Ended, minutes(5)),
            at(5, SessionStatus::Cancelled, minutes(5)),
            at(6, SessionStatus::Scheduled, minutes(5)),
            at(7, SessionStatus::Live, minutes(6)),
        ],
    )
    .await;
    let mut question = in_order(SessionOrder::Upcoming);
    assert_eq!(question.numbers(store).await, [1, 3, 6, 7]);
    question.filter =
        SessionFilter::default().with_statuses(Selection::of([SessionStatus::Live, SessionStatus::Ended]));
    assert_eq!(question.numbers(store).await, [1, 7]);
    question.filter = SessionFilter::default().with_statuses(Selection::of([SessionStatus::Ended]));
    assert_eq!(question.numbers(store).await, [0_u128; 0]);
}

pub(super) async fn a_scope_hides_other_brands(stores: &mut dyn Stores) {
    let brands = ["acme", "globex", "initech", "globex"];
    let store =
        &*filled(stores, (1..).zip(brands).map(|(number, name)| Session { brand_id: brand(name), ..session(number) }))
            .await;
    let scope = BrandScope::only(["globex", "initech", "nobody"].map(brand)).expect("a scope");
    for order in ORDERS {
        let mut question = Question { scope: scope.clone(), ..in_order(order) };
        let mut numbers = question.numbers(store).await;
        numbers.sort_unstable();
        assert_eq!(numbers, [2, 3, 4], "{order:?}");
        question.filter = SessionFilter::default().with_brand(brand("acme"));
        assert!(question.numbers(store).await.is_empty(), "{order:?}");
        question.filter = SessionFilter::default().with_brand(brand("initech"));
        assert_eq!(question.numbers(store).await, [3], "{order:?}");
    }
}

pub(super) async fn a_large_scope_is_listed_whole(stores: &mut dyn Stores) {
    let name = |number: u32| brand(&format!("brand {number}"));
    let store = &*filled(stores, (1..=300).map(|number| Session { brand_id: name(number), ..session(number) })).await;
    let scope = BrandScope::only((101..=300).map(name)).expect("a scope");
    for order in ORDERS {
        for filter in [SessionFilter::default(), SessionFilter::default().with_host(session(1).host_id)] {
            let question = Question { scope: scope.clone(), filter, ..in_order(order) };
            let mut expected: Vec<_> = (101..=300).collect();
            if order == SessionOrder::Newest {
                expected.reverse();
            }
            assert_eq!(question.walk(store).await.concat(), expected, "{order:?} {:?}", question.filter);
        }
    }
}

pub(super) async fn a_scope_of_no_brand_is_empty(stores: &mut dyn Stores) {
    let store = &*filled(stores, [1, 2].map(session)).await;
    for order in ORDERS {
        let question = Question { scope: BrandScope::only([]).expect("a scope"), ..in_order(order) };
        let page = question.ask(store).await;
        assert!(page.items.is_empty() && page.next.is_none(), "{order:?}");
    }
}

pub(super) async fn there_is_no_empty_last_page(stores: &mut dyn Stores) {
    let store = &*filled(stores, (1..=6).map(session)).await;
    for order in ORDERS {
        let question = Question { size: PageSize::new(3).expect("a size"), ..in_order(order) };
        let sizes: Vec<_> = question.walk(store).await.iter().map(Vec::len).collect();
        assert_eq!(sizes, [3, 3], "{order:?}");
    }
}

pub(super) async fn a_walk_meets_every_session_once_in_every_order(stores: &mut dyn Stores) {
    // Seven instants a microsecond apart, several sessions at each.
    let at = |number: u32| now().later_by(time::Duration::microseconds(i64::from(number % 7)));
    let store = &*filled(stores, (1..=50).map(|number| Session { scheduled_at: at(number), ..session(number) })).await;
    for order in ORDERS {
        let whole = in_order(order).numbers(store).await;
        assert_eq!(whole.len(), 50, "{order:?}");
        for size in [1, 3, 7, 49, 50] {
            let question = Question { size: PageSize::new(size).expect("a size"), ..in_order(order) };
            assert_eq!(question.walk(store).await.concat(), whole, "{order:?} by {size}");
        }
    }
}

pub(super) async fn a_place_need_not_be_that_of_a_session(stores: &mut dyn Stores) {
    let store = &*filled(stores, (1..=4).map(|number| session(number * 2))).await;
    let place = Position { scheduled_at: minutes(5), id: id(0) };
    let from =
        |order| Question { scan: SessionScan::beginning(order, now()).resumed_after(place), ..Question::default() };
    assert_eq!(from(SessionOrder::Newest).numbers(store).await, [4, 2]);
    assert_eq!(from(SessionOrder::Chronological).numbers(store).await, [6, 8]);
    assert_eq!(from(SessionOrder::Upcoming).numbers(store).await, [6, 8]);
}

pub(super) async fn every_member_comes_back_as_it_went_in(stores: &mut dyn Stores) {
    let micros = |micros| Timestamp::from_micros(micros).expect("an instant");
    let full = Session {
        id: uuid::Uuid::from_u128(0x0123_4567_89ab_cdef_0123_4567_89ab_cdef),
        host_id: HostId::new("h".repeat(128)).expect("a host"),
        brand_id: brand("Größe \u{1f3a5}"),
        community_id: CommunityId::new("c").ok(),
        title: Title::new(" It's a \"title\" \\ ").expect("a title"),
        kind: SessionKind::OfficeHours,
        category: Category::new("q&a").ok(),
        scheduled_at: micros(1_772_000_000_000_001),
        started_at: Some(micros(1_772_000_000_123_456)),
        ended_at: Some(micros(1_772_000_000_123_456)),
        status: SessionStatus::Ended,
        stream_call_id: StreamCallId::new("s").ok(),
        duration_minutes: DurationMinutes::new(1440).ok(),
        recording_url: RecordingUrl::new("https://video.example/a").ok(),
        metadata: Metadata::parse(r#"{"b":1.00,"a":["\u00e9",1e3,12345678901234567890123]}"#).expect("metadata"),
        created_at: Timestamp::EARLIEST,
        updated_at: Timestamp::LATEST,
        ..full_session(1)
    };
    let sparse = session(2);
    let store = &*filled(stores, [full.clone(), sparse.clone()]).await;
    let listed: Vec<_> = Question::default().ask(store).await.items.into_iter().map(|item| item.session).collect();
    assert_eq!(listed, [sparse, full]);
}

pub(super) async fn one_session_is_found_as_it_is_listed(stores: &mut dyn Stores) {
    let store = &*filled(stores, [session(1), full_session(2)]).await;
    let find = async |scope: BrandScope, number| store.find(&scope, &viewer("ada"), id(number)).await.expect("found");
    let scope = |names: &[&str]| BrandScope::only(names.iter().map(|name| brand(name))).expect("a scope");
    for item in Question::default().ask(store).await.items {
        let number = if item.session.id == id(1) { 1 } else { 2 };
        assert_eq!(find(BrandScope::All, number).await, Some(item));
    }
    assert!(find(scope(&["acme"]), 1).await.is_some());
    assert_eq!(find(scope(&["globex"]), 1).await, None);
    assert_eq!(find(scope(&[]), 1).await, None);
    assert_eq!(find(BrandScope::All, 3).await, None);
}

pub(super) async fn counts_registrations_in_force_alone(stores: &mut dyn Stores) {
    let people = [("ada", Registered), ("bob", Registered), ("cleo", Waitlist), ("dan", Cancelled)];
    let lines = (1..).zip(people).map(|(fresh, (person, status))| registration(1, person, status, fresh));
    let store = &*registered(stores, [1, 2].map(session), lines).await;
    let page = Question::default().ask(store).await;
    let counts: Vec<_> = page.items.iter().map(|item| (item.session.id.as_u128(), item.registered_count)).collect();
    assert_eq!(counts, [(2, 0), (1, 2)]);
}

pub(super) async fn knows_the_viewer_among_the_registered(stores: &mut dyn Stores) {
    let lines = [
        registration(1, "ada", Registered, 1),
        registration(2, "ada", Waitlist, 2),
        registration(3, "ada", Cancelled, 3),
        registration(4, "bob", Registered, 4),
    ];
    let store = &*registered(stores, (1..=4).map(session), lines).await;
    for (name, expected) in [("ada", vec![1]), ("bob", vec![4]), ("Ada", vec![])] {
        let question = Question { viewer: viewer(name), ..Question::default() };
        let numbers: Vec<_> = question
            .ask(store)
            .await
            .items
            .iter()
            .filter(|item| item.is_registered)
            .map(|item| item.session.id.as_u128())
            .collect();
        assert_eq!(numbers, expected, "{name}");
        let first = store.find(&BrandScope::All, &viewer(name), id(1)).await.expect("found").expect("is there");
        assert_eq!(first.is_registered, expected == [1], "{name}");
    }
}
