//! Lists read from standbys, which Postgres's own replication keeps up to date; everything else on the primary.
//!
//! A page may be read from any server that has come to what its reader has seen, and is not too far behind. What servers have come
//! to is known from asking them all the time ([`watch`]), and from every page, which tells it beside its rows.

mod checkup;
mod history;
mod servers;
mod standby;
mod watch;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use live_domain::{
    BrandScope, ListedSession, Page, PageSize, SessionFilter, SessionRepository, SessionScan, StoreError,
    StorePosition, StoreProgress, Viewer,
};
use tokio::time::{Instant, timeout_at};
use uuid::Uuid;

pub use self::checkup::examine_standbys;
use self::servers::Servers;
use self::standby::{ReadPage, Standby, read};
use self::watch::Watch;
use super::PgSessionRepository;
use super::connection::Connector;
use super::error::PgError;
use super::list_query::{PositionedListQuery, list_query};
use super::pool::Pool;
use crate::connect::OpenError;
use crate::session_row::values;
use crate::store_settings::{StandbySettings, StoreSettings};
use crate::usage::{ReplicaReading, StoreReading, StoreUsage};

/// Sessions on a primary and on standbys that follow it.
pub(crate) struct PgReplicas {
    primary: PgSessionRepository,
    servers: Arc<Servers>,
    _watch: Watch,
    timeout: Duration,
    /// Whose turn it is among the standbys.
    turn: AtomicUsize,
    /// How many lists were read from the primary.
    lists: AtomicU64,
}

impl PgReplicas {
    /// Lists from these standbys of that primary. They need not be there.
    pub(crate) fn new(
        primary: PgSessionRepository,
        standbys: &StandbySettings,
        settings: StoreSettings,
    ) -> Result<Self, OpenError> {
        let StandbySettings { urls, max_lag } = standbys;
        let connectors: Vec<_> =
            urls.iter().map(|url| Connector::new(url, settings.timeout)).collect::<Result<_, _>>()?;
        let standby = |connector: &Connector| {
            let pool = Pool::beside(&primary.pool, connector, settings)?;
            Ok::<_, PgError>(Standby::new(connector.url().servers(), pool))
        };
        let standbys = connectors.iter().map(standby).collect::<Result<_, _>>()?;
        let servers = Arc::new(Servers::new(standbys, *max_lag));
        let watch = Watch::over(&servers, &primary.connector, &connectors);
        let (turn, lists) = (AtomicUsize::default(), AtomicU64::default());
        Ok(Self { primary, servers, _watch: watch, timeout: settings.timeout, turn, lists })
    }

    /// A page that is not older than what was seen. All that is done for it shares one deadline.
    async fn page(&self, query: &PositionedListQuery, seen: Option<StorePosition>) -> Result<ReadPage, PgError> {
        let end = Instant::now() + self.timeout;
        let mut news = self.servers.news();
        if let Some(page) = self.page_of_standby(query, seen, end, IfBehind::Ask).await {
            return Ok(page);
        }
        // Standbys that answer may be able to do without the primary before the deadline.
        let is_only = !self.servers.any_answers();
        let patience = if is_only { left(end) } else { left(end) / 2 };
        let failure = match self.page_of_primary(query, patience).await {
            Err(error) if error.kind().passes() && !is_only => error,
            done => return done,
        };
        let failed = Instant::now();
        while timeout_at(end, news.changed()).await.is_ok_and(|news| news.is_ok()) {
            if let Some(page) = self.page_of_standby(query, seen, end, IfBehind::Wait).await {
                return Ok(page);
            }
            if self.servers.primary_answered_since(failed) {
                return self.page_of_primary(query, left(end)).await;
            }
        }
        Err(failure)
    }

    /// From one that is read and has what was seen; another one where it does not give it. None: there is none.
    async fn page_of_standby(
        &self,
        query: &PositionedListQuery,
        seen: Option<StorePosition>,
        end: Instant,
        if_behind: IfBehind,
    ) -> Option<ReadPage> {
        let mut standbys = self.servers.read();
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % standbys.len().max(1);
        standbys.rotate_left(turn);
        if if_behind == IfBehind::Ask && !standbys.iter().any(|standby| standby.has(seen)) {
            // What is known may be some time old.
            standbys.first()?.ask(left(end) / 2).await;
        }
        for standby in standbys.into_iter().filter(|standby| standby.has(seen)) {
            // Half of the time is left for whoever is asked next: it may say nothing.
            if let Some(page) = standby.page(query, seen, left(end) / 2).await {
                return Some(page);
            }
        }
        None
    }

    /// It has everything that was ever seen.
    async fn page_of_primary(&self, query: &PositionedListQuery, patience: Duration) -> Result<ReadPage, PgError> {
        let page = read(&self.primary.pool, query, patience).await?;
        if let Some(position) = page.1 {
            self.primary.come_to.note(position);
        }
        self.lists.fetch_add(1, Ordering::Relaxed);
        Ok(page)
    }
}

/// What is done when no standby is known to have what was seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum IfBehind {
    /// One is asked.
    Ask,
    /// The news will tell.
    Wait,
}

fn left(end: Instant) -> Duration {
    end.saturating_duration_since(Instant::now())
}

#[async_trait]
impl SessionRepository for PgReplicas {
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
        let (rows, position) = self.page(&query.with_position(), scan.seen).await?;
        let items = values(rows).map_err(|error| self.primary.pool.counted(error))?;
        let scan = scan.having_seen(position);
        Ok(Page::from_rows(items, size, |last: &ListedSession| scan.resumed_after(last.session.position())))
    }

    async fn find(&self, scope: &BrandScope, viewer: &Viewer, id: Uuid) -> Result<Option<ListedSession>, StoreError> {
        self.primary.find(scope, viewer, id).await
    }
}

#[async_trait]
impl StoreProgress for PgReplicas {
    async fn position(&self) -> Result<StorePosition, StoreError> {
        self.primary.position().await
    }

    async fn is_ahead(&self, position: StorePosition) -> Result<bool, StoreError> {
        if self.servers.known().is_some_and(|known| position <= known) || self.servers.primary_is_away() {
            return Ok(false);
        }
        match self.primary.is_ahead(position).await {
            // Whether anybody has come to it shows when they are read from.
            Err(StoreError::Unavailable(_)) => Ok(false),
            told => told,
        }
    }
}

impl StoreUsage for PgReplicas {
    /// The connections of all servers together.
    fn reading(&self) -> StoreReading {
        let pools = self.servers.standbys.iter().map(|standby| standby.pool.reading());
        let all = pools.fold(self.primary.pool.reading(), |all, pool| all.with_pool_of(&pool));
        let replicas = ReplicaReading {
            primary: self.primary.connector.url().servers(),
            lists_of_primary: self.lists.load(Ordering::Relaxed),
            standbys: self.servers.reading(),
        };
        StoreReading { replicas: Some(replicas), ..all }
    }
}
