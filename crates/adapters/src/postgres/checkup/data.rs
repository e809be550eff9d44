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

/// Events without a place: those that a reader will come to and the first of them, and those that no reader ever will, as
/// they lie where all are said to have their places.
const UNPLACED: &str = "
    SELECT count(*) FILTER (WHERE e.seq > progress.placed_through),
        min(e.at) FILTER (WHERE e.seq > progress.placed_through),
        count(*) FILTER (WHERE (e.seq > progress.placed_through) IS NOT TRUE)
    FROM session_events e LEFT JOIN session_event_progress progress ON true
    WHERE NOT EXISTS (SELECT FROM session_event_places p WHERE p.seq = e.seq)";

/// That events wait for their places is no fault: whoever reads gives them.
async fn places(connection: &mut AsyncPgConnection) -> Result<Checked, PgError> {
    let begun = Instant::now();
    let query = statement::<(BigInt, Nullable<Timestamptz>, BigInt)>(UNPLACED);
    let (count, oldest, lost): (i64, Option<PgInstant>, i64) = query.get_result(connection).await?;
    let oldest = oldest.map(|instant| Columns { id: Uuid::nil() }.instant("at", instant)).transpose()?;
    let took = took(begun.elapsed());
    if lost > 0 {
        return Ok(Checked::wrong(
            "places",
            format!("{lost} events have no place in the history, and would never get one ({took})"),
            "somebody changed session_event_progress or session_event_places by hand: restore both from a back-up, or tell \
             the readers of the history to read session_events themselves",
        ));
    }
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
