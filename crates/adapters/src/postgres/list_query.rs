//! The one statement that reads a page.

use diesel::QueryResult;
use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Text, Timestamptz, Uuid as SqlUuid};
use live_domain::{BrandScope, PageSize, SessionFilter, SessionScan, Viewer};
use uuid::Uuid;

use super::progress::POSITION;
use super::row::PgInstant;
use super::schema::sessions;
use crate::list_plan::{Brand, Part};
use crate::list_sql::{COLUMNS, PageRequest, StoreTypes, direction, push_where};
use crate::session_index::SessionIndex;

/// The statement that reads a page.
///
/// It is written by hand, and not composed of diesel's parts, because it has as many branches as the list needs. Its
/// values are bound with their types, and diesel keeps it prepared by its text; there are few texts.
#[derive(Debug, Clone)]
pub struct ListQuery(PageRequest<PgInstant, Uuid>);

/// Asks for a page and one row more; none: it is known to be empty.
#[must_use]
pub fn list_query(
    scope: &BrandScope,
    viewer: &Viewer,
    filter: &SessionFilter,
    scan: SessionScan,
    size: PageSize,
) -> Option<ListQuery> {
    PageRequest::new(scope, viewer, filter, scan, size).map(ListQuery)
}

struct PgTypes;

impl StoreTypes<Pg> for PgTypes {
    type AtSql = Timestamptz;
    type IdSql = SqlUuid;
    type At = PgInstant;
    type Id = Uuid;
}

/// The condition that makes an index the only one there is. It is true of every row: metadata is an object.
pub(super) fn reads(index: SessionIndex) -> String {
    format!("metadata <> '{}'", index.name())
}

impl ListQuery {
    /// What a branch reads at most, as a literal: the planner counts on it. It is the size of the default page or that of
    /// the largest, whatever is asked for, so that the number of different statements stays small; rows past those asked
    /// for are not read, since the page as a whole is limited by a bound value.
    fn branch_limit(&self) -> i64 {
        let default = i64::try_from(PageSize::default().with_lookahead()).unwrap_or(self.0.rows);
        if self.0.rows <= default { default } else { i64::from(PageSize::MAX) + 1 }
    }

    fn push_order(&self, out: &mut AstPass<'_, '_, Pg>) {
        let direction = direction(self.0.plan.descending);
        out.push_sql(&format!(" ORDER BY scheduled_at {direction}, id {direction}"));
    }

    fn push_branch<'b>(
        &'b self,
        out: &mut AstPass<'_, 'b, Pg>,
        brand: &'b Brand,
        part: &'b Part<PgInstant, Uuid>,
    ) -> QueryResult<()> {
        // Short, since there may be hundreds of branches; the statement as a whole names the columns that it returns.
        out.push_sql("SELECT * FROM sessions");
        push_where::<Pg, PgTypes>(out, &self.0.plan.conditions, brand, part)?;
        out.push_sql(" AND ");
        out.push_sql(&reads(self.0.plan.index));
        self.push_order(out);
        out.push_sql(&format!(" LIMIT {}", self.branch_limit()));
        Ok(())
    }
}

impl ListQuery {
    /// The same, and how far the server has come. It is evaluated once, after the rows were settled: whoever has come so far has
    /// all that the page shows.
    pub(crate) fn with_position(self) -> PositionedListQuery {
        PositionedListQuery(self)
    }

    /// The statement, with that SQL at the end of its columns.
    fn push<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>, more: &[&str]) -> QueryResult<()> {
        // A scalar probe of the primary key for each row of the page: EXISTS may be made a hash of all that the viewer
        // ever registered for, and with a condition on the status the line of the session may be read instead.
        out.push_sql(&format!(
            "SELECT {COLUMNS}, coalesce((SELECT r.status = 'registered' FROM registrations r \
             WHERE r.session_id = page.id AND r.user_id = "
        ));
        out.push_bind_param::<Text, str>(&self.0.viewer)?;
        out.push_sql("), false)");
        for sql in more {
            out.push_sql(sql);
        }
        out.push_sql(" FROM (");
        for (number, (brand, part)) in self.0.plan.branches().enumerate() {
            out.push_sql(if number == 0 { "(" } else { " UNION ALL (" });
            self.push_branch(&mut out, brand, part)?;
            out.push_sql(")");
        }
        out.push_sql(") AS page");
        self.push_order(&mut out);
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, i64>(&self.0.rows)
    }
}

impl QueryFragment<Pg> for ListQuery {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.push(out, &[])
    }
}

impl QueryId for ListQuery {
    type QueryId = ();
    /// Its text depends on what is asked: diesel is to go by the text.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for ListQuery {
    type SqlType = (sessions::SqlType, Bool);
}

/// The statement that reads a page where servers of different age are read.
#[derive(Debug, Clone)]
pub(crate) struct PositionedListQuery(ListQuery);

impl QueryFragment<Pg> for PositionedListQuery {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.0.push(out, &[", (SELECT ", POSITION, ")"])
    }
}

impl QueryId for PositionedListQuery {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for PositionedListQuery {
    type SqlType = (<ListQuery as Query>::SqlType, BigInt);
}
