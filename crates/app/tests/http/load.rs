//! Beyond so many requests at once, further ones are turned away.

use std::sync::Arc;

use actix_web::rt::task::yield_now;
use async_trait::async_trait;
use live_domain::{
    BrandScope, ListedSession, Page, PageSize, SessionFilter, SessionRepository, SessionScan, StoreError, Viewer,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::support::{Setup, ada, bearer, get, list};

/// A store that answers once it is let.
struct Slow(Arc<Semaphore>);

#[async_trait]
impl SessionRepository for Slow {
    async fn list(
        &self,
        _: &BrandScope,
        _: &Viewer,
        _: &SessionFilter,
        _: SessionScan,
        _: PageSize,
    ) -> Result<Page<ListedSession, SessionScan>, StoreError> {
        self.0.acquire().await.map_err(|error| StoreError::Failed(error.into()))?.forget();
        Ok(Page { items: Vec::new(), next: None })
    }

    async fn find(&self, _: &BrandScope, _: &Viewer, _: Uuid) -> Result<Option<ListedSession>, StoreError> {
        Ok(None)
    }
}

#[actix_web::test]
async fn who_comes_when_too_many_are_at_work_is_turned_away_at_once_but_for_health() {
    let allowed = Arc::new(Semaphore::new(0));
    let slow: Arc<dyn SessionRepository> = Arc::new(Slow(Arc::clone(&allowed)));
    let service = Setup { max_in_flight: 2, repository: Some(slow), ..Setup::default() }.start().await;
    let at_work = || {
        let answer = service.send(list(""));
        async { answer.await.status.as_u16() }
    };
    let turned_away = async {
        // The two before it are at work by now.
        yield_now().await;
        for request in [list(""), get("/"), get("/nowhere"), bearer(get("/v1/live/sessions?limit=0"), &ada())] {
            let answer = service.send(request).await;
            assert_eq!(answer.error(), "503 unavailable");
            assert_eq!(answer.header("retry-after"), Some("1"));
        }
        for path in ["/livez", "/readyz"] {
            assert_eq!(service.anonymous(path).await.status, 200);
        }
        allowed.add_permits(3);
    };
    let (first, second, ()) = futures_util::future::join3(at_work(), at_work(), turned_away).await;
    assert_eq!((first, second), (200, 200));
    assert_eq!(at_work().await, 200, "there is room again");
}
