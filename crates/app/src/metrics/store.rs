//! What the store tells of itself, read at each scrape.

use std::fmt;
use std::sync::Arc;

use live_adapters::{ReplicaReading, StandbyReading, StoreReading, StoreUsage};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;

pub(super) struct StoreCollector(pub(super) Arc<dyn StoreUsage>);

impl fmt::Debug for StoreCollector {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("StoreCollector")
    }
}

impl Collector for StoreCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let StoreReading { pool_max, pool_open, pool_idle, pool_waiting, failures, replicas } = self.0.reading();
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
        replicas.map_or(Ok(()), |replicas| encode_replicas(replicas, &mut encoder))
    }
}

/// The servers are those of the settings: there are few.
fn encode_replicas(replicas: ReplicaReading, encoder: &mut DescriptorEncoder<'_>) -> fmt::Result {
    let ReplicaReading { primary, lists_of_primary, standbys } = replicas;
    let help = "Lists that were read from a server, by its role.";
    let mut lists = encoder.encode_descriptor("server_lists", help, None, MetricType::Counter)?;
    let of_standbys = standbys.iter().map(|standby| ("standby", standby.server.as_str(), standby.lists));
    for (role, server, count) in [("primary", primary.as_str(), lists_of_primary)].into_iter().chain(of_standbys) {
        ConstCounter::new(count).encode(lists.encode_family(&[("role", role), ("server", server)])?)?;
    }
    let help = "By how much a standby is behind the primary at most, where that is known.";
    let mut lags = encoder.encode_descriptor("standby_lag", help, Some(&Unit::Seconds), MetricType::Gauge)?;
    for StandbyReading { server, lag, .. } in &standbys {
        if let Some(lag) = lag {
            ConstGauge::new(lag.as_secs_f64()).encode(lags.encode_family(&[("server", server.as_str())])?)?;
        }
    }
    let help = "Whether lists are read from a standby (1), or it is away or too far behind (0).";
    let mut in_use = encoder.encode_descriptor("standby_in_use", help, None, MetricType::Gauge)?;
    for StandbyReading { server, is_read, .. } in &standbys {
        ConstGauge::new(i64::from(*is_read)).encode(in_use.encode_family(&[("server", server.as_str())])?)?;
    }
    Ok(())
}
