//! The HTTP edge: text comes in and goes out here, and nowhere else.

pub mod conditional;
pub mod cursor;
pub mod error;
pub mod health;
pub mod index;
pub mod list_query;
pub mod list_sessions;
pub mod middleware;
pub mod openapi;
pub mod query;
pub mod request_id;
pub mod routes;
pub mod session_body;
pub mod state;
