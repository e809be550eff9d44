//! Sessions on Postgres.

mod backlog;
mod bulk;
mod certificates;
mod checkup;
mod connection;
mod dial;
mod error;
mod events;
#[cfg(feature = "test-support")]
mod explain;
mod failure;
mod feeds;
mod forget;
mod history_deletion;
mod idempotency;
mod list_query;
mod manager;
mod migrate;
mod password_file;
mod patience;
mod pool;
mod progress;
mod registrations;
mod replicas;
mod row;
pub mod schema;
mod session;
mod session_columns;
mod session_writes;
mod shares;
mod statement;
mod tap;
mod tls;
mod transport;
mod undialled;

use async_trait::async_trait;
use diesel::OptionalExtension;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use live_domain::{
    BrandScope, ListedSession, Page, PageSize, SessionFilter, SessionRepository, SessionScan, StoreError, Viewer,
};
use uuid::Uuid;

use self::connection::Connector;
use self::error::PgError;
use self::history_deletion::DeletedThrough;
use self::pool::Pool;
use self::progress::KnownPosition;
use self::row::ListedRow;
use self::schema::sessions;
use self::statement::{brands, statement};
use crate::connect::{NotUp, OpenError, Startup};
use crate::database_url::PostgresUrl;
use crate::session_row::values;
use crate::store_settings::StoreSettings;
use crate::usage::{StoreReading, StoreUsage};

#[cfg(feature = "test-support")]
pub use self::explain::{Statement, request_options};
pub use self::list_query::{ListQuery, list_query};
pub use self::migrate::MIGRATIONS;
pub(crate) use self::replicas::PgReplicas;
pub use self::replicas::examine_standbys;

const FIND: &str = "
    SELECT s.*, coalesce((SELECT r.status = 'registered' FROM registrations r
        WHERE r.session_id = s.id AND r.user_id = $3), false)
    FROM sessions s WHERE s.id = $1 AND ($2 IS NULL OR s.brand_id = ANY ($2))";

/// Sessions on Postgres: every port of the store. Clones share their connections.
#[derive(Clone)]
pub struct PgSessionRepository {
    connector: Connector,
    pool: Pool,
    deleted_through: DeletedThrough,
    come_to: KnownPosition,
}

impl PgSessionRepository {
    /// The store at that address. It connects when it is first asked something.
    ///
    /// # Errors
    ///
    /// [`OpenError::Setting`] when a file that the address names is no good; [`StoreError::Failed`] outside of a tokio
    /// runtime.
    pub fn new(url: &PostgresUrl, settings: StoreSettings) -> Result<Self, OpenError> {
        let connector = Connector::new(url, settings.timeout)?;
        let pool = Pool::new(&connector, settings)?;
        Ok(Self { connector, pool, deleted_through: DeletedThrough::default(), come_to: KnownPosition::default() })
    }
}

impl StoreUsage for PgSessionRepository {
    fn reading(&self) -> StoreReading {
        self.pool.reading()
    }
}

#[async_trait]
impl SessionRepository for PgSessionRepository {
    async fn list(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        filter: &SessionFilter,
        scan: SessionScan,
        size: PageSize,
    ) -> Result<Page<ListedSession, SessionScan>, StoreError> {
        let rows: Vec<ListedRow> = match list_query(scope, viewer, filter, scan, size) {
            Some(query) => self.pool.run(|connection| query.load(connection).boxed()).await?,
            None => Vec::new(),
        };
        let items = values(rows).map_err(|error| self.pool.counted(error))?;
        Ok(Page::from_rows(items, size, |last: &ListedSession| scan.resumed_after(last.session.position())))
    }

    async fn find(&self, scope: &BrandScope, viewer: &Viewer, id: Uuid) -> Result<Option<ListedSession>, StoreError> {
        let viewer = viewer.subject().to_string();
        let query = statement::<(sessions::SqlType, Bool)>(FIND).bind(id).bind(brands(scope)).bind(viewer);
        let row: Option<ListedRow> =
            self.pool.run(|connection| query.get_result(connection).map(OptionalExtension::optional).boxed()).await?;
        Ok(row.map(ListedSession::try_from).transpose().map_err(|error| self.pool.counted(error))?)
    }
}

#[async_trait]
impl Startup for PgSessionRepository {
    async fn check_up(&self) -> Result<(), NotUp> {
        self.connector.for_driver().await.map(drop).map_err(|error| match &error {
            PgError::Connect { source, .. } if source.may_pass() => NotUp::Yet(error.into()),
            _ => NotUp::Refused(error.into()),
        })
    }
}
