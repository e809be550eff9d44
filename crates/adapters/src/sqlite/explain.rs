//! How SQLite runs a list, for tests.

use diesel::QueryResult;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::Sqlite;
use live_domain::StoreError;

use super::{ListQuery, SqliteSessionRepository};

#[derive(QueryId)]
struct Explain(ListQuery);

impl QueryFragment<Sqlite> for Explain {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("EXPLAIN QUERY PLAN ");
        self.0.walk_ast(out.reborrow())
    }
}

impl Query for Explain {
    type SqlType = (Integer, Integer, Integer, Text);
}

impl<C> RunQueryDsl<C> for Explain {}

impl SqliteSessionRepository {
    /// The steps in which SQLite would run the statement.
    ///
    /// # Errors
    ///
    /// [`StoreError`] as for a list.
    pub async fn explain(&self, query: ListQuery) -> Result<Vec<String>, StoreError> {
        let steps = self.pool.run(move |connection| {
            let steps: Vec<(i32, i32, i32, String)> = Explain(query).load(connection)?;
            Ok(steps.into_iter().map(|(_, _, _, step)| step).collect())
        });
        Ok(steps.await?)
    }
}
