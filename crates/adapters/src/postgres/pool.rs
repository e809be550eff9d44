//! The connections that requests share.

use std::convert::Infallible;
use std::time::Duration;

use async_trait::async_trait;
use deadpool::managed::{self, Object};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use futures_util::future::BoxFuture;
use live_domain::StoreError;
use tokio::runtime::Handle;
use tracing::Instrument;

use super::connection::{Connector, PgConnection};
use super::error::PgError;
use super::failure::{Fate, remedy};
use super::manager::ConnectionManager;
use super::shares::Shares;
use crate::spans;
use crate::store_settings::StoreSettings;
use crate::usage::{Failures, StoreReading};

/// What traces call the store.
const SYSTEM: &str = "postgresql";

/// What is done as a whole or not at all.
#[async_trait]
pub(crate) trait Work: Send + Sync {
    /// What comes of it.
    type Done: Send + 'static;
    /// Why it is not done.
    type Refused: Send + 'static;

    /// Whether it does no harm to do it twice.
    const HARMLESS: bool = false;

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

/// One statement that does no harm when it is run twice, and how long it is waited for.
struct Harmless<W>(W, Duration);

#[async_trait]
impl<T, W> Work for Harmless<W>
where
    T: Send + 'static,
    W: for<'c> FnOnce(&'c mut AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>> + Clone + Send + Sync,
{
    type Done = T;
    type Refused = Infallible;

    const HARMLESS: bool = true;

    fn patience(&self, _: Duration) -> Duration {
        self.1
    }

    async fn attempt(&self, connection: &mut AsyncPgConnection) -> Result<T, Undone<Infallible>> {
        let work = self.0.clone();
        Ok(work(connection).await?)
    }
}

/// A pool of connections, and the deadline of what is run on them.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: Shares,
    timeout: Duration,
    /// Where writes run.
    runtime: Handle,
    failures: Failures,
}

impl Pool {
    pub(crate) fn new(connector: &Connector, settings: StoreSettings) -> Result<Self, PgError> {
        Self::counting(Failures::default(), connector, settings)
    }

    /// A pool of connections to a server beside that of the other one: failures count together.
    pub(crate) fn beside(other: &Self, connector: &Connector, settings: StoreSettings) -> Result<Self, PgError> {
        Self::counting(other.failures.clone(), connector, settings)
    }

    fn counting(failures: Failures, connector: &Connector, settings: StoreSettings) -> Result<Self, PgError> {
        let runtime = connector.runtime();
        let connections = Shares::new(connector, settings)?;
        Ok(Self { connections, timeout: settings.timeout, runtime, failures })
    }

    /// Takes a connection and runs a statement on it that does no harm when it is run twice: a read, or one that deletes
    /// what has to go. When its connection breaks, it is run once more on another one.
    ///
    /// A connection goes back to the pool only when the work came to an end on it that leaves nothing open: neither when
    /// the deadline passed, nor when the caller went away in the middle, nor after a failure of connection or server.
    pub(crate) async fn run<T, W>(&self, work: W) -> Result<T, PgError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>> + Clone + Send + Sync,
    {
        self.run_within(self.timeout, work).await
    }

    /// The same for somebody who has less time.
    pub(crate) async fn run_within<T, W>(&self, patience: Duration, work: W) -> Result<T, PgError>
    where
        T: Send + 'static,
        W: for<'c> FnOnce(&'c mut AsyncPgConnection) -> BoxFuture<'c, QueryResult<T>> + Clone + Send + Sync,
    {
        let done = self.in_time(&Harmless(work, patience)).instrument(spans::read(SYSTEM)).await;
        done.map_err(|undone| match undone {
            Undone::Failed(error) => error,
            Undone::Refused(never) => match never {},
        })
    }

    /// Takes a connection and does the work on it in a task of its own: when the caller goes away in the middle, it comes
    /// to its end all the same, and neither locks nor a connection are lost.
    pub(crate) async fn write<W: Work + 'static>(&self, work: W) -> Result<W::Done, Undone<W::Refused>> {
        let pool = Self { connections: self.connections.of_this_thread(), ..self.clone() };
        let work = async move { pool.in_time(&work).await }.instrument(spans::write(SYSTEM));
        self.runtime.spawn(work).await.unwrap_or_else(|error| Err(self.counted(PgError::Task(error)).into()))
    }

    /// All attempts share one deadline.
    async fn in_time<W: Work>(&self, work: &W) -> Result<W::Done, Undone<W::Refused>> {
        let patience = work.patience(self.timeout);
        let mut at_work = false;
        let done = tokio::time::timeout(patience, self.attempts(work, &mut at_work)).await;
        done.unwrap_or_else(|_elapsed| {
            // Who waited for a connection alone knows nothing of those that others have.
            if at_work {
                self.connections.doubt();
            }
            Err(self.counted(PgError::Deadline(patience)).into())
        })
    }

    async fn attempts<W: Work>(&self, work: &W, at_work: &mut bool) -> Result<W::Done, Undone<W::Refused>> {
        let done = self.attempt(work, at_work).await;
        let Err(Undone::Failed(error)) = &done else { return done };
        let Some(pause) = error.another_attempt_in(W::HARMLESS) else { return done };
        tokio::time::sleep(pause).await;
        self.attempt(work, at_work).await
    }

    /// One attempt, which tells whether it is at work on a connection: at its end it is not.
    async fn attempt<W: Work>(&self, work: &W, at_work: &mut bool) -> Result<W::Done, Undone<W::Refused>> {
        let mut lease = self.lease().await.map_err(|error| self.counted(error))?;
        let connection = lease.connection()?;
        // Of what was done before: a violation that was expected, for one.
        connection.take_last_error();
        *at_work = true;
        let done = work.attempt(&mut connection.diesel).await;
        *at_work = false;
        let (done, fate) = match done {
            Err(Undone::Failed(error)) => {
                let error = self.counted(error.told(connection.take_last_error()));
                let fate = remedy(error.kind()).connection;
                (Err(Undone::Failed(error)), fate)
            }
            done => (done, Fate::Kept),
        };
        lease.end_with(fate);
        done
    }

    /// How long a request waits.
    pub(crate) fn timeout(&self) -> Duration {
        self.timeout
    }

    /// A failure that belongs to the count.
    pub(crate) fn counted(&self, error: impl Into<PgError>) -> PgError {
        let error = error.into();
        self.failures.count(error.kind());
        error
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
struct Lease(Option<Object<ConnectionManager>>);

impl Lease {
    fn connection(&mut self) -> Result<&mut PgConnection, PgError> {
        Ok(self.0.as_deref_mut().ok_or(diesel::result::Error::BrokenTransactionManager)?)
    }

    /// The work came to its end.
    fn end_with(mut self, fate: Fate) {
        match fate {
            // Here, and only here, the connection returns to the pool.
            Fate::Kept => drop(self.0.take()),
            Fate::Dropped => {}
            Fate::DroppedWithOlder => self.retire(),
        }
    }

    fn retire(&self) {
        let connection = self.0.as_ref();
        if let Some((connection, pool)) = connection.and_then(|one| Some((one, Object::pool(one)?))) {
            pool.manager().retire(Object::metrics(connection));
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
