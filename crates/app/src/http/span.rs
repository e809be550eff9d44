//! The span of a request, for whoever follows it through several services. At `debug`: where nobody asks for it, it costs
//! nothing.

use actix_web::http::StatusCode;
use tracing::field::Empty;
use tracing::{Span, debug_span};

use super::record::Record;

/// The span of a request. Its parent is the one that the request names.
#[must_use]
pub fn of(record: &Record) -> Span {
    let span = debug_span!(
        "request",
        otel.kind = "server",
        otel.name = record.method,
        otel.status_code = Empty,
        http.request.method = record.method,
        http.route = Empty,
        http.response.status_code = Empty,
        request_id = %record.id,
    );
    #[cfg(feature = "otel")]
    crate::telemetry::adopt(&span, record.trace);
    span
}

/// Says how the request ended. Its name is that of its route, never its path: there would be too many, and secrets in them.
pub fn end(span: &Span, record: &Record, status: StatusCode) {
    if span.is_disabled() {
        return;
    }
    if let Some(route) = record.route() {
        span.record("http.route", route);
        #[cfg(feature = "otel")]
        crate::telemetry::rename(span, format!("{} {route}", record.method));
    }
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}
