//! Databases to test on: each is one's own, and goes when it is dropped.
//!
//! Postgres is the one that `TEST_DATABASE_URL` names; its user must be allowed to create databases.
//!
//! # Panics
//!
//! What cannot be set up panics: the test has failed, and says why.
#![expect(
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test that cannot set up what it needs has failed"
)]

mod cluster;

use std::path::{Path, PathBuf};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, SqliteConnection};
use tempfile::TempDir;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

use crate::postgres::PgSessionRepository;
use crate::sqlite::SqliteSessionRepository;
use crate::{DatabaseUrl, Migrations, StoreReading, StoreSettings, StoreUsage};

pub use cluster::{PgCluster, free_port};

/// What a test that needs Postgres says without one.
const NO_POSTGRES: &str = "TEST_DATABASE_URL is not set: run `cargo xtask test`, which starts a throwaway Postgres";

/// Settings with which no test waits for ever, and none fails because the machine is slow.
pub const SETTINGS: StoreSettings = StoreSettings { pool_size: 8, timeout: Duration::from_mins(1), threads: 1 };

/// Whether acceptance tests run in their full size: `TEST_SIZE=full`. By default they are `small`.
#[must_use]
pub fn is_full_size() -> bool {
    match variable("TEST_SIZE").as_deref() {
        None | Some("small") => false,
        Some("full") => true,
        Some(other) => panic!("TEST_SIZE must be small or full, not {other}"),
    }
}

/// How many connections requests have, and how many of them are in use.
#[must_use]
pub fn pool_usage(store: &dyn StoreUsage) -> (usize, usize) {
    let StoreReading { pool_open, pool_idle, .. } = store.reading();
    (pool_open, pool_open - pool_idle)
}

#[expect(clippy::disallowed_methods, reason = "tests have no settings but these")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A Postgres database of one's own.
#[derive(Debug)]
pub struct PgDatabase {
    server: tokio_postgres::Config,
    name: String,
    url: String,
}

impl PgDatabase {
    /// A database with the whole schema.
    pub async fn create() -> Self {
        let database = Self::create_empty().await;
        database.store().run().await.expect("the migrations run");
        database
    }

    /// A database with nothing in it.
    pub async fn create_empty() -> Self {
        let server_url = variable("TEST_DATABASE_URL").expect(NO_POSTGRES);
        let server: tokio_postgres::Config =
            server_url.parse().expect("TEST_DATABASE_URL is the address of a Postgres");
        let name = format!("live_test_{}", Uuid::new_v4().simple());
        let url = beside(&server_url, &name);
        // A template nobody is connected to, and a locale that every server has.
        let create = format!("CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C'");
        execute(&server, &create).await;
        Self { server, name, url }
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> DatabaseUrl {
        self.url.parse().expect("a good address")
    }

    /// Its address as text, with the password in it.
    #[must_use]
    pub fn url_text(&self) -> &str {
        &self.url
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A store on it.
    #[must_use]
    pub fn store(&self) -> PgSessionRepository {
        self.store_with(SETTINGS)
    }

    /// A store on it, with these settings.
    #[must_use]
    pub fn store_with(&self, settings: StoreSettings) -> PgSessionRepository {
        let url = self.url.parse().expect("a good address");
        PgSessionRepository::new(&url, settings).expect("a pool")
    }

    /// A connection to it for statements of the test.
    pub async fn connect(&self) -> Client {
        connect(self.server.clone().dbname(&self.name)).await
    }
}

/// The address of another database of the same server.
fn beside(server: &str, name: &str) -> String {
    let (start, query) =
        server.split_once('?').map_or((server, String::new()), |(start, query)| (start, format!("?{query}")));
    let authority = start.find("://").map_or(0, |scheme| scheme + 3);
    let host = start[authority..].find('/').map_or(start, |path| &start[..authority + path]);
    format!("{host}/{name}{query}")
}

async fn connect(config: &tokio_postgres::Config) -> Client {
    let (client, connection) = config.connect(NoTls).await.expect("the test's Postgres can be reached");
    tokio::spawn(async move {
        // It ends with its client, or when the test cuts it.
        drop(connection.await);
    });
    client
}

async fn execute(server: &tokio_postgres::Config, statement: &str) {
    connect(server).await.batch_execute(statement).await.expect("the test's user may create databases");
}

impl Drop for PgDatabase {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // On a thread of its own: the test's runtime cannot be waited for from within.
        let drop_database = move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(execute(&server, &format!("DROP DATABASE {name} WITH (FORCE)")));
        };
        // When the server is gone, so is the database.
        drop(std::thread::spawn(drop_database).join());
    }
}

/// A SQLite file of one's own.
#[derive(Debug)]
pub struct SqliteFile {
    path: PathBuf,
    _folder: TempDir,
}

impl SqliteFile {
    /// A file with the whole schema.
    pub async fn create() -> Self {
        let file = Self::create_empty();
        file.store().run().await.expect("the migrations run");
        file
    }

    /// A path where no file is yet.
    #[must_use]
    pub fn create_empty() -> Self {
        let folder = TempDir::new().expect("a folder");
        Self { path: folder.path().join("live.db"), _folder: folder }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Its address.
    #[must_use]
    pub fn url(&self) -> DatabaseUrl {
        DatabaseUrl::Sqlite(self.path.clone())
    }

    /// Runs statements of the test on it.
    pub fn execute(&self, statements: &str) {
        let path = self.path.to_str().expect("a path in UTF-8");
        let mut connection = SqliteConnection::establish(path).expect("the file can be opened");
        connection.batch_execute(statements).expect("the statements are good");
    }

    /// A store on it.
    #[must_use]
    pub fn store(&self) -> SqliteSessionRepository {
        self.store_with(SETTINGS)
    }

    /// A store on it, with these settings.
    #[must_use]
    pub fn store_with(&self, settings: StoreSettings) -> SqliteSessionRepository {
        SqliteSessionRepository::new(&self.path, settings).expect("a pool")
    }
}
