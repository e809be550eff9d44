//! Requests over HTTP.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The bounds of the buckets of durations, in seconds: a page takes some milliseconds, and the deadline of the store is a
/// few seconds.
const BUCKETS: [f64; 13] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// What requests are told apart by. Each text is one of ours, never one of a client.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The pattern of the route.
    pub route: &'static str,
    /// The method.
    pub method: &'static str,
    /// The class of the status.
    pub status: &'static str,
}

/// Counts requests and measures them. Clones count together.
#[derive(Debug, Clone)]
pub struct RequestMetrics {
    ended: Family<RequestLabels, Counter>,
    durations: Family<RequestLabels, Histogram, fn() -> Histogram>,
    in_flight: Gauge,
}

impl Default for RequestMetrics {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS);
        let durations = Family::new_with_constructor(histogram);
        Self { ended: Family::default(), durations, in_flight: Gauge::default() }
    }
}

impl RequestMetrics {
    /// A request has come.
    #[must_use]
    pub fn begin(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// A request has ended.
    pub fn end(&self, labels: &RequestLabels, duration: Duration) {
        self.ended.get_or_create(labels).inc();
        self.durations.get_or_create(labels).observe(duration.as_secs_f64());
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("http_requests", "Requests that have ended", self.ended.clone());
        let durations = "How long requests took until their answer was ready to be sent";
        registry.register_with_unit("http_request_duration", durations, Unit::Seconds, self.durations.clone());
        registry.register("http_requests_in_flight", "Requests that are worked on", self.in_flight.clone());
    }
}

/// A request in flight; dropped, it is no more.
#[derive(Debug)]
pub struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}
