//! Spans around the work of requests in a store, for whoever follows a request. At `debug`, where nobody asks for them they
//! cost nothing.

use tracing::{Span, debug_span};

/// Something is read.
pub(crate) fn read(system: &'static str) -> Span {
    debug_span!("store read", otel.kind = "client", db.system.name = system)
}

/// Something is written.
pub(crate) fn write(system: &'static str) -> Span {
    debug_span!("store write", otel.kind = "client", db.system.name = system)
}
