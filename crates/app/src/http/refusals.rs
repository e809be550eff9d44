//! Which errors a route can answer with, for the OpenAPI document: codes, statuses and meanings come from the table.

use std::collections::BTreeMap;

use utoipa::IntoResponses;
use utoipa::openapi::{ContentBuilder, HeaderBuilder, Ref, RefOr, Response, ResponseBuilder};

use super::error::ErrorCode::{
    self, Conflict, Forbidden, InsufficientScope, Internal, InvalidCursor, InvalidRequest, InvalidToken, NotFound,
    PayloadTooLarge, PreconditionFailed, RateLimited, RequestTimeout, Unauthenticated, Unavailable,
    UnsupportedMediaType, ValidationError,
};
use super::examples::of_error;

type Responses = BTreeMap<String, RefOr<Response>>;

/// Of every guarded route.
const GUARDED: &[ErrorCode] = &[
    ValidationError,
    InvalidRequest,
    Unauthenticated,
    InvalidToken,
    InsufficientScope,
    RateLimited,
    Internal,
    Unavailable,
];
/// Of every route that reads its body, be it to see that there is none.
const WITH_BODY: &[ErrorCode] = &[RequestTimeout, PayloadTooLarge];

/// Of reading a thing.
pub struct ReadRefusals;

impl IntoResponses for ReadRefusals {
    fn responses() -> Responses {
        refusals(&[GUARDED, &[NotFound]])
    }
}

/// Of listing sessions.
pub struct ListRefusals;

impl IntoResponses for ListRefusals {
    fn responses() -> Responses {
        refusals(&[GUARDED, &[InvalidCursor, Forbidden]])
    }
}

/// Of listing sessions as a calendar.
pub struct CalendarRefusals;

impl IntoResponses for CalendarRefusals {
    fn responses() -> Responses {
        refusals(&[GUARDED, &[Forbidden]])
    }
}

/// Of making a calendar feed. What a kept answer is about may be none for the caller by now: 404.
pub struct CreateFeedRefusals;

impl IntoResponses for CreateFeedRefusals {
    fn responses() -> Responses {
        refusals(&[GUARDED, WITH_BODY, &[UnsupportedMediaType, Forbidden, Conflict, NotFound, PreconditionFailed]])
    }
}

/// Of revoking a calendar feed.
pub struct RevokeFeedRefusals;

impl IntoResponses for RevokeFeedRefusals {
    fn responses() -> Responses {
        refusals(&[GUARDED, WITH_BODY, &[NotFound]])
    }
}

/// Of reading a calendar feed.
pub struct FeedRefusals;

impl IntoResponses for FeedRefusals {
    fn responses() -> Responses {
        refusals(&[&[NotFound, RateLimited, Internal, Unavailable]])
    }
}

/// Of reading the registrations of a session.
pub struct LineRefusals;

impl IntoResponses for LineRefusals {
    fn responses() -> Responses {
        refusals(&[GUARDED, &[InvalidCursor, Forbidden, NotFound]])
    }
}

/// Of creating a session. What a kept answer is about may be none for the caller by now: 404.
pub struct CreateRefusals;

impl IntoResponses for CreateRefusals {
    fn responses() -> Responses {
        refusals(&[GUARDED, WITH_BODY, &[UnsupportedMediaType, Forbidden, Conflict, NotFound]])
    }
}

/// Of editing a session.
pub struct PatchRefusals;

impl IntoResponses for PatchRefusals {
    fn responses() -> Responses {
        let codes = [UnsupportedMediaType, Forbidden, NotFound, PreconditionFailed];
        let mut responses = refusals(&[GUARDED, WITH_BODY, &codes]);
        if let Some(RefOr::T(response)) = responses.get_mut(UnsupportedMediaType.kind().status.as_str()) {
            add_header(response, "Accept-Patch", "The types of a patch (RFC 5789)");
        }
        responses
    }
}

/// Of a step in the life of a session.
pub struct TransitionRefusals;

impl IntoResponses for TransitionRefusals {
    fn responses() -> Responses {
        refusals(&[GUARDED, WITH_BODY, &[UnsupportedMediaType, Forbidden, Conflict, NotFound, PreconditionFailed]])
    }
}

/// Of registering.
pub struct RegisterRefusals;

impl IntoResponses for RegisterRefusals {
    fn responses() -> Responses {
        refusals(&[GUARDED, WITH_BODY, &[Conflict, NotFound, PreconditionFailed]])
    }
}

/// Of cancelling a registration.
pub struct UnregisterRefusals;

impl IntoResponses for UnregisterRefusals {
    fn responses() -> Responses {
        refusals(&[GUARDED, WITH_BODY, &[NotFound]])
    }
}

/// Of what is told to everybody, until there are too many requests at once.
pub struct PublicRefusals;

impl IntoResponses for PublicRefusals {
    fn responses() -> Responses {
        refusals(&[&[Internal, Unavailable]])
    }
}

/// Of the question whether the service can answer.
pub struct ReadyRefusals;

impl IntoResponses for ReadyRefusals {
    fn responses() -> Responses {
        refusals(&[&[Unavailable]])
    }
}

/// One response for each status, which names the codes that it comes with.
fn refusals(codes: &[&[ErrorCode]]) -> Responses {
    let mut named: BTreeMap<u16, Vec<&str>> = BTreeMap::new();
    for kind in codes.iter().copied().flatten().map(|code| code.kind()) {
        named.entry(kind.status.as_u16()).or_default().push(kind.name);
    }
    named.into_iter().map(|(status, names)| (status.to_string(), RefOr::T(refusal(status, &names)))).collect()
}

fn refusal(status: u16, names: &[&str]) -> Response {
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody")));
    let body = body.examples_from_iter(names.iter().map(|name| (*name, of_error(name)))).build();
    let mut response = ResponseBuilder::new().description(names.join(" or ")).content("application/json", body).build();
    match status {
        401 => add_header(&mut response, "WWW-Authenticate", "The challenge (RFC 6750)"),
        403 => add_header(&mut response, "WWW-Authenticate", "Of `insufficient_scope`: the challenge (RFC 6750)"),
        429 | 503 => add_header(&mut response, "Retry-After", "In how many seconds to try again"),
        _ => {}
    }
    response
}

fn add_header(response: &mut Response, name: &str, description: &str) {
    let header = HeaderBuilder::new().description(Some(description)).build();
    response.headers.insert(name.to_owned(), header.into());
}
