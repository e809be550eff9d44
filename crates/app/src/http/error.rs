//! Every error that the service answers with: one table, one body.

use std::error::Error;
use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use live_domain::{ListSessionsError, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use super::request_id::{RequestId, X_REQUEST_ID};
use crate::causes::chain;

/// The codes that an error body names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// A parameter is off.
    ValidationError,
    /// The cursor is malformed or belongs to another query.
    InvalidCursor,
    /// The request itself is malformed.
    InvalidRequest,
    /// No bearer token.
    Unauthenticated,
    /// A token that does not verify.
    InvalidToken,
    /// A demanded scope is missing.
    InsufficientScope,
    /// Outside the caller's brands.
    Forbidden,
    /// No such route or thing.
    NotFound,
    /// The route does not know the method.
    MethodNotAllowed,
    /// The request came too slowly.
    RequestTimeout,
    /// The body is too large.
    PayloadTooLarge,
    /// The body is of a type that the route does not take.
    UnsupportedMediaType,
    /// A fault of the service.
    Internal,
    /// The store does not answer in time.
    Unavailable,
}

/// A row of the table of errors.
#[derive(Debug, Clone, Copy)]
pub struct ErrorKind {
    /// The code in the body.
    pub code: ErrorCode,
    /// The code as text.
    pub name: &'static str,
    /// The status of the response.
    pub status: StatusCode,
    /// When it is answered.
    pub meaning: &'static str,
}

const fn kind(code: ErrorCode, name: &'static str, status: StatusCode, meaning: &'static str) -> ErrorKind {
    ErrorKind { code, name, status, meaning }
}

/// The table: the enumeration, the OpenAPI document and `docs/errors.md` say the same.
pub const ERRORS: &[ErrorKind] = &[
    kind(
        ErrorCode::ValidationError,
        "validation_error",
        StatusCode::BAD_REQUEST,
        "a parameter is off; `details` names each",
    ),
    kind(
        ErrorCode::InvalidCursor,
        "invalid_cursor",
        StatusCode::BAD_REQUEST,
        "the cursor is malformed, or belongs to another query",
    ),
    kind(
        ErrorCode::InvalidRequest,
        "invalid_request",
        StatusCode::BAD_REQUEST,
        "two `Authorization` fields, or a token in two places",
    ),
    kind(ErrorCode::Unauthenticated, "unauthenticated", StatusCode::UNAUTHORIZED, "no bearer token"),
    kind(ErrorCode::InvalidToken, "invalid_token", StatusCode::UNAUTHORIZED, "a token that does not verify"),
    kind(ErrorCode::InsufficientScope, "insufficient_scope", StatusCode::FORBIDDEN, "a demanded scope is missing"),
    kind(ErrorCode::Forbidden, "forbidden", StatusCode::FORBIDDEN, "outside the caller's brands"),
    kind(ErrorCode::NotFound, "not_found", StatusCode::NOT_FOUND, "no such route"),
    kind(
        ErrorCode::MethodNotAllowed,
        "method_not_allowed",
        StatusCode::METHOD_NOT_ALLOWED,
        "the route does not know the method; `Allow` lists those it knows",
    ),
    kind(ErrorCode::RequestTimeout, "request_timeout", StatusCode::REQUEST_TIMEOUT, "the request came too slowly"),
    kind(ErrorCode::PayloadTooLarge, "payload_too_large", StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
    kind(
        ErrorCode::UnsupportedMediaType,
        "unsupported_media_type",
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "the body is of a type that the route does not take",
    ),
    kind(
        ErrorCode::Internal,
        "internal",
        StatusCode::INTERNAL_SERVER_ERROR,
        "a fault of the service; the log has the request id",
    ),
    kind(
        ErrorCode::Unavailable,
        "unavailable",
        StatusCode::SERVICE_UNAVAILABLE,
        "the store does not answer in time; `Retry-After` says when to try again",
    ),
];

impl ErrorCode {
    /// The row of the table.
    #[must_use]
    pub fn kind(self) -> ErrorKind {
        let internal = kind(self, "internal", StatusCode::INTERNAL_SERVER_ERROR, "");
        ERRORS.iter().copied().find(|kind| kind.code == self).unwrap_or(internal)
    }
}

/// A faulty parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct Detail {
    /// The name of the parameter.
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
    /// Every faulty parameter, in the order of the request.
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
    request_id: Option<RequestId>,
}

impl ApiError {
    /// An error of that code.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message, details: Vec::new(), headers: Vec::new(), cause: None, request_id: None }
    }

    /// The parameters that are off; there is at least one.
    #[must_use]
    pub fn validation(details: Vec<Detail>) -> Self {
        let message = details.first().map(|detail| detail.message.clone()).unwrap_or_default();
        Self { details, ..Self::new(ErrorCode::ValidationError, message) }
    }

    /// A fault of the service, whose text stays in the log.
    pub fn internal(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let message = "something went wrong on our side; the request id helps to find out what";
        Self { cause: Some(cause.into()), ..Self::new(ErrorCode::Internal, message) }
    }

    /// Something that the service needs does not answer; its text stays in the log.
    pub fn unavailable(cause: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        let error = Self::new(ErrorCode::Unavailable, "the service cannot answer right now; try again shortly");
        let error = error.with_header(header::RETRY_AFTER, HeaderValue::from_static("1"));
        Self { cause: Some(cause.into()), ..error }
    }

    /// With a header field on the response.
    #[must_use]
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
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
            StatusCode::REQUEST_TIMEOUT => Self::new(ErrorCode::RequestTimeout, "the request came too slowly"),
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

    /// Writes what the client does not get to see into the log.
    pub fn log(&self, request_id: &RequestId) {
        let Some(cause) = &self.cause else { return };
        let causes = chain(cause.as_ref());
        tracing::error!(error = self.code.kind().name, %request_id, causes, "request failed");
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

impl From<ListSessionsError> for ApiError {
    fn from(error: ListSessionsError) -> Self {
        match error {
            ListSessionsError::BrandOutOfScope => {
                Self::new(ErrorCode::Forbidden, "brand_id is not one of the brands that the token is limited to")
            }
            ListSessionsError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::unavailable(error),
            StoreError::Failed(_) => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_every_code_as_the_body_does() {
        for row in ERRORS {
            assert_eq!(serde_json::to_value(row.code).unwrap(), row.name);
            assert_eq!(row.code.kind().status, row.status);
        }
    }
}
