//! The pages, in a browser.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::npm::{self, WHAT_TO_INSTALL};
use crate::support::{Machine, Server};

const FILES: [(&str, &str); 5] = [
    ("package.json", include_str!("browser/package.json")),
    ("package-lock.json", include_str!("browser/package-lock.json")),
    ("browser.mjs", include_str!("browser/browser.mjs")),
    ("explorer.mjs", include_str!("browser/explorer.mjs")),
    ("month.mjs", include_str!("browser/month.mjs")),
];

/// What the browser may be called.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

fn browser() -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    let mut candidates = NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    let found = candidates.find(|candidate| candidate.is_file());
    found.expect("this test needs Chromium or Chrome in PATH; `cargo xtask test` provides it where it may")
}

/// A session of the brand `acme`, which `ada` hosts.
fn session(number: u32, title: &str, at: &str, rest: &str) -> String {
    format!(
        r#"{{"id":"00000000-0000-0000-0000-{number:012}","host_id":"ada","brand_id":"acme","title":"{title}","scheduled_at":"{at}"{rest}}}"#
    ) + "\n"
}

/// A month of sessions as New York has it; one of them is full, and somebody waits for a seat in it.
fn sessions() -> String {
    let seats = |count| format!(r#","max_participants":{count}"#);
    let mut lines = session(1, "Still February", "2026-03-01T04:59:00Z", &seats(10));
    lines += &session(2, "<b>Bold</b>", "2026-03-01T05:00:00Z", &seats(10)).replace("acme", "globex");
    lines += &session(3, "Full house", "2026-03-12T18:00:00Z", &seats(1));
    lines += &session(4, "Seats free", "2026-03-12T23:00:00Z", &seats(10));
    lines += &session(5, "Called off", "2026-03-13T18:00:00Z", r#","max_participants":10,"status":"cancelled""#);
    lines += &session(6, "In April", "2026-04-01T04:00:00Z", &seats(10));
    let crowd =
        (100..220).map(|number| session(number, &format!("Crowd {number}"), "2026-03-20T18:00:00Z", &seats(10)));
    lines + &crowd.collect::<String>()
}

const REGISTRATIONS: &str = r#"{"session_id":"00000000-0000-0000-0000-000000000003","user_id":"bob"}
{"session_id":"00000000-0000-0000-0000-000000000003","user_id":"cyd","status":"waitlist"}
"#;

/// Runs a script of `browser` to its end; it fails where a page does not do what it should.
fn runs(script: &str) {
    let machine = Machine::serving("sqlite:live.db");
    machine.ok(&["migrate"]);
    machine.ok(&["import", "sessions", &machine.file("sessions", &sessions())]);
    machine.ok(&["import", "registrations", &machine.file("registrations", REGISTRATIONS)]);
    let (server, token) = (Server::serve(&machine), machine.token("visitor"));
    let pictures = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures");
    let mut node = Command::new("node");
    node.arg(script).current_dir(npm::installed("browser", &FILES)).stdin(Stdio::null());
    node.env("ADDRESS", server.url("")).env("TOKEN", token).env("CHROMIUM", browser()).env("PICTURES", pictures);
    let output = node.output().unwrap_or_else(|error| panic!("node: {error}; {WHAT_TO_INSTALL}"));
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn the_explorer_lists_sessions_in_a_browser_and_behind_a_proxy_too() {
    runs("explorer.mjs");
}

#[test]
fn the_page_of_a_month_lets_its_visitor_register_and_cancel_in_a_browser() {
    runs("month.mjs");
}
