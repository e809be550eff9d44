//! The ports that a store of sessions implements. What each sentence promises, the [contract suite] checks.
//!
//! [contract suite]: crate#features

use async_trait::async_trait;

use crate::error::StoreError;
use crate::listing::{Page, PageSize, SessionFilter, SessionScan};
use crate::session::ListedSession;
use crate::viewer::{BrandScope, Viewer};

/// Reads sessions for viewers.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait SessionRepository: Send + Sync {
    /// Lists sessions.
    ///
    /// Returns the first `size` sessions, in the order of the scan, that the scope permits, the filter
    /// [matches](SessionFilter::matches) and the scan [admits](SessionScan::admits), each with its number of
    /// registrations in force and whether the viewer holds one of them.
    ///
    /// `next` is given exactly when there is a further session, and is the scan resumed after the last one returned:
    /// no page but the first is empty.
    ///
    /// # Errors
    ///
    /// [`StoreError::Unavailable`] when the store cannot answer in time, [`StoreError::Failed`] when it fails.
    async fn list(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        filter: &SessionFilter,
        scan: SessionScan,
        size: PageSize,
    ) -> Result<Page<ListedSession, SessionScan>, StoreError>;
}

/// How a store's schema compares with the one that this version works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SchemaState {
    /// This version's, or newer.
    Current,
    /// Older: migrations are to be run.
    Behind,
}

/// Tells whether a store can serve.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait StoreHealth: Send + Sync {
    /// Reaches the store and compares its schema.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be reached in time or fails.
    async fn schema_state(&self) -> Result<SchemaState, StoreError>;
}
