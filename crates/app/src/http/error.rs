//! Every error that the service answers with: one table, one body.

mod refused;
mod table;

use std::error::Error;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use live_adapters::causes::chain;
use serde::Serialize;
use utoipa::ToSchema;

use super::record::Record;
use super::request_id::{RequestId, X_REQUEST_ID};
use crate::auth::Refusal;

pub use table::{ERRORS, ErrorCode, ErrorKind};

/// A faulty part of a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Detail {
    /// The name of a query parameter or of a header, or the JSON pointer of a member of the body; empty for the body as a
    /// whole, and for the state of a thing.
    pub parameter: String,
    /// What is wrong with it, and what is allowed.
    pub message: String,
}

/// The body of every error.
#[derive(Debug, Serialize, ToSchema)]
pub struct ErrorBody<'a> {
    error: ErrorCode,
    /// For people.
    message: &'a str,
    /// Every faulty part: headers, then the query, then the body.
    #[serde(skip_serializing_if = "<[Detail]>::is_empty")]
    #[schema(required = false)]
    details: &'a [Detail],
    /// The `X-Request-Id` of the response.
    request_id: &'a str,
}

/// An error on its way to the client.
///
/// It can be built without knowing the request; the request id joins it where it becomes a response.
#[derive(Debug)]
pub struct ApiError {
    code: ErrorCode,
    message: String,
    details: Vec<Detail>,
    headers: Vec<(HeaderName, HeaderValue)>,
    cause: Option<Box<dyn Error + Send + Sync>>,
    refusal: Option<Refusal>,
    request_id: Option<RequestId>,
}

impl ApiError {
    /// An error of that code.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message, details: Vec::new(), headers: Vec::new(), cause: None, refusal: None, request_id: None }
    }

    /// The parameters that are off; there is at least one.
    #[must_use]
    pub fn validation(details: Vec<Detail>) -> Self {
        let message = details.first().map(|detail| detail.message.clone()).unwrap_or_default();
        Self { details, ..Self::new(ErrorCode::ValidationError, message) }
    }

    /// The thing is not as the request takes it to be. `parameter` is the header that says how, or empty for the state.
    #[must_use]
    pub fn precondition(parameter: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        let details = vec![Detail { parameter: parameter.to_owned(), message: message.clone() }];
        Self { details, ..Self::new(ErrorCode::PreconditionFailed, message) }
    }

    /// There is no such thing, or none for the caller: the one text for both, so that nobody can tell them apart.
    #[must_use]
    pub fn no_such_thing() -> Self {
        Self::new(ErrorCode::NotFound, "there is no such thing, or none that exists for you")
    }

    /// A fault of the service, whose text stays in the log.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let message = "something went wrong on our side; the request id helps to find out what";
        Self { cause: Some(cause.into()), ..Self::new(ErrorCode::Internal, message) }
    }

    /// The service cannot answer now, and there is nothing to be said of it in the log.
    #[must_use]
    pub fn not_now() -> Self {
        let error = Self::new(ErrorCode::Unavailable, "the service cannot answer right now; try again shortly");
        error.with_header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    }

    /// Something that the service needs does not answer; its text stays in the log.
    pub fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        Self { cause: Some(cause.into()), ..Self::not_now() }
    }

    /// With a header field on the response.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// As a refusal of the guard, for whoever watches the service.
    #[must_use]
    pub fn with_refusal(self, refusal: Refusal) -> Self {
        Self { refusal: Some(refusal), ..self }
    }

    /// As the answer to that request.
    #[must_use]
    pub fn for_request(self, request_id: RequestId) -> Self {
        Self { request_id: Some(request_id), ..self }
    }

    /// What our framework refuses by itself, by its status; of a fault the text goes to the log.
    #[must_use]
    pub fn of_framework(status: StatusCode, text: &str) -> Self {
        match status {
            StatusCode::NOT_FOUND => Self::new(ErrorCode::NotFound, "there is no such route"),
            StatusCode::REQUEST_TIMEOUT => Self::new(ErrorCode::RequestTimeout, "the body came too slowly"),
            StatusCode::PAYLOAD_TOO_LARGE => Self::new(ErrorCode::PayloadTooLarge, "the body is too large"),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::new(ErrorCode::UnsupportedMediaType, "the body is of a type that this route does not take")
            }
            status if status.is_client_error() => Self::new(ErrorCode::InvalidRequest, "the request is malformed"),
            status => Self::internal(format!("unexpected status {status}: {text}")),
        }
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> ErrorCode {
        self.code
    }

    /// Why the guard refused the request, if it did.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        self.refusal
    }

    /// Writes what the client does not get to see into the log.
    pub fn log(&self, record: &Record) {
        let Some(cause) = &self.cause else { return };
        let (causes, request_id, trace_id) = (chain(cause.as_ref()), &record.id, record.trace_id());
        tracing::error!(error = self.code.kind().name, %request_id, trace_id, causes, "request failed");
    }

    /// The response, the request id in body and header.
    #[must_use]
    pub fn response(&self, request_id: &RequestId) -> HttpResponse {
        let body = ErrorBody {
            error: self.code,
            message: &self.message,
            details: &self.details,
            request_id: request_id.as_str(),
        };
        let mut response = HttpResponse::build(self.status_code());
        for (name, value) in &self.headers {
            response.insert_header((name.clone(), value.clone()));
        }
        response.insert_header((X_REQUEST_ID, request_id.as_str()));
        response.insert_header((header::CACHE_CONTROL, "no-store"));
        response.json(body)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.code.kind().name, self.message)
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        self.code.kind().status
    }

    fn error_response(&self) -> HttpResponse {
        match &self.request_id {
            Some(request_id) => self.response(request_id),
            None => HttpResponse::new(self.status_code()),
        }
    }
}
