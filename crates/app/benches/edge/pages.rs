//! A page as it is answered: body, tag and headers.

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, IF_NONE_MATCH};
use actix_web::test::TestRequest;
use actix_web::{HttpRequest, HttpResponse};
use divan::counter::ItemsCount;
use divan::{Bencher, black_box};
use live_app::http::answer::PageOfItems;
use live_app::http::cursor::Binding;
use live_app::http::session_body::{self, SessionBody};
use live_domain::contract::fixtures::{full_session, session};
use live_domain::{BrandScope, ListedSession, SessionFilter, SessionOrder, SessionVersion};

const SIZES: [u32; 2] = [20, 100];

fn sessions(size: u32) -> Vec<ListedSession> {
    let listed = |number| ListedSession {
        session: if number % 2 == 0 { session(number) } else { full_session(number) },
        version: SessionVersion::FIRST,
        registered_count: 7,
        is_registered: number % 3 == 0,
    };
    (0..size).map(listed).collect()
}

fn answer(sessions: &[ListedSession], request: &HttpRequest, binding: Binding) -> HttpResponse {
    let next = Some("AbcdEfghIjklMnopQrstUvwxYz01234-".repeat(3));
    PageOfItems { name: "sessions", items: sessions, binding, next }
        .answer(request, |session, out| session_body::write(&SessionBody::from(session), out))
        .expect("a page")
}

fn binding() -> Binding {
    Binding::of(&SessionFilter::default(), SessionOrder::Newest, &BrandScope::All)
}

#[divan::bench(args = SIZES)]
fn page(bencher: Bencher<'_, '_>, size: u32) {
    let (sessions, binding) = (sessions(size), binding());
    let request = TestRequest::with_uri("/v1/live/sessions?limit=20").to_http_request();
    assert_eq!(answer(&sessions, &request, binding).status(), StatusCode::OK);
    bencher.counter(ItemsCount::new(size)).bench_local(|| answer(black_box(&sessions), &request, binding));
}

/// The body is written all the same: the tag is over it.
#[divan::bench(args = SIZES)]
fn page_that_the_client_has(bencher: Bencher<'_, '_>, size: u32) {
    let (sessions, binding) = (sessions(size), binding());
    let first = answer(&sessions, &TestRequest::default().to_http_request(), binding);
    let tag = first.headers().get(ETAG).expect("a tag").clone();
    let request = TestRequest::default().insert_header((IF_NONE_MATCH, tag)).to_http_request();
    assert_eq!(answer(&sessions, &request, binding).status(), StatusCode::NOT_MODIFIED);
    bencher.counter(ItemsCount::new(size)).bench_local(|| answer(black_box(&sessions), &request, binding));
}
