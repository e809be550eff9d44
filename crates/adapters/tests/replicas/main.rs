//! Lists are read from standbys, and no answer shows it: on servers that the test starts.
#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

mod contract;
mod faults;
mod own_writes;
mod site;
mod walks;
