//! A page of a session's line costs the same however long the line is, and however far the page is down.

use live_adapters::test_support::{PgDatabase, SqliteFile};
use live_domain::contract::fixtures::{fill, id, minutes, session};
use live_domain::registration::LinePlace;
use live_domain::{LineScan, PageSize, RegistrationStatus, Selection};
use serde_json::Value;

/// Two of three wait, and every seventh has cancelled.
const LINE: &str = "
    INSERT INTO registrations (id, session_id, user_id, status, registered_at, cancelled_at)
    SELECT gen_random_uuid(), $1, 'person ' || i,
        CASE WHEN i % 7 = 0 THEN 'cancelled' WHEN i % 3 = 0 THEN 'registered' ELSE 'waitlist' END,
        timestamptz '2026-01-01T00:00:00Z' + i * interval '1 second',
        CASE WHEN i % 7 = 0 THEN timestamptz '2026-02-01T00:00:00Z' END
    FROM generate_series(1, 20000) AS i";

fn scans() -> Vec<LineScan> {
    use RegistrationStatus::{Cancelled, Registered, Waitlist};
    let place = LinePlace { registered_at: minutes(0), id: id(1) };
    let statuses = [vec![Registered, Waitlist, Cancelled], vec![Registered, Waitlist], vec![Waitlist], vec![Cancelled]];
    let scans = statuses.map(|statuses| LineScan { statuses: Selection::of(statuses), after: None });
    scans.into_iter().flat_map(|scan| [scan.clone(), scan.resumed_after(place)]).collect()
}

#[tokio::test]
async fn a_page_of_a_line_reads_what_it_returns_on_postgres() {
    let database = PgDatabase::create().await;
    let (store, client) = (database.store(), database.connect().await);
    fill(&store, [1, 2].map(session)).await;
    client.execute(LINE, &[&id(1)]).await.unwrap();
    for analyze in ["", "ANALYZE"] {
        client.batch_execute(analyze).await.unwrap();
        for scan in scans() {
            let plan = store.explain_line(id(1), &scan, PageSize::default()).await.unwrap().unwrap();
            let plan: Value = serde_json::from_str(&plan).unwrap();
            let buffers = plan[0]["Plan"]["Shared Hit Blocks"].as_u64().unwrap();
            assert!(buffers <= 60, "{scan:?}: {buffers} in {plan:#}");
        }
    }
}

#[tokio::test]
async fn a_line_of_no_status_is_not_asked_for() {
    let store = PgDatabase::create().await.store();
    let nobody = LineScan { statuses: Selection::of([]), after: None };
    assert!(store.explain_line(id(1), &nobody, PageSize::default()).await.unwrap().is_none());
}

#[tokio::test]
async fn every_part_of_a_line_searches_the_index_in_its_order_on_sqlite() {
    let file = SqliteFile::create().await;
    let store = file.store();
    for scan in scans() {
        let steps = store.explain_line(id(1), &scan).await.unwrap();
        let range = if scan.after.is_some() { " AND (registered_at,id)>(?,?)" } else { "" };
        let expected = format!("INDEX registrations_by_line (session_id=? AND status=?{range})");
        let searches = steps.iter().filter(|step| step.ends_with(&expected)).count();
        let reads = steps.iter().filter(|step| step.contains("registrations")).count();
        assert_eq!((searches, reads), (scan.statuses.iter().count(), searches), "{scan:?}: {steps:#?}");
        assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{scan:?}: {steps:#?}");
    }
}
