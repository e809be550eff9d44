//! What the service does beside answering: what has had its time is deleted.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use live_adapters::causes::chain;
use live_domain::{Clock, FeedRepository, HistoryRepository, KeptAnswers, SchemaState, StoreError, StoreHealth};
use prometheus_client::metrics::counter::Counter;

/// How often it is looked whether there is something to delete.
const EVERY: Duration = Duration::from_mins(10);
/// The pause between two batches: however much there is to delete, the store is left to requests for most of the time.
const PAUSE: Duration = Duration::from_millis(100);

/// Deletes old answers, feeds that have expired and old history, at once and from time to time. When that fails, it is tried
/// again the next time: an answer that stays longer is no longer given all the same, nor is such a feed.
pub struct Upkeep {
    /// Whether there is what they are in: without it, nothing is tried.
    pub health: Arc<dyn StoreHealth>,
    /// The answers.
    pub kept: Arc<dyn KeptAnswers>,
    /// The calendar feeds.
    pub feeds: Arc<dyn FeedRepository>,
    /// The history.
    pub history: Arc<dyn HistoryRepository>,
    /// How long it is kept; none: for ever.
    pub history_kept_for: Option<time::Duration>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Counts the answers.
    pub keys_pruned: Counter,
}

impl Upkeep {
    /// Goes on for as long as it is polled. The answers do not wait for the history, which may take hours.
    pub async fn run(self) -> Infallible {
        let answers = self.on_and_on("old idempotency keys", || self.prune_kept_answers());
        let feeds = self.on_and_on("expired calendar feeds", || self.prune_feeds());
        let history = self.on_and_on("old history", || self.prune_history());
        tokio::select! {
            never = answers => never,
            never = feeds => never,
            never = history => never,
        }
    }

    /// Prunes at once and from time to time, once the schema is there.
    async fn on_and_on<F: Future<Output = Result<(), StoreError>>>(
        &self,
        what: &str,
        prune: impl Fn() -> F,
    ) -> Infallible {
        loop {
            if let Ok(SchemaState::Behind) = self.health.schema_state().await {
                tracing::debug!("{what} stays until the schema is up to date");
            } else if let Err(error) = prune().await {
                tracing::warn!(causes = chain(&error), "{what} could not be deleted; it is tried again later");
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    async fn prune_kept_answers(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        in_batches(async || {
            let pruned = self.kept.prune(now).await?;
            self.keys_pruned.inc_by(pruned);
            Ok(pruned)
        })
        .await
    }

    async fn prune_feeds(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        in_batches(async || self.feeds.prune_feeds(now).await).await
    }

    async fn prune_history(&self) -> Result<(), StoreError> {
        let Some(kept_for) = self.history_kept_for else { return Ok(()) };
        let oldest = self.clock.now().earlier_by(kept_for);
        in_batches(async || self.history.delete_before(oldest).await).await
    }
}

/// Deletes a batch, and after a pause the next one, until there is nothing left.
async fn in_batches(delete: impl AsyncFn() -> Result<u64, StoreError>) -> Result<(), StoreError> {
    while delete().await? > 0 {
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use live_domain::contract::fixtures::{minutes, now};
    use live_domain::{MockClock, MockFeedRepository, MockHistoryRepository, MockKeptAnswers, MockStoreHealth};
    use tokio::time::Instant;

    use super::*;

    type Answers = Vec<Result<u64, StoreError>>;

    /// Gives these answers, then that there is nothing; remembers the minutes at which it was asked.
    #[derive(Clone)]
    struct Asked {
        begun: Instant,
        times: Arc<Mutex<Vec<u64>>>,
        answers: Arc<Mutex<VecDeque<Result<u64, StoreError>>>>,
    }

    impl Asked {
        fn answering(answers: Answers) -> Self {
            Self { begun: Instant::now(), times: Arc::default(), answers: Arc::new(Mutex::new(answers.into())) }
        }

        fn answer(&self) -> Result<u64, StoreError> {
            self.times.lock().unwrap().push(self.begun.elapsed().as_secs() / 60);
            self.answers.lock().unwrap().pop_front().unwrap_or(Ok(0))
        }

        /// How many are deleted in all, once everything was answered.
        fn pruned(&self) -> u64 {
            self.answers.lock().unwrap().iter().filter_map(|answer| answer.as_ref().ok()).sum()
        }

        fn times(&self) -> Vec<u64> {
            self.times.lock().unwrap().clone()
        }

        /// At which minutes it was begun to ask.
        fn looks(&self) -> Vec<u64> {
            let mut minutes = self.times();
            minutes.dedup();
            minutes
        }
    }

    /// Feeds of which some have expired, as the answers say.
    fn expiring(answers: &Asked) -> MockFeedRepository {
        let (answers, mut feeds) = (answers.clone(), MockFeedRepository::new());
        feeds.expect_prune_feeds().returning(move |at| {
            assert_eq!(at, now());
            answers.answer()
        });
        feeds
    }

    /// Runs for that long over a store that answers so; the minutes at which each was asked.
    async fn asked_at(run_for: u64, kept: Answers, history: Answers, days: Option<i64>) -> (Vec<u64>, Vec<u64>) {
        asked_with_schema(|_| SchemaState::Current, run_for, (kept, history), days).await
    }

    /// The same where the schema is as told at each minute.
    async fn asked_with_schema(
        schema: fn(u64) -> SchemaState,
        run_for: u64,
        (kept, history): (Answers, Answers),
        days: Option<i64>,
    ) -> (Vec<u64>, Vec<u64>) {
        let (kept, history) = (Asked::answering(kept), Asked::answering(history));
        // Some have expired, of which nobody is told.
        let feeds = Asked::answering(vec![Ok(5)]);
        let (mut kept_answers, mut events, mut clock) =
            (MockKeptAnswers::new(), MockHistoryRepository::new(), MockClock::new());
        let (answers, deletions) = (kept.clone(), history.clone());
        clock.expect_now().returning(now);
        let (mut health, begun) = (MockStoreHealth::new(), Instant::now());
        health.expect_schema_state().returning(move || Ok(schema(begun.elapsed().as_secs() / 60)));
        kept_answers.expect_prune().returning(move |at| {
            assert_eq!(at, now());
            answers.answer()
        });
        events.expect_delete_before().returning(move |before| {
            assert_eq!(Some(before), days.map(|days| minutes(-days * 24 * 60)));
            deletions.answer()
        });
        let (keys_pruned, kept_pruned) = (Counter::default(), kept.pruned());
        let upkeep = Upkeep {
            health: Arc::new(health),
            kept: Arc::new(kept_answers),
            feeds: Arc::new(expiring(&feeds)),
            history: Arc::new(events),
            history_kept_for: days.map(time::Duration::days),
            clock: Arc::new(clock),
            keys_pruned: keys_pruned.clone(),
        };
        tokio::time::timeout(Duration::from_mins(run_for), upkeep.run()).await.unwrap_err();
        assert_eq!(keys_pruned.get(), kept_pruned);
        let looks = kept.looks();
        assert_eq!(
            (feeds.looks(), feeds.times().len()),
            (looks.clone(), looks.len() + 1),
            "and once more after the five"
        );
        (kept.times(), history.times())
    }

    #[tokio::test(start_paused = true)]
    async fn deletes_at_once_until_nothing_is_left_and_again_every_ten_minutes() {
        let asked = asked_at(25, vec![Ok(100), Ok(7)], vec![Ok(3)], Some(30)).await;
        assert_eq!(asked, (vec![0, 0, 0, 10, 20], vec![0, 0, 10, 20]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_tried_again_the_next_time_and_keeps_nothing_else_from_being_done() {
        let failure = || Err(StoreError::Unavailable("gone".into()));
        let asked = asked_at(25, vec![failure(), Ok(5), failure()], vec![failure(), Ok(5)], Some(1)).await;
        assert_eq!(asked, (vec![0, 10, 10, 20], vec![0, 10, 10, 20]));
    }

    #[tokio::test(start_paused = true)]
    async fn a_history_that_is_kept_for_ever_is_left_alone() {
        assert_eq!(asked_at(25, vec![], vec![], None).await, (vec![0, 10, 20], vec![]));
    }

    #[tokio::test(start_paused = true)]
    async fn nothing_is_tried_before_the_schema_is_there() {
        let schema = |minute| if minute < 15 { SchemaState::Behind } else { SchemaState::Current };
        assert_eq!(asked_with_schema(schema, 25, (vec![], vec![]), Some(1)).await, (vec![20], vec![20]));
    }

    #[tokio::test(start_paused = true)]
    async fn answers_do_not_wait_for_a_long_history() {
        let long = (0..20_000).map(|_| Ok(1_000)).collect();
        assert_eq!(asked_at(25, vec![], long, Some(1)).await.0, [0, 10, 20]);
    }

    #[tokio::test(start_paused = true)]
    async fn pauses_between_two_batches() {
        let many = (0..3_000).map(|_| Ok(1_000)).collect();
        let (_, asked) = asked_at(4, vec![], many, Some(1)).await;
        // One at once, and one after each pause.
        assert!((2_000..=2_401).contains(&asked.len()), "{}", asked.len());
    }
}
