//! Random sequences of everything that can be asked of a store, through the use cases: each store answers every step as
//! the reference store does, lists the same after it, and ends up with the same rows and the same history.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod operation;
mod strategy;
mod system;

use std::sync::Arc;

use diesel::Connection;
use diesel::connection::SimpleConnection;
use live_adapters::Checkup;
use live_adapters::checkup::Verdict;
use live_adapters::test_support::{PgDatabase, SqliteFile, is_full_size};
use live_domain::Timestamp;
use live_domain::contract::Store;
use live_domain::memory::MemorySessionRepository;
use proptest::collection::vec;
use proptest::test_runner::{Config, TestCaseError, TestError, TestRunner};

use self::operation::Operation;
use self::strategy::{any_operation, beginning};
use self::system::System;

/// How long a sequence is at most.
const STEPS: usize = 80;

/// A store, and what examines it.
#[derive(Clone)]
struct Subject {
    store: Arc<dyn Store>,
    checkup: Arc<dyn Checkup>,
}

impl Subject {
    fn new<S: Store + Checkup + Clone + 'static>(store: S) -> Self {
        Self { store: Arc::new(store.clone()), checkup: Arc::new(store) }
    }
}

/// Runs one sequence on an empty store and on the reference store, step by step. Whatever was done, all is well at the end.
async fn compare(subject: Subject, operations: &[Operation]) -> Result<(), TestCaseError> {
    let Subject { store, checkup } = subject;
    let (mut reference, mut system) = (System::new(Arc::new(MemorySessionRepository::default())), System::new(store));
    for (number, operation) in [beginning()].iter().chain(operations).enumerate() {
        let (expected, found) = (reference.perform(operation).await, system.perform(operation).await);
        same(&format!("step {number}, {operation:?}"), &found, &expected)?;
        same(&format!("the list after step {number}, {operation:?}"), &system.list().await, &reference.list().await)?;
    }
    same("the rows at the end", &system.rows().await, &reference.rows().await)?;
    same("the history", &system.history().await, &reference.history().await)?;
    let mut checked = checkup.data(Timestamp::EARLIEST).await.unwrap();
    checked.retain(|checked| checked.verdict != Verdict::Well);
    same("what a checkup finds", &format!("{checked:?}"), "[]")
}

fn same(what: &str, found: &str, expected: &str) -> Result<(), TestCaseError> {
    if found == expected {
        return Ok(());
    }
    Err(TestCaseError::fail(format!("{what}\n  expected {expected}\n  found    {found}")))
}

/// Runs random sequences; `empty` empties the store before each. What fails is made as short as it can be.
fn run(
    runtime: &tokio::runtime::Runtime,
    subject: &Subject,
    empty: impl Fn(),
) -> Result<(), TestError<Vec<Operation>>> {
    let cases = if is_full_size() { 2_000 } else { 60 };
    let mut runner =
        TestRunner::new(Config { cases, failure_persistence: None, max_shrink_iters: 20_000, ..Config::default() });
    runner.run(&vec(any_operation(), 1..=STEPS), |operations| {
        empty();
        runtime.block_on(compare(subject.clone(), &operations))
    })
}

const TABLES: [&str; 4] = ["registrations", "sessions", "session_events", "idempotency_keys"];

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap()
}

#[test]
fn acceptance_operations_agree_with_memory_on_sqlite() {
    let runtime = runtime();
    let file = runtime.block_on(SqliteFile::create());
    let subject = Subject::new(runtime.block_on(async { file.store() }));
    let empty = || {
        let mut connection = diesel::SqliteConnection::establish(file.path().to_str().unwrap()).unwrap();
        connection.batch_execute(&TABLES.map(|table| format!("DELETE FROM {table};")).concat()).unwrap();
    };
    if let Err(failure) = run(&runtime, &subject, empty) {
        panic!("{failure}");
    }
}

#[test]
fn acceptance_operations_agree_with_memory_on_postgres() {
    let runtime = runtime();
    let database = runtime.block_on(PgDatabase::create());
    let subject = Subject::new(runtime.block_on(async { database.store() }));
    let client = runtime.block_on(database.connect());
    // A reader goes on from the place that was last: the places of what is deleted are not given again.
    let tables = format!("TRUNCATE {}, session_event_places", TABLES.join(", "));
    let empty = || runtime.block_on(client.batch_execute(&tables)).unwrap();
    if let Err(failure) = run(&runtime, &subject, empty) {
        panic!("{failure}");
    }
}
