//! The one statement that reads a page.

use diesel::QueryResult;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Binary, Bool, Text};
use diesel::sqlite::Sqlite;
use live_domain::{BrandScope, PageSize, SessionFilter, SessionScan, SessionStatus, Viewer};

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

struct SqliteTypes;

impl StoreTypes<Sqlite> for SqliteTypes {
    type AtSql = BigInt;
    type IdSql = Binary;
    type At = Micros;
    type Id = IdBytes;
}

impl ListQuery {
    /// The index that holds a branch in the order of the list. SQLite keeps no statistics by itself: it is told.
    fn index_of(&self, brand: &Brand, part: &Part<Micros, IdBytes>) -> &'static str {
        let conditions = &self.0.plan.conditions;
        let is_live = part.statuses == [SessionStatus::Live];
        let is_one_state = part.statuses.len() == 1;
        if conditions.host.is_some() {
            if is_live { "sessions_live_by_host" } else { "sessions_by_host" }
        } else if conditions.community.is_some() {
            if is_live { "sessions_live_by_community" } else { "sessions_by_community" }
        } else if *brand != Brand::Any {
            if is_one_state { "sessions_by_brand_and_status" } else { "sessions_by_brand" }
        } else if conditions.category.is_some() {
            if is_live { "sessions_live_by_category" } else { "sessions_by_category" }
        } else if is_one_state {
            "sessions_by_status"
        } else if conditions.kinds.is_empty() {
            "sessions_by_time"
        } else {
            "sessions_by_kind"
        }
    }

    fn push_order(&self, out: &mut AstPass<'_, '_, Sqlite>) {
        let direction = direction(self.0.plan.descending);
        out.push_sql(&format!(" ORDER BY scheduled_at {direction}, id {direction}"));
    }
}

impl QueryFragment<Sqlite> for ListQuery {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql(&format!(
            "SELECT {COLUMNS}, (SELECT 1 FROM registrations r WHERE r.session_id = page.id AND r.user_id = "
        ));
        out.push_bind_param::<Text, str>(&self.0.viewer)?;
        out.push_sql(" AND r.status = 'registered') IS NOT NULL FROM (");
        for (number, (brand, part)) in self.0.plan.branches().enumerate() {
            let index = self.index_of(brand, part);
            let start = if number == 0 { "" } else { " UNION ALL " };
            // Short, since there may be hundreds of branches; the statement as a whole names the columns that it returns.
            out.push_sql(&format!("{start}SELECT * FROM sessions INDEXED BY {index}"));
            push_where::<Sqlite, SqliteTypes>(&mut out, &self.0.plan.conditions, brand, part)?;
        }
        // SQLite merges the branches as it reads them, and stops at the limit.
        self.push_order(&mut out);
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, i64>(&self.0.rows)?;
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
