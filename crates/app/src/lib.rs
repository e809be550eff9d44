//! The service `live`: HTTP on actix-web behind a bearer guard, the command line, the settings, and the wiring of the
//! domain's ports to the stores.
//!
//! One request walks through [`http`] (text to values), the use case of the domain crate, and a store of the adapters
//! crate. `docs/architecture.md` follows it name by name.

pub mod admin;
pub mod auth;
pub mod cli;
pub mod http;
pub mod json;
pub mod metrics;
pub mod ndjson;
pub mod nearest;
pub mod sample;
pub mod server;
pub mod settings;
pub mod store_watch;
pub mod telemetry;
pub mod upkeep;
