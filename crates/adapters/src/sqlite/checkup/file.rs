//! The file, and the folder that it is in.

use std::path::Path;
use std::time::Instant;

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::checkup::rules::took;
use crate::checkup::{Checked, Unreachable};
use crate::sqlite::connection::Opener;
use crate::sqlite::error::SqliteError;

/// With less room than this on the disk, the next import may fill it.
const ROOM: u64 = 256 << 20;

/// How many faults of a file are named.
const NAMED: usize = 3;

pub(super) fn examine(opener: &Opener) -> Result<Vec<Checked>, SqliteError> {
    let mut connection = opener.open()?;
    let connection = &mut connection;
    let version: String = sql::<Text>("SELECT sqlite_version()").get_result(connection)?;
    let mut checked = vec![
        Checked::well("database", format!("opened {} by SQLite {version}", opener.path().display())),
        writable(connection, opener.path()),
        journal(connection)?,
    ];
    checked.extend(room(opener.path()));
    checked.extend(sound(connection)?);
    checked.push(references(connection)?);
    Ok(checked)
}

fn writable(connection: &mut SqliteConnection, path: &Path) -> Checked {
    match connection.batch_execute("BEGIN IMMEDIATE; ROLLBACK") {
        Ok(()) => Checked::well("writable", "the file and its folder take writes"),
        Err(error) if error.to_string() == "database is locked" => Checked::doubtful(
            "writable",
            "somebody has been writing for over 5 seconds, and nobody else can",
            "wait for the import or the migration to end; where there is none, see who has the file open, with `fuser`",
        ),
        Err(error) => Checked::wrong(
            "writable",
            format!("nothing can be written: {error}"),
            format!("let the service's user write {0} and its folder, {0}-wal and {0}-shm", path.display()),
        ),
    }
}

fn journal(connection: &mut SqliteConnection) -> QueryResult<Checked> {
    let mode: String = sql::<Text>("PRAGMA journal_mode").get_result(connection)?;
    if mode == "wal" {
        return Ok(Checked::well("journal", "writes go to a log of their own: readers wait for nobody"));
    }
    let text = format!("journal_mode is {mode}: readers and writers wait for each other");
    Ok(Checked::doubtful("journal", text, "run `live migrate`: it sets journal_mode to wal"))
}

/// None where the system does not tell.
fn room(path: &Path) -> Option<Checked> {
    let disk = rustix::fs::statvfs(path).ok()?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    let text = format!("{} MiB are free on the disk", free >> 20);
    if free >= ROOM {
        return Some(Checked::well("space", text));
    }
    let remedy =
        format!("make room where {} is, or move it, with its -wal and -shm, while no service runs", path.display());
    Some(Checked::doubtful("space", text, remedy))
}

/// Reads the whole file. SQLite tells rows that its tables would not take in the same breath as damage to the file.
fn sound(connection: &mut SqliteConnection) -> QueryResult<Vec<Checked>> {
    let begun = Instant::now();
    let mut faults: Vec<String> = sql::<Text>(&format!("PRAGMA quick_check({NAMED})")).load(connection)?;
    let took = took(begun.elapsed());
    faults.retain(|fault| fault != "ok");
    let is_of_a_row = |fault: &String| fault.starts_with("CHECK constraint failed in ") || fault.contains(" value in ");
    let (rows, damage): (Vec<_>, Vec<_>) = faults.into_iter().partition(is_of_a_row);
    let mut checked = Vec::new();
    if !damage.is_empty() {
        checked.push(Checked::wrong(
            "integrity",
            format!("the file is damaged: {} ({took})", damage.join("; ")),
            "stop the service, keep a copy of the file, and restore a back-up; without one, `.recover` of the sqlite3 shell \
             saves what can be saved",
        ));
    }
    if !rows.is_empty() {
        checked.push(Checked::wrong(
            "integrity",
            format!("rows break the rules of their tables: {} ({took})", rows.join("; ")),
            "something writes past the service: stop it, mend what is found below, and what remains with the sqlite3 shell",
        ));
    }
    if checked.is_empty() {
        checked.push(Checked::well("integrity", format!("the file is sound ({took})")));
    }
    Ok(checked)
}

fn references(connection: &mut SqliteConnection) -> QueryResult<Checked> {
    let begun = Instant::now();
    let query = format!("SELECT \"table\" FROM pragma_foreign_key_check LIMIT {NAMED}");
    let tables: Vec<String> = sql::<Text>(&query).load(connection)?;
    let took = took(begun.elapsed());
    if tables.is_empty() {
        return Ok(Checked::well("references", format!("every row that another refers to is there ({took})")));
    }
    Ok(Checked::wrong(
        "references",
        format!("rows of {} refer to rows that are not there ({took})", tables.join(", ")),
        "see which with `PRAGMA foreign_key_check`, import the sessions that are missing or delete those rows, then run \
         `live doctor --repair`",
    ))
}

pub(super) fn unreachable(error: SqliteError) -> Unreachable {
    let remedy = match &error {
        SqliteError::NoFile(_) => "run `live migrate`, which makes the file, or set DATABASE_URL right",
        SqliteError::NoFolder { .. } => "make the folder, or set DATABASE_URL right",
        _ => {
            "set DATABASE_URL right, and let the service's user read and write the file and its folder; where it is no SQLite \
             database, restore a back-up"
        }
    };
    Unreachable { error: error.into(), remedy: remedy.to_owned() }
}
