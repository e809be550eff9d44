//! Registering.

use std::sync::LazyLock;

use async_trait::async_trait;
use diesel::sql_types::Timestamptz;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use live_domain::{
    BrandScope, EventType, Outcome, PlacedRegistration, RegisterError, Registered, Registration, RegistrationStatus,
    Write,
};
use uuid::Uuid;

use super::{count, hold, latest, promote};
use crate::postgres::error::PgError;
use crate::postgres::idempotency::{Instead, end_if_kept, keep, refused};
use crate::postgres::pool::{Undone, Work};
use crate::postgres::row::PgInstant;
use crate::postgres::statement::{brands, instant_text, statement};
use crate::session_row::{Columns, StoredSession};

/// Takes a free seat, in one statement and one round trip.
///
/// The row of the session is the gate: whoever comes at the same time waits for it, and judges its counters anew. The
/// other conditions are judged on what was committed when the statement began: of two that race past them, the second
/// violates a primary key, and all of it is undone. No row, or such a violation, means that more has to be looked at.
static TAKE_SEAT: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH seat AS (
            UPDATE sessions SET registered_count = registered_count + 1,
                last_registered_at = greatest($5, last_registered_at + interval '1 microsecond')
            WHERE id = $1 AND ($4 IS NULL OR brand_id = ANY ($4)) AND status IN ('scheduled', 'live')
                AND waiting_count = 0 AND registered_count < max_participants
                AND NOT EXISTS (SELECT FROM registrations r WHERE r.session_id = $1 AND r.user_id = $3)
                AND NOT EXISTS (SELECT FROM idempotency_keys k WHERE k.subject = $3 AND k.key = $7)
            RETURNING brand_id, last_registered_at AS registered_at
        ), made AS (
            INSERT INTO registrations (id, session_id, user_id, status, registered_at)
            SELECT $2, $1, $3, 'registered', registered_at FROM seat
        ), event AS (
            INSERT INTO session_events (id, session_id, brand_id, type, who, at, registration_id, user_id, status_after)
            SELECT $6, $1, brand_id, 'registration.registered', $3, $5, $2, $3, 'registered' FROM seat
        ), kept AS (
            INSERT INTO idempotency_keys (subject, key, fingerprint, outcome, kept_at)
            SELECT $3, $7, $8, json_build_object('registration', json_build_object(
                'registration', json_build_object('id', $2, 'session_id', $1, 'user_id', $3, 'status', 'registered',
                    'registered_at', {},
                    'cancelled_at', NULL),
                'position', NULL, 'created', true)), $5
            FROM seat WHERE $7 IS NOT NULL
        )
        SELECT registered_at FROM seat",
        instant_text("registered_at")
    )
});

/// A seat or place is taken and the event recorded. A registration that was cancelled makes room for the new one.
const TAKE_PLACE: &str = "
    WITH counted AS (
        UPDATE sessions SET registered_count = $2, waiting_count = $3, last_registered_at = $7 WHERE id = $1
    ), made AS (
        INSERT INTO registrations (id, session_id, user_id, status, registered_at) VALUES ($4, $1, $5, $6, $7)
        ON CONFLICT (session_id, user_id) DO UPDATE SET id = excluded.id, status = excluded.status,
            registered_at = excluded.registered_at, cancelled_at = NULL
    )
    INSERT INTO session_events (id, session_id, brand_id, type, who, at, registration_id, user_id, status_after)
    VALUES ($8, $1, $9, $10, $5, $11, $4, $5, $6)";

/// Somebody registers.
pub(super) struct Registering {
    pub(super) scope: BrandScope,
    pub(super) session: Uuid,
    pub(super) fresh_id: Uuid,
    pub(super) write: Write,
}

type RegisterResult<T> = Result<T, Undone<Instead<RegisterError>>>;

#[async_trait]
impl Work for Registering {
    type Done = Registered;
    type Refused = Instead<RegisterError>;

    async fn attempt(&self, connection: &mut AsyncPgConnection) -> RegisterResult<Registered> {
        match self.take_seat(connection).await {
            Ok(Some(registered)) => Ok(registered),
            Err(error) if !error.is_unique_violation() => Err(error.into()),
            _ => {
                // Before the session is waited for: what is kept needs none of it.
                end_if_kept(connection, &self.write).await?;
                connection.transaction(async |connection| self.decide(connection).await).await
            }
        }
    }
}

impl Registering {
    fn person(&self) -> &str {
        self.write.viewer.subject().as_str()
    }

    fn registration(&self, status: RegistrationStatus, registered_at: live_domain::Timestamp) -> Registration {
        Registration {
            id: self.fresh_id,
            session_id: self.session,
            user_id: self.write.viewer.subject().clone(),
            status,
            registered_at,
            cancelled_at: None,
        }
    }

    /// Nothing: there may be a seat, but not without looking.
    async fn take_seat(&self, connection: &mut AsyncPgConnection) -> Result<Option<Registered>, PgError> {
        let key = self.write.key.as_ref();
        let taken: Vec<(PgInstant,)> = statement::<(Timestamptz,)>(TAKE_SEAT.as_str())
            .bind(self.session)
            .bind(self.fresh_id)
            .bind(self.person())
            .bind(brands(&self.scope))
            .bind(PgInstant::from(self.write.now))
            .bind(Uuid::now_v7())
            .bind(key.map(|asked| asked.key.as_str()))
            .bind(key.map(|asked| &asked.fingerprint.0[..]))
            // All of the answer: the row comes before the commit, which may still fail.
            .load(connection)
            .await?;
        let Some((registered_at,)) = taken.into_iter().next() else { return Ok(None) };
        let registered_at = Columns { id: self.fresh_id }.instant("registered_at", registered_at)?;
        let registration = self.registration(RegistrationStatus::Registered, registered_at);
        Ok(Some(Registered { registration: PlacedRegistration { registration, position: None }, created: true }))
    }

    /// Decides while the session is held, and sees everything that was done to it before.
    async fn decide(&self, connection: &mut AsyncPgConnection) -> RegisterResult<Registered> {
        let held = hold(connection, &self.scope, self.session).await?;
        end_if_kept(connection, &self.write).await?;
        let held = held.ok_or_else(|| refused(RegisterError::NotFound))?;
        if !held.session.status.is_open() {
            return Err(refused(RegisterError::Closed { status: held.session.status }));
        }
        let present = latest(connection, &self.scope, &self.write.viewer, self.session).await?;
        let registered = match present {
            Some(placed) if placed.registration.status != RegistrationStatus::Cancelled => {
                Registered { registration: placed, created: false }
            }
            _ => Registered { registration: self.take_place(connection, held).await?, created: true },
        };
        keep(connection, &self.write, || Outcome::Registration(registered.clone())).await?;
        Ok(registered)
    }

    async fn take_place(
        &self,
        connection: &mut AsyncPgConnection,
        held: StoredSession,
    ) -> Result<PlacedRegistration, PgError> {
        let StoredSession { session, mut seats, .. } = held;
        let admission = seats.admit(self.write.now);
        promote(connection, &session, admission.promoted, &self.write).await?;
        let event_type = match admission.status {
            RegistrationStatus::Waitlist => EventType::RegistrationWaitlisted,
            RegistrationStatus::Registered | RegistrationStatus::Cancelled => EventType::RegistrationRegistered,
        };
        statement::<()>(TAKE_PLACE)
            .bind(self.session)
            .bind(count(seats.registered))
            .bind(count(seats.waiting))
            .bind(self.fresh_id)
            .bind(self.person())
            .bind(admission.status.as_str())
            .bind(PgInstant::from(admission.registered_at))
            .bind(Uuid::now_v7())
            .bind(session.brand_id.as_str())
            .bind(event_type.as_str())
            .bind(PgInstant::from(self.write.now))
            .execute(connection)
            .await?;
        let registration = self.registration(admission.status, admission.registered_at);
        Ok(PlacedRegistration { registration, position: admission.position })
    }
}
