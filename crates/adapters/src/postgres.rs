//! Sessions on Postgres.

mod bulk;
mod connection;
mod error;
#[cfg(feature = "test-support")]
mod explain;
mod list_query;
mod migrate;
mod pool;
mod row;
pub mod schema;

use async_trait::async_trait;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use live_domain::{
    BrandScope, ListedSession, Page, PageSize, SessionFilter, SessionRepository, SessionScan, StoreError, Viewer,
};

use self::connection::Connector;
use self::error::PgError;
use self::pool::Pool;
use self::row::ListedRow;
use crate::database_url::PostgresUrl;
use crate::session_row::values;
use crate::store_settings::StoreSettings;

pub use self::list_query::{ListQuery, list_query};
pub use self::migrate::MIGRATIONS;

/// Sessions on Postgres: every port of the store. Clones share their connections.
#[derive(Clone)]
pub struct PgSessionRepository {
    connector: Connector,
    pool: Pool,
}

impl PgSessionRepository {
    /// The store at that address. It connects when it is first asked something.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] outside of a tokio runtime.
    pub fn new(url: &PostgresUrl, settings: StoreSettings) -> Result<Self, StoreError> {
        let connector = Connector::new(url, settings.timeout)?;
        let pool = Pool::new(connector.clone(), settings)?;
        Ok(Self { connector, pool })
    }

    /// How many connections requests have, and how many of them are in use.
    #[cfg(feature = "test-support")]
    #[must_use]
    pub fn pool_usage(&self) -> (usize, usize) {
        self.pool.usage()
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
        let items = values(rows).map_err(PgError::from)?;
        Ok(Page::from_rows(items, size, |last: &ListedSession| scan.resumed_after(last.session.position())))
    }
}
