//! Talks that a program knows by heart, as a store of sessions that nobody can register for.

use async_trait::async_trait;
use live_domain::{
    BrandScope, ListedSession, Page, PageSize, Session, SessionFilter, SessionRepository, SessionScan, SessionVersion,
    StoreError, Viewer,
};
use uuid::Uuid;

/// Sessions in a vector. `matches` and `admits` are what a filter and a scan mean: a store in memory needs no more, and a
/// database is asked for the same in its own language.
pub(crate) struct Programme(pub(crate) Vec<Session>);

#[async_trait]
impl SessionRepository for Programme {
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
        // One row more than the page holds: it tells whether there is a next page.
        let rows = found.into_iter().take(size.with_lookahead()).map(listed).collect();
        Ok(Page::from_rows(rows, size, |last: &ListedSession| scan.resumed_after(last.session.position())))
    }

    async fn find(&self, scope: &BrandScope, _viewer: &Viewer, id: Uuid) -> Result<Option<ListedSession>, StoreError> {
        let found = self.0.iter().find(|session| session.id == id && scope.permits(&session.brand_id));
        Ok(found.map(listed))
    }
}

/// A session that never changes stays in its first version.
fn listed(session: &Session) -> ListedSession {
    let version = SessionVersion::FIRST;
    ListedSession { session: session.clone(), version, registered_count: 0, is_registered: false }
}

#[cfg(test)]
mod tests {
    use live_domain::contract;

    use super::Programme;

    #[tokio::test]
    async fn keeps_the_contract() {
        contract::check_listing_without_registrations(async |sessions| Programme(sessions)).await;
    }
}
