//! The service over HTTP, in process: what each route answers to good and bad requests.
#![expect(clippy::expect_used, reason = "a failed expectation is a failed test")]

mod answer;
mod authority;
mod bad_bodies;
mod bad_writes;
mod brand_scope;
mod coding;
mod conditional;
mod cors;
mod credentials;
mod cursor;
mod deadline;
mod errors;
mod golden;
mod idempotency;
mod if_match;
mod jwt;
mod jwt_refused;
mod life;
mod line;
mod load;
mod openapi;
mod openapi_headers;
mod order;
mod precedence;
mod query_accepted;
mod query_refused;
mod rate;
mod registration_writes;
mod schema;
mod session_writes;
mod slow;
mod support;
mod walk;
mod wire;
mod writing;
