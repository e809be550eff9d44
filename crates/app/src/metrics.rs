//! What the service counts and measures, for Prometheus.
//!
//! Every label has a value out of a set that is known beforehand: whatever clients send, the number of series is bounded.

mod history;
mod requests;
mod store;
mod tally;

use std::sync::Arc;

use live_adapters::Store;
use live_domain::{Clock, SystemClock};
use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

pub use requests::{InFlight, RequestLabels, RequestMetrics};
pub use tally::{Outcome, Tally};

use self::history::History;
use self::store::StoreCollector;
use crate::auth::{Acceptance, IntrospectionOutcome, KeyRefresh, Refusal};

/// The commit that this was built of, where the build says so.
const COMMIT: Option<&str> = option_env!("GIT_COMMIT");

/// What one service counts. Clones count together.
#[derive(Debug, Clone, Default)]
pub struct Metrics {
    /// Requests over HTTP.
    pub requests: RequestMetrics,
    /// Requests that the load limit turned away.
    pub turned_away: Counter,
    /// Requests that the guard refused, by reason.
    pub refusals: Tally<Refusal>,
    /// Tokens that were accepted, by how.
    pub tokens_accepted: Tally<Acceptance>,
    /// Attempts to fetch the keys of the issuer.
    pub key_refreshes: Tally<KeyRefresh>,
    /// Questions to the introspection endpoint.
    pub introspections: Tally<IntrospectionOutcome>,
    /// Kept answers that have had their time and were deleted.
    pub keys_pruned: Counter,
}

/// Everything that is told of a service: its counts, and what is read at the moment of asking.
pub struct Exposition {
    registry: Registry,
    history: History,
}

impl Metrics {
    /// The counts, beside what the store tells of itself.
    #[must_use]
    pub fn exposition(&self, store: &Store) -> Exposition {
        let mut registry = Registry::default();
        let started = Gauge::<i64>::default();
        started.set(SystemClock.now().as_micros() / 1_000_000);
        registry.register_with_unit(
            "process_start_time",
            "When the process started, as Unix time",
            Unit::Seconds,
            started,
        );
        let live = registry.sub_registry_with_prefix("live");
        let build = vec![("version", env!("CARGO_PKG_VERSION")), ("commit", COMMIT.unwrap_or("unknown"))];
        live.register("build", "What runs here", Info::new(build));
        self.requests.register(live);
        let turned_away = "Requests that were turned away as too many were in flight";
        live.register("http_requests_turned_away", turned_away, self.turned_away.clone());
        live.register("guard_refusals", "Requests that the guard refused, by reason", self.refusals.family());
        let tokens_accepted = "Tokens that were accepted, by whether they were remembered or verified";
        live.register("tokens_accepted", tokens_accepted, self.tokens_accepted.family());
        live.register(
            "key_refreshes",
            "Attempts to fetch the keys of LIVE_AUTH_JWKS, by result",
            self.key_refreshes.family(),
        );
        let introspections = "Questions to the introspection endpoint, by result";
        live.register("introspections", introspections, self.introspections.family());
        live.register(
            "idempotency_keys_pruned",
            "Kept answers that were deleted after a day",
            self.keys_pruned.clone(),
        );
        live.register_collector(Box::new(StoreCollector(Arc::clone(&store.usage))));
        let history = History::new(Arc::clone(&store.health), Arc::clone(&store.backlog));
        live.register_collector(Box::new(history.gauges()));
        Exposition { registry, history }
    }
}

impl Exposition {
    /// The content type of the text.
    pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

    /// Everything, as `OpenMetrics` text. It waits for the store a second at most.
    ///
    /// # Errors
    ///
    /// None is known to happen.
    pub async fn text(&self) -> Result<String, std::fmt::Error> {
        self.history.read().await;
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }
}
