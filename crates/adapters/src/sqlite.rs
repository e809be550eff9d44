//! Sessions on SQLite.

mod bulk;
mod checkup;
mod connection;
mod error;
mod events;
#[cfg(feature = "test-support")]
mod explain;
mod feeds;
mod forget;
mod idempotency;
mod line_query;
mod list_query;
mod migrate;
mod registrations;
mod row;
pub mod schema;
mod session_columns;
mod session_reads;
mod session_writes;

use std::path::Path;

use async_trait::async_trait;
use diesel::RunQueryDsl;
use live_domain::{
    BrandScope, ListedSession, Page, PageSize, SessionFilter, SessionRepository, SessionScan, StoreError,
    StorePosition, StoreProgress, Viewer,
};
use uuid::Uuid;

use self::connection::{Opener, Pool};
use self::row::ListedRow;
use self::session_reads::listed;
use crate::connect::{NotUp, Startup};
use crate::session_row::values;
use crate::store_settings::StoreSettings;
use crate::usage::{StoreReading, StoreUsage};

pub use self::list_query::{ListQuery, list_query};
pub use self::migrate::MIGRATIONS;

/// Sessions in a SQLite file: every port of the store. Clones share their connections.
#[derive(Clone)]
pub struct SqliteSessionRepository {
    opener: Opener,
    pool: Pool,
}

impl SqliteSessionRepository {
    /// The store in that file. It is opened, and created where it is missing, when it is first asked something.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] when no pool can be made of the settings.
    pub fn new(path: &Path, settings: StoreSettings) -> Result<Self, StoreError> {
        let opener = Opener::new(path);
        let pool = Pool::new(opener.clone(), settings)?;
        Ok(Self { opener, pool })
    }
}

impl StoreUsage for SqliteSessionRepository {
    fn reading(&self) -> StoreReading {
        self.pool.reading()
    }
}

#[async_trait]
impl SessionRepository for SqliteSessionRepository {
    async fn list(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        filter: &SessionFilter,
        scan: SessionScan,
        size: PageSize,
    ) -> Result<Page<ListedSession, SessionScan>, StoreError> {
        let Some(query) = list_query(scope, viewer, filter, scan, size) else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let items = self.pool.run(move |connection| {
            let rows: Vec<ListedRow> = query.load(connection)?;
            Ok(values(rows)?)
        });
        Ok(Page::from_rows(items.await?, size, |last: &ListedSession| scan.resumed_after(last.session.position())))
    }

    async fn find(&self, scope: &BrandScope, viewer: &Viewer, id: Uuid) -> Result<Option<ListedSession>, StoreError> {
        let viewer = viewer.clone();
        let found = self.pool.run(move |connection| listed(connection, &viewer, id)).await?;
        Ok(found.filter(|found| scope.permits(&found.session.brand_id)))
    }
}

#[async_trait]
impl Startup for SqliteSessionRepository {
    /// A file is there at once, or made.
    async fn check_up(&self) -> Result<(), NotUp> {
        Ok(())
    }
}

/// A file is one copy.
#[async_trait]
impl StoreProgress for SqliteSessionRepository {
    async fn position(&self) -> Result<StorePosition, StoreError> {
        Ok(StorePosition::ORIGIN)
    }

    async fn is_ahead(&self, position: StorePosition) -> Result<bool, StoreError> {
        Ok(position > StorePosition::ORIGIN)
    }
}
