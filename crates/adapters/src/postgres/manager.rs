//! Which connections are handed out, and which are handed out again.

use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

use deadpool::managed::{Manager, Metrics, RecycleError, RecycleResult};
use diesel_async::SimpleAsyncConnection;
use tokio::runtime::{self, Handle};

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
    /// Shared by all that manage connections to one database.
    knowledge: Arc<Mutex<Knowledge>>,
    /// Where its connections live, while a thread has settled here.
    home: RwLock<Option<Handle>>,
}

/// What is known of the connections of before. Nothing is less than any instant.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Knowledge {
    /// Those made up to then are no good.
    retired: Option<Instant>,
    /// Then there was no answer: those last used before are to prove themselves first.
    doubted: Option<Instant>,
}

impl ConnectionManager {
    /// For requests that wait so long for an answer.
    pub(super) fn new(connector: Connector, timeout: Duration, knowledge: Arc<Mutex<Knowledge>>) -> Self {
        // Most of the time is left for a new connection, and for what is to be done on it.
        let patience = (timeout / 4).max(PROOF).min(timeout / 2);
        Self { connector, patience, knowledge, home: RwLock::default() }
    }

    /// Whether connections live on that runtime.
    pub(super) fn lives_on(&self, runtime: &Handle) -> bool {
        self.home_id() == Some(runtime.id())
    }

    /// From now on they do, unless they have a home.
    pub(super) fn settle(&self, runtime: &Handle) -> bool {
        let mut home = self.home.write().unwrap_or_else(PoisonError::into_inner);
        let is_free = home.is_none();
        home.get_or_insert_with(|| runtime.clone());
        is_free
    }

    fn home(&self) -> RwLockReadGuard<'_, Option<Handle>> {
        self.home.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asked several times for each request: it takes no part in the handle.
    fn home_id(&self) -> Option<runtime::Id> {
        self.home().as_ref().map(Handle::id)
    }

    /// The thread is no more.
    fn move_out(&self) {
        *self.home.write().unwrap_or_else(PoisonError::into_inner) = None;
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
        let home = self.home().clone();
        if let Some(home) = home {
            match self.connector.living_on(home).for_requests().await {
                Err(PgError::Task(error)) if error.is_cancelled() => self.move_out(),
                made => return made,
            }
        }
        self.connector.for_requests().await
    }

    async fn recycle(&self, connection: &mut PgConnection, metrics: &Metrics) -> RecycleResult<PgError> {
        let Knowledge { retired, doubted } = self.knowledge();
        if Some(metrics.created) <= retired || !connection.is_usable() {
            return Err(RecycleError::message("the connection has served its time"));
        }
        if self.home_id().is_some_and(|home| home != connection.home) {
            return Err(RecycleError::message("the connection lives on another thread"));
        }
        let last_used = metrics.recycled.unwrap_or(metrics.created);
        if Some(last_used) <= doubted && !self.is_answered(connection).await {
            self.retire(metrics);
            return Err(RecycleError::message("nobody answers on the connection"));
        }
        Ok(())
    }
}
