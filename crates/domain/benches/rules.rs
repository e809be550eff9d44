//! What the domain does for each request and each session of a page.
#![expect(clippy::expect_used, reason = "a failed expectation is a benchmark that measures nothing")]

use divan::counter::ItemsCount;
use divan::{AllocProfiler, Bencher, black_box};
use live_domain::contract::fixtures::{full_session, minutes, now, session};
use live_domain::{Month, Position, SessionFilter, SessionOrder, SessionScan, TimeZone};
use time::Duration;

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

#[divan::bench(args = [0, 250_000, 123_456])]
fn text_of_an_instant(bencher: Bencher<'_, '_>, micros: i64) {
    let instant = now().later_by(Duration::microseconds(micros));
    bencher.bench(|| black_box(instant).text().len());
}

#[divan::bench(args = ["UTC", "America/New_York"])]
fn month_in_a_zone(bencher: Bencher<'_, '_>, zone: &str) {
    bencher.bench(|| {
        let zone = TimeZone::named(black_box(zone)).expect("a zone");
        Month::new(2026, black_box(3), &zone).expect("a month")
    });
}

/// What the reference store does with each session, and a store of your own may.
#[divan::bench]
fn match_of_a_thousand_sessions(bencher: Bencher<'_, '_>) {
    let sessions: Vec<_> = (0..500).flat_map(|number| [session(number), full_session(number)]).collect();
    let filter = SessionFilter::default().with_brand("acme".parse().expect("a brand"));
    let place = Position { scheduled_at: minutes(100), id: session(100).id };
    let scan = SessionScan::beginning(SessionOrder::Upcoming, now()).resumed_after(place);
    bencher
        .counter(ItemsCount::new(sessions.len()))
        .bench(|| sessions.iter().filter(|session| filter.matches(session) && scan.admits(session)).count());
}
