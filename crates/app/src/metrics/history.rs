//! How far the readers of the history are behind: asked of the store at a scrape, and of nobody in between.

use std::fmt;
use std::sync::{Arc, Mutex as Shared, PoisonError};
use std::time::Duration;

use live_adapters::causes::chain;
use live_adapters::{Backlog, HistoryBacklog};
use live_domain::{Clock, SchemaState, StoreError, StoreHealth, SystemClock};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Unit;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout};

/// How long a reading is good: whoever scrapes without pause takes no connection from requests.
const LIFETIME: Duration = Duration::from_secs(5);

/// How long a reading may take: who scrapes gives up after some seconds, and would get nothing at all.
const PATIENCE: Duration = Duration::from_secs(1);

/// Reads the backlog of a history.
pub(super) struct History {
    health: Arc<dyn StoreHealth>,
    source: Arc<dyn HistoryBacklog>,
    /// When it was last read; held while somebody reads, so that one does at a time.
    read_at: Mutex<Option<Instant>>,
    gauges: BacklogGauges,
}

impl History {
    pub(super) fn new(health: Arc<dyn StoreHealth>, source: Arc<dyn HistoryBacklog>) -> Self {
        Self { health, source, read_at: Mutex::default(), gauges: BacklogGauges::default() }
    }

    pub(super) fn gauges(&self) -> BacklogGauges {
        self.gauges.clone()
    }

    /// Reads the backlog, unless somebody just did. Where it cannot be read, the last one is no longer told.
    pub(super) async fn read(&self) {
        let mut read_at = self.read_at.lock().await;
        if read_at.is_some_and(|read_at| read_at.elapsed() < LIFETIME) {
            return;
        }
        let read = timeout(PATIENCE, self.backlog()).await;
        let read = read.unwrap_or_else(|late| Err(StoreError::Unavailable(late.into())));
        let backlog = read.unwrap_or_else(|error| {
            tracing::debug!(causes = chain(&error), "the backlog of the history cannot be read");
            None
        });
        self.gauges.set(backlog);
        *read_at = Some(Instant::now());
    }

    /// Before the schema is there, there is none, and to look for it would count as a failure of the store.
    async fn backlog(&self) -> Result<Option<Backlog>, StoreError> {
        match self.health.schema_state().await? {
            SchemaState::Current => self.source.backlog().await,
            SchemaState::Behind => Ok(None),
        }
    }
}

/// The last reading, if there is one.
#[derive(Clone, Default)]
pub(super) struct BacklogGauges(Arc<Shared<Option<Backlog>>>);

impl BacklogGauges {
    fn set(&self, backlog: Option<Backlog>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = backlog;
    }
}

impl fmt::Debug for BacklogGauges {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BacklogGauges")
    }
}

impl Collector for BacklogGauges {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let backlog = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(Backlog { unplaced, oldest, unsettled }) = backlog else { return Ok(()) };
        let age = oldest.map_or(0, |oldest| SystemClock.now().as_micros() - oldest.as_micros());
        let age = Duration::from_micros(u64::try_from(age).unwrap_or(0)).as_secs_f64();
        for (name, help, number) in [
            ("history_events_unplaced", "Events of the history that no reader has come to yet, up to 10000.", unplaced),
            (
                "history_events_unsettled",
                "Events that readers look through again for those that commit late.",
                unsettled,
            ),
        ] {
            let gauge = ConstGauge::new(i64::try_from(number).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        let (name, unit) = ("history_unplaced_age", Some(&Unit::Seconds));
        let help = "How long ago the first event happened that no reader has come to yet; 0 without one.";
        ConstGauge::new(age).encode(encoder.encode_descriptor(name, help, unit, MetricType::Gauge)?)
    }
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;

    use super::*;

    /// A store in that state of which the backlog can be asked for ever.
    struct Frozen(SchemaState);

    #[async_trait]
    impl StoreHealth for Frozen {
        async fn schema_state(&self) -> Result<SchemaState, StoreError> {
            Ok(self.0)
        }
    }

    #[async_trait]
    impl HistoryBacklog for Frozen {
        async fn backlog(&self) -> Result<Option<Backlog>, StoreError> {
            std::future::pending().await
        }
    }

    /// How many milliseconds a reading takes.
    async fn takes(state: SchemaState) -> u128 {
        let history = History::new(Arc::new(Frozen(state)), Arc::new(Frozen(state)));
        let begun = Instant::now();
        history.read().await;
        begun.elapsed().as_millis()
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_does_not_answer_holds_nobody_up_for_longer_than_a_second() {
        assert_eq!(takes(SchemaState::Current).await, 1_000);
    }

    #[tokio::test(start_paused = true)]
    async fn no_backlog_is_looked_for_before_the_schema_is_there() {
        assert_eq!(takes(SchemaState::Behind).await, 0);
    }
}
