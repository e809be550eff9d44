//! A column is altered while the service serves.

use std::time::Instant;

use live_adapters::test_support::PgDatabase;

use crate::load::{Load, SESSIONS};
use crate::support::{Machine, Server, session_lines};

#[tokio::test(flavor = "multi_thread")]
async fn columns_that_are_altered_while_serving_cost_no_request() {
    let database = PgDatabase::create().await;
    let machine = Machine::serving(database.url_text()).with("LIVE_DB_TIMEOUT_MS", "30000");
    machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=SESSIONS))]);
    let server = Server::serve(&machine);
    let load = Load::on(&server);
    let alter = async {
        let migration = database.connect().await;
        for statement in [
            r#"ALTER TABLE sessions ALTER COLUMN title TYPE varchar COLLATE "C""#,
            "ALTER TABLE sessions ADD COLUMN mood text",
            r#"ALTER TABLE registrations ALTER COLUMN user_id TYPE varchar COLLATE "C""#,
            "ALTER TABLE registrations ADD COLUMN mood text",
            r#"ALTER TABLE sessions ALTER COLUMN title TYPE text COLLATE "C""#,
        ] {
            load.until(Instant::now(), 100, |_| true).await;
            migration.batch_execute(statement).await.unwrap();
        }
        load.until(Instant::now(), 100, |_| true).await;
        load.end();
    };
    let (registered, ()) = tokio::join!(load.run(), alter);
    assert!(load.seen().iter().all(|seen| matches!(seen.status, 200 | 201)), "{:?}", load.seen());
    assert_eq!(machine.ok(&["export", "registrations"]).lines().count(), registered);
    assert_eq!(server.stop(), 0);
}
