//! `/docs/`: the OpenAPI document as a page that sends requests (Swagger UI).

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};

use super::error::ApiError;
use super::pages::{self, File};

/// The page. It is ours rather than that of Swagger UI, which has a name, a look and settings of its own.
static PAGE: LazyLock<File> = LazyLock::new(|| File::html(include_str!("../../ui/docs/index.html")));

static FILES: LazyLock<[(&str, File); 4]> = LazyLock::new(|| {
    [
        ("swagger-ui.css", File::css(of_swagger_ui("swagger-ui.css"))),
        ("swagger-ui-bundle.js", File::script(of_swagger_ui("swagger-ui-bundle.js"))),
        ("docs.css", File::css(include_str!("../../ui/docs/docs.css"))),
        ("docs.js", File::script(include_str!("../../ui/docs/docs.js"))),
    ]
});

/// A file of Swagger UI; nothing, if it holds none of that name, which a test would notice.
fn of_swagger_ui(name: &str) -> Bytes {
    match utoipa_swagger_ui::serve(name, Arc::default()).ok().flatten().map(|file| file.bytes) {
        Some(Cow::Borrowed(bytes)) => Bytes::from_static(bytes),
        Some(Cow::Owned(bytes)) => bytes.into(),
        None => Bytes::new(),
    }
}

/// The page.
pub async fn page(request: HttpRequest) -> HttpResponse {
    PAGE.answer(&request)
}

/// A file of the page.
///
/// # Errors
///
/// `not_found` when it has none of that name.
pub async fn file(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    pages::named(&*FILES, &request)
}

/// To the page: relative, since a proxy may show the service under a sub-path that it does not tell us.
pub async fn redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "docs/")).finish()
}
