//! The reference store passes the suite that it is the reference for, and the suite tells a store that does not keep it.

use std::panic::AssertUnwindSafe;

use async_trait::async_trait;
use futures_util::FutureExt;
use live_domain::contract::{
    Rows, check_listing, check_listing_without_registrations, check_store, compare_with_memory,
};
use live_domain::memory::MemorySessionRepository;
use live_domain::{
    BrandScope, ListedSession, Page, PageSize, SessionFilter, SessionRepository, SessionScan, StoreError, Viewer,
};
use uuid::Uuid;

#[test]
fn memory_passes_the_contract_suite() {
    check_store(async || MemorySessionRepository::default()).now_or_never().expect("memory answers at once");
}

#[test]
fn memory_agrees_with_itself() {
    let store = MemorySessionRepository::default();
    compare_with_memory(&store, 1, 300).now_or_never().expect("memory answers at once");
}

/// The reference store, but for what is done to its answers.
struct Spoilt {
    memory: MemorySessionRepository,
    spoil: fn(&mut [ListedSession]),
}

impl Spoilt {
    async fn holding(rows: Rows, spoil: fn(&mut [ListedSession])) -> Self {
        let memory = MemorySessionRepository::default();
        rows.import_into(&memory).await;
        Self { memory, spoil }
    }
}

#[async_trait]
impl SessionRepository for Spoilt {
    async fn list(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        filter: &SessionFilter,
        scan: SessionScan,
        size: PageSize,
    ) -> Result<Page<ListedSession, SessionScan>, StoreError> {
        let mut page = self.memory.list(scope, viewer, filter, scan, size).await?;
        (self.spoil)(&mut page.items);
        Ok(page)
    }

    async fn find(&self, scope: &BrandScope, viewer: &Viewer, id: Uuid) -> Result<Option<ListedSession>, StoreError> {
        let mut found = self.memory.find(scope, viewer, id).await?;
        (self.spoil)(found.as_mut_slice());
        Ok(found)
    }
}

fn forget_registrations(items: &mut [ListedSession]) {
    for item in items {
        (item.registered_count, item.is_registered) = (0, false);
    }
}

/// What the check says of the store: nothing when it is fine.
fn said(check: impl Future<Output = ()>) -> Option<String> {
    let Some(outcome) = AssertUnwindSafe(check).catch_unwind().now_or_never() else { panic!("memory answers at once") };
    outcome.err().map(|panic| panic.downcast_ref().cloned().unwrap_or_default())
}

#[test]
fn a_store_without_registrations_passes_the_part_that_is_for_it() {
    let holding = async |sessions: Vec<_>| Spoilt::holding(sessions.into(), forget_registrations).await;
    assert_eq!(said(check_listing_without_registrations(holding)), None);
}

#[test]
fn a_store_that_ignores_registrations_is_told_so() {
    let holding = async |rows| Spoilt::holding(rows, forget_registrations).await;
    let said = said(check_listing(holding)).expect("it ignores them");
    assert!(said.contains("the store fails 3 of the "), "{said}");
    for case in ["counts_registrations_in_force_alone", "knows_the_viewer_among_the_registered", "seed 7, question"] {
        assert!(said.contains(case), "{said}");
    }
}

#[test]
fn every_case_is_run_and_each_failure_named() {
    let holding = async |rows| Spoilt::holding(rows, <[_]>::reverse).await;
    let said = said(check_listing(holding)).expect("it has another order");
    for case in ["newest_comes_latest_first", "ties_are_broken_by_the_bytes_of_the_id", "seed 7, question"] {
        assert!(said.contains(case), "{said}");
    }
    assert!(!said.contains("an_empty_store_lists_nothing"), "{said}");
}
