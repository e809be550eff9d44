//! What a statement did, as EXPLAIN tells it.

use live_adapters::postgres::{self, PgSessionRepository};
use live_domain::PageSize;
use serde_json::Value;

use crate::questions::{Question, viewer};

/// The run of a page of twenty.
pub(crate) struct Run(Value);

impl Run {
    pub(crate) async fn of(store: &PgSessionRepository, question: &Question) -> Self {
        let Question { scope, filter, scan, .. } = question;
        let query = postgres::list_query(scope, &viewer(), filter, *scan, PageSize::default()).unwrap();
        let plan: Value = serde_json::from_str(&store.explain(&query).await.unwrap()).unwrap();
        Self(plan[0]["Plan"].clone())
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

    /// How many parts were merged.
    pub(crate) fn branches(&self) -> u64 {
        u64::try_from(self.scans_of("sessions").len()).unwrap()
    }

    /// How many index entries of sessions were read.
    pub(crate) fn entries(&self) -> u64 {
        let number = |node: &Value, name: &str| node[name].as_f64().unwrap_or_default();
        let read = |node: &&Value| {
            (number(node, "Actual Rows") + number(node, "Rows Removed by Filter")) * number(node, "Actual Loops")
        };
        let entries: f64 = self.scans_of("sessions").iter().map(read).sum();
        format!("{entries:.0}").parse().unwrap()
    }

    /// How many pages of tables and indexes were looked at.
    pub(crate) fn buffers(&self) -> u64 {
        ["Shared Hit Blocks", "Shared Read Blocks"].map(|kind| self.0[kind].as_u64().unwrap()).into_iter().sum()
    }

    /// The indexes of sessions that were read.
    pub(crate) fn indexes(&self) -> Vec<&str> {
        let mut names: Vec<_> =
            self.scans_of("sessions").iter().filter_map(|node| node["Index Name"].as_str()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Nothing is collected or sorted, and a registration is looked for once for each row of the page, by its key.
    pub(crate) fn check_shape(&self, question: &str) {
        for node in self.nodes() {
            let kind = node["Node Type"].as_str().unwrap();
            let known = ["Index Scan", "Index Only Scan", "Limit", "Append", "Merge Append", "Subquery Scan", "Result"];
            assert!(known.contains(&kind), "{question}: {kind} in {:#}", self.0);
        }
        for probe in self.scans_of("registrations") {
            assert!(probe["Actual Loops"].as_u64().unwrap() <= 21, "{question}: {probe:#}");
            assert_eq!(probe["Index Name"], "registrations_pkey", "{question}");
        }
        assert_eq!(self.indexes().len(), 1, "{question}: {:?}", self.indexes());
    }

    /// No row is read to be thrown away, whatever the data: the index knows every condition. Each branch reads one entry
    /// ahead to be merged.
    pub(crate) fn check_reads_what_it_returns(&self, question: &str) {
        for node in self.scans_of("sessions") {
            assert!(node["Filter"].is_null(), "{question}: {node:#}");
        }
        assert!(self.entries() <= 21 + self.branches(), "{question}: {} entries, {:#}", self.entries(), self.0);
    }
}
