//! What is asked for, and where to go on.

use divan::{Bencher, black_box};
use live_app::http::cursor::Binding;
use live_app::http::cursor::session::{decode, encode};
use live_app::http::list_query::ListSessionsQuery;
use live_domain::contract::fixtures::{brand, minutes, now, session};
use live_domain::{BrandScope, Position, SessionFilter, SessionOrder, SessionScan};

const GOOD: [(&str, &str); 4] = [
    ("of a page size", "limit=20"),
    ("upcoming", "brand_id=acme&upcoming=true&limit=20"),
    ("of a month", "brand_id=acme&month=2026-03&time_zone=America%2FNew_York"),
    (
        "of every filter",
        "brand_id=acme&community_id=c&host_id=ada&category=talks&status=scheduled,live&kind=live,office_hours&limit=100",
    ),
];

const BAD: [(&str, &str); 3] = [
    ("out of range", "limit=0"),
    ("unknown", "brand=acme"),
    ("bad all over", "brand_id=%zz&upcoming=maybe&month=2026-13&status=live,live"),
];

fn raw(queries: &'static [(&str, &str)], name: &str) -> &'static str {
    queries.iter().find(|query| query.0 == name).expect("a query of that name").1
}

#[divan::bench(args = GOOD.map(|query| query.0))]
fn query(bencher: Bencher<'_, '_>, name: &str) {
    let raw = raw(&GOOD, name);
    bencher.bench(|| ListSessionsQuery::parse(black_box(raw)).expect("a good query"));
}

#[divan::bench(args = BAD.map(|query| query.0))]
fn query_that_is_refused(bencher: Bencher<'_, '_>, name: &str) {
    let raw = raw(&BAD, name);
    bencher.bench(|| ListSessionsQuery::parse(black_box(raw)).expect_err("a bad query"));
}

fn filter() -> SessionFilter {
    SessionFilter::default().with_brand(brand("acme"))
}

#[divan::bench(args = [0, 1, 200])]
fn binding_of_a_scope(bencher: Bencher<'_, '_>, brands: u32) {
    let named = (0..brands).map(|number| brand(&format!("brand-{number}")));
    let scope = if brands == 0 { BrandScope::All } else { BrandScope::only(named).expect("a scope") };
    let filter = filter();
    bencher.bench(|| Binding::of(black_box(&filter), SessionOrder::Upcoming, black_box(&scope)));
}

fn walk() -> (Binding, SessionScan) {
    let place = Position { scheduled_at: minutes(7), id: session(7).id };
    let scan = SessionScan::beginning(SessionOrder::Upcoming, now()).resumed_after(place);
    (Binding::of(&filter(), SessionOrder::Upcoming, &BrandScope::All), scan)
}

#[divan::bench]
fn cursor_encoded(bencher: Bencher<'_, '_>) {
    let (binding, scan) = walk();
    bencher.bench(|| encode(binding, black_box(scan)));
}

#[divan::bench]
fn cursor_decoded(bencher: Bencher<'_, '_>) {
    let (binding, scan) = walk();
    let text = encode(binding, scan).expect("a cursor");
    bencher.bench(|| decode(black_box(&text), binding, SessionOrder::Upcoming).expect("a good cursor"));
}
