//! A store that is not there yet when the service starts.

use std::io::{BufRead, BufReader};
use std::process::Child;

use live_adapters::test_support::PgCluster;

use crate::support::{Machine, Server, said, signal};

/// Reads what a command says until it waits for the store.
fn waits(command: &mut Child) -> String {
    let mut lines = BufReader::new(command.stderr.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.find(|line| line.starts_with("waiting ")).expect("it does not wait");
    // What else it says is to be read, lest it block.
    std::thread::spawn(move || lines.count());
    line
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_starts_late_is_waited_for() {
    let mut cluster = PgCluster::start(&[]).await;
    cluster.crash();
    let machine = Machine::serving(&cluster.url("postgres")).with("LIVE_DB_WAIT_MS", "60000");
    let mut command = machine.command(["migrate"]).spawn().unwrap();
    let line = waits(&mut command);
    assert!(line.starts_with("waiting up to 60 s for the store: ") && line.contains("refused"), "{line}");
    cluster.restart(&[]);
    assert_eq!(said(command).code, 0);
    assert_eq!(Server::serve(&machine).stop(), 0);
}

#[test]
fn a_name_that_nobody_knows_is_waited_for_and_then_told() {
    let machine = Machine::serving("postgres://live:hunter2@nowhere.invalid/live").with("LIVE_DB_WAIT_MS", "600");
    let said = machine.run(&["serve", "--bind", "127.0.0.1:0"]);
    assert_eq!(said.code, 69, "{}", said.err);
    assert_eq!(said.err.matches("waiting up to").count(), 1, "{}", said.err);
    assert!(
        said.err.contains("host nowhere.invalid, port 5432") && said.err.contains("cannot be resolved"),
        "{}",
        said.err
    );
    assert!(!said.err.contains("hunter2"), "{}", said.err);
}

#[test]
fn who_waits_for_the_store_ends_in_good_order_when_told_to_stop() {
    let machine = Machine::serving("postgres://live@nowhere.invalid/live").with("LIVE_DB_WAIT_MS", "600000");
    for (name, code) in [("serve", 0), ("migrate", 1)] {
        let mut command = machine.command([name, "--bind", "127.0.0.1:0"]).spawn().unwrap();
        waits(&mut command);
        signal(command.id(), "TERM");
        assert_eq!(said(command).code, code, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waiting_does_not_mend_is_told_at_once() {
    let cluster = PgCluster::start(&[]).await;
    let said = Machine::serving(&cluster.url("missing")).run(&["migrate"]);
    assert_eq!(said.code, 69, "{}", said.err);
    assert!(said.err.contains("\"missing\" does not exist") && !said.err.contains("waiting"), "{}", said.err);
}

#[test]
fn a_certificate_that_cannot_be_read_is_bad_configuration() {
    let said = Machine::serving("postgres://live@127.0.0.1:1/live?sslmode=verify-full&sslrootcert=/nowhere/root.crt")
        .run(&["migrate"]);
    assert_eq!(said.code, 78, "{}", said.err);
    assert!(said.err.contains("error: DATABASE_URL: sslrootcert: /nowhere/root.crt cannot be read"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_variables_of_libpq_lead_to_the_store() {
    let cluster = PgCluster::start(&[]).await;
    let (host, port) =
        cluster.address().split_once(':').map(|(host, port)| (host.to_owned(), port.to_owned())).unwrap();
    let machine = Machine::new()
        .with("PGHOST", &host)
        .with("PGPORT", &port)
        .with("PGUSER", "postgres")
        .with("PGDATABASE", "postgres");
    let said = machine.run(&["migrate"]);
    assert_eq!(said.code, 0, "{}", said.err);
    let store = format!("store: postgres://?host={host}&port={port}&dbname=postgres&user=postgres (from PGHOST and");
    assert!(said.err.contains(&store), "{}", said.err);
    machine.ok(&["migrate", "--check"]);
}
