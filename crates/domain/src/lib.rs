//! Live sessions: the model, the rules of listing, editing and registering, and the ports that stores implement.
//!
//! This crate knows no web, no SQL and no runtime. It holds
//!
//! - the [`session`] model: values that are right once they are built;
//! - the [`listing`] rules: [`SessionFilter`] says which sessions, [`SessionScan`] in which order and from which
//!   place on, [`PageSize`] how many, and [`Page`] is the answer together with the next question;
//! - who asks: a [`Viewer`], confined to a [`BrandScope`]; who changes something: an [`Editor`];
//! - the rules of change: [`Transition`] for the life of a session, [`SessionPatch`] for its members, [`Seats`] for who
//!   gets one and who waits;
//! - the history: an [`Event`] for every change;
//! - the use cases: [`LiveSessions`], [`SessionEditor`], [`SessionRegistrations`], [`CalendarFeeds`];
//! - the ports that a store implements: [`SessionRepository`], [`SessionWriter`], [`RegistrationRepository`],
//!   [`KeptAnswers`], [`HistoryRepository`], [`FeedRepository`], [`PersonRepository`] to forget people, and
//!   [`BulkRepository`] for whole stores in and out; [`StoreProgress`], where a store has several copies; beside them
//!   [`Clock`] and [`IdSource`].
//!
//! # In which order to read it
//!
//! 1. [`session`]: what is listed. Texts, numbers and instants are types that are right once they are built.
//! 2. [`listing`]: a filter, a scan and a page. [`SessionFilter::matches`] and [`SessionScan::admits`] are what the words
//!    mean, and all that a store in memory needs.
//! 3. [`SessionRepository`]: what a store promises; then `memory`, the reference store, which does it plainly.
//! 4. [`LiveSessions`]: what is decided before a store is asked. With this a list can be served.
//! 5. [`transition`], [`patch`], [`authority`] and [`seats`]: what may change, by whom, and who gets a seat. Pure functions.
//! 6. [`SessionEditor`] and [`SessionRegistrations`]: those rules between a read and one port call that commits; [`event`]
//!    and [`idempotency`] are what is committed along with it.
//! 7. `contract`: each promise of the ports as a case, to be run on your store.
//!
//! # Listing
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
//!         seen: None,
//!         size: PageSize::default(),
//!     })
//!     .await?;
//! assert!(page.items.is_empty() && page.next.is_none());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap().unwrap();
//! ```
//!
//! [`Page::next`] is the next question: ask with [`Start::At`] until there is none.
//!
//! # What a walk promises
//!
//! Following `next` to the end meets each session that matches throughout the walk, and whose `scheduled_at` does not
//! change meanwhile, exactly once, whatever else is written: an order is by `scheduled_at` and then by the bytes of the
//! id, so no two sessions share a place in it, and a scan holds the last place that was met, not a count of what went
//! before, so nothing that comes or goes moves it. What is upcoming is judged by one instant on all pages. No page but the
//! first is empty. A store that compares the two columns as a row, on an index, pays for page 1,000 what it pays for page 1.
//!
//! # Editing and registering
//!
//! A host creates a session and starts it; a viewer registers. The use cases decide, the store commits what they decided,
//! its event and the answer that is kept for an idempotency key in one transaction.
//!
//! ```
//! use std::sync::Arc;
//! use live_domain::{
//!     BrandScope, Editor, Expected, MaxParticipants, Metadata, Reach, RegistrationStatus, SessionDraft, SessionEditor,
//!     SessionKind, SessionRegistrations, SessionStatus, SystemClock, TimeOrderedIds, Timestamp, Transition, Viewer,
//!     memory::MemorySessionRepository,
//! };
//!
//! # futures_util::future::FutureExt::now_or_never(async {
//! let store = Arc::new(MemorySessionRepository::default());
//! let (clock, ids) = (Arc::new(SystemClock), Arc::new(TimeOrderedIds));
//! let editor = SessionEditor::new(store.clone(), store.clone(), store.clone(), clock.clone(), ids.clone());
//! let registrations = SessionRegistrations::new(store.clone(), store, clock, ids);
//!
//! let host = Editor { viewer: Viewer::new("ada")?, scope: BrandScope::All, reach: Reach::Own };
//! let draft = SessionDraft {
//!     host_id: "ada".parse()?,
//!     brand_id: "acme".parse()?,
//!     community_id: None,
//!     title: "Rust for the evening".parse()?,
//!     kind: SessionKind::Live,
//!     category: None,
//!     scheduled_at: Timestamp::from_micros(1_800_000_000_000_000)?,
//!     max_participants: MaxParticipants::new(1)?,
//!     duration_minutes: None,
//!     metadata: Metadata::default(),
//! };
//! let session = editor.create(&host, draft, None).await?.value.session;
//!
//! for (name, status) in [("bob", RegistrationStatus::Registered), ("cleo", RegistrationStatus::Waitlist)] {
//!     let answer = registrations.register(&BrandScope::All, &Viewer::new(name)?, session.id, None).await?;
//!     assert_eq!(answer.value.registration.registration.status, status);
//! }
//!
//! let start = Transition::Start { stream_call_id: None };
//! let live = editor.transition(&host, session.id, &Expected::Any, &start, None).await?.value;
//! assert_eq!((live.session.status, live.registered_count), (SessionStatus::Live, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap().unwrap();
//! ```
//!
//! # A store of your own
//!
//! Implement the ports whose use cases you need. Their prose is what a store must do, and the suite in `contract` checks
//! each sentence of it in one call: `check_store` for a store of every port, `check_listing` for one that is read only. What
//! must be decided while a session's counter is held, [`Seats`] decides: hold the row, ask it, write what it says.
//!
//! `examples/own_store` lists from a store of one's own in fifty lines, `examples/own_service` serves that list with axum, and
//! `examples/own_registrations.rs` registers. `memory` is a whole store, to be read.
//!
//! # Features
//!
//! All are off by default: the rules and the ports need none.
//!
//! | feature | what it adds | for |
//! |---|---|---|
//! | `memory` | `memory::MemorySessionRepository`, the rules executed plainly; it keeps nothing | tests, reading |
//! | `contract` | `contract`, the suite that every store of ours passes and that yours can run, and fixtures | tests of a store |
//! | `mock` | `MockSessionRepository` and the other ports as [mockall](https://github.com/asomers/mockall) mocks | tests of what is built on the ports |
#![deny(missing_docs)]

pub mod authority;
pub mod bulk;
pub mod clock;
#[cfg(feature = "contract")]
pub mod contract;
pub mod draft;
pub mod error;
pub mod event;
pub mod feed;
pub mod forget;
pub mod idempotency;
pub mod listing;
#[cfg(feature = "memory")]
pub mod memory;
pub mod metadata;
pub mod patch;
pub mod registration;
pub mod repository;
pub mod seats;
pub mod service;
pub mod session;
pub mod text;
pub mod timestamp;
pub mod transition;
pub mod viewer;

pub use authority::{Editor, NotYours, Reach};
pub use bulk::{BulkRepository, Export, Import, ImportError, Imported};
#[cfg(any(test, feature = "mock"))]
pub use bulk::{MockBulkRepository, MockExport, MockImport};
pub use clock::{Clock, IdSource, SystemClock, TimeOrderedIds};
#[cfg(any(test, feature = "mock"))]
pub use clock::{MockClock, MockIdSource};
pub use draft::SessionDraft;
pub use error::{
    CancelError, CreateFeedError, EditError, FindError, ListSessionsError, RegisterError, ReplaceError, StoreError,
};
#[cfg(any(test, feature = "mock"))]
pub use event::MockHistoryRepository;
pub use event::{Actor, Event, EventPosition, EventSubject, EventType, HistoryRepository, RecordedEvent};
#[cfg(any(test, feature = "mock"))]
pub use feed::MockFeedRepository;
pub use feed::{Feed, FeedLifetime, FeedRepository, SealedSecret, SecretHash, SecretSeed};
#[cfg(any(test, feature = "mock"))]
pub use forget::MockPersonRepository;
pub use forget::{Forgotten, PersonRepository};
#[cfg(any(test, feature = "mock"))]
pub use idempotency::MockKeptAnswers;
pub use idempotency::{Answer, Fingerprint, IdempotencyKey, Kept, KeptAnswers, Keyed, Outcome, Registered, RequestKey};
pub use listing::{
    Month, Page, PageSize, Position, ScanOrder, Selection, SessionFilter, SessionOrder, SessionScan, StorePosition,
    TimeZone, UpcomingGrace,
};
pub use metadata::{Metadata, MetadataPatch};
pub use patch::{Edit, PatchRefused, SessionPatch};
pub use registration::{LinePlace, LineScan, PlacedRegistration, Registration, RegistrationStatus};
#[cfg(any(test, feature = "mock"))]
pub use repository::{
    MockRegistrationRepository, MockSessionRepository, MockSessionWriter, MockStoreHealth, MockStoreProgress,
};
pub use repository::{
    RegistrationRepository, Replacement, SchemaState, SessionRepository, SessionWriter, StoreHealth, StoreProgress,
    Write,
};
pub use seats::{Admission, Release, Seats, SeatsTaken};
pub use service::{
    CalendarFeeds, Expected, FeedDraft, IssuedFeed, ListSessions, LiveSessions, SessionEditor, SessionRegistrations,
    Start,
};
pub use session::{
    DurationMinutes, ListedSession, MaxParticipants, Session, SessionKind, SessionStatus, SessionVersion,
};
pub use text::{
    BrandId, Category, CommunityId, HostId, Pseudonym, RecordingUrl, StreamCallId, Subject, TextError, Title,
};
pub use timestamp::Timestamp;
pub use transition::{NotPossible, Transition};
pub use viewer::{BrandScope, BrandSet, Viewer};
