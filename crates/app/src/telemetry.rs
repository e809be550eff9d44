//! The log.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::settings::LogFormat;

/// Our own at `info`, others at `warn`; nothing of what the HTTP parser says, as any client could fill the log with it.
const DEFAULT_LEVELS: &str = "warn,live_app=info,live_adapters=info,actix_http=off";

/// Why a text does not set levels, as `RUST_LOG` does; none: it does.
#[must_use]
pub fn fault_of_levels(text: &str) -> Option<String> {
    EnvFilter::builder().parse(text).err().map(|error| error.to_string())
}

/// Starts the log on standard error. `RUST_LOG` sets the levels.
pub fn init(format: LogFormat) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT_LEVELS));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    // A second start, as in tests, changes nothing.
    let _already_started = match format {
        LogFormat::Text => log.try_init(),
        LogFormat::Json => log.json().try_init(),
    };
}
