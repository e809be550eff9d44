//! `live forget`, beside a service that serves.

use live_adapters::test_support::PgDatabase;
use serde_json::json;

use crate::support::{Machine, Server, get_with, patch_with, post};

const SESSIONS: &str = "/v1/sessions";

async fn forgets_beside_the_service(url: &str) {
    let machine = Machine::serving(url);
    let server = Server::serve(&machine);
    let zoe = machine.host_token("zoe");
    let session = json!({"host_id": "zoe", "brand_id": "acme", "title": "A session", "scheduled_at": "2099-01-01T00:00:00Z",
        "max_participants": 5});
    let created = post(&server.url(SESSIONS), &zoe, "create", Some(&session)).await.unwrap();
    let path = server.url(&format!("{SESSIONS}/{}", created.body["id"].as_str().unwrap()));
    post(&format!("{path}/registrations"), &zoe, "register", None).await.unwrap();
    let list = get_with(&server.url("/v1/live/sessions"), &zoe, &[]).await;
    let [seen, of_list] = [&created, &list].map(|answer| answer.headers["etag"].to_str().unwrap().to_owned());

    let said = machine.run(&["forget", "--sub", "zoe"]);
    assert_eq!((said.code, said.out.as_str()), (0, ""), "{}", said.err);
    let told = "1 hosted sessions, 1 registrations, 2 events of the history and 2 kept answers";
    assert!(said.err.contains(told), "{}", said.err);
    assert!(!said.err.contains("forgotten-"), "the pseudonym is told to nobody: {}", said.err);

    let exported = ["sessions", "registrations"].map(|what| machine.ok(&["export", what])).concat();
    assert!(exported.contains("\"forgotten-") && !exported.contains("zoe"), "{exported}");
    // Whoever polls learns of it, and whoever edits what they saw does not undo it.
    let changed = get_with(&server.url("/v1/live/sessions"), &zoe, &[("If-None-Match", &of_list)]).await;
    assert_eq!((changed.status, changed.body["sessions"][0]["is_registered"].as_bool()), (200, Some(false)));
    let manager = machine.ok(&["token", "--sub", "max", "--scope", "manage:live"]).trim().to_owned();
    let edit = json!({"title": "Another"});
    assert_eq!(patch_with(&path, &manager, &edit, &[("If-Match", &seen)]).await.status, 412);
    assert_eq!(patch_with(&path, &zoe, &edit, &[]).await.status, 403);
    // What was kept for the person is not given to who has their name later.
    let again = post(&format!("{path}/registrations"), &zoe, "register", None).await.unwrap();
    assert_eq!((again.status, again.headers.get("idempotent-replayed")), (201, None), "{}", again.body);

    let said = machine.run(&["forget", "--sub", "nobody"]);
    assert_eq!(said.code, 0, "{}", said.err);
    assert!(said.err.contains("nothing was found of that person; nothing was changed"), "{}", said.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_forgotten_beside_the_service_on_postgres() {
    let database = PgDatabase::create().await;
    forgets_beside_the_service(database.url_text()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_forgotten_beside_the_service_on_sqlite() {
    forgets_beside_the_service("sqlite:some.db").await;
}

#[test]
fn a_person_is_named_exactly_and_the_store_must_be_current() {
    let machine = Machine::new().with("DATABASE_URL", "sqlite:some.db");
    for arguments in [&["forget"][..], &["forget", "--sub", ""], &["forget", "--sub", &"n".repeat(256)]] {
        let said = machine.run(arguments);
        assert_eq!(said.code, 2, "{arguments:?}: {}", said.err);
        assert!(said.err.contains("--sub"), "{}", said.err);
    }
    let said = machine.run(&["forget", "--sub", "zoe"]);
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("run `live migrate`"), "{}", said.err);
}
