//! The binary as a process: commands, exit codes, a server that is started, stopped and cut off from its store.
#![expect(clippy::unwrap_used, reason = "a test that cannot set up what it needs has failed")]

mod commands;
mod dev;
mod import;
mod import_acceptance;
mod outage;
mod proxy;
mod raw;
mod serve;
mod support;
mod walk_acceptance;
