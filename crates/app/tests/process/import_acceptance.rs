//! The large import: rate and memory, printed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use live_adapters::test_support::{PgDatabase, is_full_size};

use crate::support::Machine;

#[tokio::test]
async fn acceptance_imports_millions_of_lines_in_constant_memory() {
    let sessions: u32 = if is_full_size() { 1_000_000 } else { 20_000 };
    let database = PgDatabase::create().await;
    let machine = Machine::new().with("DATABASE_URL", database.url_text());
    write_sessions(&machine.path().join("sessions"), sessions);
    write_registrations(&machine.path().join("registrations"), sessions);

    let mut took = Duration::ZERO;
    for (kind, lines) in [("sessions", sessions), ("registrations", 2 * sessions)] {
        let (elapsed, memory) = import(&machine, kind);
        took += elapsed;
        let rate = f64::from(lines) / elapsed.as_secs_f64();
        println!(
            "{kind}: {lines} lines in {:.1} s, {rate:.0} lines/s, peak memory {memory} KiB",
            elapsed.as_secs_f64()
        );
        assert!(memory < 200 * 1024, "{memory} KiB");
    }
    let rate = f64::from(3 * sessions) / took.as_secs_f64();
    println!("together: {rate:.0} lines/s");
    assert_eq!(machine.ok(&["export", "registrations"]).lines().count(), usize::try_from(2 * sessions).unwrap());
}

/// Runs the import; how long it took, and the most memory it had, in KiB.
fn import(machine: &Machine, kind: &str) -> (Duration, u64) {
    let begun = Instant::now();
    let mut child = machine.command(["import", kind, kind]).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut memory = 0;
    let exit = loop {
        let peak = std::fs::read_to_string(&status).ok().and_then(|text| {
            let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
            line.split_whitespace().nth(1)?.parse().ok()
        });
        memory = peak.unwrap_or(memory);
        if let Some(exit) = child.try_wait().unwrap() {
            break exit;
        }
        // The peak is kept by the kernel: looking now and then, without a busy core, is enough.
        std::thread::park_timeout(Duration::from_millis(5));
    };
    let elapsed = begun.elapsed();
    assert!(exit.success(), "{}", crate::support::said(child).err);
    (elapsed, memory)
}

fn write_sessions(path: &Path, count: u32) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    for number in 0..count {
        let minute = number % 60;
        let (day, month) = (number / 60 % 28 + 1, number / 1_680 % 12 + 1);
        writeln!(
            file,
            r#"{{"id":"{}","host_id":"host-{}","brand_id":"brand-{}","community_id":"community-{}","title":"Session number {number}","kind":"live","category":"category-{}","scheduled_at":"2026-{month:02}-{day:02}T18:{minute:02}:00Z","status":"scheduled","max_participants":100,"duration_minutes":60,"metadata":{{"language":"en","level":{}}}}}"#,
            id(number), number % 5_000, number % 200, number % 1_000, number % 20, number % 3,
        )
        .unwrap();
    }
}

fn write_registrations(path: &Path, sessions: u32) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    for number in 0..2 * sessions {
        let session = id(number % sessions);
        writeln!(file, r#"{{"session_id":"{session}","user_id":"person-{}"}}"#, number / sessions * 7 + number % 7)
            .unwrap();
    }
}

/// Ids as a client makes them: all over the index.
fn id(number: u32) -> uuid::Uuid {
    let spread = u128::from(number).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835);
    uuid::Builder::from_random_bytes(spread.to_be_bytes()).into_uuid()
}
