//! The list of a store of your own as a page of an axum service: `GET /talks?host=ada&limit=2`.
//!
//! `cargo run -p live-domain --example own_service --features contract`
#![expect(clippy::print_stdout, reason = "a service says where it is")]

#[path = "../own_store/store.rs"]
mod store;
#[path = "../own_store/talks.rs"]
mod talks;

use std::error::Error;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use live_domain::{
    BrandScope, ListSessions, ListSessionsError, ListedSession, LiveSessions, PageSize, Position, SessionFilter,
    SessionOrder, SessionScan, Start, StoreError, SystemClock, Timestamp, UpcomingGrace, Viewer,
};
use serde::Deserialize;
use serde_json::{Value, json};

use store::Programme;
use talks::talks;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    host: Option<String>,
    limit: Option<u8>,
    /// The `next` of the page before.
    after: Option<String>,
}

/// What is wrong with a question, or with the store.
type Refusal = (StatusCode, String);

async fn list(
    State(sessions): State<Arc<LiveSessions>>,
    Query(question): Query<Question>,
) -> Result<Json<Value>, Refusal> {
    let mut filter = SessionFilter::default();
    if let Some(host) = question.host {
        filter = filter.with_host(host.parse().map_err(|error| bad("host", &error))?);
    }
    let size = question.limit.map_or(Ok(PageSize::default()), PageSize::new).map_err(|error| bad("limit", &error))?;
    let start = match question.after {
        Some(after) => Start::At(scan_after(&after)?),
        None => Start::Beginning(SessionOrder::Chronological),
    };
    // Your own authentication says who asks, and which brands exist for them.
    let viewer = Viewer::new("guest").map_err(|error| bad("viewer", &error))?;
    let request = ListSessions { scope: BrandScope::All, viewer, filter, start, seen: None, size };
    let page = sessions.list(request).await.map_err(|error| refused(&error))?;
    let next =
        page.next.and_then(|scan| scan.after).map(|place| format!("{}_{}", place.scheduled_at.as_micros(), place.id));
    Ok(Json(json!({ "talks": page.items.iter().map(talk).collect::<Vec<_>>(), "next": next })))
}

fn talk(item: &ListedSession) -> Value {
    let session = &item.session;
    json!({ "id": session.id, "title": session.title.as_str(), "at": session.scheduled_at.to_string() })
}

/// The scan of the next page. In one order without a clock the last place is all of it; see the guide for the others.
fn scan_after(text: &str) -> Result<SessionScan, Refusal> {
    let place = || {
        let (micros, id) = text.split_once('_')?;
        let scheduled_at = Timestamp::from_micros(micros.parse().ok()?).ok()?;
        Some(Position { scheduled_at, id: id.parse().ok()? })
    };
    let place = place().ok_or_else(|| bad("after", &"take it from the page before, as it is"))?;
    Ok(SessionScan::beginning(SessionOrder::Chronological, place.scheduled_at).resumed_after(place))
}

fn bad(parameter: &str, why: &impl ToString) -> Refusal {
    (StatusCode::BAD_REQUEST, format!("{parameter}: {}", why.to_string()))
}

/// Each failure by what the caller can do about it.
fn refused(error: &ListSessionsError) -> Refusal {
    let status = match error {
        ListSessionsError::BrandOutOfScope => StatusCode::FORBIDDEN,
        ListSessionsError::Store(StoreError::Unavailable(_)) => StatusCode::SERVICE_UNAVAILABLE,
        ListSessionsError::Store(StoreError::Failed(_)) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    (status, error.to_string())
}

fn service() -> Result<Router, Box<dyn Error>> {
    let store = Arc::new(Programme(talks()?));
    let sessions = LiveSessions::new(store, Arc::new(SystemClock), UpcomingGrace::default());
    Ok(Router::new().route("/talks", get(list)).with_state(Arc::new(sessions)))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    println!("http://{}/talks?limit=2", listener.local_addr()?);
    Ok(axum::serve(listener, service()?).await?)
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::{Request, StatusCode};
    use serde_json::Value;
    use tower::ServiceExt;

    use super::service;

    async fn get(address: &str) -> (StatusCode, Vec<u8>) {
        let request = Request::get(address).body(Body::empty()).expect("a request");
        let response = service().expect("a service").oneshot(request).await.expect("an answer");
        let status = response.status();
        (status, to_bytes(response.into_body(), usize::MAX).await.expect("a body").to_vec())
    }

    #[tokio::test]
    async fn walks_every_page_once() {
        let (mut titles, mut address) = (Vec::new(), "/talks?limit=2".to_owned());
        loop {
            let (status, body) = get(&address).await;
            assert_eq!(status, StatusCode::OK);
            let page: Value = serde_json::from_slice(&body).expect("JSON");
            let talks = page["talks"].as_array().expect("talks");
            titles
                .push(talks.iter().map(|talk| talk["title"].as_str().expect("a title").to_owned()).collect::<Vec<_>>());
            let Some(next) = page["next"].as_str() else { break };
            address = format!("/talks?limit=2&after={next}");
        }
        assert_eq!(titles, [vec!["Borrowing", "Lifetimes"], vec!["Traits", "Macros"], vec!["Pinning"]]);
    }

    #[tokio::test]
    async fn refuses_what_it_does_not_understand() {
        for bad in ["/talks?hots=ada", "/talks?limit=0", "/talks?limit=many", "/talks?host=", "/talks?after=5"] {
            assert_eq!(get(bad).await.0, StatusCode::BAD_REQUEST, "{bad}");
        }
    }
}
