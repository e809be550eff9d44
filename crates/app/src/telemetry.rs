//! The log, and traces where they are asked for.

mod subject;
#[cfg(feature = "otel")]
mod traces;

#[cfg(feature = "otel")]
use live_adapters::causes::chain;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt};

pub use subject::{SubjectHash, SubjectKey};
#[cfg(feature = "otel")]
pub use traces::{Traces, TracesError, adopt, rename};

use crate::settings::{LogFormat, SettingError, Settings};

/// Our own at `info`, others at `warn`; nothing of what the HTTP parser says, as any client could fill the log with it.
pub const DEFAULT_LEVELS: &str = "warn,live_app=info,live_adapters=info,actix_http=off";

/// What was started, and is to be ended before the process does.
#[derive(Default)]
#[must_use]
pub struct Telemetry {
    #[cfg(feature = "otel")]
    traces: Option<Traces>,
}

impl Telemetry {
    /// Starts the log on standard error, and the traces where they are asked for.
    ///
    /// # Errors
    ///
    /// When a setting is wrong.
    pub fn start(settings: &Settings) -> Result<Self, SettingError> {
        let colours = settings.colours_on(&std::io::stderr());
        // Telling standard error that it cannot be written to would end the thread.
        let log = fmt::layer().with_writer(std::io::stderr).with_ansi(colours).log_internal_errors(false);
        let log = match settings.log_format()? {
            LogFormat::Text => log.boxed(),
            LogFormat::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed(),
        };
        let log = tracing_subscriber::registry().with(log.with_filter(settings.log_levels()?));
        #[cfg(feature = "otel")]
        let (log, telemetry) = {
            let export = settings.trace_export()?;
            let traces = export.map(|export| Traces::start(&export)).transpose();
            let traces = traces.map_err(|error| SettingError(format!("traces cannot be sent: {}", chain(&error))))?;
            (log.with(traces.as_ref().map(Traces::layer)), Self { traces })
        };
        #[cfg(not(feature = "otel"))]
        let telemetry = Self::default();
        // A second start, as in tests, changes nothing.
        let _already_started = log.try_init();
        Ok(telemetry)
    }

    /// Sends what is left to be sent.
    #[cfg_attr(not(feature = "otel"), expect(clippy::unused_async, reason = "without traces nothing is left"))]
    pub async fn end(self) {
        #[cfg(feature = "otel")]
        if let Some(traces) = self.traces {
            traces.end().await;
        }
    }
}
