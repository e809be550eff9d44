//! The pages for people: who gets them, and what they tell the browser.

use actix_web::http::Method;
use actix_web::http::header;
use actix_web::test::TestRequest;

use crate::support::{Answer, Service, get};

/// Every file of a page, and its type.
const FILES: [(&str, &str); 13] = [
    ("/docs/", "text/html; charset=utf-8"),
    ("/docs/docs.css", "text/css; charset=utf-8"),
    ("/docs/docs.js", "text/javascript; charset=utf-8"),
    ("/docs/swagger-ui.css", "text/css; charset=utf-8"),
    ("/docs/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    ("/ui/icon.svg", "image/svg+xml"),
    ("/ui/style.css", "text/css; charset=utf-8"),
    ("/ui/main.js", "text/javascript; charset=utf-8"),
    ("/ui/api.js", "text/javascript; charset=utf-8"),
    ("/ui/dates.js", "text/javascript; charset=utf-8"),
    ("/ui/calendar.js", "text/javascript; charset=utf-8"),
    ("/ui/details.js", "text/javascript; charset=utf-8"),
    ("/ui/elements.js", "text/javascript; charset=utf-8"),
];

fn browser(path: &str) -> TestRequest {
    let accept = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
    get(path).insert_header((header::ACCEPT, accept))
}

#[track_caller]
fn is_guarded(answer: &Answer) {
    let policy = answer.header("content-security-policy").expect("a policy");
    for rule in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.split(';').any(|part| part.trim() == rule), "{rule}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    assert_eq!(answer.header("cache-control"), Some("no-cache"));
}

#[actix_web::test]
async fn a_browser_gets_a_page_at_the_root_and_others_get_json() {
    let service = Service::empty().await;
    let page = service.send(browser("/")).await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.text().contains(&format!("live <small>{}</small>", env!("CARGO_PKG_VERSION"))), "{}", page.text());
    is_guarded(&page);
    let json = service.anonymous("/?whatever=is&ignored").await;
    assert_eq!(json.ok()["links"]["docs"], "/docs/");
    for answer in [page, json] {
        assert_eq!(answer.header("vary"), Some("Accept, Accept-Encoding"));
    }
}

#[actix_web::test]
async fn every_file_of_a_page_is_there_and_need_not_be_loaded_again() {
    let service = Service::empty().await;
    for (path, media_type) in FILES {
        let file = service.anonymous(&format!("{path}?v=1")).await;
        assert_eq!(file.status.as_u16(), 200, "{path}");
        assert_eq!(file.header("content-type"), Some(media_type), "{path}");
        assert!(!file.body.is_empty(), "{path}");
        is_guarded(&file);
        let again = service.send(get(path).insert_header((header::IF_NONE_MATCH, file.tag()))).await;
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path}");
        assert_eq!(again.tag(), file.tag());
        is_guarded(&again);
        let refused = service.send(TestRequest::with_uri(path).method(Method::POST)).await;
        assert_eq!((refused.error().as_str(), refused.header("allow")), ("405 method_not_allowed", Some("GET, HEAD")));
    }
}

#[actix_web::test]
async fn what_a_page_names_is_there() {
    let service = Service::empty().await;
    for (page, folder) in [("/", ""), ("/docs/", "/docs")] {
        let page = service.send(browser(page)).await;
        let names = page.text().split(['"']).collect::<Vec<_>>();
        let names = names.windows(2).filter(|pair| pair[0].ends_with("src=") || pair[0].ends_with("href="));
        let mut found = 0;
        for name in names.map(|pair| pair[1]).filter(|name| !name.starts_with('#')) {
            assert!(!name.contains("//") && !name.starts_with('/'), "{name} is not relative");
            let path = match name.strip_prefix("../") {
                Some(rest) => format!("/{rest}"),
                None => format!("{folder}/{name}"),
            };
            assert_eq!(service.anonymous(&path).await.status.as_u16(), 200, "{path}");
            found += 1;
        }
        assert!(found > 4, "{found}");
        // The policy of the page would not run what stands in it.
        assert!(!page.text().contains("style=") && !page.text().contains("onclick"));
        assert!(page.text().matches("<script").count() == page.text().matches("></script>").count());
    }
}

#[actix_web::test]
async fn the_address_without_a_slash_leads_to_the_page_wherever_a_proxy_shows_it() {
    let service = Service::empty().await;
    let answer = service.anonymous("/docs").await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (308, Some("docs/")));
}

#[actix_web::test]
async fn a_file_that_no_page_has_is_not_found() {
    let service = Service::empty().await;
    for path in [
        "/ui/",
        "/ui",
        "/ui/index.html",
        "/ui/docs.js",
        "/docs/index.html",
        "/docs/swagger-initializer.js",
        "/docs/../ui",
    ] {
        assert_eq!(service.anonymous(path).await.error(), "404 not_found", "{path}");
    }
}
