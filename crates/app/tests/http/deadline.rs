//! The store work of a request has one deadline, however many steps it takes.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use live_domain::contract::fixtures::{fill, session};
use live_domain::memory::MemorySessionRepository;
use live_domain::{
    BrandScope, ListedSession, Page, PageSize, SessionFilter, SessionRepository, SessionScan, SessionVersion,
    StoreError, Viewer,
};
use serde_json::json;
use tokio::time::Instant;
use uuid::Uuid;

use crate::support::Setup;
use crate::writing::host;

/// Takes its time, and shows every session as it was before its last change: no edit of it ever fits.
struct Outdated(MemorySessionRepository);

#[async_trait]
impl SessionRepository for Outdated {
    async fn list(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        filter: &SessionFilter,
        scan: SessionScan,
        size: PageSize,
    ) -> Result<Page<ListedSession, SessionScan>, StoreError> {
        self.0.list(scope, viewer, filter, scan, size).await
    }

    async fn find(&self, scope: &BrandScope, viewer: &Viewer, id: Uuid) -> Result<Option<ListedSession>, StoreError> {
        tokio::time::sleep(Duration::from_millis(600)).await;
        let found = self.0.find(scope, viewer, id).await?;
        Ok(found.map(|listed| ListedSession { version: SessionVersion::new(listed.version.get() - 1), ..listed }))
    }
}

#[actix_web::test]
async fn many_steps_have_one_deadline_together() {
    let store = MemorySessionRepository::default();
    fill(&store, [session(1)]).await;
    let repository: Arc<dyn SessionRepository> = Arc::new(Outdated(store.clone()));
    let service = Setup { store, repository: Some(repository), ..Setup::default() }.start().await;
    tokio::time::pause();
    let begun = Instant::now();
    let answer = service.patch(1, &host("ada"), &json!({"title": "Another"})).await;
    assert_eq!(answer.error(), "503 unavailable");
    assert!((2_000..2_200).contains(&begun.elapsed().as_millis()), "{:?}", begun.elapsed());
}
