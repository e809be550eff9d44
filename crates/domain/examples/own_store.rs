//! A store of your own behind the use case of listing: here, sessions that a program knows by heart.
//!
//! `cargo run -p live-domain --example own_store --features memory,contract`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use futures_util::FutureExt;
use live_domain::contract::fixtures;
use live_domain::{
    BrandScope, ListSessions, ListedSession, LiveSessions, Page, PageSize, Session, SessionFilter, SessionOrder,
    SessionRepository, SessionScan, SessionVersion, Start, StoreError, SystemClock, UpcomingGrace, Viewer,
};
use uuid::Uuid;

/// Sessions in a vector. `matches` and `admits` are the meaning of filter and scan: a store in memory needs no more.
struct Known(Vec<Session>);

#[async_trait]
impl SessionRepository for Known {
    async fn list(
        &self,
        scope: &BrandScope,
        _viewer: &Viewer,
        filter: &SessionFilter,
        scan: SessionScan,
        size: PageSize,
    ) -> Result<Page<ListedSession, SessionScan>, StoreError> {
        let belongs =
            |session: &&Session| scope.permits(&session.brand_id) && filter.matches(session) && scan.admits(session);
        let mut found: Vec<&Session> = self.0.iter().filter(belongs).collect();
        found.sort_by(|left, right| scan.compare(left.position(), right.position()));
        let rows = found.into_iter().take(size.with_lookahead()).map(listed).collect();
        Ok(Page::from_rows(rows, size, |last: &ListedSession| scan.resumed_after(last.session.position())))
    }

    async fn find(&self, scope: &BrandScope, _viewer: &Viewer, id: Uuid) -> Result<Option<ListedSession>, StoreError> {
        let found = self.0.iter().find(|session| session.id == id && scope.permits(&session.brand_id));
        Ok(found.map(listed))
    }
}

/// Nobody registers for a session that never changes.
fn listed(session: &Session) -> ListedSession {
    let version = SessionVersion::FIRST;
    ListedSession { session: session.clone(), version, registered_count: 0, is_registered: false }
}

async fn list() -> Result<(), Box<dyn Error>> {
    let store = Known((1..=5).map(fixtures::session).collect());
    let sessions = LiveSessions::new(Arc::new(store), Arc::new(SystemClock), UpcomingGrace::default());
    let mut start = Start::Beginning(SessionOrder::Newest);
    loop {
        let page = sessions
            .list(ListSessions {
                scope: BrandScope::only(["acme".parse()?])?,
                viewer: Viewer::new("ada")?,
                filter: SessionFilter::default(),
                start,
                seen: None,
                size: PageSize::new(2)?,
            })
            .await?;
        let titles: Vec<_> = page.items.iter().map(|item| item.session.title.as_str()).collect();
        println!("a page: {}", titles.join(", "));
        match page.next {
            Some(scan) => start = Start::At(scan),
            None => return Ok(()),
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    list().now_or_never().unwrap_or_else(|| Err("a store in memory answers at once".into()))
}
