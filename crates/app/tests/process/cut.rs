//! The connection to Postgres is cut after each message of a write, and the request is sent again with its key.

use live_adapters::test_support::PgDatabase;
use serde_json::{Value, json};

use crate::message_proxy::MessageProxy;
use crate::support::{Answer, Machine, Server, get, post, session_lines};

/// More than any of the writes has; a bound for the test itself.
const MESSAGES: i64 = 500;

struct Scene {
    _database: PgDatabase,
    proxy: MessageProxy,
    machine: Machine,
    token: String,
}

/// How a service comes to its connection.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Connection {
    /// Each request is the first of a service: the messages of connecting count as well.
    Cold,
    /// It has done the same before.
    Warm,
}

impl Scene {
    async fn new() -> Self {
        let database = PgDatabase::create().await;
        let proxy = MessageProxy::to(database.url_text()).await;
        let machine =
            Machine::serving(proxy.url()).with("LIVE_DB_POOL_SIZE", "1").with("LIVE_MIGRATE_ON_START", "false");
        let token = machine.host_token("ada");
        Self { _database: database, proxy, machine, token }
    }

    async fn create(&self, server: &Server, title: &str, key: &str) -> Option<Answer> {
        let session = json!({"host_id": "ada", "brand_id": "acme", "title": title,
            "scheduled_at": "2099-01-01T00:00:00Z", "max_participants": 5});
        post(&server.url("/v1/sessions"), &self.token, key, Some(&session)).await
    }

    async fn register(&self, server: &Server, session: &str, key: &str) -> Option<Answer> {
        let path = format!("/v1/sessions/{session}/registrations");
        post(&server.url(&path), &self.token, key, None).await
    }

    fn exported(&self, what: &str) -> Vec<Value> {
        self.machine.ok(&["export", what]).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Cuts after the first message, then after the second, and so on until the write is over before the cut. Returns
    /// after how many.
    async fn cut_after_each_message(
        &self,
        connection: Connection,
        write: impl AsyncFn(&Server, i64, &str) -> Option<Answer>,
    ) -> i64 {
        let mut server = Server::serve(&self.machine);
        for message in 1..MESSAGES {
            match connection {
                Connection::Cold => server = Server::serve(&self.machine),
                Connection::Warm => {
                    sent_again(async || write(&server, -message, &format!("warm-{message}")).await).await;
                }
            }
            self.proxy.cut_after(message);
            let key = format!("key-{message}");
            let first = write(&server, message, &key).await.expect("the service itself stays");
            let was_cut = self.proxy.disarm();
            let again = sent_again(async || write(&server, message, &key).await).await;
            assert_eq!(again.status, 201, "after message {message}: {}", again.body);
            if first.status == 201 {
                assert_eq!(again.body, first.body, "after message {message}");
                assert_eq!(again.headers["idempotent-replayed"], "true");
            } else {
                assert!(was_cut && first.status == 503, "after message {message}: {} {}", first.status, first.body);
            }
            if !was_cut {
                return message;
            }
        }
        panic!("the write has no end");
    }
}

/// Sends a request again until it is answered: the first may still meet a connection that died unseen.
async fn sent_again(send: impl AsyncFn() -> Option<Answer>) -> Answer {
    for _ in 0..3 {
        let answer = send().await.expect("the service itself stays");
        if answer.status != 503 {
            return answer;
        }
    }
    panic!("the service does not come back");
}

async fn creates(connection: Connection) -> i64 {
    let scene = Scene::new().await;
    let title = |message: i64| format!("Cut {message}");
    let write = async |server: &Server, message: i64, key: &str| scene.create(server, &title(message), key).await;
    let messages = scene.cut_after_each_message(connection, write).await;
    let sessions = scene.exported("sessions");
    for message in 1..=messages {
        let count = sessions.iter().filter(|session| session["title"] == title(message)).count();
        assert_eq!(count, 1, "after message {message}");
    }
    messages
}

async fn registers(connection: Connection) -> i64 {
    let scene = Scene::new().await;
    // One session for each message, and one for the write before it.
    let number = |message: i64| u32::try_from(2 * message.abs() + i64::from(message > 0)).unwrap();
    let lines = session_lines(1..=number(MESSAGES));
    scene.machine.ok(&["import", "sessions", &scene.machine.file("sessions", &lines)]);
    let id = |message| format!("00000000-0000-0000-0000-{:012}", number(message));
    let write = async |server: &Server, message: i64, key: &str| scene.register(server, &id(message), key).await;
    let messages = scene.cut_after_each_message(connection, write).await;
    let (registrations, server) = (scene.exported("registrations"), Server::serve(&scene.machine));
    for message in 1..=messages {
        let count = registrations.iter().filter(|registration| registration["session_id"] == id(message)).count();
        let path = format!("/v1/sessions/{}", id(message));
        let session = get(&server.url(&path), Some(&scene.token)).await.body;
        assert_eq!((count, &session["registered_count"]), (1, &json!(1)), "after message {message}");
    }
    messages
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_is_cut_and_sent_again_creates_once() {
    assert!(creates(Connection::Warm).await > 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_that_is_cut_while_connecting_creates_once() {
    assert!(creates(Connection::Cold).await > 20, "connecting takes messages, too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_that_is_cut_and_sent_again_registers_once() {
    assert!(registers(Connection::Warm).await > 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_register_that_is_cut_while_connecting_registers_once() {
    assert!(registers(Connection::Cold).await > 20, "connecting takes messages, too");
}
