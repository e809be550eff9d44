//! The body of a request: its size, its type, and the time that it may take.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt};

use super::error::{ApiError, ErrorCode};
use super::faults::Faults;
use super::media_type::is_utf_8_of;

/// The most bytes that a body may have.
pub const MAX_BODY: usize = 65_536;
/// How long the whole of a body may take.
const PATIENCE: Duration = Duration::from_secs(10);

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";
/// What is offered to one whose patch is of another type (RFC 5789, section 3.1).
const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// What a route takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// A JSON object.
    Object,
    /// A JSON object, or nothing.
    ObjectOrNothing,
    /// A JSON merge patch.
    Patch,
    /// Nothing.
    Nothing,
}

/// Reads the body of a request to a route that takes that.
///
/// The bytes are taken as they come: nothing is decompressed, and the size is that of what was sent.
///
/// # Errors
///
/// `payload_too_large` as soon as that is known, `request_timeout`, then `unsupported_media_type`.
pub async fn read(
    request: &HttpRequest,
    payload: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin,
    takes: Takes,
) -> Result<Vec<u8>, ApiError> {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| u64::try_from(MAX_BODY).is_ok_and(|most| length > most)) {
        return Err(too_large());
    }
    let whole = tokio::time::timeout(PATIENCE, collect(payload)).await;
    let body = whole.map_err(|_| ApiError::of_framework(StatusCode::REQUEST_TIMEOUT, ""))??;
    match takes {
        Takes::Nothing => {}
        Takes::ObjectOrNothing if body.is_empty() => {}
        Takes::Object | Takes::ObjectOrNothing => typed(request, &[JSON])?,
        Takes::Patch => typed(request, &[MERGE_PATCH, JSON]).map_err(|error| {
            error.with_header(ACCEPT_PATCH, HeaderValue::from_static("application/merge-patch+json, application/json"))
        })?,
    }
    Ok(body)
}

async fn collect(mut payload: impl Stream<Item = Result<Bytes, PayloadError>> + Unpin) -> Result<Vec<u8>, ApiError> {
    let mut body = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk =
            chunk.map_err(|_| ApiError::new(ErrorCode::InvalidRequest, "the body breaks off or is malformed"))?;
        if body.len() + chunk.len() > MAX_BODY {
            return Err(too_large());
        }
        body.extend(chunk);
    }
    Ok(body)
}

fn too_large() -> ApiError {
    ApiError::new(ErrorCode::PayloadTooLarge, format!("the body must have at most {MAX_BODY} bytes"))
}

/// Sees to it that the body is plain JSON in UTF-8, of one of these types.
fn typed(request: &HttpRequest, allowed: &[&str]) -> Result<(), ApiError> {
    let mut fields = request.headers().get_all(header::CONTENT_TYPE);
    let only = fields.next().filter(|_| fields.next().is_none());
    let fits = only.and_then(|field| field.to_str().ok()).is_some_and(|field| is_utf_8_of(field, allowed));
    if fits && !request.headers().contains_key(header::CONTENT_ENCODING) {
        return Ok(());
    }
    let message =
        format!("the body must be of the type {}, in UTF-8 and without a content encoding", allowed.join(" or "));
    Err(ApiError::new(ErrorCode::UnsupportedMediaType, message))
}

/// Sees to it that nothing was sent to a route that takes nothing.
///
/// # Errors
///
/// A body.
pub fn no_body(body: &[u8]) -> Result<(), Faults> {
    if body.is_empty() { Ok(()) } else { Err(Faults::one("", "this route takes no body")) }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use futures_util::stream;
    use tokio::time::{Instant, sleep};

    use super::*;

    fn request(fields: &[(&str, &str)]) -> HttpRequest {
        let request = fields.iter().fold(TestRequest::default(), |request, field| request.append_header(*field));
        request.to_http_request()
    }

    /// The chunks, each after so many seconds.
    fn slowly(seconds: u64, chunks: usize) -> impl Stream<Item = Result<Bytes, PayloadError>> + Unpin {
        Box::pin(stream::iter(0..chunks).then(move |_| async move {
            sleep(Duration::from_secs(seconds)).await;
            Ok(Bytes::from_static(b" "))
        }))
    }

    #[tokio::test(start_paused = true)]
    async fn a_body_may_take_ten_seconds_and_no_more_however_it_drips() {
        let begun = Instant::now();
        let late = read(&request(&[]), slowly(3, 4), Takes::Nothing).await.unwrap_err();
        assert_eq!((late.code(), begun.elapsed()), (ErrorCode::RequestTimeout, PATIENCE));
        let never = read(&request(&[]), stream::pending(), Takes::Nothing).await.unwrap_err();
        assert_eq!(never.code(), ErrorCode::RequestTimeout);
        assert_eq!(read(&request(&[]), slowly(3, 3), Takes::Nothing).await.unwrap(), b"   ");
    }

    #[actix_web::test]
    async fn too_large_is_told_as_soon_as_it_is_known() {
        let announced = request(&[("Content-Length", "65537")]);
        let refused = read(&announced, stream::pending(), Takes::Object).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::PayloadTooLarge);
        let counted = stream::iter([Ok(vec![0; MAX_BODY].into()), Ok(vec![0; 1].into())]).chain(stream::pending());
        let refused = read(&request(&[]), counted, Takes::Object).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::PayloadTooLarge);
    }

    #[actix_web::test]
    async fn a_body_that_breaks_off_is_a_malformed_request() {
        let broken = stream::iter([Ok(Bytes::from_static(b"{")), Err(PayloadError::Incomplete(None))]);
        let refused = read(&request(&[]), broken, Takes::Object).await.unwrap_err();
        assert_eq!(refused.code(), ErrorCode::InvalidRequest);
    }
}
