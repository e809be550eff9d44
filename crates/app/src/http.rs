//! The HTTP edge: text comes in and goes out here, and nowhere else.

pub mod answer;
pub mod body;
pub mod conditional;
pub mod cursor;
pub mod error;
pub mod faults;
pub mod health;
pub mod idempotency;
pub mod index;
pub mod line_query;
pub mod list_query;
pub mod list_sessions;
pub mod media_type;
pub mod members;
pub mod middleware;
pub mod openapi;
pub mod query;
pub mod refusals;
pub mod registration_body;
pub mod registrations;
pub mod request_id;
pub mod routes;
pub mod session_body;
pub mod session_input;
pub mod sessions;
pub mod state;
