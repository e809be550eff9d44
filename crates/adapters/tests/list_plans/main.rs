//! Every list reads indexes in its order, from its place on, and not much more than it returns.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod every_filter;
mod questions;
mod run;
mod sqlite;
mod texts;
mod whatever_the_data;
