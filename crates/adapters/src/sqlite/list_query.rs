//! The one statement that reads a page.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Bool, Text};
use diesel::sqlite::Sqlite;
use live_domain::{BrandScope, PageSize, SessionFilter, SessionScan, Viewer};

use super::row::{IdBytes, Micros};
use super::schema::sessions;
use crate::list_plan::{Brand, Part};
use crate::list_sql::{COLUMNS, PageRequest, StoreTypes, direction, push_where};

/// The statement that reads a page.
///
/// It is written by hand, and not composed of diesel's parts, because it has as many branches as the list needs. Its
/// values are bound with their types, and diesel keeps it prepared by its text; there are few texts.
#[derive(Debug, Clone)]
pub struct ListQuery(PageRequest<Micros, IdBytes>);

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

/// The most that SQLite merges at once.
const MOST_BRANCHES: usize = 500;

type Branch<'b> = (&'b Brand, &'b Part<Micros, IdBytes>);

struct SqliteTypes;

impl StoreTypes<Sqlite> for SqliteTypes {
    type AtSql = BigInt;
    type IdSql = Binary;
    type At = Micros;
    type Id = IdBytes;
}

impl ListQuery {
    fn push_order(&self, out: &mut AstPass<'_, '_, Sqlite>) {
        let direction = direction(self.0.plan.descending);
        out.push_sql(&format!(" ORDER BY scheduled_at {direction}, id {direction}"));
    }

    fn push_order_and_limit<'b>(&'b self, out: &mut AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.push_order(out);
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, i64>(&self.0.rows)
    }

    /// SQLite merges the branches as it reads them, and stops at the limit.
    fn push_merge<'b>(&'b self, out: &mut AstPass<'_, 'b, Sqlite>, branches: &[Branch<'b>]) -> QueryResult<()> {
        let index = self.0.plan.index.name();
        for (number, (brand, part)) in branches.iter().enumerate() {
            // Short, since there may be hundreds of branches; the statement as a whole names the columns that it returns.
            out.push_sql(if number == 0 { "" } else { " UNION ALL " });
            out.push_sql("SELECT * FROM sessions INDEXED BY ");
            out.push_sql(index);
            push_where::<Sqlite, SqliteTypes>(out, &self.0.plan.conditions, brand, part)?;
        }
        self.push_order_and_limit(out)
    }

    /// The merge of merges, where there are more branches than SQLite takes for one.
    fn push_page<'b>(&'b self, out: &mut AstPass<'_, 'b, Sqlite>, branches: &[Branch<'b>]) -> QueryResult<()> {
        if branches.len() <= MOST_BRANCHES {
            return self.push_merge(out, branches);
        }
        for (number, branches) in branches.chunks(MOST_BRANCHES).enumerate() {
            out.push_sql(if number == 0 { "SELECT * FROM (" } else { ") UNION ALL SELECT * FROM (" });
            self.push_merge(out, branches)?;
        }
        out.push_sql(")");
        self.push_order_and_limit(out)
    }
}

impl QueryFragment<Sqlite> for ListQuery {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(&format!(
            "SELECT {COLUMNS}, (SELECT 1 FROM registrations r WHERE r.session_id = page.id AND r.user_id = "
        ));
        out.push_bind_param::<Text, str>(&self.0.viewer)?;
        out.push_sql(" AND r.status = 'registered') IS NOT NULL FROM (");
        let branches: Vec<_> = self.0.plan.branches().collect();
        self.push_page(&mut out, &branches)?;
        out.push_sql(") AS page");
        self.push_order(&mut out);
        Ok(())
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

impl<C> diesel::RunQueryDsl<C> for ListQuery {}
