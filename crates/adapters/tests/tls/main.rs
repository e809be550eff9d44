//! `sslmode` and what goes with it, with the meanings of libpq: each mode against good and bad certificates.
#![expect(clippy::unwrap_used, reason = "a failed expectation is a failed test")]

mod authority;

use std::path::PathBuf;

use live_adapters::causes::chain;
use live_adapters::test_support::{PgCluster, SETTINGS};
use live_adapters::{OpenError, open};

use self::authority::{Authority, Identity, self_signed};

/// Whom the server lets in how.
const RULES: &str = "
    hostssl   all tls_only   all trust
    hostssl   all plain_only all reject
    hostnossl all tls_only   all reject
    hostnossl all plain_only all trust
    hostssl   all certified  all cert
    host      all bound      all scram-sha-256
    host      all all        all trust
    local     all all            trust
";

/// A server that speaks TLS.
struct Scene {
    cluster: PgCluster,
    folder: tempfile::TempDir,
    cases: u32,
}

impl Scene {
    async fn with(identity: &Identity) -> Self {
        let cluster = PgCluster::start(&[]).await;
        let client = cluster.connect().await;
        let roles = "CREATE ROLE tls_only LOGIN; CREATE ROLE plain_only LOGIN; CREATE ROLE certified LOGIN; \
                     CREATE ROLE bound LOGIN PASSWORD 'hunter2'";
        client.batch_execute(roles).await.unwrap();
        let mut scene = Self { cluster, folder: tempfile::tempdir().unwrap(), cases: 0 };
        scene.present(identity, &[]);
        scene
    }

    /// Starts the server again with that certificate.
    fn present(&mut self, identity: &Identity, more: &[&str]) {
        let certificate = self.cluster.file("server.crt", &identity.certificate);
        let key = self.cluster.file("server.key", &identity.key);
        let rules = self.cluster.file("rules", RULES);
        let settings = [
            "ssl=on".to_owned(),
            format!("ssl_cert_file={}", certificate.display()),
            format!("ssl_key_file={}", key.display()),
            format!("hba_file={}", rules.display()),
        ];
        let settings = settings.iter().map(String::as_str).chain(more.iter().copied());
        self.cluster.restart(&settings.collect::<Vec<_>>());
    }

    /// A file of the client's.
    fn file(&self, name: &str, content: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Connects as that user and with these parameters: whether the connection is encrypted, or why there is none.
    async fn connect(&mut self, user: &str, parameters: &str) -> Result<bool, String> {
        self.cases += 1;
        let name = format!("case-{}", self.cases);
        let port = self.cluster.address().rsplit_once(':').unwrap().1.to_owned();
        let url = format!(
            "postgres://{user}@localhost:{port}/postgres?hostaddr=127.0.0.1&application_name={name}&{parameters}"
        );
        let store = open(&url.parse().map_err(|error| format!("{error}"))?, SETTINGS).map_err(|error| {
            assert!(matches!(error, OpenError::Setting(_)), "{error}");
            error.to_string()
        })?;
        store.health.schema_state().await.map_err(|error| chain(&error))?;
        let ask = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = $1";
        Ok(self.cluster.connect().await.query_one(ask, &[&name]).await.unwrap().get(0))
    }
}

const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
const STRANGER: &str = "not from an authority that is trusted: name the file";
const EXPIRED: &str = "has expired: renew it";
const OTHER_NAME: &str = "is not for localhost, but for other.example";

/// What each mode makes of a certificate, in the order of `MODES`: encrypted, plain, or refused for that reason.
type Expected = [Result<bool, &'static str>; 6];

async fn check(scene: &mut Scene, roots: &str, expected: Expected) {
    for (mode, expected) in MODES.into_iter().zip(expected) {
        let found = scene.connect("postgres", &format!("sslmode={mode}{roots}")).await;
        match (&found, expected) {
            (Ok(encrypted), Ok(expected)) if *encrypted == expected => {}
            (Err(error), Err(part)) if error.contains(part) => {}
            _ => panic!("sslmode={mode}{roots}: {found:?}, not {expected:?}"),
        }
    }
}

#[tokio::test]
async fn each_mode_takes_and_refuses_the_certificates_that_libpq_does() {
    let authority = Authority::new();
    let mut scene = Scene::with(&authority.for_name("localhost")).await;
    let path = scene.file("root.crt", &authority.certificate);
    let roots = format!("&sslrootcert={}", path.display());
    let nothing_named = "name the file with its certificate (sslrootcert=PATH)";

    for (identity, known) in [
        (authority.for_name("localhost"), [Ok(false), Ok(false), Ok(true), Ok(true), Ok(true), Ok(true)]),
        (self_signed("localhost"), [Ok(false), Ok(false), Ok(false), Err(STRANGER), Err(STRANGER), Err(STRANGER)]),
        (authority.for_name("other.example"), [Ok(false), Ok(false), Ok(true), Ok(true), Ok(true), Err(OTHER_NAME)]),
        (authority.expired("localhost"), [Ok(false), Ok(false), Ok(false), Err(EXPIRED), Err(EXPIRED), Err(EXPIRED)]),
    ] {
        scene.present(&identity, &[]);
        check(&mut scene, &roots, known).await;
        let unknown = [Ok(false), Ok(false), Ok(true), Ok(true), Err(nothing_named), Err(nothing_named)];
        check(&mut scene, "", unknown).await;
    }
}

#[tokio::test]
async fn a_certificate_may_be_trusted_itself() {
    let identity = self_signed("localhost");
    let mut scene = Scene::with(&identity).await;
    let path = scene.file("root.crt", &identity.certificate);
    let parameters = format!("sslmode=verify-full&sslrootcert={}", path.display());
    assert_eq!(scene.connect("postgres", &parameters).await, Ok(true));
}

#[tokio::test]
async fn a_server_without_tls_is_used_where_that_is_allowed() {
    let authority = Authority::new();
    let mut scene = Scene::with(&authority.for_name("localhost")).await;
    scene.cluster.restart(&["ssl=off"]);
    let path = scene.file("root.crt", &authority.certificate);
    let no_tls = Err("the server has no TLS: turn it on there (ssl = on)");
    check(
        &mut scene,
        &format!("&sslrootcert={}", path.display()),
        [Ok(false), Ok(false), Ok(false), no_tls, no_tls, no_tls],
    )
    .await;
}

#[tokio::test]
async fn the_rules_of_the_server_decide_where_the_client_does_not_mind() {
    let mut scene = Scene::with(&self_signed("localhost")).await;
    assert_eq!(scene.connect("tls_only", "sslmode=allow").await, Ok(true));
    assert_eq!(scene.connect("tls_only", "sslmode=prefer").await, Ok(true));
    assert_eq!(scene.connect("plain_only", "sslmode=allow").await, Ok(false));
    assert_eq!(scene.connect("plain_only", "").await, Ok(false));
    let refused = scene.connect("plain_only", "sslmode=require").await.unwrap_err();
    assert!(refused.contains("pg_hba.conf"), "{refused}");
    let refused = scene.connect("tls_only", "sslmode=disable").await.unwrap_err();
    assert!(refused.contains("pg_hba.conf"), "{refused}");
}

#[tokio::test]
async fn a_password_is_bound_to_the_certificate_of_the_server() {
    let mut scene = Scene::with(&self_signed("localhost")).await;
    let bound = "password=hunter2&channel_binding=require";
    assert_eq!(scene.connect("bound", &format!("{bound}&sslmode=require")).await, Ok(true));
    let refused = scene.connect("bound", &format!("{bound}&sslmode=disable")).await.unwrap_err();
    assert!(refused.contains("channel binding") && !refused.contains("hunter2"), "{refused}");
    let refused = scene.connect("bound", "password=hunter3").await.unwrap_err();
    assert!(refused.contains("password authentication failed") && !refused.contains("hunter3"), "{refused}");
    assert_eq!(refused.matches("password authentication failed").count(), 1, "it was tried again: {refused}");
}

#[tokio::test]
async fn a_client_is_known_by_its_certificate() {
    let authority = Authority::new();
    let identity = authority.for_name("localhost");
    let mut scene = Scene::with(&identity).await;
    let known = scene.cluster.file("clients.crt", &authority.certificate);
    scene.present(&identity, &[&format!("ssl_ca_file={}", known.display())]);
    let client = authority.for_user("certified");
    let (chain, key) = (scene.file("client.crt", &client.certificate), scene.file("client.key", &client.key));
    let parameters = format!("sslmode=require&sslcert={}&sslkey={}", chain.display(), key.display());
    assert_eq!(scene.connect("certified", &parameters).await, Ok(true));
    let refused = scene.connect("certified", "sslmode=require").await.unwrap_err();
    assert!(refused.contains("client certificate"), "{refused}");
}

#[tokio::test]
async fn what_cannot_be_read_is_told_before_anything_is_connected_to() {
    let folder = tempfile::tempdir().unwrap();
    let empty = folder.path().join("empty.crt");
    std::fs::write(&empty, "no certificate").unwrap();
    for (parameters, expected) in [
        ("sslrootcert=/nowhere/root.crt".to_owned(), "sslrootcert: /nowhere/root.crt cannot be read: "),
        (format!("sslrootcert={}", empty.display()), "holds no certificate in PEM form"),
        ("sslcert=/nowhere/a.crt&sslkey=/nowhere/a.key".to_owned(), "sslkey: /nowhere/a.key cannot be read: "),
        ("passfile=/nowhere/pgpass".to_owned(), "passfile: /nowhere/pgpass cannot be read: "),
        ("sslmode=verify-full".to_owned(), "need an authority"),
    ] {
        let url = format!("postgres://live@127.0.0.1:1/live?{parameters}").parse().unwrap();
        let Err(OpenError::Setting(error)) = open(&url, SETTINGS) else { panic!("{parameters} is taken") };
        assert!(error.contains(expected), "{error}");
    }
}
