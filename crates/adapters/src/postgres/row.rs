//! Values as Postgres keeps them.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::data_types::PgTimestamp;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Timestamptz;
use live_domain::Timestamp;
use uuid::Uuid;

use crate::session_row::StoredInstant;

/// An instant as Postgres keeps it: whole microseconds, like [`Timestamp`]. It can hold `infinity`, and that is no
/// instant; the checks let none in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSqlRow, AsExpression)]
#[diesel(sql_type = Timestamptz)]
pub(crate) struct PgInstant(PgTimestamp);

/// Postgres counts from 2000-01-01.
const MICROS_BEFORE_2000: i64 = 946_684_800_000_000;

impl From<Timestamp> for PgInstant {
    fn from(instant: Timestamp) -> Self {
        Self(PgTimestamp(instant.as_micros() - MICROS_BEFORE_2000))
    }
}

#[cfg(feature = "test-support")]
impl PgInstant {
    /// The instant that the driver writes so.
    pub(super) fn of_micros_since_2000(micros: i64) -> Self {
        Self(PgTimestamp(micros))
    }

    /// None: it is `infinity`, or beyond what a session can have.
    pub(super) fn as_timestamp(self) -> Option<Timestamp> {
        Timestamp::from_micros(self.micros()).ok()
    }
}

impl StoredInstant for PgInstant {
    fn micros(self) -> i64 {
        self.0.0.saturating_add(MICROS_BEFORE_2000)
    }
}

impl FromSql<Timestamptz, Pg> for PgInstant {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        FromSql::<Timestamptz, Pg>::from_sql(value).map(Self)
    }
}

impl ToSql<Timestamptz, Pg> for PgInstant {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        ToSql::<Timestamptz, Pg>::to_sql(&self.0, out)
    }
}

pub(crate) type SessionRow = crate::session_row::SessionRow<Uuid, PgInstant>;
pub(crate) type ListedRow = crate::session_row::ListedRow<Uuid, PgInstant>;
pub(crate) type RegistrationRow = crate::session_row::RegistrationRow<Uuid, PgInstant>;
pub(crate) type FeedRow = crate::feed_row::FeedRow<Uuid, PgInstant>;
pub(crate) type EventRow = crate::event_row::EventRow<Uuid, PgInstant>;
