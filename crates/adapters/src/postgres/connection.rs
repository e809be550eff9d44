//! One connection to Postgres: how it is made, and how it is known to be lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{Instrumentation, InstrumentationEvent};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, NoTls};

use super::error::PgError;
use crate::database_url::PostgresUrl;

/// How statements of requests are planned. A prepared statement is planned once and not once more for each value or
/// limit, and never compiled. A page is read along an index in its order: the planner is not to think a filter so rare
/// that it had better collect everything and sort it.
pub(super) const SETTINGS: &str = "SET plan_cache_mode = force_generic_plan; SET jit = off; SET enable_seqscan = off; \
                        SET enable_bitmapscan = off; SET enable_sort = off; SET enable_incremental_sort = off;";

/// Makes connections to one database.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    url: Arc<PostgresUrl>,
}

impl Connector {
    pub(crate) fn new(url: &PostgresUrl) -> Self {
        Self { url: Arc::new(url.clone()) }
    }

    /// A connection for statements of requests.
    pub(crate) async fn for_requests(&self) -> Result<PgConnection, PgError> {
        let mut connection = self.for_diesel().await?;
        connection.diesel.batch_execute(SETTINGS).await?;
        Ok(connection)
    }

    /// A connection as the server sets it up.
    pub(crate) async fn for_diesel(&self) -> Result<PgConnection, PgError> {
        let (client, wire) = self.for_driver().await?;
        let mut diesel = AsyncPgConnection::try_from(client)
            .await
            .map_err(|source| PgError::SetUp { target: self.url.target(), source })?;
        let statements = Arc::default();
        diesel.set_instrumentation(CountStatements(Arc::clone(&statements)));
        Ok(PgConnection { diesel, wire, statements })
    }

    /// A connection without diesel, which knows no COPY.
    pub(crate) async fn for_driver(&self) -> Result<(Client, Wire), PgError> {
        let (client, connection) = self
            .url
            .config()
            .connect(NoTls)
            .await
            .map_err(|source| PgError::Connect { target: self.url.target(), source })?;
        let task = tokio::spawn(async move {
            if let Err(error) = connection.await {
                let error: &dyn std::error::Error = &error;
                tracing::warn!(error, "a connection to Postgres was lost");
            }
        });
        Ok((client, Wire(task)))
    }
}

/// The task that moves a connection's bytes. The connection ends with it.
#[derive(Debug)]
pub(crate) struct Wire(JoinHandle<()>);

impl Wire {
    /// Whether the server has closed the connection. It costs no round trip.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.is_finished()
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        // A server that is frozen in the middle of an answer would keep the task, and its socket, for ever.
        self.0.abort();
    }
}

/// A connection for diesel.
pub(crate) struct PgConnection {
    pub(crate) diesel: AsyncPgConnection,
    pub(super) wire: Wire,
    statements: Arc<AtomicUsize>,
}

impl PgConnection {
    /// The most statements that a connection keeps prepared. Ordinary callers need a few dozen; whoever combines all
    /// filters gets new connections now and then, rather than the memory of the server.
    const MOST_STATEMENTS: usize = 500;

    /// Whether the next request can use it, as far as is known without a round trip.
    pub(crate) fn is_usable(&self) -> bool {
        !self.wire.is_closed() && self.statements.load(Ordering::Relaxed) <= Self::MOST_STATEMENTS
    }
}

/// Counts what diesel keeps prepared.
struct CountStatements(Arc<AtomicUsize>);

impl Instrumentation for CountStatements {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if matches!(event, InstrumentationEvent::CacheQuery { .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
