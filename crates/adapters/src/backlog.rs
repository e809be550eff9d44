//! How far the readers of a history are behind.

use async_trait::async_trait;
use live_domain::{StoreError, Timestamp};

/// What the readers of a history have before them, where an event is not ready to be read with its commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    /// How many events no reader has had a place given to yet, of those after the last one that has a place; counted up to
    /// [`Backlog::MOST`].
    pub unplaced: u64,
    /// When the first of them happened.
    pub oldest: Option<Timestamp>,
    /// How many numbers of events lie between the newest and the point up to which all is known to be placed: what a
    /// reader looks through again each time. It grows while a transaction in the cluster stays open.
    pub unsettled: u64,
}

impl Backlog {
    /// Up to how many events are counted, so that counting costs little however many there are.
    pub const MOST: u32 = 10_000;
}

/// Tells the backlog of a history.
#[async_trait]
pub trait HistoryBacklog: Send + Sync {
    /// The backlog; none where every event can be read with its commit. It costs little, whatever the history holds.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store does not answer in time.
    async fn backlog(&self) -> Result<Option<Backlog>, StoreError>;
}
