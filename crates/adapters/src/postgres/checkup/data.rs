//! What must always hold in the data.

use std::time::Instant;

use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures_util::TryStreamExt;
use live_domain::Timestamp;
use uuid::Uuid;

use crate::checkup::Checked;
use crate::checkup::rules::{Broken, HistoryRule, NEWEST_EVENTS, RULES, Rule, judge_answers, oldest_answer, took};
use crate::postgres::connection::Connector;
use crate::postgres::error::PgError;
use crate::postgres::row::{PgInstant, SessionRow};
use crate::postgres::schema::sessions;
use crate::postgres::session::unbounded_here;
use crate::postgres::statement::statement;
use crate::session_row::Columns;

/// All of it in one snapshot, so that nothing that is committed meanwhile looks half done.
pub(super) async fn examine(connector: &Connector, now: Timestamp) -> Result<Vec<Checked>, PgError> {
    let mut connection = connector.for_diesel().await?;
    let mut snapshot = connection.diesel.build_transaction().repeatable_read().read_only();
    snapshot
        .run(async |connection| {
            connection.batch_execute(&unbounded_here()).await?;
            examine_in(connection, now).await
        })
        .await
}

async fn examine_in(connection: &mut AsyncPgConnection, now: Timestamp) -> Result<Vec<Checked>, PgError> {
    let mut checked = Vec::new();
    for rule in &RULES {
        checked.push(obeyed(connection, rule).await?);
    }
    checked.push(history(connection).await?);
    checked.push(places(connection).await?);
    checked.push(answers(connection, now).await?);
    Ok(checked)
}

async fn obeyed(connection: &mut AsyncPgConnection, rule: &Rule) -> Result<Checked, PgError> {
    let begun = Instant::now();
    let rows: Vec<(Uuid, i64)> = statement::<(SqlUuid, BigInt)>(rule.statement("::json")).load(connection).await?;
    Ok(rule.judge(&Broken::of(rows), begun))
}

async fn history(connection: &mut AsyncPgConnection) -> Result<Checked, PgError> {
    let mut rule = HistoryRule::begin();
    let query = statement::<(SqlUuid, sessions::SqlType, BigInt, Text)>(NEWEST_EVENTS);
    let mut rows = query.load_stream::<(Uuid, SessionRow, i64, String)>(connection).await?;
    while let Some((id, row, version, after)) = rows.try_next().await? {
        rule.compare(id, row, version, &after);
    }
    Ok(rule.judge())
}

const UNPLACED: &str = "
    SELECT count(*), min(e.at) FROM session_events e, session_event_progress progress
    WHERE e.seq > progress.placed_through AND NOT EXISTS (SELECT FROM session_event_places p WHERE p.seq = e.seq)";

/// That events wait for their places is no fault: whoever reads gives them.
async fn places(connection: &mut AsyncPgConnection) -> Result<Checked, PgError> {
    let begun = Instant::now();
    let query = statement::<(BigInt, Nullable<Timestamptz>)>(UNPLACED);
    let (count, oldest): (i64, Option<PgInstant>) = query.get_result(connection).await?;
    let oldest = oldest.map(|instant| Columns { id: Uuid::nil() }.instant("at", instant)).transpose()?;
    let took = took(begun.elapsed());
    let text = match oldest {
        None => format!("every event has its place in the history ({took})"),
        Some(oldest) => format!("{count} events since {oldest} get their place when the history is read ({took})"),
    };
    Ok(Checked::well("places", text))
}

async fn answers(connection: &mut AsyncPgConnection, now: Timestamp) -> Result<Checked, PgError> {
    let begun = Instant::now();
    let older = statement::<(BigInt,)>("SELECT count(*) FROM idempotency_keys WHERE kept_at < $1");
    let (older,): (i64,) = older.bind(PgInstant::from(oldest_answer(now))).get_result(connection).await?;
    Ok(judge_answers(older, begun))
}
