//! The statements on the line of a session: a part of it, how long it is, and its first moving up.

use diesel::QueryResult;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary};
use diesel::sqlite::Sqlite;
use live_domain::{LinePlace, LineScan, RegistrationStatus};
use uuid::Uuid;

use super::row::{IdBytes, Micros};
use super::schema::registrations;

/// Writes `(registered_at, id) < (..., ...)`, or with another operator: diesel has row values for Postgres alone.
fn push_beside<'b>(out: &mut AstPass<'_, 'b, Sqlite>, operator: &str, place: &'b Place) -> QueryResult<()> {
    out.push_sql(" AND (registered_at, id) ");
    out.push_sql(operator);
    out.push_sql(" (");
    out.push_bind_param::<BigInt, Micros>(&place.registered_at)?;
    out.push_sql(", ");
    out.push_bind_param::<Binary, IdBytes>(&place.id)?;
    out.push_sql(")");
    Ok(())
}

#[derive(Debug, Clone, Copy)]
struct Place {
    registered_at: Micros,
    id: IdBytes,
}

impl From<LinePlace> for Place {
    fn from(place: LinePlace) -> Self {
        Self { registered_at: place.registered_at.into(), id: place.id.into() }
    }
}

/// Reads a part of the line, in its order.
#[derive(Debug)]
pub(super) struct LineQuery {
    session: IdBytes,
    statuses: Vec<RegistrationStatus>,
    after: Option<Place>,
    rows: i64,
}

impl LineQuery {
    /// The first `rows` registrations of the scan; none: it is known that there are none.
    pub(super) fn new(session: Uuid, scan: &LineScan, rows: usize) -> Option<Self> {
        let statuses: Vec<_> = scan.statuses.iter().collect();
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        let after = scan.after.map(Place::from);
        (!statuses.is_empty()).then_some(Self { session: session.into(), statuses, after, rows })
    }

    /// The first `rows` of those who wait.
    pub(super) fn waiting(session: Uuid, rows: u32) -> Self {
        Self { session: session.into(), statuses: vec![RegistrationStatus::Waitlist], after: None, rows: rows.into() }
    }
}

impl QueryFragment<Sqlite> for LineQuery {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        for (number, status) in self.statuses.iter().enumerate() {
            // The index holds each status in the order of the line; SQLite merges them as it reads them.
            out.push_sql(if number == 0 { "SELECT * FROM " } else { " UNION ALL SELECT * FROM " });
            out.push_sql("registrations INDEXED BY registrations_by_line WHERE session_id = ");
            out.push_bind_param::<Binary, IdBytes>(&self.session)?;
            out.push_sql(&format!(" AND status = '{}'", status.as_str()));
            if let Some(place) = &self.after {
                push_beside(&mut out, ">", place)?;
            }
        }
        out.push_sql(" ORDER BY registered_at, id LIMIT ");
        out.push_bind_param::<BigInt, i64>(&self.rows)
    }
}

impl QueryId for LineQuery {
    type QueryId = ();
    /// Its text depends on what is asked: diesel is to go by the text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for LineQuery {
    type SqlType = registrations::SqlType;
}

impl<C> RunQueryDsl<C> for LineQuery {}

/// Those who wait, up to one of them.
#[derive(Debug, Clone, Copy, QueryId)]
struct WaitingUntil {
    session: IdBytes,
    last: Place,
}

impl WaitingUntil {
    fn new(session: Uuid, last: LinePlace) -> Self {
        Self { session: session.into(), last: last.into() }
    }
}

impl QueryFragment<Sqlite> for WaitingUntil {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(" WHERE session_id = ");
        out.push_bind_param::<Binary, IdBytes>(&self.session)?;
        out.push_sql(" AND status = 'waitlist'");
        push_beside(&mut out, "<=", &self.last)
    }
}

/// Counts those who wait up to one of them: that one's place.
#[derive(Debug, Clone, Copy, QueryId)]
pub(super) struct CountWaiting(WaitingUntil);

impl CountWaiting {
    pub(super) fn until(session: Uuid, last: LinePlace) -> Self {
        Self(WaitingUntil::new(session, last))
    }
}

impl QueryFragment<Sqlite> for CountWaiting {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("SELECT count(*) FROM registrations INDEXED BY registrations_by_line");
        self.0.walk_ast(out.reborrow())
    }
}

impl Query for CountWaiting {
    type SqlType = BigInt;
}

impl<C> RunQueryDsl<C> for CountWaiting {}

/// Gives a seat to those who wait, up to one of them. Written by hand, diesel keeps it prepared.
#[derive(Debug, Clone, Copy, QueryId)]
pub(super) struct PromoteWaiting(WaitingUntil);

impl PromoteWaiting {
    pub(super) fn until(session: Uuid, last: LinePlace) -> Self {
        Self(WaitingUntil::new(session, last))
    }
}

impl QueryFragment<Sqlite> for PromoteWaiting {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("UPDATE registrations INDEXED BY registrations_by_line SET status = 'registered'");
        self.0.walk_ast(out.reborrow())
    }
}

impl<C> RunQueryDsl<C> for PromoteWaiting {}
