//! `live import` and `live export`.

use std::io::Write;
use std::process::Stdio;

use live_adapters::test_support::PgDatabase;

use crate::proxy::Proxy;
use crate::support::{Machine, registration_lines, said, session_lines, signal};

/// A machine for each kind of store, with the schema in place.
async fn machines() -> Vec<(Machine, Option<PgDatabase>)> {
    let database = PgDatabase::create().await;
    let postgres = Machine::new().with("DATABASE_URL", database.url_text());
    let sqlite = Machine::new().with("DATABASE_URL", "sqlite:some.db");
    sqlite.ok(&["migrate"]);
    vec![(postgres, Some(database)), (sqlite, None)]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_exported_imports_to_the_same_state() {
    for (machine, _database) in machines().await {
        machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=2_500))]);
        machine.ok(&["import", "registrations", &machine.file("registrations", &registration_lines(1..=2_500))]);
        let exports = [machine.ok(&["export", "sessions"]), machine.ok(&["export", "registrations"])];
        assert_eq!(exports[0].lines().count(), 2_500);

        let other = Machine::new().with("DATABASE_URL", "sqlite:other.db");
        other.ok(&["migrate"]);
        for (kind, export) in ["sessions", "registrations"].into_iter().zip(&exports) {
            assert_eq!(other.run_with(&["import", kind, "-"], export).code, 0);
            assert!(other.ok(&["export", kind]) == *export, "{kind} differ");
            let again = other.run_with(&["import", kind, "-"], export);
            assert!(again.err.contains("0 new, 0 changed, 2500 as they were"), "{}", again.err);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_line_is_named_and_nothing_is_imported() {
    let good = session_lines(1..=2);
    for (machine, _database) in machines().await {
        for (bad, expected) in [
            ("{", "error: line 4: EOF while parsing an object; nothing was imported"),
            (r#"{"id":"x"}"#, "error: line 4: missing field `host_id`; nothing was imported"),
            (
                good.lines().next().unwrap(),
                "error: line 4: the key of this line stands in line 1 already; nothing was imported",
            ),
        ] {
            // A blank line counts as a line, and says nothing.
            let said = machine.run_with(&["import", "sessions", "-"], &format!("{good}\n{bad}\n"));
            assert_eq!(said.code, 1, "{}", said.err);
            assert!(said.err.contains(expected), "{}", said.err);
            assert_eq!(machine.ok(&["export", "sessions"]), "");
        }
        let said = machine.run_with(&["import", "registrations", "-"], &registration_lines(9..=9));
        assert!(said.err.contains("line 1: there is no session"), "{}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_killed_did_nothing() {
    for (machine, _database) in machines().await {
        let mut child = machine.command(["import", "sessions", "-"]).stdin(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        // More than fits into any buffer on the way: when it is written, most of it has reached the store.
        input.write_all(session_lines(1..=20_000).as_bytes()).unwrap();
        signal(child.id(), "KILL");
        said(child);
        assert_eq!(machine.ok(&["export", "sessions"]), "");
        assert_eq!(machine.run_with(&["import", "sessions", "-"], &session_lines(1..=3)).code, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_whose_store_is_lost_exits_69() {
    let database = PgDatabase::create().await;
    let proxy = Proxy::to(database.url_text()).await;
    let machine = Machine::new().with("DATABASE_URL", proxy.url());
    let mut child = machine.command(["import", "sessions", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(session_lines(1..=20_000).as_bytes()).unwrap();
    proxy.cut();
    // It may be gone before it has taken everything.
    let _broken_pipe = input.write_all(session_lines(20_001..=40_000).as_bytes());
    drop(input);
    let said = said(child);
    assert_eq!(said.code, 69, "{}", said.err);
    assert!(said.err.contains("error: the store is unavailable"), "{}", said.err);
    proxy.pass();
    assert_eq!(machine.ok(&["export", "sessions"]), "");
}

#[test]
fn an_import_that_finds_the_disk_full_exits_69_and_did_nothing() {
    let machine = Machine::new().with("DATABASE_URL", "sqlite:some.db");
    machine.ok(&["migrate"]);
    let file = machine.file("sessions", &session_lines(1..=20_000));
    // A file may not grow past a megabyte: what writes to it is told so, as on a full disk.
    let limited = format!("trap '' XFSZ; ulimit -f 1000; exec {} import sessions {file}", env!("CARGO_BIN_EXE_live"));
    let mut command = std::process::Command::new("bash");
    command.args(["-c", &limited]).current_dir(machine.path()).env("DATABASE_URL", "sqlite:some.db");
    let said = said(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    assert_eq!(said.code, 69, "{}", said.err);
    assert!(said.err.contains("error: the store is unavailable"), "{}", said.err);
    assert_eq!(machine.ok(&["export", "sessions"]), "");
}

#[test]
fn a_bad_line_ends_an_import_whose_input_goes_on() {
    let machine = Machine::new().with("DATABASE_URL", "sqlite:some.db");
    machine.ok(&["migrate"]);
    let mut child = machine.command(["import", "sessions", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(b"nonsense\n").unwrap();
    assert_eq!(said(child).code, 1);
    drop(input);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let machine = Machine::new().with("DATABASE_URL", "sqlite:some.db");
    machine.ok(&["migrate"]);
    let said = machine.run(&["import", "sessions", "nowhere.ndjson"]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("nowhere.ndjson cannot be read"), "{}", said.err);
}

#[test]
fn an_export_whose_reader_goes_away_fails_in_a_sentence() {
    let machine = Machine::new().with("DATABASE_URL", "sqlite:some.db");
    machine.ok(&["migrate"]);
    machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=5_000))]);
    let mut child = machine.command(["export", "sessions"]).spawn().unwrap();
    drop(child.stdout.take());
    let said = said(child);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("standard output cannot be written"), "{}", said.err);
    assert!(said.err.contains("not the whole export"), "{}", said.err);
}
