//! What the service does beside answering: kept answers that have had their time are deleted.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use live_domain::{Clock, KeptAnswers, StoreError};

use crate::causes::chain;

/// How often it is looked whether there is something to delete.
const EVERY: Duration = Duration::from_mins(10);

/// Deletes old answers, at once and from time to time, for as long as it is polled. When that fails, it is tried again the
/// next time: an answer that stays longer is no longer given all the same.
pub async fn prune_kept_answers(kept: Arc<dyn KeptAnswers>, clock: Arc<dyn Clock>) -> Infallible {
    loop {
        if let Err(error) = prune(kept.as_ref(), clock.as_ref()).await {
            tracing::warn!(causes = chain(&error), "old idempotency keys were not deleted; it is tried again later");
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// Deletes little by little until nothing is left to delete.
async fn prune(kept: &dyn KeptAnswers, clock: &dyn Clock) -> Result<(), StoreError> {
    let now = clock.now();
    while kept.prune(now).await? > 0 {}
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;

    use live_domain::{MockKeptAnswers, SystemClock};
    use tokio::time::Instant;

    use super::*;

    /// Runs for that long over a store that answers so; the minutes at which it was asked.
    async fn asked_at(minutes: u64, answers: Vec<Result<u64, StoreError>>) -> Vec<u64> {
        let (begun, times) = (Instant::now(), Arc::new(Mutex::new(Vec::new())));
        let (answers, asked) = (Mutex::new(VecDeque::from(answers)), Arc::clone(&times));
        let mut kept = MockKeptAnswers::new();
        kept.expect_prune().returning(move |_| {
            asked.lock().unwrap().push(begun.elapsed().as_secs() / 60);
            answers.lock().unwrap().pop_front().unwrap_or(Ok(0))
        });
        let upkeep = prune_kept_answers(Arc::new(kept), Arc::new(SystemClock));
        tokio::time::timeout(Duration::from_mins(minutes), upkeep).await.unwrap_err();
        let times = times.lock().unwrap();
        times.clone()
    }

    #[tokio::test(start_paused = true)]
    async fn deletes_at_once_until_nothing_is_left_and_again_every_ten_minutes() {
        assert_eq!(asked_at(25, vec![Ok(100), Ok(7)]).await, [0, 0, 0, 10, 20]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_tried_again_the_next_time() {
        let failure = || Err(StoreError::Unavailable("gone".into()));
        assert_eq!(asked_at(25, vec![failure(), Ok(5), failure()]).await, [0, 10, 10, 20]);
    }
}
