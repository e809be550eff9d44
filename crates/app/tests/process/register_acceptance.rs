//! The hot write over HTTP: a crowd registers for a hundred sessions; its rate is printed.

use std::time::Instant;

use futures_util::StreamExt;
use live_adapters::test_support::{PgDatabase, is_full_size};
use live_app::auth::{ClaimRules, Hs256Secret, mint};
use live_domain::{Clock, SystemClock};
use serde_json::Value;
use time::Duration;

use crate::support::{Machine, SECRET, Server};

const SESSIONS: usize = 100;
const AT_ONCE: usize = 16;

fn session_line(number: usize) -> String {
    format!(
        r#"{{"id":"00000000-0000-0000-0000-{number:012}","host_id":"ada","brand_id":"acme","title":"Session {number}","scheduled_at":"2099-03-01T18:00:00Z","max_participants":1000000}}"#
    ) + "\n"
}

/// A token for each person: `live token` would be a process each.
fn tokens(people: usize) -> Vec<String> {
    let secret = Hs256Secret::new(SECRET.as_bytes().to_vec()).unwrap();
    let (rules, now) = (ClaimRules::default(), SystemClock.now());
    let token =
        |person| mint(&secret, &rules, (&format!("person {person}"), &[], &[]), now, Duration::hours(1)).unwrap();
    (0..people).map(token).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_takes_a_crowd_of_registrations() {
    let people = if is_full_size() { 300 } else { 3 };
    let database = PgDatabase::create().await;
    let machine = Machine::serving(database.url_text());
    machine.ok(&[
        "import",
        "sessions",
        &machine.file("sessions", &(1..=SESSIONS).map(session_line).collect::<String>()),
    ]);
    let server = Server::serve(&machine);
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let tokens = tokens(people);

    let everyone_everywhere = (0..people).flat_map(|person| (1..=SESSIONS).map(move |session| (person, session)));
    let register = async |(person, session): (usize, usize)| {
        let url = server.url(&format!("/v1/sessions/00000000-0000-0000-0000-{session:012}/registrations"));
        let request = client.post(url).bearer_auth(&tokens[person]).header("Idempotency-Key", session.to_string());
        request.send().await.unwrap().status().as_u16()
    };
    let begun = Instant::now();
    let statuses: Vec<u16> =
        futures_util::stream::iter(everyone_everywhere).map(register).buffer_unordered(AT_ONCE).collect().await;
    let seconds = begun.elapsed().as_secs_f64();
    assert!(statuses.iter().all(|status| *status == 201), "{statuses:?}");
    let count = u32::try_from(statuses.len()).unwrap();
    println!(
        "{count} registrations with keys over {SESSIONS} sessions, {AT_ONCE} at once: {:.0}/s",
        f64::from(count) / seconds
    );

    let registrations = machine.ok(&["export", "registrations"]);
    assert_eq!(registrations.lines().count(), people * SESSIONS);
    let in_force = |line: &str| serde_json::from_str::<Value>(line).unwrap()["status"] == "registered";
    assert!(registrations.lines().all(in_force));
}
