//! Live sessions: the model, the rules of listing them, and the ports that stores implement.
//!
//! This crate knows no web, no SQL and no runtime. It holds
//!
//! - the [`session`] model: values that are right once they are built;
//! - the [`listing`] rules: [`SessionFilter`] says which sessions, [`SessionScan`] in which order and from which
//!   place on, [`PageSize`] how many, and [`Page`] is the answer together with the next question;
//! - who asks: a [`Viewer`], confined to a [`BrandScope`];
//! - the ports: [`SessionRepository`] for the list, [`BulkRepository`] for whole stores in and out, [`Clock`] for time;
//! - the use case: [`LiveSessions`].
//!
//! # Example
//!
//! The reference store comes with the feature `memory`.
//!
//! ```
//! use std::sync::Arc;
//! use live_domain::{
//!     BrandScope, ListSessions, LiveSessions, PageSize, SessionFilter, SessionOrder, Start, SystemClock,
//!     UpcomingGrace, Viewer, memory::MemorySessionRepository,
//! };
//!
//! # futures_util::future::FutureExt::now_or_never(async {
//! let store = Arc::new(MemorySessionRepository::default());
//! let sessions = LiveSessions::new(store, Arc::new(SystemClock), UpcomingGrace::default());
//! let page = sessions
//!     .list(ListSessions {
//!         scope: BrandScope::All,
//!         viewer: Viewer::new("ada")?,
//!         filter: SessionFilter::default().with_brand("acme".parse()?),
//!         start: Start::Beginning(SessionOrder::Upcoming),
//!         size: PageSize::default(),
//!     })
//!     .await?;
//! assert!(page.items.is_empty() && page.next.is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap().unwrap();
//! ```
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `memory` | [`memory::MemorySessionRepository`], the rules executed plainly |
//! | `contract` | [`contract`], the suite that every store of ours passes and that yours can run |
//! | `mock` | `MockSessionRepository` and the other ports as mockall mocks |
#![deny(missing_docs)]

pub mod bulk;
pub mod clock;
#[cfg(feature = "contract")]
pub mod contract;
pub mod error;
pub mod listing;
#[cfg(feature = "memory")]
pub mod memory;
pub mod metadata;
pub mod registration;
pub mod repository;
pub mod service;
pub mod session;
pub mod text;
pub mod timestamp;
pub mod viewer;

pub use bulk::{BulkRepository, Export, Import, ImportError, Imported};
#[cfg(any(test, feature = "mock"))]
pub use bulk::{MockBulkRepository, MockExport, MockImport};
#[cfg(any(test, feature = "mock"))]
pub use clock::MockClock;
pub use clock::{Clock, SystemClock};
pub use error::{ListSessionsError, StoreError};
pub use listing::{
    Month, Page, PageSize, Position, Selection, SessionFilter, SessionOrder, SessionScan, TimeZone, UpcomingGrace,
};
pub use metadata::Metadata;
pub use registration::{Registration, RegistrationStatus};
#[cfg(any(test, feature = "mock"))]
pub use repository::{MockSessionRepository, MockStoreHealth};
pub use repository::{SchemaState, SessionRepository, StoreHealth};
pub use service::{ListSessions, LiveSessions, Start};
pub use session::{DurationMinutes, ListedSession, MaxParticipants, Session, SessionKind, SessionStatus};
pub use text::{BrandId, Category, CommunityId, HostId, RecordingUrl, StreamCallId, Subject, TextError, Title};
pub use timestamp::Timestamp;
pub use viewer::{BrandScope, BrandSet, Viewer};
