//! How many statements a connection keeps prepared.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use diesel::connection::{Instrumentation, InstrumentationEvent};

/// The most statements that a connection keeps prepared. Ordinary callers need a few dozen; whoever combines all filters
/// gets new connections now and then, rather than the memory.
const MOST: usize = 500;

/// The count of one connection.
#[derive(Debug, Default)]
pub(crate) struct Statements(Arc<AtomicUsize>);

impl Statements {
    /// What counts for it, to be set on the connection.
    pub(crate) fn counter(&self) -> impl Instrumentation + use<> {
        Counter(Arc::clone(&self.0))
    }

    /// Whether the connection should make room for a new one.
    pub(crate) fn are_too_many(&self) -> bool {
        self.0.load(Ordering::Relaxed) > MOST
    }
}

struct Counter(Arc<AtomicUsize>);

impl Instrumentation for Counter {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        if matches!(event, InstrumentationEvent::CacheQuery { .. }) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}
