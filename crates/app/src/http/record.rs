//! What is noted of a request while it is worked on, and told once when it has ended: to the log and to the metrics.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use actix_web::HttpMessage;
use actix_web::dev::{Extensions, ServiceRequest};
use actix_web::http::{Method, StatusCode};
use actix_web::web::Data;
use tracing::Level;
use tracing::field::{DisplayValue, display};

use super::error::ApiError;
use super::load::HEALTH;
use super::request_id::RequestId;
use super::state::AppState;
use super::trace_context::{TraceId, TraceParent};
use crate::auth::Refusal;
use crate::metrics::{InFlight, Outcome, RequestLabels};
use crate::telemetry::SubjectHash;

/// The route of a request that none of ours was found for.
const UNMATCHED: &str = "unmatched";

/// What is noted of a request. Nothing of it is a client's text but the id, which has the form of one.
pub struct Record {
    /// The id of the request.
    pub id: RequestId,
    /// The trace that it belongs to, if its sender says so.
    pub trace: Option<TraceParent>,
    /// The method.
    pub method: &'static str,
    begun: Instant,
    route: Cell<Option<&'static str>>,
    is_quiet: Cell<bool>,
    subject: Cell<Option<SubjectHash>>,
    error: Cell<Option<&'static str>>,
    refusal: Cell<Option<Refusal>>,
}

impl Record {
    fn new(request: &ServiceRequest) -> Self {
        Self {
            id: RequestId::of(request.headers()),
            trace: TraceParent::of(request.headers()),
            method: known_method(request.method()),
            begun: Instant::now(),
            route: Cell::default(),
            is_quiet: Cell::default(),
            subject: Cell::default(),
            error: Cell::default(),
            refusal: Cell::default(),
        }
    }

    /// The record of the request with these extensions.
    #[must_use]
    pub fn of(extensions: &Extensions) -> Option<Rc<Self>> {
        extensions.get::<Rc<Self>>().cloned()
    }

    /// The request is one of that route. Questions for the service's health come all the time.
    pub fn is_of(&self, route: &'static str) {
        self.route.set(Some(route));
        self.is_quiet.set(HEALTH.contains(&route));
    }

    /// The route that it is of, if it is of one.
    #[must_use]
    pub fn route(&self) -> Option<&'static str> {
        self.route.get()
    }

    /// The request is not worth a line of the log where not everything is asked for.
    pub fn is_quiet(&self) {
        self.is_quiet.set(true);
    }

    /// The request is that person's.
    pub fn is_by(&self, subject: SubjectHash) {
        self.subject.set(Some(subject));
    }

    /// The request is answered with an error.
    pub fn is_refused(&self, error: &ApiError) {
        self.error.set(Some(error.code().kind().name));
        self.refusal.set(error.refusal());
    }

    /// The trace, for a line of the log.
    pub fn trace_id(&self) -> Option<DisplayValue<TraceId>> {
        self.trace.map(|trace| display(trace.trace_id))
    }

    /// One line for each request.
    fn log(&self, route: &'static str, status: Option<StatusCode>, duration: Duration) {
        if self.is_quiet.get() && !tracing::enabled!(target: "live_app::request", Level::DEBUG) {
            return;
        }
        let micros = u32::try_from(duration.as_micros()).unwrap_or(u32::MAX);
        tracing::info!(
            target: "live_app::request",
            request_id = %self.id,
            method = self.method,
            route,
            status = status.map(|status| status.as_u16()),
            duration_ms = f64::from(micros) / 1_000.0,
            error = self.error.get(),
            refusal = self.refusal.get().map(Refusal::name),
            subject = self.subject.get().map(display),
            trace_id = self.trace_id(),
            parent_id = self.trace.map(|trace| display(trace.parent_id)),
            "{}", if status.is_some() { "answered" } else { "broken off" },
        );
    }
}

/// A request that is worked on. When it is dropped before it is answered, its client has gone away, or the service stops.
pub struct Watch {
    record: Rc<Record>,
    state: Data<AppState>,
    _in_flight: InFlight,
    status: Option<StatusCode>,
}

impl Watch {
    /// Begins to watch a request.
    #[must_use]
    pub fn begin(request: &ServiceRequest, state: Data<AppState>) -> Self {
        let record = Rc::new(Record::new(request));
        request.extensions_mut().insert(Rc::clone(&record));
        let in_flight = state.metrics.requests.begin();
        Self { record, state, _in_flight: in_flight, status: None }
    }

    /// What is noted of it.
    #[must_use]
    pub fn record(&self) -> &Record {
        &self.record
    }

    /// It is answered with that status.
    pub fn end(mut self, status: StatusCode) {
        self.status = Some(status);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let Self { record, state, status, .. } = self;
        let (duration, route) = (record.begun.elapsed(), record.route.get().unwrap_or(UNMATCHED));
        let labels = RequestLabels { route, method: record.method, status: class(*status) };
        state.metrics.requests.end(&labels, duration);
        if let Some(refusal) = record.refusal.get() {
            state.metrics.refusals.count(refusal);
        }
        record.log(route, *status, duration);
    }
}

/// The methods of HTTP by name, and any other by one.
fn known_method(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PATCH", "DELETE", "PUT", "OPTIONS"];
    known.into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}

fn class(status: Option<StatusCode>) -> &'static str {
    match status.map(|status| status.as_u16() / 100) {
        Some(1) => "1xx",
        Some(2) => "2xx",
        Some(3) => "3xx",
        Some(4) => "4xx",
        Some(_) => "5xx",
        None => "none",
    }
}
