//! The good answers: what is sent with a thing, and with a page of things.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};

use super::conditional::Tag;
use super::cursor::{self, Binding};
use super::error::ApiError;

/// An answer of that status with the headers that every answer of ours about a thing has.
fn tagged(status: StatusCode, tag: &Tag) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((header::ETAG, tag.to_string()));
    response.insert_header((header::CACHE_CONTROL, "private, no-cache"));
    response.insert_header((header::VARY, "Authorization, Accept-Encoding"));
    response
}

/// The answer to a write: the thing as it is now.
#[must_use]
pub fn written(status: StatusCode, tag: &Tag) -> HttpResponseBuilder {
    let mut response = tagged(status, tag);
    response.content_type("application/json");
    response
}

/// The answer to a read: the thing, or that the client has it already.
#[must_use]
pub fn read(request: &HttpRequest, tag: &Tag, body: Vec<u8>) -> HttpResponse {
    read_as(request, tag, "application/json", body)
}

/// The same of a thing that is no JSON.
#[must_use]
pub fn read_as(request: &HttpRequest, tag: &Tag, media_type: &'static str, body: Vec<u8>) -> HttpResponse {
    if tag.is_known_to(request) {
        return tagged(StatusCode::NOT_MODIFIED, tag).finish();
    }
    tagged(StatusCode::OK, tag).content_type(media_type).body(body)
}

/// A page of a list.
pub struct PageOfItems<'a, T> {
    /// The member that holds the items.
    pub name: &'static str,
    /// The items.
    pub items: &'a [T],
    /// What the cursor is bound to.
    pub binding: Binding,
    /// The cursor of the next page.
    pub next: Option<String>,
}

/// About what an item takes in a body: room that is there needs not be made.
const ITEM_BYTES: usize = 768;

impl<T> PageOfItems<'_, T> {
    /// The answer: the page, or that the client has it already. The tag is not over the cursor, which may hold an instant:
    /// one that was kept stays good.
    ///
    /// # Errors
    ///
    /// Those of the serializer; none is known to happen.
    pub fn answer(self, request: &HttpRequest, write: impl Fn(&T, &mut Vec<u8>)) -> Result<HttpResponse, ApiError> {
        let Self { name, items, binding, next } = self;
        let mut body = Vec::with_capacity((items.len() + 1) * ITEM_BYTES);
        body.extend_from_slice(b"{\"");
        body.extend_from_slice(name.as_bytes());
        body.extend_from_slice(b"\":");
        let array = body.len();
        write_array(items, write, &mut body);
        let parts = [&[cursor::VERSION], binding.as_bytes(), &[u8::from(next.is_some())], &body[array..]];
        let tag = Tag::over(&parts);
        body.extend_from_slice(b",\"next_cursor\":");
        serde_json::to_writer(&mut body, &next).map_err(ApiError::internal)?;
        body.push(b'}');
        let mut response = read(request, &tag, body);
        if let Some(next) = next.filter(|_| response.status() == StatusCode::OK) {
            response.headers_mut().insert(header::LINK, next_link(request.query_string(), &next)?);
        }
        Ok(response)
    }
}

fn write_array<T>(items: &[T], write: impl Fn(&T, &mut Vec<u8>), out: &mut Vec<u8>) {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

/// The next page as a link relative to this one, with every parameter of the request. They were read strictly before,
/// so that reading them leniently here gives the same.
fn next_link(raw_query: &str, cursor: &str) -> Result<HeaderValue, ApiError> {
    let kept = form_urlencoded::parse(raw_query.as_bytes()).filter(|(name, _)| name != "cursor");
    let query =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair("cursor", cursor).finish();
    HeaderValue::from_str(&format!("<?{query}>; rel=\"next\"")).map_err(ApiError::internal)
}
