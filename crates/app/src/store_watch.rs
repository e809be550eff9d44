//! Whether the store can serve, known without waiting for it: who asks about the health of a service wants to know at
//! once, above all when the store does not answer.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use live_adapters::causes::chain;
use live_domain::{SchemaState, StoreError, StoreHealth};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

/// How long after an answer the store is asked again.
const EVERY: Duration = Duration::from_millis(250);
/// How long is waited for a fresh answer.
const PATIENCE: Duration = Duration::from_millis(25);

/// What the store said.
#[derive(Debug, Clone)]
struct Said {
    asked: Instant,
    answered: Instant,
    state: Result<SchemaState, String>,
}

/// The health of a store that is asked all the time, one question after the other, once somebody has wanted to know.
#[derive(Debug)]
pub struct StoreWatch {
    last: watch::Receiver<Option<Said>>,
    counts_for: Duration,
    wanted: Arc<Notify>,
    task: JoinHandle<()>,
}

impl StoreWatch {
    /// Watches that store until it is dropped itself. An answer counts until the next one could have come, where that is
    /// waited for as long as a request waits for the store: one which is slow, but answers, goes on being ready. It needs
    /// a runtime.
    #[must_use]
    pub fn over(health: Arc<dyn StoreHealth>, deadline: Duration) -> Self {
        let counts_for = EVERY + deadline + PATIENCE;
        let (said, last) = watch::channel(None);
        let wanted = Arc::<Notify>::default();
        let task = tokio::spawn(ask_on_and_on(health, Arc::clone(&wanted), said));
        Self { last, counts_for, wanted, task }
    }
}

impl Drop for StoreWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn ask_on_and_on(health: Arc<dyn StoreHealth>, wanted: Arc<Notify>, said: watch::Sender<Option<Said>>) {
    wanted.notified().await;
    loop {
        let asked = Instant::now();
        let state = health.schema_state().await.map_err(|error| match error {
            StoreError::Unavailable(cause) | StoreError::Failed(cause) => chain(cause.as_ref()),
        });
        said.send_replace(Some(Said { asked, answered: Instant::now(), state }));
        let _either = timeout(EVERY, wanted.notified()).await;
    }
}

#[async_trait]
impl StoreHealth for StoreWatch {
    /// What the store says if it does so at once, else what it said last. Only the first answer is waited for.
    async fn schema_state(&self) -> Result<SchemaState, StoreError> {
        let now = Instant::now();
        let mut last = self.last.clone();
        self.wanted.notify_one();
        let is_first = last.borrow().is_none();
        let patience = if is_first { Duration::MAX } else { PATIENCE };
        let fresh = last.wait_for(|said| said.as_ref().is_some_and(|said| said.asked >= now || is_first));
        // What it gives is let go at once: it locks the answer, and who looks at that twice waits for a new one for ever.
        drop(timeout(patience, fresh).await);
        let said = self.last.borrow().clone();
        match said.filter(|said| said.answered + self.counts_for > now) {
            Some(Said { state: Ok(state), .. }) => Ok(state),
            Some(Said { state: Err(causes), .. }) => Err(StoreError::Unavailable(causes.into())),
            None => Err(StoreError::Unavailable("it has not answered for a while".into())),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A store that answers after a while, as it is told.
    #[derive(Clone)]
    struct Slow(Arc<Mutex<(Duration, Result<SchemaState, &'static str>)>>);

    impl Slow {
        fn new(after: Duration) -> Self {
            Self(Arc::new(Mutex::new((after, Ok(SchemaState::Current)))))
        }

        fn becomes(&self, after: Duration, state: Result<SchemaState, &'static str>) {
            *self.0.lock().unwrap() = (after, state);
        }
    }

    #[async_trait]
    impl StoreHealth for Slow {
        async fn schema_state(&self) -> Result<SchemaState, StoreError> {
            let (after, state) = *self.0.lock().unwrap();
            tokio::time::sleep(after).await;
            state.map_err(|cause| StoreError::Failed(cause.into()))
        }
    }

    /// A store that answers before anybody can look away.
    struct Quick;

    #[async_trait]
    impl StoreHealth for Quick {
        async fn schema_state(&self) -> Result<SchemaState, StoreError> {
            Ok(SchemaState::Current)
        }
    }

    const DEADLINE: Duration = Duration::from_secs(1);
    const AT_ONCE: Duration = Duration::from_millis(1);
    const NEVER: Duration = Duration::from_hours(1);

    /// What the watch says, and after how many milliseconds.
    async fn says(watch: &StoreWatch) -> (Result<SchemaState, String>, u128) {
        let begun = Instant::now();
        let state = watch.schema_state().await;
        let text = |error: StoreError| chain(&error);
        (state.map_err(text), begun.elapsed().as_millis())
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_answer_is_waited_for() {
        let watch = StoreWatch::over(Arc::new(Slow::new(Duration::from_secs(2))), DEADLINE);
        let (state, took) = says(&watch).await;
        assert_eq!((state, took), (Ok(SchemaState::Current), 2_000));
    }

    #[tokio::test(start_paused = true)]
    async fn who_asks_a_store_that_answers_hears_what_is_true_now() {
        let store = Slow::new(AT_ONCE);
        let watch = StoreWatch::over(Arc::new(store.clone()), DEADLINE);
        for state in [SchemaState::Behind, SchemaState::Current, SchemaState::Behind] {
            store.becomes(AT_ONCE, Ok(state));
            let (said, took) = says(&watch).await;
            assert!(said == Ok(state) && took <= 2, "{said:?} after {took} ms");
        }
        store.becomes(AT_ONCE, Err("full"));
        assert_eq!(says(&watch).await.0, Err("the store is unavailable: full".to_owned()));
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_freezes_is_away_soon_after_the_deadline_and_nobody_waits_for_it() {
        let store = Slow::new(AT_ONCE);
        let watch = StoreWatch::over(Arc::new(store.clone()), DEADLINE);
        says(&watch).await.0.unwrap();
        store.becomes(NEVER, Ok(SchemaState::Current));
        assert_eq!(says(&watch).await, (Ok(SchemaState::Current), 25), "as it said last");
        tokio::time::sleep(DEADLINE + EVERY + PATIENCE).await;
        let away = "the store is unavailable: it has not answered for a while";
        assert_eq!(says(&watch).await, (Err(away.to_owned()), 25));
    }

    #[test]
    fn many_who_ask_at_once_do_not_stand_in_each_others_way() {
        let (done, is_done) = std::sync::mpsc::channel();
        // On threads of its own: should they wait for each other, the test does not.
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
            runtime.block_on(async {
                let watch = Arc::new(StoreWatch::over(Arc::new(Quick), DEADLINE));
                let ask = |watch: Arc<StoreWatch>| async move {
                    for _ in 0..5_000 {
                        watch.schema_state().await.unwrap();
                    }
                };
                let asking: Vec<_> = (0..8).map(|_| tokio::spawn(ask(Arc::clone(&watch)))).collect();
                for asked in asking {
                    asked.await.unwrap();
                }
            });
            done.send(()).unwrap();
        });
        is_done.recv_timeout(Duration::from_mins(2)).unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_counts_between_two_questions_however_short_the_deadline() {
        let watch = StoreWatch::over(Arc::new(Slow::new(Duration::from_millis(40))), Duration::from_millis(200));
        for gap in (0..1_500).step_by(20) {
            tokio::time::sleep(Duration::from_millis(gap)).await;
            assert_eq!(says(&watch).await.0, Ok(SchemaState::Current), "after {gap} ms");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_store_that_is_slow_but_answers_is_ready() {
        let watch = StoreWatch::over(Arc::new(Slow::new(Duration::from_millis(700))), DEADLINE);
        for _ in 0..100 {
            assert_eq!(says(&watch).await.0, Ok(SchemaState::Current));
        }
    }
}
