//! Connections to a SQLite file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::{self, Manager, Metrics, Object, RecycleError, RecycleResult};
use diesel::connection::SimpleConnection;
use diesel::{Connection, ConnectionError, SqliteConnection};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;
use live_domain::StoreError;
use tokio::runtime::Handle;
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tracing::Instrument;

use super::error::{Refusal, SqliteError};
use crate::spans;
use crate::statements::Statements;
use crate::store_settings::StoreSettings;
use crate::usage::{Failures, StoreReading};

/// What traces call the store.
const SYSTEM: &str = "sqlite";

/// How every connection works. What waits for a lock waits five seconds, where nothing else is said.
///
/// With `synchronous = NORMAL` a commit is in the write-ahead log, and in the hands of the operating system, before it is
/// answered, but is not waited for on the disk: it outlives the process, however that ends. When the power fails, the last
/// commits may be gone, the latest first and each as a whole, and the file is sound.
const SETTINGS: &str = "PRAGMA busy_timeout = 5000; PRAGMA foreign_keys = ON; PRAGMA synchronous = NORMAL;";

/// Opens one file.
#[derive(Debug, Clone)]
pub(crate) struct Opener {
    path: Arc<Path>,
}

/// Opens the connections of a pool.
pub(crate) struct PoolManager {
    opener: Opener,
    /// How long a connection waits for a lock: longer than anybody waits for an answer, so that it is the deadline that
    /// ends the wait, and nothing fails earlier because another process writes.
    patience: Duration,
}

impl Opener {
    pub(crate) fn new(path: &Path) -> Self {
        Self { path: path.into() }
    }

    /// Where the file is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is a file.
    pub(crate) fn is_there(&self) -> bool {
        self.path.exists()
    }

    /// A connection to a file that is there. It blocks.
    pub(crate) fn open(&self) -> Result<SqliteConnection, SqliteError> {
        if self.is_there() { self.open_or_create() } else { Err(SqliteError::NoFile(self.path.to_path_buf())) }
    }

    /// A connection; the file is created when it is missing. It blocks.
    pub(crate) fn open_or_create(&self) -> Result<SqliteConnection, SqliteError> {
        let folder = match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        if !folder.is_dir() {
            return Err(SqliteError::NoFolder { path: self.path.to_path_buf(), folder: folder.to_path_buf() });
        }
        // With its folder before it no name reads like a URI.
        let whole = folder.join(self.path.file_name().unwrap_or_default());
        let name = whole.to_str().ok_or_else(|| SqliteError::Name(whole.clone()))?;
        let failed = |source| SqliteError::Open { path: PathBuf::from(&*self.path), source };
        let mut connection = SqliteConnection::establish(name).map_err(failed)?;
        let set_up = connection.batch_execute(SETTINGS);
        set_up.map_err(|error| failed(ConnectionError::CouldntSetupConfiguration(error)))?;
        Ok(connection)
    }
}

/// A connection of the pool. Its work runs on a thread that may block.
pub(crate) struct PooledConnection {
    connection: SyncConnectionWrapper<SqliteConnection>,
    statements: Statements,
    is_trusted: bool,
}

impl Manager for PoolManager {
    type Type = PooledConnection;
    type Error = SqliteError;

    async fn create(&self) -> Result<PooledConnection, SqliteError> {
        let (opener, patience) = (self.opener.clone(), self.patience.as_millis());
        let open = move || {
            let mut connection = opener.open()?;
            connection.batch_execute(&format!("PRAGMA busy_timeout = {patience}"))?;
            Ok::<_, SqliteError>(connection)
        };
        let mut connection = spawn_blocking(open).await??;
        let statements = Statements::default();
        connection.set_instrumentation(statements.counter());
        Ok(PooledConnection { connection: SyncConnectionWrapper::new(connection), statements, is_trusted: true })
    }

    async fn recycle(&self, pooled: &mut PooledConnection, _: &Metrics) -> RecycleResult<SqliteError> {
        let is_usable = pooled.is_trusted && !pooled.statements.are_too_many();
        if is_usable { Ok(()) } else { Err(RecycleError::message("the connection has served its time")) }
    }
}

/// A pool of connections, and the deadline of what is run on them.
#[derive(Clone)]
pub(crate) struct Pool {
    connections: managed::Pool<PoolManager>,
    /// Whose turn it is to write. SQLite lets one write at a time, and whoever comes while it is busy tries again after a
    /// while, in no order; here they wait in the order in which they came.
    turn: Arc<Mutex<()>>,
    /// Where work goes on when the thread that asked for it is gone.
    runtime: Handle,
    timeout: Duration,
    failures: Failures,
}

impl Pool {
    pub(crate) fn new(opener: Opener, settings: StoreSettings) -> Result<Self, SqliteError> {
        let connections =
            managed::Pool::builder(PoolManager { opener, patience: settings.timeout + Duration::from_secs(1) })
                .max_size(settings.pool_size.max(1))
                .build()
                .map_err(|error| SqliteError::Pool(error.to_string()))?;
        let runtime = Handle::try_current().map_err(|error| SqliteError::Pool(error.to_string()))?;
        Ok(Self {
            connections,
            turn: Arc::default(),
            runtime,
            timeout: settings.timeout,
            failures: Failures::default(),
        })
    }

    /// Takes a connection and runs the work on it, both before one deadline.
    ///
    /// Nothing stops a statement of SQLite. When the deadline passes or the caller goes away, work that has begun goes on
    /// in a task of its own, which gives the connection back at its end: none is ever handed on in the middle of something.
    pub(crate) async fn run<T, W>(&self, work: W) -> Result<T, SqliteError>
    where
        T: Send + 'static,
        W: FnOnce(&mut SqliteConnection) -> Result<T, SqliteError> + Send + 'static,
    {
        self.in_time(self.begin(work).instrument(spans::read(SYSTEM))).await
    }

    /// Waits for the turn to write, and runs the work in one transaction, before one deadline; as for [`Pool::run`], what
    /// has begun ends, and keeps the turn until then.
    pub(crate) async fn write<T, R, W>(&self, work: W) -> Result<T, R>
    where
        T: Send + 'static,
        R: From<StoreError> + Send + 'static,
        W: FnOnce(&mut SqliteConnection) -> Result<T, Refusal<R>> + Send + 'static,
    {
        let attempt = async {
            let turn = Arc::clone(&self.turn).lock_owned().await;
            let transaction = move |connection: &mut SqliteConnection| {
                let _turn = turn;
                match connection.immediate_transaction(work) {
                    Ok(done) => Ok(Ok(done)),
                    Err(Refusal::Rule(refusal)) => Ok(Err(refusal)),
                    Err(Refusal::Store(error)) => Err(error),
                }
            };
            self.begin(transaction).await
        };
        self.in_time(attempt.instrument(spans::write(SYSTEM))).await.map_err(StoreError::from)?
    }

    async fn in_time<T>(&self, attempt: impl Future<Output = Result<T, SqliteError>>) -> Result<T, SqliteError> {
        let result = tokio::time::timeout(self.timeout, attempt).await;
        let result = result.unwrap_or(Err(SqliteError::Deadline(self.timeout)));
        result.inspect_err(|error| self.failures.count(error.kind()))
    }

    async fn begin<T, W>(&self, work: W) -> Result<T, SqliteError>
    where
        T: Send + 'static,
        W: FnOnce(&mut SqliteConnection) -> Result<T, SqliteError> + Send + 'static,
    {
        let mut pooled = self.connections.get().await.map_err(|error| match error {
            managed::PoolError::Backend(error) => error,
            error => SqliteError::Pool(error.to_string()),
        })?;
        let begun = self.runtime.spawn(async move {
            // It is trusted again only if the work ends well: not after a failure, and not after a panic.
            pooled.is_trusted = false;
            let result = pooled.connection.spawn_blocking(|connection| Ok(work(connection))).await;
            let result = result.map_err(SqliteError::from).flatten();
            pooled.is_trusted = result.is_ok();
            if !pooled.is_trusted {
                drop(Object::take(pooled));
            }
            result
        });
        begun.await?
    }

    /// How it is used, and how often it failed.
    pub(crate) fn reading(&self) -> StoreReading {
        self.failures.reading(self.connections.status())
    }
}
