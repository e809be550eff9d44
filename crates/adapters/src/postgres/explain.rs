//! How Postgres runs a list, for tests.

use diesel::pg::{Pg, PgMetadataLookup, PgQueryBuilder, PgTypeMetadata};
use diesel::query_builder::bind_collector::RawBytesBindCollector;
use diesel::query_builder::{QueryBuilder, QueryFragment};
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt;
use live_domain::{LineScan, PageSize, StoreError, Timestamp};
use tokio_postgres::types::Type;
use uuid::Uuid;

use super::dial::Dialled;
use super::error::PgError;
use super::history_deletion::deletion;
use super::registrations::line_query;
use super::row::PgInstant;
use super::session::{of_requests, planning};
use super::{ListQuery, PgSessionRepository};

/// A page has no types of its own that would have to be looked up.
struct NoLookup;

impl PgMetadataLookup for NoLookup {
    fn lookup_type(&mut self, _: &str, _: Option<&str>) -> PgTypeMetadata {
        PgTypeMetadata::new(0, 0)
    }
}

/// A statement with its values, as text that Postgres reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The statement, its values as `$1`, `$2`, ...
    pub text: String,
    /// The values in their order; none: NULL.
    pub values: Vec<Option<String>>,
}

impl ListQuery {
    /// The statement that the adapter sends.
    ///
    /// # Errors
    ///
    /// [`StoreError::Failed`] when a value cannot be bound.
    pub fn statement(&self) -> Result<Statement, StoreError> {
        Ok(statement(self)?)
    }
}

fn statement(query: &impl QueryFragment<Pg>) -> Result<Statement, PgError> {
    let mut builder = PgQueryBuilder::default();
    query.to_sql(&mut builder, &Pg)?;
    let mut binds = RawBytesBindCollector::<Pg>::new();
    query.collect_binds(&mut binds, &mut NoLookup, &Pg)?;
    let values = binds.metadata.iter().zip(binds.binds).map(|(kind, value)| {
        let value = value?;
        Some(match Type::from_oid(kind.oid().unwrap_or_default()) {
            Some(Type::INT8) => value.try_into().map(i64::from_be_bytes).unwrap_or_default().to_string(),
            Some(Type::TIMESTAMPTZ) => {
                let micros = value.try_into().map(i64::from_be_bytes).unwrap_or_default();
                PgInstant::of_micros_since_2000(micros)
                    .as_timestamp()
                    .map_or_else(|| "infinity".to_owned(), |at| at.to_string())
            }
            Some(Type::UUID) => Uuid::from_slice(&value).unwrap_or_default().to_string(),
            _ => String::from_utf8_lossy(&value).into_owned(),
        })
    });
    let values = values.collect();
    Ok(Statement { text: builder.finish(), values })
}

/// What a connection for requests sets, as the options of another client: for `PGOPTIONS`.
#[must_use]
pub fn request_options() -> String {
    of_requests().map(|(name, value)| format!("-c {name}={value}")).collect::<Vec<_>>().join(" ")
}

async fn explain(store: &PgSessionRepository, query: &impl QueryFragment<Pg>) -> Result<String, PgError> {
    let Statement { text, values } = statement(query)?;
    let literal =
        |value: Option<String>| value.map_or("NULL".to_owned(), |value| format!("'{}'", value.replace('\'', "''")));
    let values: Vec<_> = values.into_iter().map(literal).collect();
    // The wire is cut when this ends.
    let Dialled { client, wire: _wire, .. } = store.connector.for_driver().await?;
    client.batch_execute(&planning()).await?;
    // Explained directly, the statement would be planned for these values, and not once for all.
    client.batch_execute(&format!("PREPARE page AS {text}")).await?;
    let explain = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE page({})", values.join(", "));
    // The first run also counts what was read to plan it.
    client.simple_query(&explain).await?;
    let messages = client.simple_query(&explain).await?;
    let lines = messages.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    Ok(lines.collect())
}

impl PgSessionRepository {
    /// The texts of the statements that a connection of the pool keeps prepared.
    ///
    /// # Errors
    ///
    /// [`StoreError`] as for a list.
    pub async fn prepared_statements(&self) -> Result<Vec<String>, StoreError> {
        let texts = diesel::dsl::sql::<Text>("SELECT statement FROM pg_prepared_statements WHERE statement <> ''");
        Ok(self.pool.run(|connection| texts.load(connection).boxed()).await?)
    }

    /// Runs the statement as requests do, and says how, as JSON.
    ///
    /// # Errors
    ///
    /// [`StoreError`] as for a list.
    pub async fn explain(&self, query: &ListQuery) -> Result<String, StoreError> {
        Ok(explain(self, query).await?)
    }

    /// Runs the statement that reads a page of a session's line, and says how, as JSON; none: there is nothing to read.
    ///
    /// # Errors
    ///
    /// [`StoreError`] as for a list.
    pub async fn explain_line(
        &self,
        session: Uuid,
        scan: &LineScan,
        size: PageSize,
    ) -> Result<Option<String>, StoreError> {
        let Some(query) = line_query(session, scan, size) else { return Ok(None) };
        Ok(Some(explain(self, &query).await?))
    }

    /// Deletes two batches of the history as upkeep does, and says how the second one went, as JSON.
    ///
    /// # Errors
    ///
    /// [`StoreError`] as for a list.
    pub async fn explain_deletion(&self, instant: Timestamp) -> Result<String, StoreError> {
        Ok(explain(self, &deletion(self.deleted_through.get(), instant)).await?)
    }
}
