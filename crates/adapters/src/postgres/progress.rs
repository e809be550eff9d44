//! How far a server has come: what it has written into its log or, on a standby, replayed of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use diesel::sql_types::BigInt;
use futures_util::FutureExt;
use live_domain::{StoreError, StorePosition, StoreProgress};

use super::PgSessionRepository;
use super::error::PgError;
use super::pool::Pool;
use super::statement::statement;

/// The expression of the position. What is written and not yet sent to disk counts: with `synchronous_commit` off it can be
/// seen before it is there.
pub(super) const POSITION: &str = "(coalesce(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() \
                                   ELSE pg_current_wal_insert_lsn() END, '0/0') - '0/0')::bigint";

/// The position that a server tells as this number.
pub(super) fn position_of(number: i64) -> StorePosition {
    StorePosition::new(u64::try_from(number).unwrap_or_default())
}

/// What a page of the log is long, and what its header is: a longer one where a file of the log begins.
const PAGE: u64 = 8_192;
const HEADERS: [u64; 2] = [24, 40];

/// Whether a server that has come to the first has come to the second.
///
/// A primary whose last record ends with a page of its log tells the place where the next one will go, behind the header of
/// the next page; who has replayed that record stands before the header. Nothing is between the two, as no record ends within
/// a header, and none that begins behind one ends so soon after it.
pub(super) fn has_come_to(this: StorePosition, that: StorePosition) -> bool {
    let (this, that) = (this.get(), that.get());
    this >= that || this.is_multiple_of(PAGE) && HEADERS.contains(&(that - this))
}

/// The latest position that is known to have been come to. Clones know the same.
#[derive(Debug, Clone, Default)]
pub(super) struct KnownPosition(Arc<AtomicU64>);

impl KnownPosition {
    pub(super) fn note(&self, position: StorePosition) {
        self.0.fetch_max(position.get(), Ordering::Relaxed);
    }

    pub(super) fn get(&self) -> StorePosition {
        StorePosition::new(self.0.load(Ordering::Relaxed))
    }
}

/// Asks a server how far it has come.
pub(super) async fn ask(pool: &Pool, patience: std::time::Duration) -> Result<StorePosition, PgError> {
    // Here alone: atomics and vectors would get its `load` and `first`, too.
    use diesel_async::RunQueryDsl;
    let query = statement::<(BigInt,)>(format!("SELECT {POSITION}"));
    let (number,): (i64,) = pool.run_within(patience, |connection| query.get_result(connection).boxed()).await?;
    Ok(position_of(number))
}

#[async_trait]
impl StoreProgress for PgSessionRepository {
    async fn position(&self) -> Result<StorePosition, StoreError> {
        let position = ask(&self.pool, self.pool.timeout()).await?;
        self.come_to.note(position);
        Ok(position)
    }

    async fn is_ahead(&self, position: StorePosition) -> Result<bool, StoreError> {
        Ok(position > self.come_to.get() && position > self.position().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_of_a_page_to_come_is_nothing_to_be_replayed() {
        let has_come = |this, that| has_come_to(StorePosition::new(this), StorePosition::new(that));
        assert!(has_come(5, 5) && has_come(6, 5) && !has_come(5, 6));
        assert!(has_come(8_192, 8_192 + 24) && has_come(16 << 20, (16 << 20) + 40));
        assert!(!has_come(8_192, 8_192 + 48) && !has_come(8_184, 8_192 + 24) && !has_come(8_216, 8_216 + 24));
    }
}
