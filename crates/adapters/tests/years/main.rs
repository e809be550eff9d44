//! What happens to a store over the years: people are forgotten, and old history is deleted, while it serves.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod deletion;
mod forgetting;
