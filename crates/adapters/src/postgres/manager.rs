//! Which connections are handed out, and which are handed out again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use diesel_async::SimpleAsyncConnection;

use super::connection::{Connector, PgConnection};
use super::error::PgError;

/// A server that is busy, and not away, answers within that time.
const PROOF: Duration = Duration::from_millis(250);

/// Makes connections for requests, and judges which of them are still good.
///
/// What one connection went through, the others mostly have as well: a server that went away, a column that changed, a
/// primary that is one no more. They are not to fail a request each until the last of them is found out.
pub(crate) struct ConnectionManager {
    connector: Connector,
    /// How long a connection may take to prove that somebody is still there.
    patience: Duration,
    knowledge: Mutex<Knowledge>,
}

/// What is known of the connections of before. Nothing is less than any instant.
#[derive(Debug, Clone, Copy, Default)]
struct Knowledge {
    /// Those made up to then are no good.
    retired: Option<Instant>,
    /// Then there was no answer: those last used before are to prove themselves first.
    doubted: Option<Instant>,
}

impl ConnectionManager {
    /// For requests that wait so long for an answer.
    pub(crate) fn new(connector: Connector, timeout: Duration) -> Self {
        // Most of the time is left for a new connection, and for what is to be done on it.
        let patience = (timeout / 4).max(PROOF).min(timeout / 2);
        Self { connector, patience, knowledge: Mutex::default() }
    }

    /// A connection like this one turned out to be no good, and so are all that are older than this moment; unless it is
    /// itself one of those that are known to be.
    pub(crate) fn retire(&self, metrics: &Metrics) {
        let mut knowledge = self.knowledge.lock().unwrap_or_else(PoisonError::into_inner);
        if Some(metrics.created) > knowledge.retired {
            knowledge.retired = Some(Instant::now());
        }
    }

    /// There was no answer in time.
    pub(crate) fn doubt(&self) {
        self.knowledge.lock().unwrap_or_else(PoisonError::into_inner).doubted = Some(Instant::now());
    }

    fn knowledge(&self) -> Knowledge {
        *self.knowledge.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody answers at the other end.
    async fn is_answered(&self, connection: &mut PgConnection) -> bool {
        let nothing = connection.diesel.batch_execute("");
        tokio::time::timeout(self.patience, nothing).await.is_ok_and(|answered| answered.is_ok())
    }
}

impl Manager for ConnectionManager {
    type Type = PgConnection;
    type Error = PgError;

    async fn create(&self) -> Result<PgConnection, PgError> {
        self.connector.for_requests().await
    }

    async fn recycle(&self, connection: &mut PgConnection, metrics: &Metrics) -> RecycleResult<PgError> {
        let Knowledge { retired, doubted } = self.knowledge();
        if Some(metrics.created) <= retired || !connection.is_usable() {
            return Err(RecycleError::message("the connection has served its time"));
        }
        let last_used = metrics.recycled.unwrap_or(metrics.created);
        if Some(last_used) <= doubted && !self.is_answered(connection).await {
            self.retire(metrics);
            return Err(RecycleError::message("nobody answers on the connection"));
        }
        Ok(())
    }
}
