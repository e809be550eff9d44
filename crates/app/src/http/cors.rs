//! Pages of other origins that may call the service from a browser (CORS, as the Fetch standard has it).
//!
//! Credentials are not shared: a token is sent by the page itself, never by the browser.

use std::collections::BTreeSet;
use std::str::FromStr;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse, web};
use reqwest::Url;

use super::carried::Carried;
use super::record::Record;
use super::state::AppState;

/// The methods of the API.
const METHODS: &str = "GET, HEAD, POST, PATCH, DELETE";
/// The fields of a request that a page may send.
const REQUEST_FIELDS: &str = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Live-Position, X-Request-Id, Traceparent, \
     Tracestate";
/// The fields of an answer that a page may read, beside those that it always may.
const ANSWER_FIELDS: &str = "Accept-Patch, Allow, ETag, Idempotent-Replayed, Link, Live-Position, Location, Retry-After, \
    WWW-Authenticate, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id";
/// How long a browser need not ask again, in seconds: the longest that browsers heed.
const MAX_AGE: &str = "7200";

/// The route of the question whether a page may send a request, whatever path it is about.
const PREFLIGHT: &str = "preflight";

/// Whose pages may call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cors {
    /// Everybody's.
    Everybody,
    /// Those of these origins, as browsers write them.
    Origins(BTreeSet<String>),
}

impl FromStr for Cors {
    type Err = String;

    /// `*`, or origins separated by commas.
    fn from_str(text: &str) -> Result<Self, String> {
        if text == "*" {
            return Ok(Self::Everybody);
        }
        text.split(',').map(|member| origin(member.trim())).collect::<Result<_, _>>().map(Self::Origins)
    }
}

/// The text, if it is an origin as browsers write it: compared with theirs letter for letter, no other would ever match.
fn origin(text: &str) -> Result<String, String> {
    let written = Url::parse(text).map(|url| url.origin().ascii_serialization()).ok();
    // What has no origin to compare is written so.
    match written.filter(|written| written != "null") {
        Some(written) if written == text => Ok(written),
        // A text that holds more than an origin may hold what is nobody's business.
        Some(written) => Err(format!("must hold origins as browsers send them: write {written}, and nothing besides")),
        None => {
            Err(format!("must be * or hold origins separated by commas, as in https://example.org; {text:?} is none"))
        }
    }
}

impl Cors {
    /// What pages of that origin are told in `Access-Control-Allow-Origin`, if they may call.
    fn allow(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        match self {
            Self::Everybody => Some(HeaderValue::from_static("*")),
            Self::Origins(origins) => {
                let origin = headers.get(header::ORIGIN)?;
                origins.contains(origin.to_str().ok()?).then(|| origin.clone())
            }
        }
    }
}

/// Lets the pages of the origins that are set read the answer, errors included, and answers the question of a browser whether
/// a page may send a request (preflight). Pages of other origins get the answer that everybody gets: browsers keep it from them.
///
/// # Errors
///
/// Those of the service behind it.
pub async fn share<B: MessageBody>(
    state: web::Data<AppState>,
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let Some(cors) = &state.cors else { return Ok(next.call(request).await?.map_into_left_body()) };
    let carried = Carried::by_answer_to(request.request());
    let allowed = cors.allow(request.headers());
    let may_call = allowed.is_some();
    if let Some(origin) = allowed {
        carried.set(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        carried.set(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(ANSWER_FIELDS));
    }
    if *cors != Cors::Everybody {
        carried.set(header::VARY, HeaderValue::from_static("Origin"));
    }
    if is_preflight(&request) {
        if let Some(record) = Record::of(&request.extensions()) {
            record.is_of(PREFLIGHT);
        }
        return Ok(request.into_response(preflight(may_call)).map_into_right_body());
    }
    Ok(next.call(request).await?.map_into_left_body())
}

fn is_preflight(request: &ServiceRequest) -> bool {
    let has = |name: HeaderName| request.headers().contains_key(name);
    request.method() == Method::OPTIONS && has(header::ORIGIN) && has(header::ACCESS_CONTROL_REQUEST_METHOD)
}

fn preflight(may_call: bool) -> HttpResponse {
    let mut response = HttpResponse::NoContent();
    if may_call {
        response.insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS));
        response.insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_FIELDS));
        response.insert_header((header::ACCESS_CONTROL_MAX_AGE, MAX_AGE));
    }
    response.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        let good = "https://example.org, http://localhost:5173,https://xn--bcher-kva.example".parse().unwrap();
        let Cors::Origins(origins) = good else { panic!("{good:?}") };
        assert_eq!(origins.len(), 3);
        for (text, written) in [
            ("https://example.org/", "https://example.org"),
            ("https://Example.org", "https://example.org"),
            ("https://example.org:443", "https://example.org"),
            ("https://example.org/app?a=1", "https://example.org"),
            ("https://ada:password@example.org", "https://example.org"),
            ("https://b\u{fc}cher.example", "https://xn--bcher-kva.example"),
        ] {
            let refused = format!("must hold origins as browsers send them: write {written}, and nothing besides");
            assert_eq!(text.parse::<Cors>(), Err(refused));
        }
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in ["example.org", "null", "", "https://a.example,", "*, https://a.example", "file:///a", "https://"] {
            let refused = text.parse::<Cors>().unwrap_err();
            assert!(refused.starts_with("must be * or hold origins separated by commas"), "{refused}");
        }
        assert_eq!("*".parse(), Ok(Cors::Everybody));
    }
}
