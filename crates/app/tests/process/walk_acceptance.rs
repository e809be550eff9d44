//! Walks over HTTP while another process reschedules, inserts and updates.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use live_adapters::test_support::{PgDatabase, is_full_size};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::support::{Machine, Server, get};

/// Sessions that stay where they are, sessions that are rescheduled, and sessions that come and go on coming.
const STAYING: std::ops::Range<u32> = 0..200;
const MOVING: std::ops::Range<u32> = 1_000..1_100;
const COMING: std::ops::Range<u32> = 10_000..20_000;

fn line(number: u32, title: u32, minute: u32) -> String {
    format!(
        r#"{{"id":"00000000-0000-0000-0000-{number:012}","host_id":"ada","brand_id":"acme","title":"Title {title}","scheduled_at":"2099-03-01T18:{minute:02}:00Z","max_participants":10}}"#
    ) + "\n"
}

/// Several sessions share a minute, so that ties are walked as well.
fn staying(number: u32, title: u32) -> String {
    line(number, title, number % 60)
}

/// Imports files, each by a process of its own, until it is told to stop.
fn write(machine: &Machine, done: &AtomicBool, files: &AtomicU32) {
    let mut random = StdRng::seed_from_u64(7);
    let mut coming = COMING;
    while !done.load(Ordering::Relaxed) {
        let mut lines = HashMap::new();
        for _ in 0..20 {
            let (retitled, moved) = (random.random_range(STAYING), random.random_range(MOVING));
            lines.insert(retitled, staying(retitled, random.random_range(0..1_000_000)));
            lines.insert(moved, line(moved, 0, random.random_range(0..60)));
            lines.extend(coming.next().map(|new| (new, line(new, 0, random.random_range(0..60)))));
        }
        let said = machine.run_with(&["import", "sessions", "-"], &lines.into_values().collect::<String>());
        assert_eq!(said.code, 0, "{}", said.err);
        files.fetch_add(1, Ordering::Relaxed);
    }
}

/// How often each session is met by who follows `next_cursor` to the end.
async fn walk(server: &Server, token: &str, query: &str) -> HashMap<String, u32> {
    let (mut met, mut cursor) = (HashMap::new(), String::new());
    loop {
        let answer = get(&server.url(&format!("/v1/live/sessions?{query}{cursor}")), Some(token)).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        for session in answer.body["sessions"].as_array().unwrap() {
            *met.entry(session["id"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        match answer.body["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return met,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_walks_over_http_meet_what_stays_once_while_another_process_writes() {
    let database = PgDatabase::create().await;
    let machine = Arc::new(Machine::serving(database.url_text()));
    let server = Server::serve(&machine);
    let first = STAYING.map(|number| staying(number, 0)).chain(MOVING.map(|number| line(number, 0, 0)));
    machine.ok(&["import", "sessions", &machine.file("sessions", &first.collect::<String>())]);

    let (done, files) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let writer = {
        let (machine, done, files) = (Arc::clone(&machine), Arc::clone(&done), Arc::clone(&files));
        std::thread::spawn(move || write(&machine, &done, &files))
    };
    let token = machine.token("ada");
    let walks = if is_full_size() { 100 } else { 6 };
    let mut number = 0;
    // At least so many, and on until the other process has written something in between.
    while number < walks || files.load(Ordering::Relaxed) < 3 {
        let order = ["brand_id=acme", "upcoming=true", "month=2099-03"][number % 3];
        let met = walk(&server, &token, &format!("{order}&limit={}", number % 13 + 7)).await;
        for staying in STAYING {
            let id = format!("00000000-0000-0000-0000-{staying:012}");
            assert_eq!(met.get(&id), Some(&1), "session {staying} in walk {number}, {order}");
        }
        assert!(!writer.is_finished(), "the writer failed");
        number += 1;
    }
    done.store(true, Ordering::Relaxed);
    writer.join().unwrap();
    println!("{number} walks while {} files were imported", files.load(Ordering::Relaxed));
}
