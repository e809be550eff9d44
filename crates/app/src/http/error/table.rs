//! The table of errors.

use actix_web::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// The codes that an error body names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ErrorCode {
    /// A parameter or a member of the body is off.
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
    /// Outside the caller's brands, or somebody else's session.
    Forbidden,
    /// No such route or thing.
    NotFound,
    /// The route does not know the method.
    MethodNotAllowed,
    /// The body came too slowly.
    RequestTimeout,
    /// The idempotency key was used with another request.
    Conflict,
    /// The thing is in another version, or its state forbids it.
    PreconditionFailed,
    /// The body is too large.
    PayloadTooLarge,
    /// The body is of a type that the route does not take.
    UnsupportedMediaType,
    /// More requests in a minute than are allowed.
    RateLimited,
    /// A fault of the service.
    Internal,
    /// The store or the identity provider does not answer in time.
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
        "a parameter or a member of the body is off; `details` names each",
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
        "two `Authorization` fields, a token in two places, or a body that breaks off",
    ),
    kind(ErrorCode::Unauthenticated, "unauthenticated", StatusCode::UNAUTHORIZED, "no bearer token"),
    kind(ErrorCode::InvalidToken, "invalid_token", StatusCode::UNAUTHORIZED, "a token that does not verify"),
    kind(ErrorCode::InsufficientScope, "insufficient_scope", StatusCode::FORBIDDEN, "a demanded scope is missing"),
    kind(
        ErrorCode::Forbidden,
        "forbidden",
        StatusCode::FORBIDDEN,
        "outside the caller's brands, or somebody else's session",
    ),
    kind(
        ErrorCode::NotFound,
        "not_found",
        StatusCode::NOT_FOUND,
        "no such route or thing, or none that the caller may see",
    ),
    kind(
        ErrorCode::MethodNotAllowed,
        "method_not_allowed",
        StatusCode::METHOD_NOT_ALLOWED,
        "the route does not know the method; `Allow` lists those it knows",
    ),
    kind(ErrorCode::RequestTimeout, "request_timeout", StatusCode::REQUEST_TIMEOUT, "the body came too slowly"),
    kind(ErrorCode::Conflict, "conflict", StatusCode::CONFLICT, "the idempotency key was used with another request"),
    kind(
        ErrorCode::PreconditionFailed,
        "precondition_failed",
        StatusCode::PRECONDITION_FAILED,
        "`If-Match` names another version, or the state of the thing forbids it; `details` tells which",
    ),
    kind(ErrorCode::PayloadTooLarge, "payload_too_large", StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
    kind(
        ErrorCode::UnsupportedMediaType,
        "unsupported_media_type",
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "the body is of a type that the route does not take",
    ),
    kind(
        ErrorCode::RateLimited,
        "rate_limited",
        StatusCode::TOO_MANY_REQUESTS,
        "more requests in a minute than are allowed; `Retry-After` says when to try again",
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
        "the store or the identity provider does not answer in time; `Retry-After` says when to try again",
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
