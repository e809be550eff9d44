//! What is known of all servers together: which standbys are read from.

use std::sync::atomic::Ordering;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use live_domain::StorePosition;
use tokio::sync::watch;
use tokio::time::Instant;

use super::history::History;
use super::standby::Standby;
use crate::usage::StandbyReading;

pub(super) struct Servers {
    primary: Mutex<History>,
    pub(super) standbys: Vec<Standby>,
    pub(super) max_lag: Duration,
    /// Told whenever anything was learned.
    news: watch::Sender<()>,
}

impl Servers {
    pub(super) fn new(standbys: Vec<Standby>, max_lag: Duration) -> Self {
        Self { primary: Mutex::default(), standbys, max_lag, news: watch::Sender::default() }
    }

    fn primary(&self) -> MutexGuard<'_, History> {
        self.primary.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whenever anything is learned from now on.
    pub(super) fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    /// The primary was asked then, and had come to that position; none: it does not answer.
    pub(super) fn note_primary(&self, asked: Instant, position: Option<StorePosition>) {
        match position {
            Some(position) => self.primary().note(asked, position),
            None => self.primary().note_away(),
        }
        self.news.send_replace(());
    }

    /// A standby has come to that position; none: it does not answer, and why.
    pub(super) fn note_standby(&self, standby: &Standby, position: Result<StorePosition, &str>) {
        standby.note(position.ok());
        let (lag, is_read) = (self.lag(standby), self.is_read(standby));
        if standby.is_read.swap(is_read, Ordering::Relaxed) != is_read {
            let server = &standby.server;
            match (is_read, position) {
                (true, _) => tracing::info!(server, "lists are read from this standby"),
                (false, Err(cause)) => tracing::warn!(server, cause, "no lists are read from this standby: it is away"),
                (false, Ok(_)) => {
                    let lag_ms = lag.map(|lag| u64::try_from(lag.as_millis()).unwrap_or(u64::MAX));
                    tracing::warn!(server, lag_ms, "no lists are read from this standby: it is too far behind");
                }
            }
        }
        self.news.send_replace(());
    }

    /// By how much the standby is behind at most; none: by more than is known, or it does not answer.
    pub(super) fn lag(&self, standby: &Standby) -> Option<Duration> {
        self.primary().lag(standby.come_to()?, Instant::now())
    }

    fn is_read(&self, standby: &Standby) -> bool {
        self.lag(standby).is_some_and(|lag| lag <= self.max_lag)
    }

    /// The standbys that lists are read from.
    pub(super) fn read(&self) -> Vec<&Standby> {
        self.standbys.iter().filter(|standby| self.is_read(standby)).collect()
    }

    /// Whether any standby answers, be it behind.
    pub(super) fn any_answers(&self) -> bool {
        self.standbys.iter().any(|standby| standby.come_to().is_some())
    }

    /// Whether the primary did not answer when it was last asked.
    pub(super) fn primary_is_away(&self) -> bool {
        self.primary().is_away()
    }

    /// Whether the primary was asked after that moment, and answered.
    pub(super) fn primary_answered_since(&self, moment: Instant) -> bool {
        self.primary().last().is_some_and(|(asked, _)| asked > moment)
    }

    /// The latest position that any server is known to have come to.
    pub(super) fn known(&self) -> Option<StorePosition> {
        let primary = self.primary().last().map(|(_, position)| position);
        self.standbys.iter().map(Standby::come_to).chain([primary]).max().flatten()
    }

    pub(super) fn reading(&self) -> Vec<StandbyReading> {
        let read = |standby: &Standby| StandbyReading {
            server: standby.server.clone(),
            lag: self.lag(standby),
            is_read: self.is_read(standby),
            lists: standby.lists(),
        };
        self.standbys.iter().map(read).collect()
    }
}
