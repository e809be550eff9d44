//! What the store tells of itself, read at each scrape.

use std::fmt;
use std::sync::Arc;

use live_adapters::{StoreReading, StoreUsage};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;

pub(super) struct StoreCollector(pub(super) Arc<dyn StoreUsage>);

impl fmt::Debug for StoreCollector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StoreCollector")
    }
}

impl Collector for StoreCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let StoreReading { pool_max, pool_open, pool_idle, pool_waiting, failures } = self.0.reading();
        for (name, help, value) in [
            ("pool_connections_max", "Connections to the store that there may be.", pool_max),
            ("pool_connections_open", "Connections to the store that are open.", pool_open),
            ("pool_connections_idle", "Connections to the store that are open and not in use.", pool_idle),
            ("pool_waiting", "Requests that wait for a connection to the store.", pool_waiting),
        ] {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        let help = "Work in the store that failed, by kind.";
        let mut counters = encoder.encode_descriptor("store_failures", help, None, MetricType::Counter)?;
        for (kind, count) in failures {
            ConstCounter::new(count).encode(counters.encode_family(&[("kind", kind.name())])?)?;
        }
        Ok(())
    }
}
