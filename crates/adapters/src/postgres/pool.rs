//! The connections that requests share.

use std::time::Duration;

use deadpool::managed::{self, Manager, Metrics, Object, RecycleError, RecycleResult};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use futures_util::future::BoxFuture;

use super::connection::{Connector, PgConnection};
use super::error::{PgError, answered};
use crate::store_settings::StoreSettings;

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

/// A pool of connections, and the deadline of what is run on them.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: managed::Pool<Connector>,
    timeout: Duration,
}

impl Pool {
    pub(crate) fn new(connector: Connector, settings: StoreSettings) -> Result<Self, PgError> {
        let connections = managed::Pool::builder(connector)
            .max_size(settings.pool_size.max(1))
            .build()
            .map_err(|error| PgError::Pool(error.to_string()))?;
        Ok(Self { connections, timeout: settings.timeout })
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
            let connection = self.connections.get().await.map_err(|error| match error {
                managed::PoolError::Backend(error) => error,
                error => PgError::Pool(error.to_string()),
            })?;
            let mut lease = Lease(Some(connection));
            let result = lease.run(work).await;
            Ok(result?)
        };
        tokio::time::timeout(self.timeout, attempt).await.unwrap_or(Err(PgError::Deadline(self.timeout)))
    }

    /// How many connections there are, and how many of them are in use.
    #[cfg(feature = "test-support")]
    pub(crate) fn usage(&self) -> (usize, usize) {
        let status = self.connections.status();
        (status.size, status.size - status.available)
    }
}

/// A connection out of the pool, which is dropped unless the work on it came to its end.
struct Lease(Option<Object<Connector>>);

impl Lease {
    async fn run<T, W>(&mut self, work: W) -> QueryResult<T>
    where
        W: for<'c> FnOnce(&'c mut AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>> + Send,
    {
        let Some(connection) = &mut self.0 else { return Err(diesel::result::Error::BrokenTransactionManager) };
        let result = work(&mut connection.diesel).await;
        if result.as_ref().err().is_none_or(answered) {
            // Here, and only here, the connection returns to the pool.
            drop(self.0.take());
        }
        result
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(connection) = self.0.take() {
            drop(Object::take(connection));
        }
    }
}
