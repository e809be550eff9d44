//! Sessions and registrations to test with, and the ways to put them in a store.

use time::Duration;
use time::macros::datetime;
use uuid::Uuid;

use super::Store;
use crate::bulk::{Export, Import, ImportError, Imported, Line, RegistrationLine, SessionLine};
use crate::error::RegisterError;
use crate::event::{Event, EventType};
use crate::feed::{Feed, SealedSecret, SecretHash, SecretSeed};
use crate::idempotency::{Fingerprint, Keyed, Registered, RequestKey};
use crate::listing::{Page, PageSize, SessionFilter, SessionOrder, SessionScan};
use crate::metadata::Metadata;
use crate::registration::{PlacedRegistration, Registration, RegistrationStatus};
use crate::repository::{SessionRepository, Write};
use crate::session::{DurationMinutes, ListedSession, MaxParticipants, Session, SessionKind, SessionStatus};
use crate::text::{BrandId, HostId, Subject, Title};
use crate::timestamp::Timestamp;
use crate::viewer::{BrandScope, Viewer};

/// The instant that the cases take for now: 2026-03-10T12:00:00Z.
#[must_use]
pub fn now() -> Timestamp {
    Timestamp::clamped(datetime!(2026-03-10 12:00 UTC))
}

/// So many minutes from [`now`], or before it.
#[must_use]
pub fn minutes(minutes: i64) -> Timestamp {
    now().later_by(Duration::minutes(minutes))
}

/// The id that ends with this number.
#[must_use]
pub fn id(number: u64) -> Uuid {
    Uuid::from_u128(u128::from(number))
}

/// A brand of that name.
#[must_use]
pub fn brand(name: &str) -> BrandId {
    BrandId::new(name).expect("a good brand")
}

/// A person of that name.
#[must_use]
pub fn subject(name: &str) -> Subject {
    Subject::new(name).expect("a good subject")
}

/// A scheduled session of the brand `acme`, so many minutes from [`now`] as its number says.
#[must_use]
pub fn session(number: u32) -> Session {
    Session {
        id: id(u64::from(number)),
        host_id: HostId::new("ada").expect("a good host"),
        brand_id: brand("acme"),
        community_id: None,
        title: Title::new(format!("Session {number}")).expect("a good title"),
        kind: SessionKind::Live,
        category: None,
        scheduled_at: minutes(i64::from(number)),
        started_at: None,
        ended_at: None,
        status: SessionStatus::Scheduled,
        stream_call_id: None,
        max_participants: MaxParticipants::new(10).expect("a good number"),
        duration_minutes: None,
        recording_url: None,
        metadata: Metadata::default(),
        created_at: minutes(-100_000),
        updated_at: minutes(-100_000),
    }
}

/// A session that differs from [`session`] in every member but the id: each has a value of its own, and the texts are such
/// as no store may write in another way.
#[must_use]
pub fn full_session(number: u32) -> Session {
    Session {
        id: id(u64::from(number)),
        host_id: "größe".parse().expect("a good host"),
        brand_id: brand("globex"),
        community_id: Some("a \"community\"".parse().expect("a good community")),
        title: "It's {full} \u{1f3a5}".parse().expect("a good title"),
        kind: SessionKind::OfficeHours,
        category: Some("a \\ category".parse().expect("a good category")),
        scheduled_at: minutes(-7).later_by(Duration::MICROSECOND),
        started_at: Some(minutes(-5)),
        ended_at: Some(minutes(-3)),
        status: SessionStatus::Ended,
        stream_call_id: Some("a/call".parse().expect("a good call")),
        max_participants: MaxParticipants::new(20).expect("a good number"),
        duration_minutes: Some(DurationMinutes::new(30).expect("a good number")),
        recording_url: Some("https://video.example/1".parse().expect("a good address")),
        metadata: Metadata::parse(r#"{"b":1.0e2,"a":"\u00e9 \" ü"}"#).expect("good metadata"),
        created_at: minutes(-2),
        updated_at: minutes(-1),
    }
}

/// A calendar feed of all that its owner sees, made [`now`] for a day.
#[must_use]
pub fn feed(number: u64, owner: &str) -> Feed {
    Feed {
        id: id(number),
        owner: viewer(owner),
        scope: BrandScope::All,
        filter: SessionFilter::default(),
        upcoming: false,
        created_at: now(),
        expires_at: minutes(24 * 60),
    }
}

/// The secret of that number, as a store may know it.
#[must_use]
pub fn secret(number: u8) -> SealedSecret {
    SealedSecret { hash: SecretHash([number; 32]), seed: SecretSeed([255 - number; 32]) }
}

/// A registration of that person for session `number`, whose fresh id is `fresh`.
#[must_use]
pub fn registration(number: u32, person: &str, status: RegistrationStatus, fresh: u64) -> RegistrationLine {
    RegistrationLine::new(id(u64::from(number)), subject(person), status, id(fresh))
}

/// The line that a registration of a store is imported by.
#[must_use]
pub fn registration_line(registration: Registration) -> RegistrationLine {
    let Registration { id, session_id, user_id, status, registered_at, cancelled_at } = registration;
    let line = RegistrationLine::new(session_id, user_id, status, id).with_id(id);
    let line = line.with_registered_at(registered_at, registered_at).expect("no future");
    match cancelled_at {
        Some(cancelled_at) => line.with_cancelled_at(cancelled_at).expect("a cancelled registration"),
        None => line,
    }
}

/// Numbers the values as the lines of a file.
pub fn lines<T>(values: impl IntoIterator<Item = T>) -> Vec<Line<T>> {
    (1..).zip(values).map(|(number, value)| Line { number, value }).collect()
}

/// The sessions as lines that name `updated_at`.
pub fn session_lines(sessions: impl IntoIterator<Item = Session>) -> Vec<Line<SessionLine>> {
    lines(sessions.into_iter().map(|session| SessionLine::new(session, true).expect("a good line")))
}

async fn run<T: Send + 'static>(
    mut import: Box<dyn Import<T>>,
    mut lines: Vec<Line<T>>,
) -> Result<Imported, ImportError> {
    // In two parts, so that no store relies on getting a file at once.
    let rest = lines.split_off(lines.len() / 2);
    import.stage(lines).await?;
    import.stage(rest).await?;
    import.apply().await
}

/// Imports the lines of sessions, as of [`now`].
///
/// # Errors
///
/// As the store's import says.
pub async fn import_sessions(store: &dyn Store, lines: Vec<Line<SessionLine>>) -> Result<Imported, ImportError> {
    run(store.import_sessions(now()).await?, lines).await
}

/// Imports the lines of registrations, as of [`now`].
///
/// # Errors
///
/// As the store's import says.
pub async fn import_registrations(
    store: &dyn Store,
    lines: Vec<Line<RegistrationLine>>,
) -> Result<Imported, ImportError> {
    run(store.import_registrations(now()).await?, lines).await
}

/// Puts the sessions in the store.
pub async fn fill(store: &dyn Store, sessions: impl IntoIterator<Item = Session>) {
    import_sessions(store, session_lines(sessions)).await.expect("the sessions are imported");
}

/// Puts the registrations in the store.
pub async fn register(store: &dyn Store, registrations: impl IntoIterator<Item = RegistrationLine>) {
    import_registrations(store, lines(registrations)).await.expect("the registrations are imported");
}

async fn all<T: Send + 'static>(mut export: Box<dyn Export<T>>) -> Vec<T> {
    let mut rows = Vec::new();
    loop {
        let next = export.next().await.expect("the store exports");
        if next.is_empty() {
            return rows;
        }
        rows.extend(next);
    }
}

/// Every session of the store, by id.
pub async fn exported_sessions(store: &dyn Store) -> Vec<Session> {
    all(store.export_sessions().await.expect("the store exports")).await
}

/// Every registration of the store, by session and person.
pub async fn exported_registrations(store: &dyn Store) -> Vec<Registration> {
    all(store.export_registrations().await.expect("the store exports")).await
}

/// A question to a store; by default everything, newest first, for `ada`, who sees all brands.
#[derive(Debug, Clone)]
pub struct Question {
    /// What exists.
    pub scope: BrandScope,
    /// Who asks.
    pub viewer: Viewer,
    /// Which sessions.
    pub filter: SessionFilter,
    /// In which order, from where.
    pub scan: SessionScan,
    /// How many.
    pub size: PageSize,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            scope: BrandScope::All,
            viewer: Viewer::new("ada").expect("a good viewer"),
            filter: SessionFilter::default(),
            scan: SessionScan::beginning(SessionOrder::Newest, now()),
            size: PageSize::new(PageSize::MAX).expect("a good size"),
        }
    }
}

impl Question {
    /// Asks the store.
    pub async fn ask(&self, store: &dyn SessionRepository) -> Page<ListedSession, SessionScan> {
        let Self { scope, viewer, filter, scan, size } = self;
        store.list(scope, viewer, filter, *scan, *size).await.expect("the store lists")
    }

    /// Asks the store; the numbers of the sessions that [`session`] made.
    pub async fn numbers(&self, store: &dyn SessionRepository) -> Vec<u128> {
        self.ask(store).await.items.iter().map(|item| item.session.id.as_u128()).collect()
    }

    /// Follows the pages to the end; the numbers of the sessions of each page.
    pub async fn walk(&self, store: &dyn SessionRepository) -> Vec<Vec<u128>> {
        let mut question = self.clone();
        let mut pages = Vec::new();
        loop {
            let page = question.ask(store).await;
            pages.push(page.items.iter().map(|item| item.session.id.as_u128()).collect());
            match page.next {
                Some(next) => question.scan = next,
                None => return pages,
            }
        }
    }
}

/// The viewer of that name.
#[must_use]
pub fn viewer(name: &str) -> Viewer {
    Viewer::from(subject(name))
}

/// A write of that person, so many minutes from [`now`].
#[must_use]
pub fn write(name: &str, minute: i64) -> Write {
    Write { viewer: viewer(name), now: minutes(minute), key: None }
}

/// The same write with a key; the fingerprint is all of that byte.
#[must_use]
pub fn keyed(write: Write, key: &str, fingerprint: u8) -> Write {
    let key = RequestKey { key: key.parse().expect("a good key"), fingerprint: Fingerprint([fingerprint; 32]) };
    Write { key: Some(key), ..write }
}

/// What was done.
///
/// # Panics
///
/// When it was kept instead.
pub fn done<T: std::fmt::Debug>(keyed: Keyed<T>) -> T {
    match keyed {
        Keyed::Done(value) => value,
        Keyed::Kept(kept) => panic!("nothing was done, as this was kept: {kept:?}"),
    }
}

/// Registers that person for session `number`, so many minutes from [`now`], in the registration `fresh`.
///
/// # Errors
///
/// As the store's `register` says.
pub async fn enter(
    store: &dyn Store,
    number: u32,
    person: &str,
    minute: i64,
    fresh: u64,
) -> Result<Registered, RegisterError> {
    let (session, fresh_id) = (id(u64::from(number)), id(fresh));
    Ok(done(store.register(&BrandScope::All, session, fresh_id, &write(person, minute)).await?))
}

/// Cancels that person's registration for session `number`, so many minutes from [`now`].
pub async fn leave(store: &dyn Store, number: u32, person: &str, minute: i64) -> PlacedRegistration {
    let cancelled = store.cancel(&BrandScope::All, id(u64::from(number)), &write(person, minute)).await;
    cancelled.expect("a registration is cancelled")
}

/// Session `number` as that person sees it.
pub async fn found(store: &dyn Store, number: u32, person: &str) -> ListedSession {
    let found = store.find(&BrandScope::All, &viewer(person), id(u64::from(number))).await;
    found.expect("the store answers").expect("the session is there")
}

/// The status and place of each person of session `number`, by name.
pub async fn standing(store: &dyn Store, number: u32) -> Vec<(String, RegistrationStatus, Option<u32>)> {
    let mut standing = Vec::new();
    for registration in exported_registrations(store).await {
        if registration.session_id == id(u64::from(number)) {
            let viewer = Viewer::from(registration.user_id.clone());
            let latest = store.latest(&BrandScope::All, &viewer, registration.session_id).await;
            let placed = latest.expect("the store answers").expect("the registration is there");
            standing.push((registration.user_id.to_string(), placed.registration.status, placed.position));
        }
    }
    standing
}

/// The whole history, read a few events at a time.
pub async fn history(store: &dyn Store) -> Vec<Event> {
    let (mut events, mut last) = (Vec::new(), None);
    loop {
        let next = store.events(last, 3).await.expect("the store answers");
        let Some(newest) = next.last() else { return events };
        last = Some(newest.position);
        events.extend(next.into_iter().map(|recorded| recorded.event));
    }
}

/// What happened, from the event `skip` on.
pub async fn happened(store: &dyn Store, skip: usize) -> Vec<EventType> {
    history(store).await.into_iter().skip(skip).map(|event| event.event_type).collect()
}
