//! **key URL**: when keys are fetched, who waits for them, and what holds while they do not come.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use live_app::auth::{
    ClaimRules, JwtVerifier, KeySource, KeyUrl, OutboundError, PublicKeys, RemoteKeys, TokenVerifier,
};
use live_app::metrics::Tally;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep, timeout};

use crate::issuer::{ED, P256, P384, RSA, SECRET, SigningKey, TestClock, base64url, claims, outcome, secret, set};
use crate::web::{Web, answer};

const SIGNATURE: &str = "the signature is not valid";

/// An issuer whose answer the test sets, and which remembers when it was asked.
pub(crate) struct Issuer {
    begun: Instant,
    answer: Mutex<Option<String>>,
    takes: Mutex<Duration>,
    asked: Mutex<Vec<u64>>,
}

impl Issuer {
    pub(crate) fn new(answer: Option<String>) -> Arc<Self> {
        let (answer, takes) = (Mutex::new(answer), Mutex::default());
        Arc::new(Self { begun: Instant::now(), answer, takes, asked: Mutex::default() })
    }

    /// What it answers from now on; nothing: an error.
    pub(crate) fn answers(&self, answer: Option<String>) {
        *self.answer.lock().expect("no panic") = answer;
    }

    fn takes(&self, time: Duration) {
        *self.takes.lock().expect("no panic") = time;
    }

    /// The seconds at which it was asked.
    fn asked(&self) -> Vec<u64> {
        self.asked.lock().expect("no panic").clone()
    }
}

#[async_trait]
impl KeySource for Issuer {
    async fn fetch(&self) -> Result<Vec<u8>, OutboundError> {
        self.asked.lock().expect("no panic").push(self.begun.elapsed().as_secs());
        let takes = *self.takes.lock().expect("no panic");
        sleep(takes).await;
        let answer = self.answer.lock().expect("no panic").clone();
        answer.map(String::into_bytes).ok_or(OutboundError::Status(StatusCode::BAD_GATEWAY))
    }
}

fn by(issuer: &Arc<Issuer>) -> JwtVerifier {
    let issuer: Arc<dyn KeySource> = Arc::<Issuer>::clone(issuer);
    let keys = PublicKeys::Remote(RemoteKeys::start(issuer, Tally::default()));
    JwtVerifier::new(Some(&secret()), Some(keys), ClaimRules::default(), TestClock::new(), Tally::default())
}

fn named(key: &SigningKey, kid: &str) -> Value {
    key.jwk(&json!({ "kid": kid }))
}

fn token(kid: &str) -> String {
    P256.token(&json!({"alg": "ES256", "kid": kid}))
}

#[tokio::test(start_paused = true)]
async fn key_url_that_never_answered_makes_tokens_unavailable_until_it_does() {
    let issuer = Issuer::new(None);
    let verifier = by(&issuer);
    assert_eq!(outcome(&verifier, &token("k")).await, "unavailable");
    assert!(!verifier.is_ready());
    for answer in ["nonsense".to_owned(), set(&[]), set(&[json!({"kty": "oct", "k": "AA"})])] {
        issuer.answers(Some(answer));
        sleep(Duration::from_secs(5)).await;
        assert_eq!(outcome(&verifier, &token("k")).await, "unavailable");
        assert!(!verifier.is_ready());
    }
    issuer.answers(Some(set(&[named(&P256, "k")])));
    sleep(Duration::from_secs(30)).await;
    assert_eq!(outcome(&verifier, &token("k")).await, "ada");
    assert!(verifier.is_ready());
    // Once is enough.
    issuer.answers(None);
    sleep(Duration::from_hours(1)).await;
    assert!(verifier.is_ready());
}

#[tokio::test(start_paused = true)]
async fn key_url_that_is_not_there_costs_tokens_by_the_secret_nothing() {
    let issuer = Issuer::new(None);
    issuer.takes(Duration::from_secs(5));
    let verifier = by(&issuer);
    let message =
        format!("{}.{}", base64url(r#"{"alg":"HS256","kid":"k"}"#), base64url(claims(&json!({})).to_string()));
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256);
    let begun = Instant::now();
    assert_eq!(outcome(&verifier, &format!("{message}.{}", signature.expect("a signature"))).await, "ada");
    assert_eq!(outcome(&verifier, "nonsense").await, "the token is malformed");
    assert_eq!(begun.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn key_url_is_waited_for_at_the_start() {
    let issuer = Issuer::new(Some(set(&[named(&P256, "k")])));
    issuer.takes(Duration::from_secs(3));
    assert_eq!(outcome(&by(&issuer), &token("k")).await, "ada");
    assert_eq!(issuer.asked(), [0]);
}

#[tokio::test(start_paused = true)]
async fn key_url_that_fails_is_asked_ever_less_often() {
    let issuer = Issuer::new(None);
    let _verifier = by(&issuer);
    sleep(Duration::from_secs(125)).await;
    assert_eq!(issuer.asked(), [0, 1, 3, 7, 15, 31, 61, 91, 121]);
}

#[tokio::test(start_paused = true)]
async fn key_url_is_asked_again_at_least_every_ten_minutes_and_no_more_once_nobody_verifies() {
    let issuer = Issuer::new(Some(set(&[named(&P256, "old"), named(&ED, "stays")])));
    let verifier = by(&issuer);
    assert_eq!(outcome(&verifier, &token("old")).await, "ada");
    issuer.answers(Some(set(&[named(&ED, "stays")])));
    sleep(Duration::from_mins(10)).await;
    // A key that its issuer took back is good no more.
    assert_eq!(outcome(&verifier, &token("old")).await, SIGNATURE);
    assert_eq!(outcome(&verifier, &ED.token(&json!({"alg": "EdDSA", "kid": "stays"}))).await, "ada");
    drop(verifier);
    let asked = issuer.asked().len();
    sleep(Duration::from_hours(1)).await;
    assert_eq!(issuer.asked().len(), asked);
}

#[tokio::test(start_paused = true)]
async fn key_url_is_asked_for_an_unknown_id_once_in_a_cool_down() {
    let issuer = Issuer::new(Some(set(&[named(&P256, "first")])));
    let verifier = by(&issuer);
    assert_eq!(outcome(&verifier, &token("first")).await, "ada");
    // At once after the start, too.
    issuer.answers(Some(set(&[named(&P256, "second")])));
    assert_eq!(outcome(&verifier, &token("second")).await, "ada");
    assert_eq!(issuer.asked(), [0, 0]);
    issuer.answers(Some(set(&[named(&P256, "third")])));
    for second in 0..30 {
        assert_eq!(outcome(&verifier, &token("third")).await, SIGNATURE, "{second}");
        assert_eq!(outcome(&verifier, &token(&format!("invented-{second}"))).await, SIGNATURE);
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(issuer.asked(), [0, 0]);
    assert_eq!(outcome(&verifier, &token("third")).await, "ada");
    assert_eq!(issuer.asked(), [0, 0, 30]);
}

#[tokio::test(start_paused = true)]
async fn key_url_that_fails_for_an_unknown_id_starts_the_cool_down_and_keys_stay_in_use() {
    let issuer = Issuer::new(Some(set(&[named(&P256, "k")])));
    let verifier = by(&issuer);
    assert_eq!(outcome(&verifier, &token("k")).await, "ada");
    let answers = [None, Some("{}".to_owned()), Some(set(&[])), Some(set(&[json!({"kty": "oct", "k": "AA"})]))];
    for (round, bad) in (1..).zip(answers) {
        issuer.answers(bad);
        for _ in 0..3 {
            assert_eq!(outcome(&verifier, &token("unknown")).await, SIGNATURE);
            assert_eq!(outcome(&verifier, &token("k")).await, "ada");
        }
        assert_eq!(issuer.asked().len(), 1 + round, "{:?}", issuer.asked());
        sleep(Duration::from_secs(30)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn key_url_is_asked_once_for_all_who_wait() {
    let issuer = Issuer::new(Some(set(&[named(&P256, "k")])));
    let verifier = by(&issuer);
    assert_eq!(outcome(&verifier, &token("k")).await, "ada");
    issuer.answers(Some(set(&[named(&P256, "new"), named(&P384, "k")])));
    issuer.takes(Duration::from_secs(4));
    let tokens: Vec<_> = (0..100).map(|_| token("new")).collect();
    let outcomes = join_all(tokens.iter().map(|token| outcome(&verifier, token))).await;
    assert!(outcomes.iter().all(|outcome| outcome == "ada"), "{outcomes:?}");
    assert_eq!(issuer.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn key_url_is_not_asked_again_for_an_id_that_a_fetch_under_way_brings() {
    let issuer = Issuer::new(Some(set(&[named(&P256, "k")])));
    let verifier = by(&issuer);
    assert_eq!(outcome(&verifier, &token("k")).await, "ada");
    issuer.answers(Some(set(&[named(&P256, "new")])));
    issuer.takes(Duration::from_secs(4));
    sleep(Duration::from_secs(301)).await;
    assert_eq!(outcome(&verifier, &token("new")).await, "ada");
    assert_eq!(issuer.asked(), [0, 300]);
}

#[tokio::test(start_paused = true)]
async fn key_url_is_not_waited_for_by_a_known_id() {
    let issuer = Issuer::new(Some(set(&[named(&P256, "k"), named(&RSA, "rsa")])));
    let verifier = by(&issuer);
    assert_eq!(outcome(&verifier, &token("k")).await, "ada");
    issuer.takes(Duration::from_secs(5));
    let begun = Instant::now();
    let known = async {
        // After the others have begun to wait.
        sleep(Duration::from_millis(1)).await;
        for token in [token("k"), P256.token(&json!({"alg": "ES256"}))] {
            assert_eq!(outcome(&verifier, &token).await, "ada");
        }
        // By a known id in another algorithm, too.
        assert_eq!(outcome(&verifier, &RSA.token(&json!({"alg": "RS256", "kid": "k"}))).await, SIGNATURE);
        begun.elapsed()
    };
    let unknown_token = token("unknown");
    let (unknown, elapsed) = tokio::join!(outcome(&verifier, &unknown_token), known);
    assert_eq!((unknown.as_str(), elapsed), (SIGNATURE, Duration::from_millis(1)));
    assert_eq!(begun.elapsed(), Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn key_url_is_fetched_to_the_end_though_who_asked_goes_away() {
    let issuer = Issuer::new(Some(set(&[named(&P256, "k")])));
    let verifier = by(&issuer);
    assert_eq!(outcome(&verifier, &token("k")).await, "ada");
    issuer.answers(Some(set(&[named(&P256, "new")])));
    issuer.takes(Duration::from_secs(3));
    assert!(timeout(Duration::from_secs(1), outcome(&verifier, &token("new"))).await.is_err());
    assert_eq!(outcome(&verifier, &token("new")).await, "ada");
    assert_eq!(issuer.asked().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn key_url_is_not_asked_for_tokens_that_no_key_could_verify() {
    let issuer = Issuer::new(Some(set(&[named(&P256, "k")])));
    let verifier = by(&issuer);
    assert_eq!(outcome(&verifier, &token("k")).await, "ada");
    for token in [
        P256.token(&json!({"alg": "none", "kid": "unknown"})),
        P256.token(&json!({"alg": "HS256", "kid": "unknown"})),
        P256.token(&json!({"alg": "HS512", "kid": "unknown"})),
        P256.token(&json!({"alg": "ES256K", "kid": "unknown"})),
        P256.token(&json!({"alg": "ES256", "kid": "unknown", "crit": ["exp"]})),
        RSA.token(&json!({"alg": "RS256"})),
        "nonsense".to_owned(),
    ] {
        outcome(&verifier, &token).await;
    }
    assert_eq!(issuer.asked().len(), 1);
}

async fn fetched(answers: impl Fn(&str) -> String + Send + Sync + 'static) -> (String, usize) {
    let web = Web::start(answers);
    let source = KeyUrl::new(web.url("/keys").parse().expect("a URL")).expect("a client");
    let outcome = match source.fetch().await {
        Ok(text) => text.len().to_string(),
        Err(error) => error.to_string(),
    };
    (outcome, web.requests().len())
}

#[tokio::test]
async fn key_url_is_read_up_to_a_mebibyte_and_a_redirect_is_not_followed() {
    let mut wrong = VecDeque::new();
    for (case, text, expected) in [
        ("a mebibyte", answer("200 OK", &"x".repeat(1 << 20)), "1048576"),
        ("a byte more", answer("200 OK", &"x".repeat((1 << 20) + 1)), "the answer is longer than 1048576 bytes"),
        (
            "no end",
            format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(1 << 22)),
            "the answer is longer than 1048576 bytes",
        ),
        ("moved", answer("301 Moved Permanently\r\nLocation: /keys", ""), "the answer was 301 Moved Permanently"),
        ("elsewhere", answer("307 Temporary Redirect\r\nLocation: /", "{}"), "the answer was 307 Temporary Redirect"),
        ("no content", "HTTP/1.1 204 No Content\r\n\r\n".to_owned(), "the answer was 204 No Content"),
        ("an error", answer("500 Internal Server Error", "{}"), "the answer was 500 Internal Server Error"),
        ("cut off", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}".to_owned(), "no answer came"),
        ("no HTTP", "SSH-2.0-OpenSSH\r\n\r\n".to_owned(), "no answer came"),
    ] {
        let found = fetched(move |_| text.clone()).await;
        if found != (expected.to_owned(), 1) {
            wrong.push_back(format!("{case}: {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[tokio::test(start_paused = true)]
async fn key_url_has_five_seconds() {
    // It is connected to and says nothing; the clock goes on by itself while everybody waits.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}/keys?secret=hunter2", silent.local_addr().expect("an address"));
    let source = KeyUrl::new(url.parse().expect("a URL")).expect("a client");
    let begun = Instant::now();
    let error = source.fetch().await.expect_err("no answer");
    assert_eq!(begun.elapsed().as_secs(), 5);
    let shown = format!("{error:?} {}", live_adapters::causes::chain(&error));
    assert!(shown.contains("no answer came") && !shown.contains("hunter2"), "{shown}");
}
