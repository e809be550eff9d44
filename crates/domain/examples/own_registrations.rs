//! A store of your own behind the use case of registering: here, one session and its line, in memory.
//!
//! What is decided while the counter is held, [`Seats`] decides; the store holds the counter, by a mutex here, by a row
//! lock in a database.
//!
//! `cargo run -p live-domain --example own_registrations --features contract`
#![expect(clippy::print_stdout, reason = "an example shows what it found")]

use std::error::Error;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures_util::FutureExt;
use live_domain::contract::fixtures;
use live_domain::memory::MemorySessionRepository;
use live_domain::{
    BrandScope, CancelError, Keyed, LineScan, MaxParticipants, Page, PageSize, PlacedRegistration, RegisterError,
    Registered, Registration, RegistrationRepository, RegistrationStatus, Seats, SessionRegistrations, StoreError,
    SystemClock, TimeOrderedIds, Viewer, Write,
};
use uuid::Uuid;

/// The registrations of one session, each person's latest, and the counter.
struct Line {
    session: Uuid,
    rows: Mutex<(Seats, Vec<Registration>)>,
}

impl Line {
    fn new(session: Uuid, capacity: MaxParticipants) -> Self {
        let seats = Seats { capacity, registered: 0, waiting: 0, latest: None };
        Self { session, rows: Mutex::new((seats, Vec::new())) }
    }

    fn hold(&self) -> MutexGuard<'_, (Seats, Vec<Registration>)> {
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn of<'a>(rows: &'a mut [Registration], viewer: &Viewer) -> Option<&'a mut Registration> {
    rows.iter_mut().find(|row| row.user_id == *viewer.subject())
}

/// Gives a seat to the first `count` of those who wait.
fn promote(rows: &mut [Registration], count: u32) {
    for _ in 0..count {
        let waiting = rows.iter_mut().filter(|row| row.status == RegistrationStatus::Waitlist);
        if let Some(first) = waiting.min_by_key(|row| row.place()) {
            first.status = RegistrationStatus::Registered;
        }
    }
}

fn placed(rows: &[Registration], row: &Registration) -> PlacedRegistration {
    let is_ahead = |other: &&Registration| other.status == RegistrationStatus::Waitlist && other.place() <= row.place();
    let place = u32::try_from(rows.iter().filter(is_ahead).count()).unwrap_or(u32::MAX);
    let position = (row.status == RegistrationStatus::Waitlist).then_some(place);
    PlacedRegistration { registration: row.clone(), position }
}

#[async_trait]
impl RegistrationRepository for Line {
    async fn register(
        &self,
        _scope: &BrandScope,
        session: Uuid,
        fresh_id: Uuid,
        write: &Write,
    ) -> Result<Keyed<Registered>, RegisterError> {
        if write.key.is_some() {
            return Err(StoreError::Failed("this store keeps no answers".into()).into());
        }
        if session != self.session {
            return Err(RegisterError::NotFound);
        }
        let (seats, rows) = &mut *self.hold();
        let present = of(rows, &write.viewer).filter(|row| row.status != RegistrationStatus::Cancelled).cloned();
        if let Some(present) = present {
            return Ok(Keyed::Done(Registered { registration: placed(rows, &present), created: false }));
        }
        let admission = seats.admit(write.now);
        promote(rows, admission.promoted);
        let registration = Registration {
            id: fresh_id,
            session_id: session,
            user_id: write.viewer.subject().clone(),
            status: admission.status,
            registered_at: admission.registered_at,
            cancelled_at: None,
        };
        rows.retain(|row| row.user_id != registration.user_id);
        rows.push(registration.clone());
        let registration = PlacedRegistration { registration, position: admission.position };
        Ok(Keyed::Done(Registered { registration, created: true }))
    }

    async fn cancel(
        &self,
        _scope: &BrandScope,
        session: Uuid,
        write: &Write,
    ) -> Result<PlacedRegistration, CancelError> {
        let (seats, rows) = &mut *self.hold();
        let row = of(rows, &write.viewer).filter(|_| session == self.session).ok_or(CancelError::NotFound)?;
        if row.status != RegistrationStatus::Cancelled {
            let release = seats.release(row.status, true);
            row.status = RegistrationStatus::Cancelled;
            row.cancelled_at = Some(write.now.max(row.registered_at));
            promote(rows, release.promoted_before + release.promoted_after);
        }
        let row = of(rows, &write.viewer).ok_or(CancelError::NotFound)?;
        Ok(PlacedRegistration { registration: row.clone(), position: None })
    }

    async fn latest(
        &self,
        _scope: &BrandScope,
        viewer: &Viewer,
        session: Uuid,
    ) -> Result<Option<PlacedRegistration>, StoreError> {
        let (_, rows) = &mut *self.hold();
        let row = of(rows, viewer).filter(|_| session == self.session).cloned();
        Ok(row.map(|row| placed(rows, &row)))
    }

    async fn line(
        &self,
        _session: Uuid,
        scan: &LineScan,
        size: PageSize,
    ) -> Result<Page<Registration, LineScan>, StoreError> {
        let mut rows: Vec<_> = self.hold().1.iter().filter(|row| scan.admits(row)).cloned().collect();
        rows.sort_by_key(Registration::place);
        rows.truncate(size.with_lookahead());
        Ok(Page::from_rows(rows, size, |last| scan.clone().resumed_after(last.place())))
    }
}

async fn register() -> Result<(), Box<dyn Error>> {
    let session = fixtures::session(1);
    let line = Arc::new(Line::new(session.id, MaxParticipants::new(1)?));
    // The sessions themselves are read from a store that is there.
    let sessions = Arc::new(MemorySessionRepository::default());
    let registrations = SessionRegistrations::new(sessions, line, Arc::new(SystemClock), Arc::new(TimeOrderedIds));
    for name in ["ada", "bob"] {
        let answer = registrations.register(&BrandScope::All, &Viewer::new(name)?, session.id, None).await?;
        let PlacedRegistration { registration, position } = answer.value.registration;
        println!("{name}: {}, place {position:?}", registration.status.as_str());
    }
    registrations.cancel(&BrandScope::All, &Viewer::new("ada")?, session.id).await?;
    let bob = registrations.latest(&BrandScope::All, &Viewer::new("bob")?, session.id).await?;
    println!("once ada has cancelled, bob is {}", bob.registration.status.as_str());
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    register().now_or_never().unwrap_or_else(|| Err("a store in memory answers at once".into()))
}
