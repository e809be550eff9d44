//! How a store is used.

use std::time::Duration;

use crate::database_url::PostgresUrl;

/// How a store is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreSettings {
    /// How many connections requests share at most; at least one is taken.
    pub pool_size: usize,
    /// The one deadline for taking a connection and running a statement on it. Imports, exports and migrations have
    /// none.
    pub timeout: Duration,
    /// How many threads serve requests. Each keeps its share of the connections, as far as there are enough.
    pub threads: usize,
}

/// The standbys of a primary that lists are read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StandbySettings {
    /// Where they are; each address names one server.
    pub urls: Vec<PostgresUrl>,
    /// How far behind the primary one may be: beyond that nothing is read from it.
    pub max_lag: Duration,
}
