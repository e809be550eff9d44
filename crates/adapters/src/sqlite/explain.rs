//! How SQLite runs a list or reads a line, for tests.

use diesel::QueryResult;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Integer, Text};
use diesel::sqlite::Sqlite;
use live_domain::{LineScan, PageSize, StoreError};
use uuid::Uuid;

use super::line_query::LineQuery;
use super::{ListQuery, SqliteSessionRepository};

#[derive(QueryId)]
struct Explain<Q>(Q);

impl<Q: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Explain<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.unsafe_to_cache_prepared();
        out.push_sql("EXPLAIN QUERY PLAN ");
        self.0.walk_ast(out.reborrow())
    }
}

impl<Q> Query for Explain<Q> {
    type SqlType = (Integer, Integer, Integer, Text);
}

impl<C, Q> RunQueryDsl<C> for Explain<Q> {}

impl SqliteSessionRepository {
    /// The steps in which SQLite would run the statement.
    ///
    /// # Errors
    ///
    /// [`StoreError`] as for a list.
    pub async fn explain(&self, query: ListQuery) -> Result<Vec<String>, StoreError> {
        self.steps(query).await
    }

    /// The steps in which SQLite would read the scan's part of a line; none: it would not.
    ///
    /// # Errors
    ///
    /// [`StoreError`] as for a list.
    pub async fn explain_line(&self, session: Uuid, scan: &LineScan) -> Result<Vec<String>, StoreError> {
        match LineQuery::new(session, scan, PageSize::default().with_lookahead()) {
            Some(query) => self.steps(query).await,
            None => Ok(Vec::new()),
        }
    }

    async fn steps<Q>(&self, query: Q) -> Result<Vec<String>, StoreError>
    where
        Q: QueryFragment<Sqlite> + QueryId + Send + 'static,
    {
        let steps = self.pool.run(move |connection| {
            let steps: Vec<(i32, i32, i32, String)> = Explain(query).load(connection)?;
            Ok(steps.into_iter().map(|(_, _, _, step)| step).collect())
        });
        Ok(steps.await?)
    }
}
