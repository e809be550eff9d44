//! A pooler in transaction mode between the service and its store: each transaction may meet another connection.

use live_adapters::test_support::PgCluster;

use crate::pooler::Pooler;
use crate::support::{Machine, Server, get, post, registration_lines, said, session_lines};

const CONNECTIONS: usize = 8;
const PEOPLE: usize = 40;
/// What `session_lines` gives each session.
const SEATS: usize = 10;

async fn count(cluster: &PgCluster, ask: &str) -> i64 {
    cluster.connect().await.query_one(ask, &[]).await.unwrap().get(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_behind_pgbouncer_commands_do_what_they_do_without() {
    let cluster = PgCluster::start(&[]).await;
    let pooler = Pooler::before(&cluster);
    let machine = Machine::serving(&pooler.url());
    let starters: Vec<_> = (0..4).map(|_| machine.command(["migrate"]).spawn().unwrap()).collect();
    let told: Vec<_> = starters.into_iter().map(said).collect();
    assert!(
        told.iter().all(|said| said.code == 0),
        "{}",
        told.iter().map(|said| said.err.as_str()).collect::<String>()
    );
    assert_eq!(told.iter().filter(|said| said.err.contains("migrated: ")).count(), 1);
    machine.ok(&["migrate", "--check"]);

    for _ in 0..2 {
        machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=50))]);
        machine.ok(&["import", "registrations", &machine.file("registrations", &registration_lines(1..=50))]);
    }
    let twice = session_lines(1..=1) + &session_lines(1..=1);
    let refused = machine.run(&["import", "sessions", &machine.file("twice", &twice)]);
    assert_eq!(refused.code, 1, "{}", refused.err);
    assert_eq!(machine.ok(&["export", "sessions"]).lines().count(), 50);
    assert_eq!(machine.ok(&["export", "registrations"]).lines().count(), 50);

    // Nothing of it is left on connections that others use now.
    let tables = "SELECT count(*) FROM pg_class WHERE relpersistence = 't'";
    assert_eq!(count(&cluster, tables).await, 0);
    assert_eq!(count(&cluster, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'").await, 0);
    let settings = "SELECT count(*) FROM pg_db_role_setting, unnest(setconfig) setting
        WHERE setting IN ('jit=off', 'plan_cache_mode=force_generic_plan', 'default_transaction_isolation=read committed')";
    assert_eq!(count(&cluster, settings).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_behind_pgbouncer_requests_are_served_also_after_it_was_restarted() {
    let cluster = PgCluster::start(&[]).await;
    let mut pooler = Pooler::before(&cluster);
    let machine = Machine::serving(&pooler.url()).with("LIVE_DB_POOL_SIZE", &CONNECTIONS.to_string());
    machine.ok(&["migrate"]);
    machine.ok(&["import", "sessions", &machine.file("sessions", &session_lines(1..=3))]);
    let server = Server::serve(&machine);
    let tokens: Vec<_> = (0..PEOPLE).map(|person| machine.token(&format!("person-{person}"))).collect();
    let register = async |session: u32| {
        let url = server.url(&format!("/v1/sessions/00000000-0000-0000-0000-{session:012}/registrations"));
        let key = format!("key-{session}");
        let asked = tokens.iter().map(|token| post(&url, token, &key, None));
        futures_util::future::join_all(asked).await.into_iter().map(Option::unwrap).collect::<Vec<_>>()
    };
    let registered = |answers: &[crate::support::Answer]| {
        answers.iter().filter(|answer| answer.body["status"] == "registered").count()
    };

    let answers = register(1).await;
    assert!(
        answers.iter().all(|answer| answer.status == 201),
        "{:?}",
        answers.iter().map(|a| a.status).collect::<Vec<_>>()
    );
    assert_eq!(registered(&answers), SEATS);

    pooler.restart(&cluster);
    let mut errors = 0;
    for _ in 0..CONNECTIONS * 3 {
        let answer = get(&server.url("/v1/live/sessions"), Some(&tokens[0])).await;
        errors += usize::from(answer.status != 200);
        assert!([200, 503].contains(&answer.status), "{}", answer.body);
    }
    assert!(errors <= CONNECTIONS, "{errors} errors");
    let answers = register(2).await;
    assert!(answers.iter().all(|answer| answer.status == 201));
    assert_eq!(registered(&answers), SEATS);
    assert_eq!(server.stop(), 0);
}
