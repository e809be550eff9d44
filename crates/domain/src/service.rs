//! The use cases: list and read live sessions, edit them, register for them, make calendar feeds of them.

mod edit;
mod feeds;
mod register;

use std::sync::Arc;

use uuid::Uuid;

use crate::clock::Clock;
use crate::error::{FindError, ListSessionsError};
use crate::listing::{Page, PageSize, SessionFilter, SessionOrder, SessionScan, StorePosition, UpcomingGrace};
use crate::repository::SessionRepository;
use crate::session::ListedSession;
use crate::viewer::{BrandScope, Viewer};

pub use edit::{Expected, SessionEditor};
pub use feeds::{CalendarFeeds, FeedDraft, IssuedFeed};
pub use register::SessionRegistrations;

/// Where a list starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// At the beginning of that order, as of now.
    Beginning(SessionOrder),
    /// Where an earlier page ended.
    At(SessionScan),
}

/// A request for a page of sessions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListSessions {
    /// What exists for the caller.
    pub scope: BrandScope,
    /// Who asks.
    pub viewer: Viewer,
    /// Which sessions.
    pub filter: SessionFilter,
    /// In which order, from which place on.
    pub start: Start,
    /// What the caller has seen of the store: no older state is shown. A walk that is resumed has seen what its pages showed
    /// as well.
    pub seen: Option<StorePosition>,
    /// How many.
    pub size: PageSize,
}

/// Lists and reads live sessions.
#[derive(Clone)]
pub struct LiveSessions {
    repository: Arc<dyn SessionRepository>,
    clock: Arc<dyn Clock>,
    grace: UpcomingGrace,
}

impl LiveSessions {
    /// The most sessions of a calendar.
    pub const MOST_IN_CALENDAR: usize = 1_000;

    /// The use case over a store and a clock.
    pub fn new(repository: Arc<dyn SessionRepository>, clock: Arc<dyn Clock>, grace: UpcomingGrace) -> Self {
        Self { repository, clock, grace }
    }

    /// A page of sessions.
    ///
    /// # Errors
    ///
    /// [`ListSessionsError::BrandOutOfScope`] when the filter names a brand that does not exist for the caller;
    /// the store is not asked then.
    pub async fn list(&self, request: ListSessions) -> Result<Page<ListedSession, SessionScan>, ListSessionsError> {
        let ListSessions { scope, viewer, filter, start, seen, size } = request;
        if filter.brand().is_some_and(|brand| !scope.permits(brand)) {
            return Err(ListSessionsError::BrandOutOfScope);
        }
        let scan = match start {
            Start::Beginning(order) => SessionScan::beginning(order, self.grace.since(self.clock.now())),
            Start::At(scan) => scan,
        };
        Ok(self.repository.list(&scope, &viewer, &filter, scan.having_seen(seen), size).await?)
    }

    /// The first [`MOST_IN_CALENDAR`](Self::MOST_IN_CALENDAR) sessions of a list, in its order and as of now, where the store
    /// has come as far as the caller has seen.
    ///
    /// # Errors
    ///
    /// As for [`LiveSessions::list`].
    pub async fn calendar(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        filter: &SessionFilter,
        order: SessionOrder,
        seen: Option<StorePosition>,
    ) -> Result<Vec<ListedSession>, ListSessionsError> {
        let (mut sessions, mut next) = (Vec::new(), Some(Start::Beginning(order)));
        while let Some(start) = next.filter(|_| sessions.len() < Self::MOST_IN_CALENDAR) {
            let (scope, viewer, filter) = (scope.clone(), viewer.clone(), filter.clone());
            let page = self.list(ListSessions { scope, viewer, filter, start, seen, size: PageSize::LARGEST }).await?;
            sessions.extend(page.items);
            next = page.next.map(Start::At);
        }
        sessions.truncate(Self::MOST_IN_CALENDAR);
        Ok(sessions)
    }

    /// One session.
    ///
    /// # Errors
    ///
    /// [`FindError::NotFound`] when there is none, or none that exists for the caller.
    pub async fn find(&self, scope: &BrandScope, viewer: &Viewer, id: Uuid) -> Result<ListedSession, FindError> {
        self.repository.find(scope, viewer, id).await?.ok_or(FindError::NotFound)
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use time::Duration;

    use super::*;
    use crate::clock::MockClock;
    use crate::error::StoreError;
    use crate::repository::MockSessionRepository;
    use crate::text::BrandId;
    use crate::timestamp::Timestamp;

    fn noon() -> Timestamp {
        Timestamp::from_micros(1_800_000_000_000_000).unwrap()
    }

    fn service(repository: MockSessionRepository) -> LiveSessions {
        let mut clock = MockClock::new();
        clock.expect_now().return_const(noon());
        LiveSessions::new(Arc::new(repository), Arc::new(clock), UpcomingGrace::minutes(45))
    }

    fn request(start: Start) -> ListSessions {
        ListSessions {
            scope: BrandScope::All,
            viewer: Viewer::new("ada").unwrap(),
            filter: SessionFilter::default(),
            start,
            seen: None,
            size: PageSize::default(),
        }
    }

    fn run(
        service: &LiveSessions,
        request: ListSessions,
    ) -> Result<Page<ListedSession, SessionScan>, ListSessionsError> {
        service.list(request).now_or_never().expect("a mock answers at once")
    }

    fn expecting(scan: SessionScan) -> MockSessionRepository {
        let mut repository = MockSessionRepository::new();
        repository
            .expect_list()
            .withf(move |_, _, _, asked, _| *asked == scan)
            .once()
            .returning(|_, _, _, _, _| Ok(Page { items: Vec::new(), next: None }));
        repository
    }

    fn upcoming(since: Timestamp) -> SessionScan {
        SessionScan::beginning(SessionOrder::Upcoming, since)
    }

    #[test]
    fn judges_upcoming_by_its_clock_and_grace() {
        let since = noon().earlier_by(Duration::minutes(45));
        let service = service(expecting(upcoming(since)));
        run(&service, request(Start::Beginning(SessionOrder::Upcoming))).unwrap();
    }

    #[test]
    fn a_resumed_walk_keeps_its_instant() {
        let scan = upcoming(Timestamp::EARLIEST);
        let service = service(expecting(scan));
        run(&service, request(Start::At(scan))).unwrap();
    }

    #[test]
    fn the_store_is_told_what_the_caller_has_seen_be_it_by_the_walk_or_besides() {
        let seen = |number| Some(StorePosition::new(number));
        let walked = upcoming(Timestamp::EARLIEST).having_seen(seen(7));
        for (besides, counts) in [(None, seen(7)), (seen(6), seen(7)), (seen(8), seen(8))] {
            let service = service(expecting(walked.having_seen(counts)));
            run(&service, ListSessions { seen: besides, ..request(Start::At(walked)) }).unwrap();
        }
    }

    #[test]
    fn a_brand_out_of_scope_never_reaches_the_store() {
        let service = service(MockSessionRepository::new());
        let mut asked = request(Start::Beginning(SessionOrder::Newest));
        asked.scope = BrandScope::only([BrandId::new("acme").unwrap()]).unwrap();
        asked.filter = asked.filter.with_brand(BrandId::new("globex").unwrap());
        assert!(matches!(run(&service, asked), Err(ListSessionsError::BrandOutOfScope)));
    }

    #[test]
    fn passes_on_that_the_store_is_away() {
        let mut repository = MockSessionRepository::new();
        repository.expect_list().returning(|_, _, _, _, _| Err(StoreError::Unavailable("gone".into())));
        let result = run(&service(repository), request(Start::Beginning(SessionOrder::Newest)));
        assert!(matches!(result, Err(ListSessionsError::Store(StoreError::Unavailable(_)))));
    }
}
