//! `/`: what this is and where to go, and for a browser a month of sessions.

use std::sync::LazyLock;

use actix_web::http::header::{self, Accept, Header};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::error::ApiError;
use super::pages::{self, File};
use super::refusals::PublicRefusals;

static PAGE: LazyLock<File> = LazyLock::new(|| {
    let page = include_str!("../../ui/month/index.html");
    File::html(page.replace("{version}", env!("CARGO_PKG_VERSION")))
});

/// The files of the page.
static FILES: LazyLock<[(&str, File); 8]> = LazyLock::new(|| {
    [
        ("icon.svg", File::svg(include_str!("../../ui/month/icon.svg"))),
        ("style.css", File::css(include_str!("../../ui/month/style.css"))),
        ("main.js", File::script(include_str!("../../ui/month/main.js"))),
        ("api.js", File::script(include_str!("../../ui/month/api.js"))),
        ("dates.js", File::script(include_str!("../../ui/month/dates.js"))),
        ("calendar.js", File::script(include_str!("../../ui/month/calendar.js"))),
        ("details.js", File::script(include_str!("../../ui/month/details.js"))),
        ("elements.js", File::script(include_str!("../../ui/month/elements.js"))),
    ]
});

/// A file of the page.
///
/// # Errors
///
/// `not_found` when it has none of that name.
pub async fn file(request: HttpRequest) -> Result<HttpResponse, ApiError> {
    pages::named(&*FILES, &request)
}

/// Name, version and links.
///
/// A browser gets a page that shows a month of sessions.
#[utoipa::path(
    get, path = "/", operation_id = "getIndex", tag = "operations",
    responses(
        (status = 200, description = "Name, version and links", content(
            (serde_json::Value = "application/json"),
            (String = "text/html", example = "<!doctype html>"),
        )),
        PublicRefusals,
    )
)]
pub async fn index(request: HttpRequest) -> HttpResponse {
    let mut response = if prefers_html(&request) { PAGE.answer(&request) } else { HttpResponse::Ok().json(links()) };
    response.headers_mut().insert(header::VARY, header::HeaderValue::from_static("Accept"));
    response
}

/// Name, version and links.
#[must_use]
pub fn links() -> serde_json::Value {
    json!({
        "name": "live",
        "version": env!("CARGO_PKG_VERSION"),
        "links": {
            "sessions": "/v1/live/sessions",
            "docs": "/docs/",
            "openapi": "/openapi.json",
            "livez": "/livez",
            "readyz": "/readyz",
        },
    })
}

/// Whether HTML is named, wanted, and wanted no less than JSON. A mere `*/*` gets JSON, as `curl` expects.
fn prefers_html(request: &HttpRequest) -> bool {
    let Ok(accept) = Accept::parse(request) else { return false };
    let quality = |names: &[&str]| {
        let of =
            |name: &str| accept.iter().filter(|item| item.item.essence_str() == name).map(|item| item.quality).max();
        names.iter().find_map(|name| of(name))
    };
    let html = quality(&["text/html"]).unwrap_or(header::Quality::ZERO);
    let json = quality(&["application/json", "application/*", "*/*"]).unwrap_or(header::Quality::ZERO);
    html > header::Quality::ZERO && html >= json
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn html_is_for_those_who_name_it() {
        for (accept, expected) in [
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
            ("text/html", true),
            ("text/html;q=0.5, application/json;q=0.5", true),
            ("text/html;q=0.4, application/json;q=0.5", false),
            ("text/html;q=0", false),
            ("*/*", false),
            ("application/json", false),
            ("nonsense", false),
        ] {
            let request = TestRequest::default().insert_header((header::ACCEPT, accept)).to_http_request();
            assert_eq!(prefers_html(&request), expected, "{accept}");
        }
        assert!(!prefers_html(&TestRequest::default().to_http_request()));
    }
}
