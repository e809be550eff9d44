//! Registrations for sessions.

mod cancel;
mod line;
mod promote;
mod register;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures_util::FutureExt;
use live_domain::{
    BrandScope, CancelError, Keyed, LineScan, Page, PageSize, PlacedRegistration, RegisterError, Registered,
    Registration, RegistrationRepository, StoreError, Viewer, Write,
};
use uuid::Uuid;

use self::cancel::Cancelling;
use self::register::Registering;
use super::PgSessionRepository;
use super::error::PgError;
use super::idempotency::keyed;
use super::pool::Undone;
use super::row::{RegistrationRow, SessionRow};
use super::schema::{registrations, sessions};
use super::statement::{Statement, brands, statement};
use crate::session_row::{StoredSession, values};

pub(super) use self::line::line_query;
pub(super) use self::promote::promote;

/// Somebody's registration, and how many wait up to it if it waits itself.
const LATEST: &str = "
    SELECT r.id, r.session_id, r.user_id, r.status, r.registered_at, r.cancelled_at,
        CASE r.status WHEN 'waitlist' THEN (SELECT count(*) FROM registrations w
            WHERE w.session_id = $1 AND w.status = 'waitlist' AND (w.registered_at, w.id) <= (r.registered_at, r.id)) END
    FROM registrations r JOIN sessions s ON s.id = r.session_id
    WHERE r.session_id = $1 AND r.user_id = $2 AND ($3 IS NULL OR s.brand_id = ANY ($3))";

/// Nobody waits for a session that does not exist for them.
const HOLD: &str = "SELECT * FROM sessions WHERE id = $1 AND ($2 IS NULL OR brand_id = ANY ($2)) FOR NO KEY UPDATE";

/// Reads a session that the scope permits, with its seats, and holds them until the transaction ends.
pub(super) async fn hold(
    connection: &mut AsyncPgConnection,
    scope: &BrandScope,
    id: Uuid,
) -> Result<Option<StoredSession>, PgError> {
    let query = statement::<sessions::SqlType>(HOLD).bind(id).bind(brands(scope));
    let row: Option<SessionRow> = query.get_result(connection).await.optional()?;
    Ok(row.map(StoredSession::try_from).transpose()?)
}

type LatestColumns = (registrations::SqlType, Nullable<BigInt>);
type LatestRow = (RegistrationRow, Option<i64>);

fn latest_query(scope: &BrandScope, viewer: &Viewer, session: Uuid) -> Statement<'static, LatestColumns> {
    statement(LATEST).bind(session).bind(viewer.subject().to_string()).bind(brands(scope))
}

fn placed((registration, position): LatestRow) -> Result<PlacedRegistration, PgError> {
    let position = position.map(|waiting| u32::try_from(waiting).unwrap_or(u32::MAX));
    Ok(PlacedRegistration { registration: Registration::try_from(registration)?, position })
}

async fn latest(
    connection: &mut AsyncPgConnection,
    scope: &BrandScope,
    viewer: &Viewer,
    session: Uuid,
) -> Result<Option<PlacedRegistration>, PgError> {
    let row = latest_query(scope, viewer, session).get_result(connection).await.optional()?;
    row.map(placed).transpose()
}

/// A count of people as it is stored.
pub(super) fn count(people: u32) -> i32 {
    i32::try_from(people).unwrap_or(i32::MAX)
}

#[async_trait]
impl RegistrationRepository for PgSessionRepository {
    async fn register(
        &self,
        scope: &BrandScope,
        session: Uuid,
        fresh_id: Uuid,
        write: &Write,
    ) -> Result<Keyed<Registered>, RegisterError> {
        let registering = Registering { scope: scope.clone(), session, fresh_id, write: write.clone() };
        keyed(self.pool.write(registering).await)
    }

    async fn cancel(
        &self,
        scope: &BrandScope,
        session: Uuid,
        write: &Write,
    ) -> Result<PlacedRegistration, CancelError> {
        let cancelling = Cancelling { scope: scope.clone(), session, write: write.clone() };
        self.pool.write(cancelling).await.map_err(Undone::into_error)
    }

    async fn latest(
        &self,
        scope: &BrandScope,
        viewer: &Viewer,
        session: Uuid,
    ) -> Result<Option<PlacedRegistration>, StoreError> {
        let query = latest_query(scope, viewer, session);
        let row = self.pool.run(|connection| query.get_result(connection).map(OptionalExtension::optional).boxed());
        Ok(row.await?.map(placed).transpose().map_err(|error| self.pool.counted(error))?)
    }

    async fn line(
        &self,
        session: Uuid,
        scan: &LineScan,
        size: PageSize,
    ) -> Result<Page<Registration, LineScan>, StoreError> {
        let rows: Vec<RegistrationRow> = match line_query(session, scan, size) {
            Some(query) => self.pool.run(|connection| query.load(connection).boxed()).await?,
            None => Vec::new(),
        };
        let items = values(rows).map_err(|error| self.pool.counted(error))?;
        Ok(Page::from_rows(items, size, |last: &Registration| scan.clone().resumed_after(last.place())))
    }
}
