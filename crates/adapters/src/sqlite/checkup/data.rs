//! What must always hold in the data.

use std::time::Instant;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Text};
use live_domain::Timestamp;

use crate::checkup::Checked;
use crate::checkup::rules::{Broken, HistoryRule, NEWEST_EVENTS, RULES, Rule, judge_answers, oldest_answer};
use crate::sqlite::connection::Opener;
use crate::sqlite::error::SqliteError;
use crate::sqlite::row::{IdBytes, Micros, SessionRow};
use crate::sqlite::schema::{idempotency_keys, sessions};

/// What is sorted or grouped lies in a file when it is much.
const SETTINGS: &str = "PRAGMA temp_store = FILE; PRAGMA query_only = ON;";

/// All of it in one transaction, so that nothing that is committed meanwhile looks half done.
pub(super) fn examine(opener: &Opener, now: Timestamp) -> Result<Vec<Checked>, SqliteError> {
    let mut connection = opener.open()?;
    connection.batch_execute(SETTINGS)?;
    connection.transaction(|connection| {
        let mut checked = Vec::new();
        for rule in &RULES {
            checked.push(obeyed(connection, rule)?);
        }
        checked.push(history(connection)?);
        checked.push(answers(connection, now)?);
        Ok(checked)
    })
}

fn obeyed(connection: &mut SqliteConnection, rule: &Rule) -> Result<Checked, SqliteError> {
    let begun = Instant::now();
    let rows: Vec<(IdBytes, i64)> = sql::<(Binary, BigInt)>(&rule.statement("")).load(connection)?;
    Ok(rule.judge(&Broken::of(rows), begun))
}

fn history(connection: &mut SqliteConnection) -> Result<Checked, SqliteError> {
    let mut rule = HistoryRule::begin();
    let query = sql::<(Binary, sessions::SqlType, BigInt, Text)>(NEWEST_EVENTS);
    for row in query.load_iter::<(IdBytes, SessionRow, i64, String), _>(connection)? {
        let (id, row, version, after) = row?;
        rule.compare(id.into(), row, version, &after);
    }
    Ok(rule.judge())
}

fn answers(connection: &mut SqliteConnection, now: Timestamp) -> Result<Checked, SqliteError> {
    let begun = Instant::now();
    let older = idempotency_keys::table.filter(idempotency_keys::kept_at.lt(Micros::from(oldest_answer(now))));
    Ok(judge_answers(older.count().get_result(connection)?, begun))
}
