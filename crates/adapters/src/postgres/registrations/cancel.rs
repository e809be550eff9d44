//! Cancelling.

use async_trait::async_trait;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use live_domain::{BrandScope, CancelError, PlacedRegistration, Registration, RegistrationStatus, Write};
use uuid::Uuid;

use super::{count, hold, latest, promote};
use crate::postgres::error::PgError;
use crate::postgres::pool::{Undone, Work};
use crate::postgres::row::PgInstant;
use crate::postgres::statement::statement;
use crate::session_row::StoredSession;

/// A seat or place is given up and the event recorded; the counters are those of the end of the transaction.
const GIVE_UP: &str = "
    WITH counted AS (
        UPDATE sessions SET registered_count = $2, waiting_count = $3 WHERE id = $1
    ), given_up AS (
        UPDATE registrations SET status = 'cancelled', cancelled_at = $6 WHERE session_id = $1 AND user_id = $5
    )
    INSERT INTO session_events (id, session_id, brand_id, type, who, at, registration_id, user_id,
        status_before, status_after)
    VALUES ($7, $1, $8, 'registration.cancelled', $5, $9, $4, $5, $10, 'cancelled')";

/// Somebody cancels their registration.
pub(super) struct Cancelling {
    pub(super) scope: BrandScope,
    pub(super) session: Uuid,
    pub(super) write: Write,
}

type CancelResult<T> = Result<T, Undone<CancelError>>;

#[async_trait]
impl Work for Cancelling {
    type Done = PlacedRegistration;
    type Refused = CancelError;

    async fn attempt(&self, connection: &mut AsyncPgConnection) -> CancelResult<PlacedRegistration> {
        connection.transaction(async |connection| self.cancel(connection).await).await
    }
}

impl Cancelling {
    async fn cancel(&self, connection: &mut AsyncPgConnection) -> CancelResult<PlacedRegistration> {
        let held = hold(connection, &self.scope, self.session).await?;
        let present = latest(connection, &self.scope, &self.write.viewer, self.session).await?;
        let (Some(held), Some(present)) = (held, present) else {
            return Err(Undone::Refused(CancelError::NotFound));
        };
        let PlacedRegistration { registration, .. } = present;
        if registration.status == RegistrationStatus::Cancelled {
            return Ok(PlacedRegistration { registration, position: None });
        }
        let registration = self.give_up(connection, held, registration).await?;
        Ok(PlacedRegistration { registration, position: None })
    }

    async fn give_up(
        &self,
        connection: &mut AsyncPgConnection,
        held: StoredSession,
        present: Registration,
    ) -> Result<Registration, PgError> {
        let StoredSession { session, mut seats, .. } = held;
        let release = seats.release(present.status, session.status.is_open());
        promote(connection, &session, release.promoted_before, &self.write).await?;
        let cancelled_at = self.write.now.max(present.registered_at);
        statement::<()>(GIVE_UP)
            .bind(session.id)
            .bind(count(seats.registered))
            .bind(count(seats.waiting))
            .bind(present.id)
            .bind(present.user_id.as_str())
            .bind(PgInstant::from(cancelled_at))
            .bind(Uuid::now_v7())
            .bind(session.brand_id.as_str())
            .bind(PgInstant::from(self.write.now))
            .bind(present.status.as_str())
            .execute(connection)
            .await?;
        promote(connection, &session, release.promoted_after, &self.write).await?;
        Ok(Registration { status: RegistrationStatus::Cancelled, cancelled_at: Some(cancelled_at), ..present })
    }
}
