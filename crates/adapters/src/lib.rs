//! The stores behind live sessions: the ports of [`live_domain`] on Postgres and on SQLite.
//!
//! [`DatabaseUrl`] says where a store is and [`open`] makes its ports of it. Nothing is connected to before the first
//! request, so that a service starts while its store is away.
//!
//! ```
//! use std::time::Duration;
//! use live_adapters::{DatabaseUrl, StoreSettings, open};
//!
//! let url: DatabaseUrl = "postgres://live:secret@db.example/live".parse()?;
//! assert_eq!(url.to_string(), "postgres://live:***@db.example/live");
//! let settings = StoreSettings { pool_size: 4, timeout: Duration::from_secs(2), threads: 1 };
//! # tokio::runtime::Runtime::new()?.block_on(async {
//! let store = open(&url, settings)?;
//! # drop(store);
//! # Ok::<(), live_adapters::OpenError>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `test-support` | [`test_support`], databases to test on |
#![deny(missing_docs)]

pub mod backlog;
mod bulk_lines;
pub mod causes;
pub mod checkup;
pub mod connect;
mod database_url;
mod event_row;
mod feed_row;
mod list_plan;
mod list_sql;
pub mod migrations;
pub mod postgres;
mod session_index;
mod session_row;
mod snapshot;
mod spans;
pub mod sqlite;
mod statements;
mod store_settings;
#[cfg(feature = "test-support")]
pub mod test_support;
pub mod usage;

pub use backlog::{Backlog, HistoryBacklog};
pub use checkup::Checkup;
pub use connect::{NotUp, OpenError, Startup, Store, open, open_with_standbys};
pub use database_url::{DatabaseUrl, DatabaseUrlError, PostgresUrl};
pub use migrations::Migrations;
pub use store_settings::{StandbySettings, StoreSettings};
pub use usage::{FailureKind, ReplicaReading, StandbyReading, StoreReading, StoreUsage};
