//! `live dev`: the first five minutes.

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use crate::support::{Machine, Server, get};

/// The token and the address of the line to paste.
fn pasted(server: &Server) -> (String, String) {
    let line = server.said.last().unwrap();
    let quoted: Vec<_> = line.split('\'').collect();
    (quoted[1].strip_prefix("Authorization: Bearer ").unwrap().to_owned(), quoted[3].to_owned())
}

#[tokio::test]
async fn the_line_to_paste_lists_sample_sessions() {
    let machine = Machine::new();
    let server = Server::dev(&machine);
    let (token, url) = pasted(&server);
    let answer = get(&url, Some(&token)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.body["sessions"].as_array().unwrap().len(), 3);
    assert_eq!(server.stop(), 0);
}

/// Runs lines as a shell does when they are pasted; what they print.
fn paste(lines: &str) -> String {
    let output = Command::new("sh").args(["-c", lines]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn the_lines_to_paste_create_a_session_and_register_for_it() {
    let machine = Machine::new();
    let mut server = Server::dev(&machine);
    let create = server.read_until(|line| line.starts_with("ID="));
    let register = server.read_until(|line| line.starts_with("curl "));
    let said = paste(&format!("{create}\n{register}\n"));
    let (id, registration) = said.split_once('\n').unwrap();
    let registration: serde_json::Value = serde_json::from_str(registration).unwrap();
    assert_eq!((&registration["session_id"], &registration["status"]), (&id.into(), &"registered".into()));
    assert_eq!(server.stop(), 0);
}

#[tokio::test]
async fn every_filter_shows_something() {
    let machine = Machine::new();
    let server = Server::dev(&machine);
    let (token, _) = pasted(&server);
    for filter in [
        "brand_id=acme",
        "host_id=ada",
        "community_id=home-bakers",
        "category=cooking",
        "status=scheduled",
        "status=live",
        "status=ended",
        "status=cancelled",
        "kind=live",
        "kind=office_hours",
        "upcoming=true",
    ] {
        let answer = get(&server.url(&format!("/v1/live/sessions?limit=1&{filter}")), Some(&token)).await;
        assert_eq!(answer.body["sessions"].as_array().map(Vec::len), Some(1), "{filter}: {}", answer.body);
    }
    let all = get(&server.url("/v1/live/sessions?limit=100"), Some(&token)).await;
    let sessions = all.body["sessions"].as_array().unwrap();
    assert!(sessions.iter().any(|session| session["is_registered"] == true));
    assert!(sessions.iter().any(|session| session["registered_count"] == session["max_participants"]));
}

#[tokio::test]
async fn a_store_that_holds_something_is_left_as_it_is() {
    let machine = Machine::new();
    assert_eq!(Server::dev(&machine).stop(), 0);
    let before = machine.ok(&["export", "sessions"]);
    let server = Server::dev(&machine);
    assert!(!server.said.iter().any(|line| line.contains("filled")), "{:?}", server.said);
    assert_eq!(server.stop(), 0);
    assert!(machine.ok(&["export", "sessions"]) == before);
}

#[tokio::test]
async fn its_secret_is_kept_for_its_owner_and_signs_further_tokens() {
    let machine = Machine::new();
    let server = Server::dev(&machine);
    let kept = machine.path().join(".local/state/live/dev-secret");
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::set_permissions(&kept, std::fs::Permissions::from_mode(0o644)).unwrap();
    let token = machine.token("somebody");
    assert_eq!(std::fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(get(&server.url("/v1/live/sessions"), Some(&token)).await.status, 200);
    let secret = std::fs::read_to_string(kept).unwrap();
    assert!(!server.said.iter().any(|line| line.contains(secret.trim())));
}

#[test]
fn a_bind_beyond_this_machine_exits_78() {
    let said = Machine::new().run(&["dev", "--bind", "0.0.0.0:8080"]);
    assert_eq!(said.code, 78);
    assert!(said.err.contains("loopback"), "{}", said.err);
}

#[test]
fn a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let said = Machine::new().run(&["dev", "--bind", &address]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains(&address) && said.err.contains("--bind"), "{}", said.err);
}
