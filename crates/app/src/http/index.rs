//! `/`: what this is and where to go.

use actix_web::http::header::{self, Accept, Header};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

/// Name, version and links: JSON, or HTML for a browser.
#[utoipa::path(
    get, path = "/", operation_id = "getIndex", tag = "operations",
    responses((status = 200, description = "Name, version and links", content((serde_json::Value = "application/json"), (String = "text/html"))))
)]
pub async fn index(request: HttpRequest) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.insert_header((header::VARY, "Accept"));
    if prefers_html(&request) {
        return response.content_type("text/html; charset=utf-8").body(html());
    }
    response.json(json!({
        "name": "live",
        "version": env!("CARGO_PKG_VERSION"),
        "links": { "sessions": "/v1/live/sessions", "openapi": "/openapi.json", "livez": "/livez", "readyz": "/readyz" },
    }))
}

fn html() -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>live</title><h1>live {}</h1>\
         <p>Schedules and lists live sessions.</p><ul><li><code>/v1/live/sessions</code> (with a bearer token)\
         <li><a href=\"/openapi.json\">OpenAPI document</a><li><a href=\"/readyz\">Ready?</a></ul></html>\n",
        env!("CARGO_PKG_VERSION")
    )
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
