//! A list is prepared once for each kind of question, and there are few kinds.

use std::collections::HashSet;

use live_adapters::postgres::list_query;
use live_domain::{BrandScope, PageSize, SessionFilter, SessionOrder, SessionScan, Timestamp};

use crate::questions::{questions, scans, scope, since, viewer};

fn text(scope: &BrandScope, filter: &SessionFilter, scan: SessionScan, limit: u8) -> String {
    let size = PageSize::new(limit).unwrap();
    list_query(scope, &viewer(), filter, scan, size).unwrap().statement().unwrap().text
}

#[test]
fn a_page_of_any_size_is_one_of_two_texts() {
    for question in questions() {
        let texts: HashSet<_> =
            (1..=100).map(|limit| text(&question.scope, &question.filter, question.scan, limit)).collect();
        assert_eq!(texts.len(), 2, "{}", question.name);
    }
}

#[test]
fn the_values_of_a_question_are_not_in_its_text() {
    let texts: HashSet<_> = (0..50)
        .map(|number| {
            let name = format!("name {number}");
            let filter = SessionFilter::default().with_brand(name.parse().unwrap()).with_host(name.parse().unwrap());
            let since = Timestamp::from_micros(number).unwrap();
            text(&BrandScope::All, &filter, SessionScan::beginning(SessionOrder::Upcoming, since), 20)
        })
        .collect();
    assert_eq!(texts.len(), 1);
}

#[test]
fn scopes_of_every_size_are_few_texts() {
    let scopes: Vec<_> =
        (1..=BrandScope::MAX_BRANDS).map(|size| scope((0..size).map(|name| format!("{name}")))).collect();
    for scan in scans() {
        let texts: HashSet<_> = scopes.iter().map(|scope| text(scope, &SessionFilter::default(), scan, 20)).collect();
        // 1, 2, 4, ... 128, 200.
        assert_eq!(texts.len(), 9, "{scan:?} {}", since());
    }
}
