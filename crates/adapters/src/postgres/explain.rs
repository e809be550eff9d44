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
use super::session::planning;
use super::{ListQuery, PgSessionRepository};

/// A page has no types of its own that would have to be looked up.
struct NoLookup;

impl PgMetadataLookup for NoLookup {
    fn lookup_type(&mut self, _: &str, _: Option<&str>) -> PgTypeMetadata {
        PgTypeMetadata::new(0, 0)
    }
}

/// The text of the statement, and its values as literals.
fn text_and_values(query: &impl QueryFragment<Pg>) -> Result<(String, Vec<String>), PgError> {
    let mut builder = PgQueryBuilder::default();
    query.to_sql(&mut builder, &Pg)?;
    let mut binds = RawBytesBindCollector::<Pg>::new();
    query.collect_binds(&mut binds, &mut NoLookup, &Pg)?;
    let values = binds.metadata.iter().zip(binds.binds).map(|(kind, value)| {
        let Some(value) = value else { return "NULL".to_owned() };
        match Type::from_oid(kind.oid().unwrap_or_default()) {
            Some(Type::INT8) => value.try_into().map(i64::from_be_bytes).unwrap_or_default().to_string(),
            Some(Type::TIMESTAMPTZ) => {
                let micros = value.try_into().map(i64::from_be_bytes).unwrap_or_default();
                format!("timestamptz '2000-01-01T00:00:00Z' + interval '{micros} microseconds'")
            }
            Some(Type::UUID) => format!("'{}'", Uuid::from_slice(&value).unwrap_or_default()),
            _ => format!("'{}'", String::from_utf8_lossy(&value).replace('\'', "''")),
        }
    });
    Ok((builder.finish(), values.collect()))
}

async fn explain(store: &PgSessionRepository, query: &impl QueryFragment<Pg>) -> Result<String, PgError> {
    let (text, values) = text_and_values(query)?;
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
