//! Who calls: tokens signed by the keys of an issuer, and what is refused of both.
#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

mod accepted;
mod attacks;
mod introspection;
mod issuer;
mod key_sets;
mod remembered;
mod remote_keys;
mod web;
