//! Where the token stands in a request.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::http::query;

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN: usize = 8_192;

/// What a request carries.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Credentials<'a> {
    /// No bearer token.
    None,
    /// Two `Authorization` fields, or a token in the query beside the one in the field.
    Ambiguous,
    /// A bearer field whose token is none: other characters than a token has, or too many.
    Unreadable,
    /// One token.
    Token(&'a str),
}

/// Finds the token. It is taken from one `Authorization` field alone (RFC 6750, section 2.1); one in the query is
/// never taken, as it would stand in logs.
pub(super) fn credentials(request: &HttpRequest) -> Credentials<'_> {
    let mut fields = request.headers().get_all(header::AUTHORIZATION);
    let Some(field) = fields.next() else { return Credentials::None };
    if fields.next().is_some() {
        return Credentials::Ambiguous;
    }
    let Some(token) = after_bearer(field.as_bytes()) else { return Credentials::None };
    if query::names(request.query_string(), "access_token") {
        return Credentials::Ambiguous;
    }
    let is_token = token.len() <= MAX_TOKEN && token.iter().all(u8::is_ascii_graphic);
    match std::str::from_utf8(token) {
        Ok(token) if is_token => Credentials::Token(token),
        _ => Credentials::Unreadable,
    }
}

/// What follows the scheme; none for another scheme or for nothing.
fn after_bearer(field: &[u8]) -> Option<&[u8]> {
    let (scheme, token) = field.split_at_checked(7)?;
    let token = token.trim_ascii();
    (scheme.eq_ignore_ascii_case(b"bearer ") && !token.is_empty()).then_some(token)
}
