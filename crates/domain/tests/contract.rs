//! The reference store passes the suite that it is the reference for.

use futures_util::FutureExt;
use live_domain::contract::{CASES, compare_with_memory};
use live_domain::memory::MemorySessionRepository;

#[test]
fn memory_passes_the_contract_suite() {
    for case in CASES {
        eprintln!("{}", case.name);
        (case.run)(&MemorySessionRepository::default()).now_or_never().expect("memory answers at once");
    }
}

#[test]
fn memory_agrees_with_itself() {
    let store = MemorySessionRepository::default();
    compare_with_memory(&store, 1, 300).now_or_never().expect("memory answers at once");
}
