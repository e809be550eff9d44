//! What every store must do, as a suite that any store can run.
//!
//! Each case checks a sentence of the ports' prose; then the store and the reference store are asked the same random
//! questions over the same random rows. It is one call in a test, with whatever runtime the store needs:
//!
//! | call | for a store that |
//! |---|---|
//! | [`check_store`] | implements every port: the suite fills it itself |
//! | [`check_listing`] | is read only, and filled by other means |
//! | [`check_listing_without_registrations`] | is read only, and of sessions that nobody can register for |
//!
//! ```
//! use live_domain::contract;
//! use live_domain::memory::MemorySessionRepository;
//!
//! # futures_util::future::FutureExt::now_or_never(async {
//! contract::check_store(async || MemorySessionRepository::default()).await; // yours, empty
//! # }).unwrap();
//! ```
//!
//! What must go when a case is over, such as a database, lives in the test: each call of the function drops that of the
//! call before.
//!
//! ```
//! # use live_domain::{contract, memory::MemorySessionRepository};
//! # struct Database;
//! # impl Database {
//! #     async fn create() -> Self { Self }
//! #     fn store(&self) -> MemorySessionRepository { MemorySessionRepository::default() }
//! # }
//! # futures_util::future::FutureExt::now_or_never(async {
//! let mut database = None;
//! contract::check_store(async || database.insert(Database::create().await).store()).await;
//! # }).unwrap();
//! ```
//!
//! [`compare_with_memory`] asks as many random questions as one likes. [`fixtures`] are what the cases are made of, for
//! tests of one's own.
//!
//! # Panics
//!
//! What a store fails panics with what was expected.
#![expect(clippy::expect_used, clippy::missing_panics_doc, reason = "a failed expectation is a failed case")]

use std::pin::Pin;

use crate::bulk::BulkRepository;
use crate::event::HistoryRepository;
use crate::feed::FeedRepository;
use crate::forget::PersonRepository;
use crate::idempotency::KeptAnswers;
use crate::repository::{RegistrationRepository, SessionRepository, SessionWriter};

mod bulk;
mod check;
mod feeds;
pub mod fixtures;
mod forget;
mod history;
mod idempotency;
mod listing;
mod random;
mod registrations;
mod rows;
mod session_writes;

pub use check::{check_listing, check_listing_without_registrations, check_store};
pub use random::compare_with_memory;
pub use rows::Rows;

use rows::Stores;

/// The ports that the suite runs against.
pub trait Store:
    SessionRepository
    + SessionWriter
    + RegistrationRepository
    + KeptAnswers
    + FeedRepository
    + HistoryRepository
    + PersonRepository
    + BulkRepository
{
}

impl<T> Store for T where
    T: SessionRepository
        + SessionWriter
        + RegistrationRepository
        + KeptAnswers
        + FeedRepository
        + HistoryRepository
        + PersonRepository
        + BulkRepository
{
}

/// A case under way.
type Run<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// One obligation, named by a sentence, and how to check it on an empty store.
struct Case {
    name: &'static str,
    run: for<'a> fn(&'a dyn Store) -> Run<'a>,
}

/// An obligation of listing, and how to check it on stores that are read only.
struct ListingCase {
    name: &'static str,
    run: for<'a> fn(&'a mut dyn Stores) -> Run<'a>,
}

/// Makes a case of a function; its name is the sentence.
macro_rules! cases {
    ($kind:ident: $($room:ident :: $case:ident),* $(,)?) => {
        &[$($kind { name: stringify!($case), run: |stores| Box::pin($room::$case(stores)) }),*]
    };
}

/// Every obligation of listing sessions.
const LISTING: &[ListingCase] = cases![
    ListingCase:
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
    listing::one_session_is_found_as_it_is_listed,
];

/// Every obligation of what is listed of registrations.
const COUNTING: &[ListingCase] = cases![
    ListingCase:
    listing::counts_registrations_in_force_alone,
    listing::knows_the_viewer_among_the_registered,
];

/// Every other obligation.
const CASES: &[Case] = cases![
    Case:
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
    bulk::counts_follow_what_is_imported,
    bulk::a_cancelled_registration_was_cancelled_when_it_was_registered,
    bulk::an_export_imports_to_the_same_state,
    session_writes::a_created_session_is_found_in_its_first_version,
    session_writes::every_member_of_a_created_session_comes_back,
    session_writes::every_member_of_a_replaced_session_comes_back,
    session_writes::a_replacement_moves_the_version,
    session_writes::of_two_edits_of_one_version_one_is_stale,
    session_writes::registrations_move_no_version,
    session_writes::a_replacement_that_changes_nothing_writes_nothing,
    session_writes::seats_that_are_taken_stay,
    session_writes::new_seats_go_to_the_first_of_the_line,
    session_writes::an_edit_of_other_members_promotes_nobody,
    registrations::the_first_get_seats_and_the_rest_wait,
    registrations::a_repeat_keeps_its_registration,
    registrations::who_cancelled_queues_up_anew,
    registrations::a_seat_given_up_goes_to_the_first_of_the_line,
    registrations::who_gives_up_a_place_promotes_nobody,
    registrations::cancelling_twice_is_cancelling_once,
    registrations::a_closed_session_takes_nobody_and_promotes_nobody,
    registrations::an_imported_line_goes_before_a_newcomer,
    registrations::registered_at_rises_whatever_the_clock_says,
    registrations::a_registration_is_of_its_person_and_within_their_scope,
    registrations::the_line_is_read_in_its_order_page_by_page,
    idempotency::a_kept_outcome_comes_back_and_nothing_is_done,
    idempotency::a_key_belongs_to_one_person,
    idempotency::an_outcome_is_kept_for_24_hours,
    idempotency::a_refused_write_keeps_nothing,
    history::every_change_is_recorded_in_order,
    history::promotions_are_recorded_where_they_happen,
    history::an_import_records_what_it_changes,
    history::a_reader_goes_on_where_it_stopped,
    history::the_oldest_events_are_deleted_and_no_place_moves,
    history::a_young_event_keeps_those_behind_it,
    history::a_history_that_is_deleted_whole_goes_on,
    forget::every_place_of_a_person_has_the_pseudonym,
    forget::a_session_with_another_host_is_a_changed_session,
    forget::an_edit_that_was_decided_before_does_not_bring_the_name_back,
    forget::orders_places_and_counts_stay,
    forget::a_kept_answer_is_not_found_by_the_person_any_more,
    forget::an_import_is_nobody_whatever_a_person_is_called,
    forget::nobody_else_is_renamed,
    forget::nothing_to_forget_writes_nothing,
    forget::the_feeds_of_a_person_are_gone_and_those_of_their_sessions_renamed,
    feeds::a_feed_is_found_by_its_secret_and_comes_back_as_it_went_in,
    feeds::a_feed_is_in_force_until_it_expires,
    feeds::a_feed_belongs_to_its_owner,
    feeds::a_revoked_feed_is_gone,
    feeds::nobody_has_more_feeds_than_the_most,
    feeds::a_key_makes_one_feed_and_keeps_its_secret_sealed,
    feeds::feeds_that_have_expired_are_pruned,
];
