//! Every list reads indexes in its order, from its place on, and not much more than it returns.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use live_adapters::test_support::{PgDatabase, SqliteFile};
use live_adapters::{postgres, sqlite};
use live_domain::{
    BrandScope, Month, PageSize, Position, Selection, SessionFilter, SessionKind, SessionOrder, SessionScan,
    SessionStatus, TimeZone, Timestamp, Viewer,
};
use serde_json::Value;
use time::macros::datetime;
use uuid::Uuid;

/// Sessions a quarter of an hour apart. What is rare is so rare that reading past everything else would show; there are
/// few hosts, brands and categories, and they lie in the table in the order of time: what misleads a planner.
const ROWS: &str = "
    INSERT INTO sessions (id, host_id, brand_id, community_id, title, kind, category, scheduled_at, status,
        max_participants, metadata, created_at, updated_at)
    SELECT gen_random_uuid(), CASE WHEN i % 200 = 7 THEN 'rare' ELSE 'common' END,
        CASE WHEN i % 200 = 17 THEN 'rare' ELSE 'common' END,
        CASE WHEN i % 200 = 27 THEN 'rare' WHEN i % 2 = 0 THEN 'common' END,
        'Session ' || i,
        CASE WHEN i % 200 = 37 THEN 'office_hours' ELSE 'live' END,
        CASE WHEN i % 200 = 47 THEN 'rare' ELSE 'common' END,
        timestamptz '2026-01-01T00:00:00Z' + i * interval '15 minutes',
        CASE WHEN i > 17400 AND i < 17500 AND i % 10 = 7 THEN 'live' WHEN i > 17500 THEN 'scheduled'
            WHEN i % 200 = 57 THEN 'cancelled' ELSE 'ended' END,
        100, '{}', now(), now()
    FROM generate_series(1, 20000) AS i";

const REGISTRATIONS: &str = "
    INSERT INTO registrations (id, session_id, user_id, status, registered_at)
    SELECT gen_random_uuid(), id, 'ada', 'registered', '2026-01-01T00:00:00Z' FROM sessions";

/// When the last of the live sessions began.
fn since() -> Timestamp {
    Timestamp::clamped(datetime!(2026-07-02 07:30 UTC))
}

async fn filled() -> PgDatabase {
    let database = PgDatabase::create().await;
    let client = database.connect().await;
    for statement in [ROWS, REGISTRATIONS, "ANALYZE"] {
        client.batch_execute(statement).await.unwrap();
    }
    database
}

fn filters() -> Vec<(&'static str, SessionFilter)> {
    let filter = SessionFilter::default;
    vec![
        ("no filter", filter()),
        ("brand", filter().with_brand("rare".parse().unwrap())),
        ("host", filter().with_host("rare".parse().unwrap())),
        ("community", filter().with_community("rare".parse().unwrap())),
        ("category", filter().with_category("rare".parse().unwrap())),
        ("kind", filter().with_kinds(Selection::of([SessionKind::OfficeHours]))),
        ("status", filter().with_statuses(Selection::of([SessionStatus::Cancelled]))),
        ("status ended", filter().with_statuses(Selection::of([SessionStatus::Ended]))),
        ("status live", filter().with_statuses(Selection::of([SessionStatus::Live]))),
        ("status scheduled", filter().with_statuses(Selection::of([SessionStatus::Scheduled]))),
        ("statuses", filter().with_statuses(Selection::of([SessionStatus::Ended, SessionStatus::Live]))),
    ]
}

fn scans() -> [SessionScan; 3] {
    [SessionOrder::Newest, SessionOrder::Chronological, SessionOrder::Upcoming]
        .map(|order| SessionScan::beginning(order, since()))
}

fn viewer() -> Viewer {
    Viewer::new("ada").unwrap()
}

/// What a statement did, as EXPLAIN tells it.
struct Run(Value);

impl Run {
    async fn of(
        store: &postgres::PgSessionRepository,
        scope: &BrandScope,
        filter: &SessionFilter,
        scan: SessionScan,
        size: PageSize,
    ) -> Option<Self> {
        let query = postgres::list_query(scope, &viewer(), filter, scan, size)?;
        let plan: Value = serde_json::from_str(&store.explain(&query).await.unwrap()).unwrap();
        Some(Self(plan[0]["Plan"].clone()))
    }

    fn nodes(&self) -> Vec<&Value> {
        let mut nodes = vec![&self.0];
        let mut seen = 0;
        while seen < nodes.len() {
            nodes.extend(nodes[seen]["Plans"].as_array().into_iter().flatten());
            seen += 1;
        }
        nodes
    }

    fn scans_of(&self, table: &str) -> Vec<&Value> {
        self.nodes().into_iter().filter(|node| node["Relation Name"] == table).collect()
    }

    /// How many index entries of sessions were read.
    fn entries(&self) -> u64 {
        let number = |node: &Value, name: &str| node[name].as_f64().unwrap_or_default();
        let entries: f64 = self
            .scans_of("sessions")
            .iter()
            .map(|node| {
                (number(node, "Actual Rows") + number(node, "Rows Removed by Filter")) * number(node, "Actual Loops")
            })
            .sum();
        format!("{entries:.0}").parse().unwrap()
    }

    fn check_shape(&self, question: &str) {
        for node in self.nodes() {
            let kind = node["Node Type"].as_str().unwrap();
            let known = ["Index Scan", "Index Only Scan", "Limit", "Append", "Merge Append", "Subquery Scan", "Result"];
            assert!(known.contains(&kind), "{question}: {kind} in {:#}", self.0);
        }
        for probe in self.scans_of("registrations") {
            // Once for each row of the page, and not for rows that were left out.
            assert!(probe["Actual Loops"].as_u64().unwrap() <= 21, "{question}: {probe:#}");
            assert_eq!(probe["Index Name"], "registrations_pkey", "{question}");
        }
    }
}

/// Each branch reads one entry ahead to be merged.
fn check_entries(run: &Run, question: &str) {
    let branches = u64::try_from(run.scans_of("sessions").len()).unwrap();
    assert!(run.entries() <= 21 + branches, "{question}: {} entries, {:#}", run.entries(), run.0);
}

#[tokio::test]
async fn every_filter_in_every_order_reads_what_it_returns_on_postgres() {
    let database = filled().await;
    let store = database.store();
    for (name, filter) in filters() {
        for scan in scans() {
            let question = format!("{name}, {:?}", scan.order());
            let Some(run) = Run::of(&store, &BrandScope::All, &filter, scan, PageSize::default()).await else {
                continue;
            };
            run.check_shape(&question);
            check_entries(&run, &question);
            let unbounded = name == "no filter" && scan.order() != SessionOrder::Upcoming;
            for node in run.scans_of("sessions") {
                assert!(unbounded || node["Index Cond"].is_string(), "{question}: {:#}", run.0);
            }
        }
    }
}

#[tokio::test]
async fn a_common_value_finds_its_few_live_sessions_on_postgres() {
    let database = filled().await;
    let store = database.store();
    let filter = SessionFilter::default;
    for filter in [
        filter().with_brand("common".parse().unwrap()),
        filter().with_host("common".parse().unwrap()),
        filter().with_community("common".parse().unwrap()),
        filter().with_category("common".parse().unwrap()),
    ] {
        let scan = SessionScan::beginning(SessionOrder::Upcoming, since());
        let run = Run::of(&store, &BrandScope::All, &filter, scan, PageSize::default()).await.unwrap();
        check_entries(&run, &format!("{filter:?}"));
    }
}

#[tokio::test]
async fn a_page_goes_on_from_its_place_on_postgres() {
    let database = filled().await;
    let store = database.store();
    let month = Month::new(2026, 7, &TimeZone::UTC).unwrap();
    let place = Position { scheduled_at: Timestamp::clamped(datetime!(2026-07-20 00:00 UTC)), id: Uuid::nil() };
    for (name, filter) in filters() {
        for filter in [filter.clone(), filter.with_month(month)] {
            for scan in scans() {
                let question = format!("{name}, {:?} from a place, {:?}", scan.order(), filter.month());
                let scan = scan.resumed_after(place);
                let size = PageSize::default();
                let Some(run) = Run::of(&store, &BrandScope::All, &filter, scan, size).await else { continue };
                run.check_shape(&question);
                check_entries(&run, &question);
            }
        }
    }
}

#[tokio::test]
async fn a_scope_merges_its_brands_on_postgres() {
    let database = filled().await;
    let store = database.store();
    for size in [2, 3, 60, 200] {
        let names =
            ["rare", "common"].map(str::to_owned).into_iter().chain((2..size).map(|name| format!("brand {name}")));
        let scope = BrandScope::only(names.map(|name| name.parse().unwrap())).unwrap();
        for scan in scans() {
            let question = format!("{size} brands, {:?}", scan.order());
            let run = Run::of(&store, &scope, &SessionFilter::default(), scan, PageSize::default()).await.unwrap();
            run.check_shape(&question);
            check_entries(&run, &question);
        }
    }
}

#[tokio::test]
async fn every_list_searches_an_index_in_its_order_on_sqlite() {
    let file = SqliteFile::create().await;
    let store = file.store();
    let two = BrandScope::only(["rare", "common"].map(|name| name.parse().unwrap())).unwrap();
    let place = Position { scheduled_at: since(), id: Uuid::nil() };
    for (name, filter) in filters() {
        for (scope, scan) in scans().into_iter().flat_map(|scan| [(&BrandScope::All, scan), (&two, scan)]) {
            for scan in [scan, scan.resumed_after(place)] {
                let question = format!("{name}, {scan:?}, {scope:?}");
                let Some(query) = sqlite::list_query(scope, &viewer(), &filter, scan, PageSize::default()) else {
                    continue;
                };
                let steps = store.explain(query).await.unwrap();
                for step in steps.iter().filter(|step| step.contains("sessions")) {
                    let whole = name == "no filter" && step == "SCAN sessions USING INDEX sessions_by_time";
                    assert!(whole || step.starts_with("SEARCH sessions USING INDEX"), "{question}: {steps:#?}");
                    // A range of time where there is a place to go on from.
                    assert!(scan.after().is_none() || step.contains("scheduled_at"), "{question}: {steps:#?}");
                }
                assert!(!steps.iter().any(|step| step.contains("TEMP B-TREE")), "{question}: {steps:#?}");
            }
        }
    }
}
