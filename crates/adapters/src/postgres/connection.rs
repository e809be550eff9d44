//! One connection to Postgres: how it is made, and how it is known to be lost.

use std::sync::Arc;
use std::time::Duration;

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tokio::runtime::{self, Handle};
use tokio::task::JoinHandle;
use tokio_postgres::error::SqlState;

use super::dial::{Dialled, Dialler};
use super::error::PgError;
use super::patience::Patience;
use super::session::{defaults, planning};
use super::tap::Overheard;
use crate::connect::OpenError;
use crate::database_url::PostgresUrl;
use crate::statements::Statements;

/// Makes connections to one database.
#[derive(Clone)]
pub(crate) struct Connector {
    dialler: Arc<Dialler>,
    /// Where the bytes of connections are moved.
    runtime: Handle,
    /// How long the server works on a statement of a request: when nobody waits for it any more, it is to stop.
    statement_timeout: Duration,
}

impl Connector {
    pub(crate) fn new(url: &PostgresUrl, statement_timeout: Duration) -> Result<Self, OpenError> {
        let runtime = Handle::try_current().map_err(|error| PgError::Pool(error.to_string()))?;
        Ok(Self { dialler: Arc::new(Dialler::new(url)?), runtime, statement_timeout })
    }

    /// Where connections lead.
    pub(super) fn url(&self) -> &PostgresUrl {
        self.dialler.url()
    }

    /// Where the bytes of connections are moved.
    pub(crate) fn runtime(&self) -> Handle {
        self.runtime.clone()
    }

    /// The same, for connections whose bytes are moved there.
    pub(super) fn living_on(&self, runtime: Handle) -> Self {
        Self { runtime, ..self.clone() }
    }

    /// A connection for statements of requests.
    pub(crate) async fn for_requests(&self) -> Result<PgConnection, PgError> {
        let dialled = self.dial(Patience::within(self.statement_timeout)).await?;
        let timeout = self.statement_timeout.as_millis();
        let settings = format!("{} {} SET statement_timeout = {timeout};", defaults(), planning());
        self.set_up(dialled, &settings).await
    }

    /// A connection whose work has no deadline.
    pub(crate) async fn for_diesel(&self) -> Result<PgConnection, PgError> {
        self.set_up(self.dial(Patience::UNHURRIED).await?, &defaults()).await
    }

    /// A connection without diesel, which knows no COPY.
    pub(crate) async fn for_driver(&self) -> Result<Dialled, PgError> {
        self.dial(Patience::UNHURRIED).await
    }

    /// Hands the connection to diesel, and makes these settings on it where they would stay.
    async fn set_up(&self, dialled: Dialled, settings: &str) -> Result<PgConnection, PgError> {
        let Dialled { client, wire, overheard, is_encrypted, is_pooled } = dialled;
        let mut diesel = AsyncPgConnection::try_from(client)
            .await
            .map_err(|source| PgError::SetUp { target: self.dialler.url().target(), source })?;
        if !is_pooled {
            diesel.batch_execute(settings).await?;
        }
        let statements = Statements::default();
        diesel.set_instrumentation(statements.counter());
        Ok(PgConnection { diesel, wire, home: self.runtime.id(), is_encrypted, is_pooled, overheard, statements })
    }

    /// Connects in that time, unless the URL says otherwise.
    async fn dial(&self, patience: Patience) -> Result<Dialled, PgError> {
        let dialler = Arc::clone(&self.dialler);
        let mut connecting = Task(self.runtime.spawn(async move {
            let refused = |source| PgError::Connect { target: dialler.url().target(), source };
            dialler.dial(patience).await.map_err(refused)
        }));
        (&mut connecting.0).await.map_err(PgError::Task)?
    }
}

/// A task that ends when nobody cares for it any more. A server that says nothing, or is frozen in the middle of an
/// answer, would keep it, and its socket, for long.
#[derive(Debug)]
pub(super) struct Task<T>(JoinHandle<T>);

impl<T> Task<T> {
    /// The task behind that handle.
    pub(super) fn of(handle: JoinHandle<T>) -> Self {
        Self(handle)
    }
}

impl<T> Drop for Task<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The task that moves a connection's bytes. The connection ends with it.
#[derive(Debug)]
pub(crate) struct Wire(Task<()>);

impl Wire {
    /// Moves the bytes from now on.
    pub(super) fn of(connection: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Task::of(tokio::spawn(connection)))
    }

    /// Waits until the connection has ended. To be waited for once.
    pub(super) async fn ended(&mut self) {
        drop((&mut self.0.0).await);
    }

    /// Whether the server has closed the connection. It costs no round trip.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.0.is_finished()
    }
}

/// A connection for diesel.
pub(crate) struct PgConnection {
    pub(crate) diesel: AsyncPgConnection,
    pub(super) wire: Wire,
    /// Where its bytes are moved.
    pub(super) home: runtime::Id,
    /// Whether it is as far as server or pooler.
    pub(super) is_encrypted: bool,
    /// Whether a pooler hands statements to connections of its own: nothing that is set here would stay.
    pub(super) is_pooled: bool,
    overheard: Overheard,
    statements: Statements,
}

impl PgConnection {
    /// The SQLSTATE of the last error that the server sent since the last time it was taken. Diesel has kinds for few.
    pub(crate) fn take_last_error(&self) -> Option<SqlState> {
        self.overheard.take_last_error()
    }

    /// Whether the next request can use it, as far as is known without a round trip.
    pub(crate) fn is_usable(&self) -> bool {
        !self.wire.is_closed() && !self.statements.are_too_many()
    }
}
