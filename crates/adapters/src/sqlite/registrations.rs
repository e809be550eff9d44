//! Registrations for sessions.

use async_trait::async_trait;
use diesel::SqliteConnection;
use diesel::prelude::*;
use live_domain::{
    Admission, BrandScope, CancelError, EventType, Keyed, LineScan, Outcome, Page, PageSize, PlacedRegistration,
    RegisterError, Registered, Registration, RegistrationRepository, RegistrationStatus, Seats, Session, StoreError,
    Subject, Viewer, Write,
};
use uuid::Uuid;

use super::SqliteSessionRepository;
use super::error::{Refusal, SqliteError};
use super::events::record_registration;
use super::idempotency::once;
use super::line_query::{CountWaiting, LineQuery, PromoteWaiting};
use super::row::{IdBytes, Micros, RegistrationRow};
use super::schema::{registrations, sessions};
use super::session_reads::stored;
use crate::session_row::{StoredSession, values};

/// The session of that id, if the scope permits it.
fn found(
    connection: &mut SqliteConnection,
    scope: &BrandScope,
    session: Uuid,
) -> Result<Option<StoredSession>, SqliteError> {
    Ok(stored(connection, session)?.filter(|stored| scope.permits(&stored.session.brand_id)))
}

fn latest(
    connection: &mut SqliteConnection,
    session: Uuid,
    person: &Subject,
) -> Result<Option<Registration>, SqliteError> {
    let row: Option<RegistrationRow> =
        registrations::table.find((IdBytes::from(session), person.as_str())).first(connection).optional()?;
    Ok(row.map(Registration::try_from).transpose()?)
}

/// With its place among those who wait.
fn placed(connection: &mut SqliteConnection, registration: Registration) -> Result<PlacedRegistration, SqliteError> {
    let position = if registration.status == RegistrationStatus::Waitlist {
        let ahead: i64 = CountWaiting::until(registration.session_id, registration.place()).get_result(connection)?;
        Some(u32::try_from(ahead).unwrap_or(u32::MAX))
    } else {
        None
    };
    Ok(PlacedRegistration { registration, position })
}

/// Gives a seat to so many of those who wait, the first of the line first. The counters are the caller's to keep.
pub(super) fn promote(
    connection: &mut SqliteConnection,
    session: &Session,
    count: u32,
    write: &Write,
) -> Result<(), SqliteError> {
    if count == 0 {
        return Ok(());
    }
    let first: Vec<RegistrationRow> = LineQuery::waiting(session.id, count).load(connection)?;
    let first: Vec<Registration> = values(first)?;
    let Some(last) = first.last() else { return Ok(()) };
    PromoteWaiting::until(session.id, last.place()).execute(connection)?;
    for waiting in first {
        let before = Some(waiting.status);
        let promoted = Registration { status: RegistrationStatus::Registered, ..waiting };
        record_registration(connection, session, EventType::RegistrationPromoted, before, &promoted, write)?;
    }
    Ok(())
}

/// Writes the counter back, and with it when a place in the line was last taken.
fn keep_seats(connection: &mut SqliteConnection, session: Uuid, seats: Seats) -> QueryResult<usize> {
    let Seats { capacity: _, registered, waiting, latest } = seats;
    diesel::update(sessions::table.find(IdBytes::from(session)))
        .set((
            sessions::registered_count.eq(registered.cast_signed()),
            sessions::waiting_count.eq(waiting.cast_signed()),
            sessions::last_registered_at.eq(latest.map(Micros::from)),
        ))
        .execute(connection)
}

fn register(
    connection: &mut SqliteConnection,
    scope: &BrandScope,
    session: Uuid,
    fresh_id: Uuid,
    write: &Write,
) -> Result<Registered, Refusal<RegisterError>> {
    let stored = found(connection, scope, session)?.ok_or(Refusal::Rule(RegisterError::NotFound))?;
    let status = stored.session.status;
    if !status.is_open() {
        return Err(Refusal::Rule(RegisterError::Closed { status }));
    }
    let person = write.viewer.subject();
    match latest(connection, session, person)? {
        Some(present) if present.status != RegistrationStatus::Cancelled => {
            return Ok(Registered { registration: placed(connection, present)?, created: false });
        }
        Some(_) => {
            let cancelled = registrations::table.find((IdBytes::from(session), person.as_str()));
            diesel::delete(cancelled).execute(connection)?;
        }
        None => {}
    }
    Ok(Registered { registration: admit(connection, stored, fresh_id, write)?, created: true })
}

/// Takes the person in, who holds no registration.
fn admit(
    connection: &mut SqliteConnection,
    stored: StoredSession,
    fresh_id: Uuid,
    write: &Write,
) -> Result<PlacedRegistration, SqliteError> {
    let StoredSession { session, version: _, mut seats } = stored;
    let Admission { promoted, status, registered_at, position } = seats.admit(write.now);
    promote(connection, &session, promoted, write)?;
    let (session_id, user_id) = (session.id, write.viewer.subject().clone());
    let registration = Registration { id: fresh_id, session_id, user_id, status, registered_at, cancelled_at: None };
    diesel::insert_into(registrations::table)
        .values((
            registrations::id.eq(IdBytes::from(fresh_id)),
            registrations::session_id.eq(IdBytes::from(session_id)),
            registrations::user_id.eq(registration.user_id.as_str()),
            registrations::status.eq(status.as_str()),
            registrations::registered_at.eq(Micros::from(registered_at)),
        ))
        .execute(connection)?;
    let event_type = match position {
        None => EventType::RegistrationRegistered,
        Some(_) => EventType::RegistrationWaitlisted,
    };
    record_registration(connection, &session, event_type, None, &registration, write)?;
    keep_seats(connection, session.id, seats)?;
    Ok(PlacedRegistration { registration, position })
}

fn cancel(
    connection: &mut SqliteConnection,
    scope: &BrandScope,
    session: Uuid,
    write: &Write,
) -> Result<PlacedRegistration, Refusal<CancelError>> {
    let not_found = || Refusal::Rule(CancelError::NotFound);
    let StoredSession { session, version: _, mut seats } = found(connection, scope, session)?.ok_or_else(not_found)?;
    let present = latest(connection, session.id, write.viewer.subject())?.ok_or_else(not_found)?;
    if present.status == RegistrationStatus::Cancelled {
        return Ok(PlacedRegistration { registration: present, position: None });
    }
    let before = Some(present.status);
    let cancelled_at = write.now.max(present.registered_at);
    let release = seats.release(present.status, session.status.is_open());
    promote(connection, &session, release.promoted_before, write)?;
    diesel::update(registrations::table.find((IdBytes::from(session.id), present.user_id.as_str())))
        .set((
            registrations::status.eq(RegistrationStatus::Cancelled.as_str()),
            registrations::cancelled_at.eq(Micros::from(cancelled_at)),
        ))
        .execute(connection)?;
    let cancelled = Registration { status: RegistrationStatus::Cancelled, cancelled_at: Some(cancelled_at), ..present };
    record_registration(connection, &session, EventType::RegistrationCancelled, before, &cancelled, write)?;
    promote(connection, &session, release.promoted_after, write)?;
    keep_seats(connection, session.id, seats)?;
    Ok(PlacedRegistration { registration: cancelled, position: None })
}

#[async_trait]
impl RegistrationRepository for SqliteSessionRepository {
    async fn register(
        &self,
        scope: &BrandScope,
        session: Uuid,
        fresh_id: Uuid,
        write: &Write,
    ) -> Result<Keyed<Registered>, RegisterError> {
        let (scope, write) = (scope.clone(), write.clone());
        let work = move |connection: &mut SqliteConnection| {
            once(connection, &write, Outcome::Registration, |connection| {
                register(connection, &scope, session, fresh_id, &write)
            })
        };
        self.pool.write(work).await
    }

    async fn cancel(
        &self,
        scope: &BrandScope,
        session: Uuid,
        write: &Write,
    ) -> Result<PlacedRegistration, CancelError> {
        let (scope, write) = (scope.clone(), write.clone());
        self.pool.write(move |connection| cancel(connection, &scope, session, &write)).await
    }

    async fn latest(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        session: Uuid,
    ) -> Result<Option<PlacedRegistration>, StoreError> {
        let (scope, viewer) = (scope.clone(), viewer.clone());
        // One transaction, so that the place is that of the moment at which the registration was read.
        let read = move |connection: &mut SqliteConnection| {
            if found(connection, &scope, session)?.is_none() {
                return Ok(None);
            }
            let latest = latest(connection, session, viewer.subject())?;
            latest.map(|registration| placed(connection, registration)).transpose()
        };
        Ok(self.pool.run(|connection| connection.transaction(read)).await?)
    }

    async fn line(
        &self,
        session: Uuid,
        scan: &LineScan,
        size: PageSize,
    ) -> Result<Page<Registration, LineScan>, StoreError> {
        let Some(query) = LineQuery::new(session, scan, size.with_lookahead()) else {
            return Ok(Page { items: Vec::new(), next: None });
        };
        let items = self.pool.run(move |connection| {
            let rows: Vec<RegistrationRow> = query.load(connection)?;
            Ok(values(rows)?)
        });
        Ok(Page::from_rows(items.await?, size, |last: &Registration| scan.clone().resumed_after(last.place())))
    }
}
