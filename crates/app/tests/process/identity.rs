//! `live serve` and the issuers of its tokens.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{Machine, PATIENCE, SECRET, Server, get};
use crate::web::{Web, answer};

const SESSIONS: &str = "/v1/live/sessions";

/// A key pair of an issuer, and the id that it has in the set.
struct Key(EcdsaKeyPair, &'static str);

impl Key {
    fn new(kid: &'static str) -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(), kid)
    }

    fn jwk(&self) -> Value {
        let (x, y) = self.0.public_key().as_ref()[1..].split_at(32);
        let [x, y] = [x, y].map(|number| URL_SAFE_NO_PAD.encode(number));
        json!({"kty": "EC", "crv": "P-256", "kid": self.1, "use": "sig", "x": x, "y": y})
    }

    fn token(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let header = json!({"alg": "ES256", "kid": self.1}).to_string();
        let claims = json!({"sub": "ada", "exp": now + 600}).to_string();
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn set(keys: &[Value]) -> String {
    json!({ "keys": keys }).to_string()
}

fn machine() -> Machine {
    Machine::new().with("DATABASE_URL", "sqlite:some.db").with("RUST_LOG", "trace")
}

#[tokio::test(flavor = "multi_thread")]
async fn serves_by_the_keys_in_a_file_alone_and_beside_the_secret() {
    let key = Key::new("k");
    let machine = machine();
    let encrypting = json!({"kty": "RSA", "use": "enc", "n": "AQAB", "e": "AQAB"});
    let path = machine.file("keys.json", &set(&[encrypting, key.jwk()]));
    let mut machine = machine.with("LIVE_AUTH_JWKS", &path);
    let server = Server::serve(&machine);
    assert_eq!(get(&server.url(SESSIONS), Some(&key.token())).await.status, 200);
    assert_eq!(get(&server.url(SESSIONS), Some(&Key::new("k").token())).await.status, 401);
    assert_eq!(get(&server.url("/readyz"), None).await.status, 200);
    let warnings: Vec<_> = server.said.iter().filter(|line| line.starts_with("warning")).collect();
    assert_eq!(warnings, ["warning: LIVE_AUTH_JWKS: key 1 is not meant for verifying signatures; it is passed over"]);
    drop(server);
    machine = machine.with("LIVE_AUTH_HS256_SECRET", SECRET);
    for server in [Server::serve(&machine), Server::dev(&machine)] {
        assert_eq!(get(&server.url(SESSIONS), Some(&key.token())).await.status, 200);
        assert_eq!(get(&server.url(SESSIONS), Some(&machine.token("ada"))).await.status, 200);
    }
}

#[test]
fn a_file_without_a_key_to_use_exits_78_and_says_why() {
    for (text, expected) in [
        (set(&[]), "holds no key to verify tokens with"),
        (set(&[json!({"kty": "oct", "k": "c2VjcmV0"})]), "key 1 is a symmetric key"),
        ("nonsense".to_owned(), "is no JSON Web Key Set"),
    ] {
        for command in ["serve", "dev"] {
            let machine = machine();
            let path = machine.file("keys.json", &text);
            let said = machine.with("LIVE_AUTH_JWKS", &path).run(&[command, "--bind", "127.0.0.1:0"]);
            assert_eq!(said.code, 78, "{text}: {}", said.err);
            assert!(said.err.contains("LIVE_AUTH_JWKS") && said.err.contains(expected), "{}", said.err);
            assert!(!said.err.contains("c2VjcmV0"), "{}", said.err);
        }
    }
    let said = machine().with("LIVE_AUTH_JWKS", "/nowhere/keys.json").run(&["serve"]);
    assert_eq!(said.code, 78);
    assert!(said.err.contains("LIVE_AUTH_JWKS: /nowhere/keys.json cannot be read"), "{}", said.err);
}

/// A web server with a document that the test sets; none: an error.
fn publisher(document: Option<String>) -> (Web, Arc<Mutex<Option<String>>>) {
    let document = Arc::new(Mutex::new(document));
    let published = Arc::clone(&document);
    let web = Web::start(move |_| {
        let document = published.lock().unwrap().clone();
        document.map_or_else(|| answer("500 Internal Server Error", "{}"), |text| answer("200 OK", &text))
    });
    (web, document)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_of_keys_while_serving_loses_no_request() {
    let (old, new) = (Key::new("old"), Key::new("new"));
    let (issuer, document) = publisher(Some(set(&[old.jwk()])));
    let machine = machine().with("LIVE_AUTH_JWKS", &issuer.url("/keys"));
    let server = Server::serve(&machine);
    let url = server.url(SESSIONS);
    // The very first request waits for the keys.
    assert_eq!(get(&url, Some(&old.token())).await.status, 200);
    // A new key is published beside the old one before it signs, and the old one goes when its tokens are gone.
    *document.lock().unwrap() = Some(set(&[old.jwk(), new.jwk()]));
    for key in [&old, &new, &old, &new] {
        let (one, other) = (key.token(), key.token());
        let (one, other) = tokio::join!(get(&url, Some(&one)), get(&url, Some(&other)));
        assert_eq!((one.status, other.status), (200, 200), "{} {}", one.body, other.body);
    }
    assert_eq!(issuer.requests().len(), 2);
    assert!(issuer.requests().iter().all(|request| !request.to_lowercase().contains("authorization")));
    let stranger = get(&url, Some(&Key::new("stranger").token())).await;
    assert_eq!((stranger.status, stranger.body["error"].as_str()), (401, Some("invalid_token")));
    assert_eq!(issuer.requests().len(), 2);
}

/// Publishes the set over TLS. Its URL, and the certificate of the authority that vouches for it.
fn publish_by_tls(set: &str) -> (String, String) {
    let rcgen::CertifiedKey { cert, signing_key } = rcgen::generate_simple_self_signed(["localhost".into()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(vec![cert.der().clone()], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://localhost:{}/keys", listener.local_addr().unwrap().port());
    let answer = answer("200 OK", set);
    std::thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let connection = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = rustls::StreamOwned::new(connection, stream);
            // A client that does not trust us says so, and goes.
            let _refused = stream.read(&mut [0; 4_096]).and_then(|_| stream.write_all(answer.as_bytes()));
        }
    });
    (url, cert.pem())
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_by_tls_are_those_of_a_server_that_an_authority_vouches_for() {
    let key = Key::new("k");
    let (url, authority) = publish_by_tls(&set(&[key.jwk()]));
    let (_, stranger) = publish_by_tls("{}");
    for (authority, expected) in [(authority, 200), (stranger, 503)] {
        let machine = machine().with("LIVE_AUTH_JWKS", &url);
        let authority = machine.file("authority.pem", &authority);
        let machine = machine.with("SSL_CERT_FILE", &authority);
        let server = Server::serve(&machine);
        let answer = get(&server.url(SESSIONS), Some(&key.token())).await;
        assert_eq!(answer.status, expected, "{} {}", answer.body, server.rest());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn serves_before_its_keys_are_there_and_takes_tokens_once_they_are() {
    let key = Key::new("k");
    let (issuer, document) = publisher(None);
    let machine = machine().with("LIVE_AUTH_JWKS", &issuer.url("/keys"));
    let server = Server::serve(&machine);
    let url = server.url(SESSIONS);
    let answer = get(&url, Some(&key.token())).await;
    assert_eq!((answer.status, answer.body["error"].as_str()), (503, Some("unavailable")), "{}", answer.body);
    assert!(answer.headers.contains_key("retry-after"));
    assert_eq!(get(&url, None).await.status, 401);
    let ready = get(&server.url("/readyz"), None).await;
    assert_eq!((ready.status, ready.headers.contains_key("retry-after")), (503, true));
    assert_eq!(get(&server.url("/livez"), None).await.status, 200);
    *document.lock().unwrap() = Some(set(&[key.jwk()]));
    let begun = Instant::now();
    while get(&server.url("/readyz"), None).await.status != 200 {
        assert!(begun.elapsed() < PATIENCE, "the keys do not come");
    }
    assert_eq!(get(&url, Some(&key.token())).await.status, 200);
    // They stay in use when the issuer is gone.
    *document.lock().unwrap() = None;
    assert_eq!(get(&url, Some(&Key::new("other").token())).await.status, 401);
    assert_eq!(get(&url, Some(&key.token())).await.status, 200);
    assert_eq!(get(&server.url("/readyz"), None).await.status, 200);
}

const CLIENT_SECRET: &str = "the secret of the client that asks";

fn introspecting(machine: Machine, url: &str) -> Machine {
    let secret = machine.file("client-secret", &format!("{CLIENT_SECRET}\n"));
    machine
        .with("LIVE_AUTH_INTROSPECTION_URL", url)
        .with("LIVE_AUTH_INTROSPECTION_CLIENT_ID", "live")
        .with("LIVE_AUTH_INTROSPECTION_CLIENT_SECRET_FILE", &secret)
}

#[tokio::test(flavor = "multi_thread")]
async fn asks_the_issuer_about_every_token_where_nothing_else_is_set() {
    let (issuer, document) = publisher(Some(json!({"active": true, "client_id": "robot"}).to_string()));
    let machine = introspecting(machine(), &issuer.url("/introspect"));
    let server = Server::serve(&machine);
    let url = server.url(SESSIONS);
    assert_eq!(get(&server.url("/readyz"), None).await.status, 200);
    for token in ["opaque", &Key::new("k").token()] {
        assert_eq!(get(&url, Some(token)).await.status, 200);
    }
    assert_eq!(issuer.requests().len(), 2);
    *document.lock().unwrap() = Some(json!({"active": false}).to_string());
    let answer = get(&url, Some("unknown")).await;
    assert_eq!((answer.status, answer.body["message"].as_str()), (401, Some("the token is not active")));
    *document.lock().unwrap() = None;
    let answer = get(&url, Some("unknown")).await;
    assert_eq!((answer.status, answer.body["error"].as_str()), (503, Some("unavailable")));
    assert!(answer.headers.contains_key("retry-after"));
}

#[test]
fn half_of_what_introspection_needs_exits_78() {
    let machine =
        Machine::serving("sqlite:some.db").with("LIVE_AUTH_INTROSPECTION_URL", "https://id.example/introspect");
    for command in ["serve", "dev"] {
        let said = machine.run(&[command, "--bind", "127.0.0.1:0"]);
        assert_eq!(said.code, 78);
        assert!(said.err.contains("LIVE_AUTH_INTROSPECTION_CLIENT_ID is not set"), "{}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_token_and_no_secret_of_an_issuer_stands_in_a_log_or_an_answer() {
    let key = Key::new("k");
    let (issuer, document) = publisher(Some(set(&[key.jwk()])));
    let (endpoint, verdict) = publisher(Some(json!({"active": true, "sub": "ada"}).to_string()));
    let machine =
        machine().with("LIVE_AUTH_JWKS", &issuer.url("/keys?access=hunter2")).with("LIVE_AUTH_HS256_SECRET", SECRET);
    let machine = introspecting(machine, &endpoint.url("/introspect?access=hunter2"));
    let server = Server::serve(&machine);
    let tokens = [
        key.token(),
        Key::new("k").token(),
        Key::new("stranger").token(),
        machine.token("ada"),
        "an-opaque-token-that-nobody-must-see".to_owned(),
        "another-opaque-token-that-nobody-must-see".to_owned(),
    ];
    let mut answers = String::new();
    let verdicts = [r#"{"active":"hunter2"}"#, "hunter2", r#"{"active":false}"#, r#"{"active":true,"sub":"ada"}"#];
    for text in verdicts {
        *verdict.lock().unwrap() = Some(text.to_owned());
        for token in &tokens {
            answers += &get(&server.url(SESSIONS), Some(token)).await.body.to_string();
        }
        *document.lock().unwrap() = Some(r#"{"keys":"hunter2"}"#.to_owned());
    }
    let credentials =
        base64::engine::general_purpose::STANDARD.encode(format!("live:{}", CLIENT_SECRET.replace(' ', "+")));
    assert!(endpoint.requests()[0].contains(&credentials), "{}", endpoint.requests()[0]);
    let log = server.rest();
    assert!(log.contains("did not say whether the token is active"));
    for secret in tokens.iter().map(String::as_str).chain([SECRET, CLIENT_SECRET, &credentials, "hunter2"]) {
        // What is cut, or told of in pieces, is told all the same.
        let parts = secret.split('.').filter(|part| part.len() > 6);
        for part in parts.chain([secret]) {
            let line = log.lines().find(|line| line.contains(part));
            assert!(line.is_none() && !answers.contains(part), "{part}: {line:?}");
        }
    }
}
