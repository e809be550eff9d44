//! `live serve` behind an identity provider as others run it.

use std::collections::BTreeSet;

use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::identity_provider::{CLIENT_SECRET, IdentityProvider, Issuer};
use crate::support::{Answer, Machine, PATIENCE, Server, get, post};

const SESSIONS: &str = "/v1/live/sessions";
const JWT: &str = "urn:live:jwt";
const OPAQUE: &str = "urn:live:opaque";
const WRITE: &str = "write:live";

/// A machine whose service takes the provider's tokens for `urn:live`, of both forms.
fn machine(provider: &IdentityProvider) -> Machine {
    let machine = Machine::new();
    let secret = machine.file("client-secret", CLIENT_SECRET);
    machine
        .with("DATABASE_URL", "sqlite:some.db")
        .with("LIVE_DRAIN_MS", "0")
        .with("LIVE_AUTH_JWKS", &provider.issuer.url("/jwks"))
        .with("LIVE_AUTH_ISSUER", &provider.issuer.0)
        .with("LIVE_AUTH_AUDIENCE", "urn:live")
        .with("LIVE_AUTH_INTROSPECTION_URL", &provider.issuer.url("/token/introspection"))
        .with("LIVE_AUTH_INTROSPECTION_CLIENT_ID", "live")
        .with("LIVE_AUTH_INTROSPECTION_CLIENT_SECRET_FILE", &secret)
}

async fn create(server: &Server, token: &str) -> Answer {
    let session = json!({
        "host_id": "ada", "brand_id": "acme", "title": "Hello", "scheduled_at": "2030-01-01T00:00:00Z", "max_participants": 1
    });
    // Each token is another one: so is its key.
    let key = blake3::hash(token.as_bytes()).to_string();
    post(&server.url("/v1/sessions"), token, &key, Some(&session)).await.unwrap()
}

fn outcome(answer: &Answer) -> (u16, Option<&str>) {
    (answer.status, answer.body["error"].as_str())
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_takes_the_tokens_of_a_real_identity_provider() {
    let provider = IdentityProvider::start();
    let machine = machine(&provider);
    let server = Server::serve(&machine);
    for resource in [JWT, OPAQUE] {
        let token = provider.issuer.token(resource, WRITE).await;
        assert_eq!(token.split('.').count() == 3, resource == JWT, "{resource}");
        let created = create(&server, &token).await;
        assert_eq!(outcome(&created), (201, None), "{resource}: {}", created.body);
        assert_eq!(created.body["host_id"], "ada");
        let reader = provider.issuer.token(resource, "").await;
        assert_eq!(outcome(&get(&server.url(SESSIONS), Some(&reader)).await), (200, None), "{resource}");
        assert_eq!(outcome(&create(&server, &reader).await), (403, Some("insufficient_scope")), "{resource}");
    }
    // A token for another service, one of another issuer, and one that was revoked.
    let other = provider.issuer.token("urn:other", "").await;
    let stranger = IdentityProvider::start();
    let revoked = provider.issuer.token(OPAQUE, WRITE).await;
    provider.issuer.revoke(&revoked).await;
    for token in [other, stranger.issuer.token(JWT, WRITE).await, stranger.issuer.token(OPAQUE, WRITE).await, revoked] {
        let answer = get(&server.url(SESSIONS), Some(&token)).await;
        assert_eq!(outcome(&answer), (401, Some("invalid_token")), "{}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_checks_the_issuer_and_the_audience_of_both_forms() {
    let provider = IdentityProvider::start();
    for (name, value) in [("LIVE_AUTH_ISSUER", "http://127.0.0.1"), ("LIVE_AUTH_AUDIENCE", "urn:live:jwt")] {
        let machine = machine(&provider).with(name, value);
        let server = Server::serve(&machine);
        for resource in [JWT, OPAQUE] {
            let answer = get(&server.url(SESSIONS), Some(&provider.issuer.token(resource, WRITE).await)).await;
            assert_eq!(outcome(&answer), (401, Some("invalid_token")), "{name} {resource}: {}", answer.body);
        }
    }
}

/// Requests without a pause, each with a token that was just issued, until nobody listens any more.
async fn ask(issuer: Issuer, url: String, resource: &str, answered: UnboundedSender<Option<String>>) {
    loop {
        let token = issuer.token(resource, "").await;
        let answer = get(&url, Some(&token)).await;
        assert_eq!(outcome(&answer), (200, None), "{}", answer.body);
        if answered.send(kid(&token)).is_err() {
            return;
        }
    }
}

/// The id of the key that signed a token; an opaque one has none.
fn kid(token: &str) -> Option<String> {
    jsonwebtoken::decode_header(token).ok()?.kid
}

/// What is heard of a stream of requests.
struct Stream {
    answered: UnboundedReceiver<Option<String>>,
    kids: BTreeSet<String>,
    count: usize,
}

impl Stream {
    /// Waits for further requests, begun and ended since.
    async fn goes_on(&mut self) {
        while let Ok(kid) = self.answered.try_recv() {
            self.heard(kid);
        }
        for _ in 0..40 {
            let heard = tokio::time::timeout(PATIENCE, self.answered.recv()).await.expect("no request is answered");
            // None is left: how one of them failed is its own to say.
            let Some(kid) = heard else { return };
            self.heard(kid);
        }
    }

    fn heard(&mut self, kid: Option<String>) {
        self.kids.extend(kid);
        self.count += 1;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn acceptance_loses_no_request_while_a_real_identity_provider_rotates_its_keys() {
    let mut provider = IdentityProvider::start();
    let machine = machine(&provider);
    let server = Server::serve(&machine);
    let url = server.url(SESSIONS);
    let (sender, answered) = unbounded_channel();
    let mut stream = Stream { answered, kids: BTreeSet::new(), count: 0 };
    let requests = [JWT, JWT, JWT, OPAQUE]
        .map(|resource| tokio::spawn(ask(provider.issuer.clone(), url.clone(), resource, sender.clone())));
    drop(sender);
    stream.goes_on().await;
    let last_of_old = provider.issuer.token(JWT, "").await;
    let opaque = provider.issuer.token(OPAQUE, "").await;
    // Published before it signs; then it signs; then the one before it goes.
    for keys in ["old new", "new old", "new"] {
        provider.use_keys(keys);
        stream.goes_on().await;
        // A token outlives its key's turn to sign.
        for token in [&last_of_old, &opaque] {
            assert_eq!(outcome(&get(&url, Some(token)).await), (200, None), "{keys}");
        }
    }
    let Stream { answered, kids, count } = stream;
    drop(answered);
    for request in requests {
        request.await.unwrap();
    }
    assert_eq!(Vec::from_iter(kids), ["new", "old"]);
    println!("{count} requests while the keys were rotated, all of them answered with 200");
    // Keys stay in use when the provider is gone.
    let last = provider.issuer.token(JWT, "").await;
    drop(provider);
    assert_eq!(outcome(&get(&url, Some(&last)).await), (200, None));
}
