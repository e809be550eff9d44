//! Somebody who lists what they have written: every list asks for all that was committed before it.

use async_trait::async_trait;
use live_adapters::Store;
use live_domain::bulk::{RegistrationLine, SessionLine};
use live_domain::{
    BrandScope, BulkRepository, CancelError, CreateFeedError, EventPosition, Export, Feed, FeedRepository, Forgotten,
    HistoryRepository, IdempotencyKey, Import, Kept, KeptAnswers, Keyed, LineScan, ListedSession, Page, PageSize,
    PersonRepository, PlacedRegistration, Pseudonym, RecordedEvent, RegisterError, Registered, Registration,
    RegistrationRepository, ReplaceError, Replacement, SealedSecret, SecretHash, Session, SessionFilter,
    SessionRepository, SessionScan, SessionWriter, StoreError, Subject, Timestamp, Viewer, Write,
};
use uuid::Uuid;

pub(crate) struct OwnWrites {
    pub(crate) store: Store,
}

#[async_trait]
impl SessionRepository for OwnWrites {
    async fn list(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        filter: &SessionFilter,
        scan: SessionScan,
        size: PageSize,
    ) -> Result<Page<ListedSession, SessionScan>, StoreError> {
        let asked =
            if scan.seen.is_some() { scan } else { scan.having_seen(Some(self.store.progress.position().await?)) };
        let Page { items, next } = self.store.sessions.list(scope, viewer, filter, asked, size).await?;
        let next = next.map(|next| {
            assert!(next.seen >= asked.seen, "the next page has seen what this one has");
            // That of a store of one copy, which the suite compares it with; walks that carry on what they have seen have tests of
            // their own.
            SessionScan { seen: scan.seen, ..next }
        });
        Ok(Page { items, next })
    }

    async fn find(&self, scope: &BrandScope, viewer: &Viewer, id: Uuid) -> Result<Option<ListedSession>, StoreError> {
        self.store.sessions.find(scope, viewer, id).await
    }
}

#[async_trait]
impl SessionWriter for OwnWrites {
    async fn create(&self, session: &Session, write: &Write) -> Result<Keyed<ListedSession>, StoreError> {
        self.store.writer.create(session, write).await
    }

    async fn replace(&self, replacement: &Replacement, write: &Write) -> Result<Keyed<ListedSession>, ReplaceError> {
        self.store.writer.replace(replacement, write).await
    }
}

#[async_trait]
impl RegistrationRepository for OwnWrites {
    async fn register(
        &self,
        scope: &BrandScope,
        session: Uuid,
        fresh_id: Uuid,
        write: &Write,
    ) -> Result<Keyed<Registered>, RegisterError> {
        self.store.registrations.register(scope, session, fresh_id, write).await
    }

    async fn cancel(
        &self,
        scope: &BrandScope,
        session: Uuid,
        write: &Write,
    ) -> Result<PlacedRegistration, CancelError> {
        self.store.registrations.cancel(scope, session, write).await
    }

    async fn latest(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        session: Uuid,
    ) -> Result<Option<PlacedRegistration>, StoreError> {
        self.store.registrations.latest(scope, viewer, session).await
    }

    async fn line(
        &self,
        session: Uuid,
        scan: &LineScan,
        size: PageSize,
    ) -> Result<Page<Registration, LineScan>, StoreError> {
        self.store.registrations.line(session, scan, size).await
    }
}

#[async_trait]
impl KeptAnswers for OwnWrites {
    async fn kept(&self, owner: &Subject, key: &IdempotencyKey, now: Timestamp) -> Result<Option<Kept>, StoreError> {
        self.store.kept.kept(owner, key, now).await
    }

    async fn prune(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.store.kept.prune(now).await
    }
}

#[async_trait]
impl HistoryRepository for OwnWrites {
    async fn events(&self, after: Option<EventPosition>, most: usize) -> Result<Vec<RecordedEvent>, StoreError> {
        self.store.history.events(after, most).await
    }

    async fn delete_before(&self, instant: Timestamp) -> Result<u64, StoreError> {
        self.store.history.delete_before(instant).await
    }
}

#[async_trait]
impl PersonRepository for OwnWrites {
    async fn forget(&self, person: &Subject, pseudonym: &Pseudonym, now: Timestamp) -> Result<Forgotten, StoreError> {
        self.store.people.forget(person, pseudonym, now).await
    }
}

#[async_trait]
impl BulkRepository for OwnWrites {
    async fn import_sessions(&self, now: Timestamp) -> Result<Box<dyn Import<SessionLine>>, StoreError> {
        self.store.bulk.import_sessions(now).await
    }

    async fn import_registrations(&self, now: Timestamp) -> Result<Box<dyn Import<RegistrationLine>>, StoreError> {
        self.store.bulk.import_registrations(now).await
    }

    async fn export_sessions(&self) -> Result<Box<dyn Export<Session>>, StoreError> {
        self.store.bulk.export_sessions().await
    }

    async fn export_registrations(&self) -> Result<Box<dyn Export<Registration>>, StoreError> {
        self.store.bulk.export_registrations().await
    }
}

#[async_trait]
impl FeedRepository for OwnWrites {
    async fn create_feed(
        &self,
        feed: &Feed,
        secret: &SealedSecret,
        write: &Write,
    ) -> Result<Keyed<()>, CreateFeedError> {
        self.store.feeds.create_feed(feed, secret, write).await
    }

    async fn feed_by_secret(&self, secret: &SecretHash, now: Timestamp) -> Result<Option<Feed>, StoreError> {
        self.store.feeds.feed_by_secret(secret, now).await
    }

    async fn feed(&self, owner: &Viewer, id: Uuid, now: Timestamp) -> Result<Option<Feed>, StoreError> {
        self.store.feeds.feed(owner, id, now).await
    }

    async fn revoke_feed(&self, owner: &Viewer, id: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        self.store.feeds.revoke_feed(owner, id, now).await
    }

    async fn prune_feeds(&self, now: Timestamp) -> Result<u64, StoreError> {
        self.store.feeds.prune_feeds(now).await
    }
}
