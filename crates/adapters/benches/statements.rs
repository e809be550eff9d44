//! What it takes to say a list in SQL.
#![expect(clippy::expect_used, reason = "a failed expectation is a benchmark that measures nothing")]

use diesel::pg::{Pg, PgQueryBuilder};
use diesel::query_builder::{QueryBuilder, QueryFragment};
use divan::{AllocProfiler, Bencher, black_box};
use live_adapters::postgres::list_query;
use live_domain::contract::fixtures::now;
use live_domain::{BrandId, BrandScope, PageSize, SessionFilter, SessionOrder, SessionScan, Viewer};

#[global_allocator]
static ALLOCATOR: AllocProfiler = AllocProfiler::system();

fn main() {
    divan::main();
}

fn brand(number: u32) -> BrandId {
    format!("brand-{number}").parse().expect("a brand")
}

fn statement(bencher: Bencher<'_, '_>, scope: &BrandScope, filter: &SessionFilter, order: SessionOrder) {
    let viewer = Viewer::new("ada").expect("a viewer");
    let scan = SessionScan::beginning(order, now());
    bencher.bench(|| {
        let query = list_query(black_box(scope), &viewer, black_box(filter), scan, PageSize::default());
        let mut sql = PgQueryBuilder::default();
        query.expect("a page that may hold something").to_sql(&mut sql, &Pg).expect("a statement");
        sql.finish()
    });
}

#[divan::bench]
fn upcoming_of_a_brand(bencher: Bencher<'_, '_>) {
    let filter = SessionFilter::default().with_brand(brand(1));
    statement(bencher, &BrandScope::All, &filter, SessionOrder::Upcoming);
}

#[divan::bench]
fn newest_of_all(bencher: Bencher<'_, '_>) {
    statement(bencher, &BrandScope::All, &SessionFilter::default(), SessionOrder::Newest);
}

#[divan::bench(args = [1, 10, 200])]
fn upcoming_of_a_scope(bencher: Bencher<'_, '_>, brands: u32) {
    let scope = BrandScope::only((0..brands).map(brand)).expect("a scope");
    statement(bencher, &scope, &SessionFilter::default(), SessionOrder::Upcoming);
}
