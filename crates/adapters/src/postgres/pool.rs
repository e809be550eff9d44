//! The connections that requests share.

use std::time::Duration;

use async_trait::async_trait;
use deadpool::managed::{self, Manager, Metrics, Object, RecycleError, RecycleResult};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use futures_util::future::BoxFuture;
use live_domain::StoreError;
use tokio::runtime::Handle;

use super::connection::{Connector, PgConnection};
use super::error::PgError;
use crate::store_settings::StoreSettings;
use crate::usage::{Failures, StoreReading};

impl Manager for Connector {
    type Type = PgConnection;
    type Error = PgError;

    async fn create(&self) -> Result<PgConnection, PgError> {
        self.for_requests().await
    }

    async fn recycle(&self, connection: &mut PgConnection, _: &Metrics) -> RecycleResult<PgError> {
        if connection.is_usable() { Ok(()) } else { Err(RecycleError::message("the connection has served its time")) }
    }
}

/// How often a write is tried that the server has undone.
const ATTEMPTS: u32 = 3;

/// What is done as a whole or not at all.
#[async_trait]
pub(crate) trait Work: Send + Sync + 'static {
    /// What comes of it.
    type Done: Send + 'static;
    /// Why it is not done.
    type Refused: Send + 'static;

    /// How long all attempts may take, where requests have that long.
    fn patience(&self, of_requests: Duration) -> Duration {
        of_requests
    }

    /// Does it in one statement or one transaction. It may be called again after the server has undone it.
    async fn attempt(&self, connection: &mut AsyncPgConnection) -> Result<Self::Done, Undone<Self::Refused>>;
}

/// Why work was not done.
#[derive(Debug)]
pub(crate) enum Undone<R> {
    /// It is not to be.
    Refused(R),
    /// The store did not do it. When its answer was lost, it may have been done.
    Failed(PgError),
}

impl<R, E: Into<PgError>> From<E> for Undone<R> {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl<R: From<StoreError>> Undone<R> {
    /// The error of a port.
    pub(crate) fn into_error(self) -> R {
        match self {
            Self::Refused(refused) => refused,
            Self::Failed(error) => StoreError::from(error).into(),
        }
    }
}

/// A pool of connections, and the deadline of what is run on them.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: managed::Pool<Connector>,
    timeout: Duration,
    /// Where writes run.
    runtime: Handle,
    failures: Failures,
}

impl Pool {
    pub(crate) fn new(connector: Connector, settings: StoreSettings) -> Result<Self, PgError> {
        let runtime = connector.runtime();
        let connections = managed::Pool::builder(connector)
            .max_size(settings.pool_size.max(1))
            .build()
            .map_err(|error| PgError::Pool(error.to_string()))?;
        Ok(Self { connections, timeout: settings.timeout, runtime, failures: Failures::default() })
    }

    /// Takes a connection and runs the work on it, both before one deadline.
    ///
    /// A connection goes back to the pool only when the work came to an end on it that leaves nothing open: neither when
    /// the deadline passed, nor when the caller went away in the middle, nor after a failure of connection or server.
    pub(crate) async fn run<T, W>(&self, work: W) -> Result<T, PgError>
    where
        W: for<'c> FnOnce(&'c mut AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>> + Send,
    {
        let attempt = async {
            let mut lease = self.lease().await?;
            let result = work(lease.connection()?).await.map_err(PgError::from);
            lease.end(result.as_ref().err());
            result
        };
        let result = tokio::time::timeout(self.timeout, attempt).await;
        let result = result.unwrap_or(Err(PgError::Deadline(self.timeout)));
        result.inspect_err(|error| self.failures.count(error.kind()))
    }

    /// Takes a connection and does the work on it in a task of its own: when the caller goes away in the middle, it comes
    /// to its end all the same, and neither locks nor a connection are lost. All attempts share one deadline.
    pub(crate) async fn write<W: Work>(&self, work: W) -> Result<W::Done, Undone<W::Refused>> {
        let pool = self.clone();
        let timeout = work.patience(self.timeout);
        let task = self.runtime.spawn(async move { tokio::time::timeout(timeout, pool.attempts(work)).await });
        match task.await {
            Ok(done) => done.unwrap_or(Err(Undone::Failed(PgError::Deadline(timeout)))),
            Err(error) => Err(Undone::Failed(PgError::Task(error))),
        }
    }

    async fn attempts<W: Work>(&self, work: W) -> Result<W::Done, Undone<W::Refused>> {
        let mut left = ATTEMPTS;
        loop {
            left -= 1;
            let mut lease = self.lease().await?;
            let result = work.attempt(lease.connection()?).await;
            let failure = match &result {
                Err(Undone::Failed(error)) => Some(error),
                Ok(_) | Err(Undone::Refused(_)) => None,
            };
            let once_more = left > 0 && failure.is_some_and(PgError::may_pass_at_once);
            lease.end(failure);
            if !once_more {
                return result;
            }
        }
    }

    async fn lease(&self) -> Result<Lease, PgError> {
        let connection = self.connections.get().await.map_err(|error| match error {
            managed::PoolError::Backend(error) => error,
            error => PgError::Pool(error.to_string()),
        })?;
        Ok(Lease(Some(connection)))
    }

    /// How it is used, and how often it failed.
    pub(crate) fn reading(&self) -> StoreReading {
        self.failures.reading(self.connections.status())
    }
}

/// A connection out of the pool, which is dropped unless the work on it came to its end.
struct Lease(Option<Object<Connector>>);

impl Lease {
    fn connection(&mut self) -> Result<&mut AsyncPgConnection, PgError> {
        let connection = self.0.as_mut().ok_or(diesel::result::Error::BrokenTransactionManager)?;
        Ok(&mut connection.diesel)
    }

    /// The work came to its end, with this failure if it failed.
    fn end(mut self, failure: Option<&PgError>) {
        if failure.is_none_or(PgError::leaves_the_connection_whole) {
            // Here, and only here, the connection returns to the pool.
            drop(self.0.take());
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}
