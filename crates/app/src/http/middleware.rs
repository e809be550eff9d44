//! What happens to every request and response, whatever the route.

use std::panic::AssertUnwindSafe;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, AcceptEncoding, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, ResponseError, web};
use futures_util::FutureExt;
use tracing::Instrument;

use super::carried::Carried;
use super::error::ApiError;
use super::record::{Record, Watch};
use super::request_id::X_REQUEST_ID;
use super::span;
use super::state::AppState;

/// Gives the request its id and sees to it that the response carries it, with what else it is to carry, that every error,
/// of whatever layer, is one of ours: refused by the framework, returned by a handler, or a panic; and that log and metrics
/// are told how it ended.
///
/// # Errors
///
/// A panic; it is rendered like the others.
pub async fn finish<B: MessageBody + 'static>(
    state: web::Data<AppState>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let watch = Watch::begin(&request, state);
    let carried = Carried::default();
    request.extensions_mut().insert(carried.clone());
    let span = span::of(watch.record());
    let outcome = match AssertUnwindSafe(next.call(request).instrument(span.clone())).catch_unwind().await {
        Ok(Ok(response)) => Ok(finished(response, watch.record(), &carried)),
        Ok(Err(error)) => Err(answered(of_framework(&error), watch.record(), &carried)),
        Err(panic) => Err(answered(ApiError::internal(panic_text(panic.as_ref())), watch.record(), &carried)),
    };
    let status = match &outcome {
        Ok(response) => response.status(),
        Err(error) => error.status_code(),
    };
    span::end(&span, watch.record(), status);
    watch.end(status);
    Ok(outcome?)
}

fn finished<B: MessageBody + 'static>(
    response: ServiceResponse<B>,
    record: &Record,
    carried: &Carried,
) -> ServiceResponse<BoxBody> {
    let mut response = response.map_into_boxed_body();
    let rendered = response.response().error().map(|error| {
        let rendered = |error: &ApiError| {
            told(error, record);
            error.response(&record.id)
        };
        error.as_error::<ApiError>().map_or_else(|| rendered(&of_framework(error)), rendered)
    });
    if let Some(rendered) = rendered {
        response = response.into_response(rendered);
    } else if let Ok(value) = HeaderValue::from_str(record.id.as_str()) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    for (name, value) in carried.take() {
        response.headers_mut().append(name, value);
    }
    response
}

/// What the framework refuses by itself.
fn of_framework(error: &Error) -> ApiError {
    ApiError::of_framework(error.as_response_error().status_code(), &error.to_string())
}

fn answered(error: ApiError, record: &Record, carried: &Carried) -> ApiError {
    told(&error, record);
    let error = carried.take().into_iter().fold(error, |error, (name, value)| error.with_header(name, value));
    error.for_request(record.id.clone())
}

fn told(error: &ApiError, record: &Record) {
    error.log(record);
    record.is_refused(error);
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    format!("a handler panicked: {}", text.unwrap_or("no message"))
}

/// Narrows `Accept-Encoding` down to the one coding of ours that the client prefers. Without one it is dropped: an
/// answer that nothing is left for, not even the plain body, is plain then, rather than the 406 of the framework.
///
/// # Errors
///
/// Those of the service behind it.
pub async fn settle_coding<B: MessageBody + 'static>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    use actix_web::http::header::{ContentEncoding, Encoding};
    let ours = [ContentEncoding::Gzip, ContentEncoding::Brotli, ContentEncoding::Identity].map(Encoding::Known);
    let chosen = request.get_header::<AcceptEncoding>().and_then(|accepted| accepted.negotiate(ours.iter()));
    let coding = match chosen {
        Some(Encoding::Known(ContentEncoding::Gzip)) => Some("gzip"),
        Some(Encoding::Known(ContentEncoding::Brotli)) => Some("br"),
        _ => None,
    };
    request.headers_mut().remove(header::ACCEPT_ENCODING);
    if let Some(coding) = coding {
        request.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static(coding));
    }
    let mut response = next.call(request).await?;
    vary_by_coding(response.headers_mut());
    Ok(response)
}

/// Every answer depends on the coding asked for, plain ones as well: one `Vary` says so, beside what else it names.
fn vary_by_coding(headers: &mut HeaderMap) {
    let fields: Vec<HeaderValue> = headers.remove(header::VARY).collect();
    let present = fields.iter().filter_map(|field| field.to_str().ok()).flat_map(|field| field.split(','));
    let mut names: Vec<&str> = Vec::new();
    for name in present.map(str::trim).chain(["Accept-Encoding"]) {
        if !names.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            names.push(name);
        }
    }
    if let Ok(value) = HeaderValue::from_str(&names.join(", ")) {
        headers.insert(header::VARY, value);
    }
}
