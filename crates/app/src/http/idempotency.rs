//! The `Idempotency-Key` of a request, and what the request asks for.

use actix_web::HttpRequest;
use actix_web::http::header::HeaderName;
use live_domain::{Fingerprint, IdempotencyKey, RequestKey};

use super::faults::Faults;

/// The header field of the key, as faults name it.
pub const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
/// The header field of an answer that was given before.
pub const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The key that the request was sent with, if any, with the fingerprint of the request.
///
/// # Errors
///
/// A key that stands there twice, or has not the form of one.
pub fn request_key(request: &HttpRequest, body: &[u8]) -> Result<Option<RequestKey>, Faults> {
    let mut fields = request.headers().get_all(IDEMPOTENCY_KEY);
    let Some(field) = fields.next() else { return Ok(None) };
    if fields.next().is_some() {
        return Err(Faults::one(IDEMPOTENCY_KEY, format!("{IDEMPOTENCY_KEY} is given twice")));
    }
    // What is not ASCII is no key either: the empty text stands for it.
    let key: Result<IdempotencyKey, _> = field.to_str().unwrap_or_default().parse();
    let key = key.map_err(|fault| Faults::one(IDEMPOTENCY_KEY, format!("{IDEMPOTENCY_KEY} {fault}")))?;
    Ok(Some(RequestKey { key, fingerprint: fingerprint(request, body) }))
}

/// What the request asks for: its method, its path as sent and the bytes of its body, each with its length, so that no
/// two requests look alike.
fn fingerprint(request: &HttpRequest, body: &[u8]) -> Fingerprint {
    let mut hash = blake3::Hasher::new_derive_key("live fingerprint of a request, version 1");
    for part in [request.method().as_str().as_bytes(), request.path().as_bytes(), body] {
        hash.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes()).update(part);
    }
    Fingerprint(*hash.finalize().as_bytes())
}

#[cfg(test)]
mod tests {
    use actix_web::http::Method;
    use actix_web::test::TestRequest;

    use super::*;

    fn key_of(method: Method, path: &str, body: &[u8]) -> RequestKey {
        let request =
            TestRequest::with_uri(path).method(method).insert_header((IDEMPOTENCY_KEY, "k")).to_http_request();
        request_key(&request, body).unwrap().unwrap()
    }

    #[test]
    fn a_fingerprint_tells_apart_method_path_and_body() {
        let asked = key_of(Method::POST, "/a", b"{}");
        assert_eq!(asked, key_of(Method::POST, "/a", b"{}"));
        for other in [
            key_of(Method::PUT, "/a", b"{}"),
            key_of(Method::POST, "/A", b"{}"),
            key_of(Method::POST, "/%61", b"{}"),
            key_of(Method::POST, "/a{", b"}"),
            key_of(Method::POST, "/a", b"{ }"),
            key_of(Method::POST, "/a", b""),
        ] {
            assert_ne!(asked.fingerprint, other.fingerprint);
        }
    }
}
