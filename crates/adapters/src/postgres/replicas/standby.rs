//! One standby: its connections, and what is known of it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use live_domain::StorePosition;

use crate::postgres::error::PgError;
use crate::postgres::list_query::PositionedListQuery;
use crate::postgres::pool::Pool;
use crate::postgres::progress::{self, has_come_to, position_of};
use crate::postgres::row::ListedRow;

/// The rows of a page, and how far the server had come that they were read from; none where there are no rows.
pub(super) type ReadPage = (Vec<ListedRow>, Option<StorePosition>);

/// Reads a page from a server.
pub(super) async fn read(pool: &Pool, query: &PositionedListQuery, patience: Duration) -> Result<ReadPage, PgError> {
    // Here alone: atomics and vectors would get its `load` and `first`, too.
    use diesel_async::RunQueryDsl;
    let query = query.clone();
    let rows: Vec<(ListedRow, i64)> = pool.run_within(patience, |connection| query.load(connection).boxed()).await?;
    let position = rows.as_slice().first().map(|(_, number)| position_of(*number));
    Ok((rows.into_iter().map(|(row, _)| row).collect(), position))
}

pub(super) struct Standby {
    /// Its host and port.
    pub(super) server: String,
    pub(super) pool: Pool,
    /// How far it has come at least; none: it does not answer.
    come_to: Mutex<Option<StorePosition>>,
    /// Whether lists were read from it when something was last learned of it.
    pub(super) is_read: AtomicBool,
    lists: AtomicU64,
}

impl Standby {
    pub(super) fn new(server: String, pool: Pool) -> Self {
        Self { server, pool, come_to: Mutex::default(), is_read: AtomicBool::default(), lists: AtomicU64::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Option<StorePosition>> {
        self.come_to.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It says so, or does not answer. One that was restarted may be further back than before.
    pub(super) fn note(&self, position: Option<StorePosition>) {
        *self.lock() = position;
    }

    /// A request has seen that it has come so far. One that does not answer any more is not believed to be there again.
    fn has_shown(&self, position: StorePosition) {
        if let Some(come_to) = self.lock().as_mut() {
            *come_to = position.max(*come_to);
        }
    }

    /// How far it has come at least, if it answers.
    pub(super) fn come_to(&self) -> Option<StorePosition> {
        *self.lock()
    }

    /// Whether it is known to have all that was seen.
    pub(super) fn has(&self, seen: Option<StorePosition>) -> bool {
        seen.is_none_or(|seen| self.come_to().is_some_and(|come_to| has_come_to(come_to, seen)))
    }

    /// Asks how far it has come by now.
    pub(super) async fn ask(&self, patience: Duration) {
        // Why it does not say has been counted.
        if let Ok(position) = progress::ask(&self.pool, patience).await {
            self.has_shown(position);
        }
    }

    /// Reads a page from it. None: it did not give it, or turned out to be further back than was known.
    pub(super) async fn page(
        &self,
        query: &PositionedListQuery,
        seen: Option<StorePosition>,
        patience: Duration,
    ) -> Option<ReadPage> {
        // Why not has been counted; whoever can answer in its place is asked next.
        let page = read(&self.pool, query, patience).await.ok()?;
        if let Some(position) = page.1 {
            if seen.is_some_and(|seen| !has_come_to(position, seen)) {
                return None;
            }
            self.has_shown(position);
        }
        self.lists.fetch_add(1, Ordering::Relaxed);
        Some(page)
    }

    /// How many lists were read from it.
    pub(super) fn lists(&self) -> u64 {
        self.lists.load(Ordering::Relaxed)
    }
}
