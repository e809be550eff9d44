//! How many requests are worked on at once.
//!
//! Beyond that many a request is turned away at once, rather than made to wait in a queue without end: a client that is
//! told to come back is better off than one that gets its answer after it has given up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, web};

use super::error::ApiError;
use super::record::Record;
use super::state::AppState;

/// What has to be answered when there is too much of everything else.
pub const HEALTH: [&str; 2] = ["/livez", "/readyz"];

/// A bound on the requests in flight. Clones share it.
#[derive(Debug, Clone)]
pub struct LoadLimit {
    most: usize,
    in_flight: Arc<AtomicUsize>,
}

impl LoadLimit {
    /// At most so many.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, in_flight: Arc::default() }
    }

    /// Lets one more in, if there is room.
    fn enter(&self) -> Option<Admitted> {
        let one = Admitted(Arc::clone(&self.in_flight));
        (self.in_flight.fetch_add(1, Ordering::Relaxed) < self.most).then_some(one)
    }
}

/// A request that was let in; dropped, it makes room for another.
struct Admitted(Arc<AtomicUsize>);

impl Drop for Admitted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Turns a request away when too many are in flight; never one that asks for the service's health.
///
/// # Errors
///
/// Those of the service behind it.
pub async fn limit<B: MessageBody>(
    state: web::Data<AppState>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let asks_for_health = HEALTH.contains(&request.path());
    let in_flight = if asks_for_health { None } else { state.load.enter() };
    if in_flight.is_none() && !asks_for_health {
        state.metrics.turned_away.inc();
        // A line in the log for each of too many requests would make it worse.
        if let Some(record) = Record::of(&request.extensions()) {
            record.is_quiet();
        }
        return Ok(request.error_response(ApiError::not_now()).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}
