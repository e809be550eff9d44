//! The suite in one call.

use std::any::Any;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;

use super::random::compare_listing_with_memory;
use super::rows::{Rows, Stores};
use super::{CASES, COUNTING, LISTING, ListingCase, Store, compare_with_memory};
use crate::repository::SessionRepository;
use crate::session::Session;

/// What the random questions of a check begin with; a failed one names it.
const SEED: u64 = 7;
const QUESTIONS: u32 = 100;

/// Checks a whole store against every obligation of the ports, and asks it and the reference store the same random
/// questions. `empty` makes an empty store, for each case anew.
///
/// # Panics
///
/// After the last case, if a case has failed; the message names each and what was expected.
pub async fn check_store<S: Store + 'static>(mut empty: impl AsyncFnMut() -> S) {
    let mut report = Report::default();
    let mut imported = async |rows: Rows| {
        let store = empty().await;
        rows.import_into(&store).await;
        store
    };
    report.listing(LISTING, &mut imported).await;
    report.listing(COUNTING, &mut imported).await;
    for case in CASES {
        let store = empty().await;
        report.note(case.name, (case.run)(&store)).await;
    }
    let store = empty().await;
    report.note("answers_what_the_reference_store_answers", compare_with_memory(&store, SEED, QUESTIONS)).await;
    report.end();
}

/// Checks what [`SessionRepository`] promises, for a store that others fill: `holding` makes one that holds the rows it is
/// given. Each session of them is in its first version.
///
/// # Panics
///
/// As [`check_store`].
pub async fn check_listing<S: SessionRepository + 'static>(mut holding: impl AsyncFnMut(Rows) -> S) {
    let mut report = Report::default();
    report.listing(LISTING, &mut holding).await;
    report.listing(COUNTING, &mut holding).await;
    report.random(&mut holding, true).await;
    report.end();
}

/// As [`check_listing`], for a store of sessions that nobody can register for: it is given no registration.
///
/// # Panics
///
/// As [`check_store`].
pub async fn check_listing_without_registrations<S: SessionRepository + 'static>(
    mut holding: impl AsyncFnMut(Vec<Session>) -> S,
) {
    let mut holding = async |rows: Rows| holding(rows.sessions).await;
    let mut report = Report::default();
    report.listing(LISTING, &mut holding).await;
    report.random(&mut holding, false).await;
    report.end();
}

/// Which cases have failed so far, and why.
#[derive(Default)]
struct Report {
    cases: usize,
    failed: Vec<(&'static str, String)>,
}

impl Report {
    async fn note(&mut self, name: &'static str, case: impl Future<Output = ()>) {
        self.cases += 1;
        if let Err(why) = outcome(case).await {
            self.failed.push((name, why));
        }
    }

    async fn listing(&mut self, cases: &[ListingCase], stores: &mut dyn Stores) {
        for case in cases {
            self.note(case.name, (case.run)(stores)).await;
        }
    }

    async fn random(&mut self, stores: &mut dyn Stores, registrations: bool) {
        let comparison = compare_listing_with_memory(stores, registrations, SEED, QUESTIONS);
        self.note("lists_what_the_reference_store_lists", comparison).await;
    }

    fn end(self) {
        let Self { cases, failed } = self;
        let (names, whys): (Vec<_>, Vec<_>) =
            failed.iter().map(|(name, why)| (*name, format!("{name}: {why}"))).unzip();
        // The names last: they are few lines, and a reader begins at the end.
        assert!(
            failed.is_empty(),
            "{}\n\nthe store fails {} of the {cases} cases of the contract:\n    {}",
            whys.join("\n\n"),
            failed.len(),
            names.join("\n    ")
        );
    }
}

/// Runs a case to its end, or to the panic that it fails with: so that the others are run all the same.
async fn outcome(case: impl Future<Output = ()>) -> Result<(), String> {
    let mut case = pin!(case);
    poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| case.as_mut().poll(context))) {
        Ok(Poll::Ready(())) => Poll::Ready(Ok(())),
        Ok(Poll::Pending) => Poll::Pending,
        Err(panic) => Poll::Ready(Err(message(panic.as_ref()))),
    })
    .await
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("it panicked").to_owned()
}
