//! The service over HTTP, in process: what each route answers to good and bad requests.
#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

mod answer;
mod brand_scope;
mod coding;
mod conditional;
mod credentials;
mod cursor;
mod errors;
mod jwt;
mod jwt_refused;
mod openapi;
mod order;
mod precedence;
mod query_accepted;
mod query_refused;
mod schema;
mod support;
mod walk;
mod wire;
