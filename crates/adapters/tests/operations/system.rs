//! A store with the use cases over it, and what it says to each operation.

use std::fmt::Debug;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use live_domain::bulk::{Line, RegistrationLine, SessionLine};
use live_domain::contract::Store;
use live_domain::contract::fixtures::{
    brand, exported_registrations, exported_sessions, history, id, minutes, session, subject, viewer,
};
use live_domain::{
    BrandScope, Clock, Event, IdSource, Import, ImportError, Imported, LineScan, ListSessions, LiveSessions, Metadata,
    PageSize, RegistrationStatus, Session, SessionEditor, SessionFilter, SessionOrder, SessionRegistrations, Start,
    StoreError, Timestamp, UpcomingGrace,
};
use uuid::Uuid;

use crate::operation::{Caller, Operation, RegistrationOfFile, SessionNumber, SessionOfFile};

/// A clock that stands still until it is set, in minutes.
#[derive(Default)]
struct SetClock(AtomicI64);

impl Clock for SetClock {
    fn now(&self) -> Timestamp {
        minutes(self.0.load(Ordering::Relaxed))
    }
}

/// Counts, so that every store gets the same ids.
struct Counted {
    first: u64,
    issued: AtomicU64,
}

impl Counted {
    fn from(first: u64) -> Arc<Self> {
        Arc::new(Self { first, issued: AtomicU64::new(0) })
    }

    /// One of those that were issued.
    fn issued(&self, number: u8) -> Option<Uuid> {
        let place = u64::from(number).checked_rem(self.issued.load(Ordering::Relaxed))?;
        Some(id(self.first + place))
    }
}

impl IdSource for Counted {
    fn fresh(&self) -> Uuid {
        id(self.first + self.issued.fetch_add(1, Ordering::Relaxed))
    }
}

pub(crate) struct System {
    store: Arc<dyn Store>,
    clock: Arc<SetClock>,
    /// Of sessions that are created, of registrations that are made, and of registrations in files.
    session_ids: Arc<Counted>,
    registration_ids: Arc<Counted>,
    line_ids: Arc<Counted>,
    sessions: LiveSessions,
    editor: SessionEditor,
    registrations: SessionRegistrations,
}

fn text(answer: &impl Debug) -> String {
    format!("{answer:?}")
}

async fn import<T: Send + 'static>(mut import: Box<dyn Import<T>>, values: Vec<T>) -> Result<Imported, ImportError> {
    import.stage((1..).zip(values).map(|(number, value)| Line { number, value }).collect()).await?;
    import.apply().await
}

impl System {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        let clock = Arc::<SetClock>::default();
        let (session_ids, registration_ids) = (Counted::from(101), Counted::from(1_001));
        let port = || Arc::<dyn Store>::clone(&store);
        let time = || Arc::<SetClock>::clone(&clock);
        let sessions = LiveSessions::new(port(), time(), UpcomingGrace::default());
        let editor = SessionEditor::new(port(), port(), port(), time(), Arc::<Counted>::clone(&session_ids));
        let ids = Arc::<Counted>::clone(&registration_ids);
        let registrations = SessionRegistrations::new(port(), port(), time(), ids);
        let line_ids = Counted::from(100_001);
        Self { store, clock, session_ids, registration_ids, line_ids, sessions, editor, registrations }
    }

    /// The first three can only be imported, the others only be created first; the last one is not there.
    fn session_id(&self, SessionNumber(number): SessionNumber) -> Uuid {
        match number {
            0..3 => id(u64::from(number) + 1),
            8.. => id(999),
            number => self.session_ids.issued(number - 3).unwrap_or(id(1)),
        }
    }

    /// Does it, and says what came of it.
    pub(crate) async fn perform(&mut self, operation: &Operation) -> String {
        match operation {
            Operation::Create { caller, draft, key } => {
                text(&self.editor.create(&caller.editor(), draft.clone(), key.clone()).await)
            }
            Operation::Patch { caller, session, expected, patch } => {
                text(&self.editor.patch(&caller.editor(), self.session_id(*session), expected, patch).await)
            }
            Operation::Step { caller, session, expected, step, key } => {
                let (editor, session) = (caller.editor(), self.session_id(*session));
                text(&self.editor.transition(&editor, session, expected, step, key.clone()).await)
            }
            Operation::Register { caller: Caller { viewer, scope, .. }, session, key } => {
                text(&self.registrations.register(scope, viewer, self.session_id(*session), key.clone()).await)
            }
            Operation::Cancel { caller: Caller { viewer, scope, .. }, session } => {
                text(&self.registrations.cancel(scope, viewer, self.session_id(*session)).await)
            }
            Operation::Latest { caller: Caller { viewer, scope, .. }, session } => {
                text(&self.registrations.latest(scope, viewer, self.session_id(*session)).await)
            }
            Operation::Find { caller: Caller { viewer, scope, .. }, session } => {
                text(&self.sessions.find(scope, viewer, self.session_id(*session)).await)
            }
            Operation::Line { caller, session, statuses, size } => {
                let scan = LineScan { statuses: statuses.clone(), after: None };
                self.walk_line(caller, self.session_id(*session), scan, *size).await
            }
            Operation::List { caller, brand, order, size } => self.walk(caller, *brand, *order, *size).await,
            Operation::ImportSessions(lines) => text(&self.import_sessions(lines).await),
            Operation::ImportRegistrations(lines) => text(&self.import_registrations(lines).await),
            Operation::Prune => text(&self.store.prune(self.clock.now()).await),
            Operation::DeleteHistory(minutes) => {
                let before = self.clock.now().earlier_by(time::Duration::minutes(*minutes));
                text(&self.delete_history(before).await)
            }
            Operation::Forget { person, pseudonym } => {
                text(&self.store.forget(&subject(person), pseudonym, self.clock.now()).await)
            }
            Operation::Pass(minutes) => text(&self.clock.0.fetch_add(*minutes, Ordering::Relaxed)),
        }
    }

    /// To the end: how many go at a time is up to the store.
    async fn delete_history(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut all = 0;
        loop {
            match self.store.delete_before(before).await? {
                0 => return Ok(all),
                some => all += some,
            }
        }
    }

    async fn walk_line(&self, caller: &Caller, session: Uuid, scan: LineScan, size: u8) -> String {
        let (size, mut next, mut pages) = (PageSize::new(size).unwrap(), Some(scan), String::new());
        while let Some(scan) = next {
            let page = self.registrations.line(&caller.editor(), session, &scan, size).await;
            pages.push_str(&text(&page));
            next = page.ok().and_then(|page| page.next);
        }
        pages
    }

    async fn walk(&self, caller: &Caller, named: Option<&str>, order: SessionOrder, size: u8) -> String {
        let filter = SessionFilter::default();
        let filter = if let Some(name) = named { filter.with_brand(brand(name)) } else { filter };
        let (mut next, mut pages) = (Some(Start::Beginning(order)), String::new());
        while let Some(start) = next {
            let Caller { viewer, scope, .. } = caller.clone();
            let (filter, size) = (filter.clone(), PageSize::new(size).unwrap());
            let request = ListSessions { scope, viewer, filter, start, seen: None, size };
            let page = self.sessions.list(request).await;
            pages.push_str(&text(&page));
            next = page.ok().and_then(|page| page.next).map(Start::At);
        }
        pages
    }

    async fn import_sessions(&self, lines: &[SessionOfFile]) -> Result<Imported, ImportError> {
        let lines = lines.iter().map(|line| {
            let (id, now) = (self.session_id(line.number), self.clock.now());
            let updated_at = line.updated_at.map_or(now, minutes);
            let session = Session { id, updated_at, ..session_of(line) };
            SessionLine::new(session, line.updated_at.is_some()).unwrap()
        });
        import(self.store.import_sessions(self.clock.now()).await?, lines.collect()).await
    }

    async fn import_registrations(&self, lines: &[RegistrationOfFile]) -> Result<Imported, ImportError> {
        let lines = lines.iter().map(|line| self.registration_line(line)).collect();
        import(self.store.import_registrations(self.clock.now()).await?, lines).await
    }

    fn registration_line(&self, line: &RegistrationOfFile) -> RegistrationLine {
        let now = self.clock.now();
        let ago = |minutes| now.earlier_by(time::Duration::minutes(minutes));
        let session = self.session_id(line.number);
        let mut made = RegistrationLine::new(session, subject(line.person), line.status, self.line_ids.fresh());
        if let Some(number) = line.id {
            // An id that is still to be issued would be one that another registration cannot get.
            let own = id(501 + u64::from(number));
            made = made.with_id(if number < 3 { own } else { self.registration_ids.issued(number).unwrap_or(own) });
        }
        if let Some(minutes) = line.registered_at {
            made = made.with_registered_at(ago(minutes), now).unwrap();
        }
        match line.cancelled_at.filter(|_| line.status == RegistrationStatus::Cancelled) {
            Some(minutes) => made.with_cancelled_at(ago(minutes)).unwrap(),
            None => made,
        }
    }

    /// Every session, to one who sees them all.
    pub(crate) async fn list(&self) -> String {
        let request = ListSessions {
            scope: BrandScope::All,
            viewer: viewer("ada"),
            filter: SessionFilter::default(),
            start: Start::Beginning(SessionOrder::Newest),
            seen: None,
            size: PageSize::new(PageSize::MAX).unwrap(),
        };
        text(&self.sessions.list(request).await)
    }

    pub(crate) async fn rows(&self) -> String {
        text(&(exported_sessions(&*self.store).await, exported_registrations(&*self.store).await))
    }

    /// The history but for the ids of its events, which differ.
    pub(crate) async fn history(&self) -> String {
        let events = history(&*self.store).await.into_iter().map(|event| {
            assert_eq!(event.id.get_version_num(), 7);
            Event { id: Uuid::nil(), ..event }
        });
        text(&events.collect::<Vec<_>>())
    }
}

fn session_of(line: &SessionOfFile) -> Session {
    let SessionNumber(number) = line.number;
    Session {
        host_id: line.host.parse().unwrap(),
        brand_id: brand(line.brand),
        title: line.title.parse().unwrap(),
        status: line.status,
        max_participants: line.seats,
        metadata: Metadata::parse(line.metadata).unwrap(),
        ..session(number.into())
    }
}
