//! What every store must do, as cases that any store can run.
//!
//! Each [`Case`] checks a sentence of the ports' prose on a store that is empty. [`compare_with_memory`] then asks the
//! store and the reference store the same random questions over the same random rows.
//!
//! ```
//! use live_domain::contract::{CASES, compare_with_memory};
//! use live_domain::memory::MemorySessionRepository;
//!
//! # futures_util::future::FutureExt::now_or_never(async {
//! for case in CASES {
//!     let store = MemorySessionRepository::default(); // yours, empty
//!     println!("{}", case.name);
//!     (case.run)(&store).await;
//! }
//! compare_with_memory(&MemorySessionRepository::default(), 7, 100).await;
//! # }).unwrap();
//! ```
//!
//! # Panics
//!
//! A case that a store fails panics with what was expected.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a failed expectation is a failed case")]

use std::pin::Pin;

use crate::bulk::BulkRepository;
use crate::repository::SessionRepository;

mod bulk;
pub mod fixtures;
mod listing;
mod random;

pub use random::compare_with_memory;

/// The ports that the suite runs against.
pub trait Store: SessionRepository + BulkRepository {}

impl<T: SessionRepository + BulkRepository> Store for T {}

/// A case under way.
pub type Run<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// One obligation, and how to check it on an empty store.
pub struct Case {
    /// The obligation as a sentence.
    pub name: &'static str,
    /// Checks it.
    pub run: for<'a> fn(&'a dyn Store) -> Run<'a>,
}

/// Makes a case of a function; its name is the sentence.
macro_rules! cases {
    ($($room:ident :: $case:ident),* $(,)?) => {
        &[$(Case { name: stringify!($case), run: |store| Box::pin($room::$case(store)) }),*]
    };
}

/// Every obligation.
pub const CASES: &[Case] = cases![
    listing::an_empty_store_lists_nothing,
    listing::newest_comes_latest_first,
    listing::chronological_comes_earliest_first,
    listing::ties_are_broken_by_the_bytes_of_the_id,
    listing::each_filter_selects_what_it_names,
    listing::text_is_compared_by_its_bytes,
    listing::a_month_holds_its_first_instant_and_not_its_end,
    listing::upcoming_is_live_or_scheduled_within_grace,
    listing::a_scope_hides_other_brands,
    listing::a_large_scope_is_listed_whole,
    listing::a_scope_of_no_brand_is_empty,
    listing::there_is_no_empty_last_page,
    listing::a_walk_meets_every_session_once_in_every_order,
    listing::a_place_need_not_be_that_of_a_session,
    listing::every_member_comes_back_as_it_went_in,
    listing::counts_registrations_in_force_alone,
    listing::knows_the_viewer_among_the_registered,
    bulk::a_dropped_import_does_nothing,
    bulk::a_line_that_changes_nothing_writes_nothing,
    bulk::a_line_replaces_a_session_whole_but_for_created_at,
    bulk::updated_at_that_is_not_given_is_no_change,
    bulk::a_repeated_session_is_named_by_its_line,
    bulk::a_session_keeps_the_seats_that_are_taken,
    bulk::nothing_is_written_when_a_line_is_bad,
    bulk::a_registration_needs_its_session,
    bulk::a_repeated_registration_is_named_by_its_line,
    bulk::an_id_belongs_to_one_registration,
    bulk::ids_can_be_exchanged_within_one_file,
    bulk::the_last_line_of_an_oversold_session_is_named,
    bulk::a_waitlist_is_not_promoted,
    bulk::registrations_without_an_instant_queue_up,
    bulk::what_a_registration_line_leaves_out_stays,
    bulk::a_cancelled_registration_was_cancelled_when_it_was_registered,
    bulk::an_export_imports_to_the_same_state,
];
