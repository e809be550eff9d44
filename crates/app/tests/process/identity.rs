//! `live serve` and the issuers of its tokens.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::support::{Machine, SECRET, Server, get};

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
    assert!(!server.rest().contains(&key.token()[..40]));
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
