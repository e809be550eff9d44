//! Values as SQLite keeps them.

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::{BigInt, Binary};
use diesel::sqlite::{Sqlite, SqliteValue};
use live_domain::Timestamp;
use uuid::Uuid;

use crate::session_row::StoredInstant;

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, FromSqlRow, AsExpression)]
#[diesel(sql_type = BigInt)]
pub(crate) struct Micros(i64);

impl From<Timestamp> for Micros {
    fn from(instant: Timestamp) -> Self {
        Self(instant.as_micros())
    }
}

impl StoredInstant for Micros {
    fn micros(self) -> i64 {
        self.0
    }
}

impl FromSql<BigInt, Sqlite> for Micros {
    fn from_sql(value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        FromSql::<BigInt, Sqlite>::from_sql(value).map(Self)
    }
}

impl ToSql<BigInt, Sqlite> for Micros {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0);
        Ok(IsNull::No)
    }
}

/// An id as its 16 bytes: diesel knows no UUID on SQLite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, FromSqlRow, AsExpression)]
#[diesel(sql_type = Binary)]
pub(crate) struct IdBytes([u8; 16]);

impl From<Uuid> for IdBytes {
    fn from(id: Uuid) -> Self {
        Self(id.into_bytes())
    }
}

impl From<IdBytes> for Uuid {
    fn from(IdBytes(bytes): IdBytes) -> Self {
        Self::from_bytes(bytes)
    }
}

impl FromSql<Binary, Sqlite> for IdBytes {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        Ok(Self(value.read_blob().try_into()?))
    }
}

impl ToSql<Binary, Sqlite> for IdBytes {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(&self.0[..]);
        Ok(IsNull::No)
    }
}

pub(crate) type SessionRow = crate::session_row::SessionRow<IdBytes, Micros>;
pub(crate) type ListedRow = crate::session_row::ListedRow<IdBytes, Micros>;
pub(crate) type FeedRow = crate::feed_row::FeedRow<IdBytes, Micros>;
pub(crate) type EventRow = crate::event_row::EventRow<IdBytes, Micros>;
pub(crate) type RegistrationRow = crate::session_row::RegistrationRow<IdBytes, Micros>;
