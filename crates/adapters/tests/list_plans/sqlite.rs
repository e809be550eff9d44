//! SQLite, which is told the index, follows it in its order.

use live_adapters::sqlite::list_query;
use live_adapters::test_support::SqliteFile;
use live_domain::{BrandScope, PageSize, ScanOrder, SessionOrder, SessionScan};

use crate::questions::{Question, conditions, questions, scope, since, viewer};

async fn steps(file: &SqliteFile, question: &Question) -> Vec<String> {
    let Question { scope, filter, scan, .. } = question;
    let query = list_query(scope, &viewer(), filter, *scan, PageSize::default()).unwrap();
    file.store().explain(query).await.unwrap()
}

/// How many columns are to be equal to something: all of them are to lead the way in the index.
fn equalities(question: &Question) -> usize {
    let Question { scope, filter, scan, .. } = question;
    let conditions = [
        filter.brand().is_some() || *scope != BrandScope::All,
        filter.host().is_some(),
        filter.community().is_some(),
        filter.category().is_some(),
        !filter.kinds().is_all(),
        !filter.statuses().is_all() || matches!(scan.order, ScanOrder::Upcoming { .. }),
    ];
    conditions.into_iter().filter(|is_asked| *is_asked).count()
}

#[tokio::test]
async fn every_list_searches_an_index_in_its_order_on_sqlite() {
    let file = SqliteFile::create().await;
    for question in questions() {
        let steps = steps(&file, &question).await;
        for step in steps.iter().filter(|step| step.contains("sessions")) {
            let whole = step == "SCAN sessions USING INDEX sessions_of_all";
            assert!(whole || step.starts_with("SEARCH sessions USING INDEX"), "{question:?}: {steps:#?}");
            assert!(step.matches("=?").count() >= equalities(&question), "{question:?}: {steps:#?}");
            // A range of time where there is a place to go on from.
            assert!(question.scan.after.is_none() || step.contains("scheduled_at"), "{question:?}: {steps:#?}");
        }
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{question:?}: {steps:#?}");
    }
}

#[tokio::test]
async fn the_largest_scope_is_a_merge_of_merges_on_sqlite() {
    let file = SqliteFile::create().await;
    let scope = scope((0..200).map(|number| format!("brand {number}")));
    for (which, filter) in conditions() {
        let scan = SessionScan::beginning(SessionOrder::Newest, since());
        let steps = steps(&file, &Question { name: which.to_owned(), scope: scope.clone(), filter, scan }).await;
        let searches = steps.iter().filter(|step| step.starts_with("SEARCH sessions USING INDEX")).count();
        assert_eq!(searches, if which == "nothing" { 200 } else { 800 }, "{which}");
    }
}
