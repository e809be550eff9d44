//! What the HTTP edge does for each request, store and sockets aside.
#![expect(clippy::expect_used, reason = "a failed expectation is a benchmark that measures nothing")]

#[path = "../../tests/identity/issuer.rs"]
#[expect(dead_code, reason = "the tests of identity need more of it")]
mod issuer;
mod pages;
mod queries;
mod tokens;

use divan::AllocProfiler;
use mimalloc::MiMalloc;

/// The allocator of the binary, and what is asked of it.
#[global_allocator]
static ALLOCATOR: AllocProfiler<MiMalloc> = AllocProfiler::new(MiMalloc);

fn main() {
    divan::main();
}
