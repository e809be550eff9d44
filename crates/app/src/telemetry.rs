//! The log.

mod subject;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

pub use subject::{SubjectHash, SubjectKey};

use crate::settings::LogFormat;

/// Our own at `info`, others at `warn`; nothing of what the HTTP parser says, as any client could fill the log with it.
pub const DEFAULT_LEVELS: &str = "warn,live_app=info,live_adapters=info,actix_http=off";

/// Starts the log on standard error.
pub fn init(format: LogFormat, levels: EnvFilter) {
    let log = tracing_subscriber::fmt()
        .with_env_filter(levels)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // A second start, as in tests, changes nothing.
    let _already_started = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
}
