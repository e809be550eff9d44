//! The pages for people, and their files. They are part of the binary, and work without a network, behind a proxy and under
//! a sub-path: every address in them is relative.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::conditional::Tag;
use super::error::{ApiError, ErrorCode};

/// What every file of a page tells the browser, the page itself above all: it runs our scripts and no others, asks this
/// service and no other, is shown in no frame, and tells nobody where a link was followed from. Kept copies are asked about
/// before they are used, so that an upgrade is never half seen.
const HEADERS: [(HeaderName, &str); 4] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-cache"),
];

/// A file of a page.
pub struct File {
    media_type: &'static str,
    bytes: Bytes,
    tag: Tag,
}

impl File {
    /// A page.
    pub fn html(bytes: impl Into<Bytes>) -> Self {
        Self::new("text/html; charset=utf-8", bytes)
    }

    /// A style sheet.
    pub fn css(bytes: impl Into<Bytes>) -> Self {
        Self::new("text/css; charset=utf-8", bytes)
    }

    /// A script.
    pub fn script(bytes: impl Into<Bytes>) -> Self {
        Self::new("text/javascript; charset=utf-8", bytes)
    }

    /// A drawing.
    pub fn svg(bytes: impl Into<Bytes>) -> Self {
        Self::new("image/svg+xml", bytes)
    }

    fn new(media_type: &'static str, bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        Self { media_type, tag: Tag::over(&[&bytes]), bytes }
    }

    /// The file, or that the client has it already.
    #[must_use]
    pub fn answer(&self, request: &HttpRequest) -> HttpResponse {
        let is_known = self.tag.is_known_to(request);
        let mut response = HttpResponse::build(if is_known { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
        for header in HEADERS {
            response.insert_header(header);
        }
        response.insert_header((header::ETAG, self.tag.to_string()));
        if is_known { response.finish() } else { response.content_type(self.media_type).body(self.bytes.clone()) }
    }
}

/// The file that the path names, out of those with these names.
///
/// # Errors
///
/// There is none of that name.
pub fn named(files: &[(&str, File)], request: &HttpRequest) -> Result<HttpResponse, ApiError> {
    let asked = request.match_info().get("file");
    let file = files.iter().find(|(name, _)| Some(*name) == asked);
    let file =
        file.ok_or_else(|| ApiError::new(ErrorCode::NotFound, "there is no such file of a page; / lists the pages"));
    Ok(file?.1.answer(request))
}
