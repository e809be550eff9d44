//! An address that names several servers, and other ways to find one.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use live_adapters::causes::chain;
use live_adapters::test_support::{PgCluster, SETTINGS, free_port};
use live_adapters::{Store, StoreSettings, open};
use tokio::net::TcpListener;

/// Connects through an address of that text, and says which of the servers took the connection, or why none did.
async fn taken_by(servers: &[&PgCluster], text: &str, settings: StoreSettings) -> Result<usize, String> {
    let store = open(&text.parse().unwrap(), settings).unwrap();
    store.health.schema_state().await.map_err(|error| chain(&error))?;
    for (index, server) in servers.iter().enumerate() {
        let ask = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'live'";
        if server.connect().await.query_one(ask, &[]).await.unwrap().get::<_, i64>(0) > 0 {
            closed(store, server).await;
            return Ok(index);
        }
    }
    Err("none of the servers knows of it".to_owned())
}

/// Waits until nothing of the store is left on the server, so that the next is not taken for it.
async fn closed(store: Store, server: &PgCluster) {
    drop(store);
    let client = server.connect().await;
    let ask = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'live'";
    let begun = Instant::now();
    while client.query_one(ask, &[]).await.unwrap().get::<_, i64>(0) > 0 {
        assert!(begun.elapsed() < Duration::from_mins(1), "its connections stay");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_kind_that_is_asked_for_is_found_wherever_it_stands() {
    let writable = PgCluster::start(&[]).await;
    let standby = writable.standby().await;
    let read_only = PgCluster::start(&["default_transaction_read_only=on"]).await;
    let servers = [&read_only, &standby, &writable];
    let hosts = servers.map(PgCluster::address).join(",");
    for (wanted, expected) in
        [("any", 0), ("read-only", 0), ("primary", 0), ("standby", 1), ("prefer-standby", 1), ("read-write", 2)]
    {
        let text = format!("postgres://postgres@{hosts}/postgres?target_session_attrs={wanted}");
        assert_eq!(taken_by(&servers, &text, SETTINGS).await, Ok(expected), "{wanted}");
    }
    let text = format!("postgres://postgres@{}/postgres?target_session_attrs=", writable.address());
    assert_eq!(taken_by(&[&writable], &(text.clone() + "prefer-standby"), SETTINGS).await, Ok(0));
    let refused = taken_by(&[&writable], &(text + "standby"), SETTINGS).await.unwrap_err();
    assert!(refused.contains("the server is not a standby"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_swallows_every_packet_leaves_time_for_the_next() {
    let server = PgCluster::start(&[]).await;
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let text = format!("postgres://postgres@{},{}/postgres", silent.local_addr().unwrap(), server.address());
    let settings = StoreSettings { timeout: Duration::from_secs(6), ..SETTINGS };
    assert_eq!(taken_by(&[&server], &text, settings).await, Ok(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_host_is_named_with_what_it_answered() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (silent, silence) = (TcpListener::bind(silent).await.unwrap(), silent.port());
    let closed = free_port();
    let text = format!(
        "postgres://live:hunter2@127.0.0.1:{closed},nowhere.invalid:5432,127.0.0.1:{silence}/live?connect_timeout=1"
    );
    let begun = Instant::now();
    let refused = taken_by(&[], &text, SETTINGS).await.unwrap_err();
    drop(silent);
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    for part in [
        format!("host 127.0.0.1, port {closed}: it cannot be reached: Connection refused"),
        "host nowhere.invalid, port 5432: the name cannot be resolved: ".to_owned(),
        format!("host 127.0.0.1, port {silence}: it did not answer within 1000 ms"),
    ] {
        assert!(refused.contains(&part), "{refused}");
    }
    assert!(!refused.contains("hunter2"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_server_refuses_for_good_no_other_is_asked() {
    let servers = [PgCluster::start(&[]).await, PgCluster::start(&[]).await];
    let hosts = servers.each_ref().map(PgCluster::address).join(",");
    for (user, database, expected) in [
        ("nobody", "postgres", "role \"nobody\" does not exist"),
        ("postgres", "nothing", "database \"nothing\" does not exist"),
    ] {
        let refused = taken_by(&[], &format!("postgres://{user}@{hosts}/{database}"), SETTINGS).await.unwrap_err();
        assert_eq!(refused.matches(expected).count(), 1, "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_found_by_its_socket_and_by_an_address_beside_its_name() {
    let server = PgCluster::start(&[]).await;
    let (_, port) = server.address().split_once(':').map(|(host, port)| (host.to_owned(), port.to_owned())).unwrap();
    let folder = server.folder().display();
    for text in [
        // Nobody listens to a socket of the machine: it has no TLS, and none is asked for.
        format!("postgres://?host={folder}&port={port}&user=postgres&dbname=postgres&sslmode=require"),
        format!("postgres://postgres@nowhere.invalid:{port}/postgres?hostaddr=127.0.0.1"),
    ] {
        assert_eq!(taken_by(&[&server], &text, SETTINGS).await, Ok(0), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_taken_from_a_file_that_only_its_owner_may_read() {
    let mut server = PgCluster::start(&[]).await;
    server.connect().await.batch_execute("CREATE ROLE live LOGIN PASSWORD 'hunter2'").await.unwrap();
    let rules = server.file("rules", "host all live all scram-sha-256\nhost all all all trust\n");
    server.restart(&[&format!("hba_file={}", rules.display())]);
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), format!("{}:postgres:live:hunter2\n", server.address())).unwrap();
    let text = format!("postgres://live@{}/postgres?passfile={}", server.address(), file.path().display());
    assert_eq!(taken_by(&[&server], &text, SETTINGS).await, Ok(0));
    std::fs::set_permissions(file.path(), PermissionsExt::from_mode(0o644)).unwrap();
    let refused = taken_by(&[&server], &text, SETTINGS).await.unwrap_err();
    assert!(refused.contains("asks for a password"), "{refused}");
}
