//! Where traces are sent: the standard variables of `OpenTelemetry`, of which the exporter itself reads the rest.

use super::identity::read_url;
use super::{SettingError, Settings};

/// That traces are sent, and as whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceExport {
    /// The name of this service in them.
    pub service_name: String,
    /// Whether the collector is reached by TLS.
    pub needs_tls: bool,
}

impl Settings {
    /// Whether traces are sent: where a collector is named, and nothing says that they are not to be.
    ///
    /// # Errors
    ///
    /// When the collector is named by what is no URL to use.
    pub fn trace_export(&self) -> Result<Option<TraceExport>, SettingError> {
        let says = |name, text: &str| Ok(self.variable(name)?.is_some_and(|given| given.eq_ignore_ascii_case(text)));
        if says("OTEL_SDK_DISABLED", "true")? || says("OTEL_TRACES_EXPORTER", "none")? {
            return Ok(None);
        }
        for name in ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"] {
            if let Some(endpoint) = self.variable(name)? {
                let url = read_url(&endpoint).map_err(|fault| SettingError(format!("{name} must be {fault}")))?;
                let service_name = self.variable("OTEL_SERVICE_NAME")?.unwrap_or_else(|| "live".to_owned());
                return Ok(Some(TraceExport { service_name, needs_tls: url.scheme() == "https" }));
            }
        }
        Ok(None)
    }
}
