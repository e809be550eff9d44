//! **jwt**: a token that was taken is remembered, and good for no longer than it would be if it were not.

use std::sync::Arc;
use std::time::Duration;

use live_app::auth::{Acceptance, ClaimRules, JwtVerifier, KeySource, PublicKeys, RemoteKeys, TokenVerifier};
use live_app::metrics::Tally;
use live_domain::{BrandId, BrandScope};
use serde_json::{Value, json};

use crate::issuer::{ED, P256, RSA, TestClock, base64url, by_secret, claims, fixed, in_seconds, outcome, secret, set};
use crate::remote_keys::Issuer;

const SIGNATURE: &str = "the signature is not valid";

/// A verifier, the clock that it goes by, and what it counts.
struct Observed {
    verifier: JwtVerifier,
    clock: Arc<TestClock>,
    accepted: Tally<Acceptance>,
}

impl Observed {
    fn with(keys: Option<PublicKeys>) -> Self {
        let (clock, accepted) = (TestClock::new(), Tally::default());
        let (rules, its_clock) = (ClaimRules::default(), Arc::<TestClock>::clone(&clock));
        let verifier = JwtVerifier::new(Some(&secret()), keys, rules, its_clock, accepted.clone());
        Self { verifier, clock, accepted }
    }

    async fn outcome(&self, token: &str) -> String {
        outcome(&self.verifier, token).await
    }

    /// How many of the accepted tokens were remembered, and how many were verified.
    fn accepted(&self) -> [u64; 2] {
        [Acceptance::Remembered, Acceptance::Verified].map(|how| self.accepted.total(how))
    }
}

fn by_key(others: &Value) -> String {
    P256.token_of(&json!({"alg": "ES256", "kid": "k"}), &claims(others))
}

fn with_key() -> Observed {
    Observed::with(Some(fixed(&set(&[P256.jwk(&json!({"kid": "k"}))]))))
}

#[tokio::test]
async fn jwt_that_was_taken_is_remembered_with_all_that_it_says() {
    let observed = with_key();
    let scoped = json!({"sub": "Zoë", "brand_id": ["acme", "globex"], "scope": "a b"});
    for token in [by_key(&scoped), by_secret(&claims(&scoped).to_string())] {
        let first = observed.verifier.verify(&token).await.expect("a caller");
        let again = observed.verifier.verify(&token).await.expect("a caller");
        assert_eq!(again, first);
        assert_eq!(again.viewer.subject().as_str(), "Zoë");
        let brands = ["acme", "globex"].map(|brand| brand.parse::<BrandId>().expect("a brand"));
        assert_eq!(again.brands, BrandScope::only(brands).expect("a scope"));
        assert_eq!(again.scopes.iter().collect::<Vec<_>>(), ["a", "b"]);
    }
    assert_eq!(observed.accepted(), [2, 2]);
}

#[tokio::test]
async fn jwt_that_is_remembered_is_remembered_by_the_whole_of_it() {
    let observed = with_key();
    let good = by_key(&json!({}));
    assert_eq!(observed.outcome(&good).await, "ada");
    let mut altered: Vec<String> = (0..good.len())
        .map(|place| {
            let byte = if good.as_bytes()[place] == b'A' { "B" } else { "A" };
            format!("{}{byte}{}", &good[..place], &good[place + 1..])
        })
        .collect();
    altered.extend((0..good.len()).map(|length| good[..length].to_owned()));
    altered.extend((1..good.len()).map(|start| good[start..].to_owned()));
    let [head, body, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    // Good in itself, but for another header or payload.
    let other = by_key(&json!({"sub": "eve"})).rsplit('.').next().expect("a signature").to_owned();
    altered.extend([
        format!("{good}A"),
        format!("{good}{good}"),
        format!("{head}.{body}.{other}"),
        format!("{}.{body}.{signature}", base64url(r#"{"alg":"ES256"}"#)),
        format!("{head}.{}.{signature}", base64url(claims(&json!({"sub": "eve"})).to_string())),
    ]);
    for token in &altered {
        assert_ne!(observed.outcome(token).await, "ada", "{token} for {good}");
    }
    assert_eq!(observed.accepted(), [0, 1]);
    assert_eq!((observed.outcome(&good).await.as_str(), observed.accepted()), ("ada", [1, 1]));
}

#[tokio::test]
async fn jwt_that_is_refused_is_not_remembered() {
    let observed = with_key();
    let early = by_key(&json!({"nbf": in_seconds(31), "exp": in_seconds(90)}));
    for _ in 0..3 {
        assert_eq!(observed.outcome(&early).await, "the token is not valid yet");
        assert_eq!(observed.outcome("nonsense").await, "the token is malformed");
    }
    observed.clock.advance(time::Duration::SECOND);
    assert_eq!(observed.outcome(&early).await, "ada");
    assert_eq!(observed.accepted(), [0, 1]);
}

#[tokio::test]
async fn jwt_that_is_remembered_is_good_from_its_first_instant_to_its_last() {
    let observed = with_key();
    let tokens = [by_key(&json!({})), by_secret(&claims(&json!({"iat": in_seconds(30)})).to_string())];
    for token in &tokens {
        assert_eq!(observed.outcome(token).await, "ada");
    }
    observed.clock.advance(time::Duration::seconds(90) - time::Duration::MICROSECOND);
    for token in &tokens {
        assert_eq!(observed.outcome(token).await, "ada");
    }
    assert_eq!(observed.accepted(), [2, 2]);
    observed.clock.advance(time::Duration::MICROSECOND);
    for token in &tokens {
        assert_eq!(observed.outcome(token).await, "the token has expired");
    }
    // The clock is set back to before the second was issued.
    observed.clock.advance(time::Duration::seconds(-91));
    assert_eq!(observed.outcome(&tokens[0]).await, "ada");
    assert_eq!(observed.outcome(&tokens[1]).await, "the token is not valid yet");
}

#[tokio::test(start_paused = true)]
async fn jwt_that_is_remembered_is_good_no_longer_than_its_key() {
    let (first, second) = (P256.jwk(&json!({"kid": "k"})), RSA.jwk(&json!({"kid": "stays"})));
    let issuer = Issuer::new(Some(set(&[first, second.clone()])));
    let source: Arc<dyn KeySource> = Arc::<Issuer>::clone(&issuer);
    let observed = Observed::with(Some(PublicKeys::Remote(RemoteKeys::start(source, Tally::default()))));
    let removed = by_key(&json!({}));
    let without_id = P256.token(&json!({"alg": "ES256"}));
    let stays = RSA.token(&json!({"alg": "RS256", "kid": "stays"}));
    let secret = by_secret(&claims(&json!({})).to_string());
    let tokens = [&removed, &without_id, &stays, &secret];
    // A refresh that brings the same keys, or none, changes nothing.
    for answer in [None, Some("nonsense".to_owned()), Some(set(&[]))] {
        for token in tokens {
            assert_eq!(observed.outcome(token).await, "ada");
        }
        issuer.answers(answer);
        tokio::time::sleep(Duration::from_mins(10)).await;
    }
    assert_eq!(observed.accepted(), [8, 4]);
    // Another key under the same id, then the first one again.
    issuer.answers(Some(set(&[crate::issuer::SigningKey::p256().jwk(&json!({"kid": "k"})), second.clone()])));
    tokio::time::sleep(Duration::from_mins(10)).await;
    for (token, expected) in tokens.into_iter().zip([SIGNATURE, SIGNATURE, "ada", "ada"]) {
        assert_eq!(observed.outcome(token).await, expected);
    }
    assert_eq!(observed.accepted(), [9, 5]);
    issuer.answers(Some(set(&[P256.jwk(&json!({"kid": "k"})), second])));
    tokio::time::sleep(Duration::from_mins(10)).await;
    for token in tokens {
        assert_eq!(observed.outcome(token).await, "ada");
    }
    assert_eq!(observed.accepted(), [10, 8]);
    issuer.answers(Some(set(&[ED.jwk(&json!({"kid": "k"}))])));
    tokio::time::sleep(Duration::from_mins(10)).await;
    for (token, expected) in tokens.into_iter().zip([SIGNATURE, SIGNATURE, SIGNATURE, "ada"]) {
        assert_eq!(observed.outcome(token).await, expected);
    }
}

/// What the process holds in memory, in bytes.
fn resident() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("the status of the process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("a size");
    line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1_024
}

#[tokio::test]
async fn jwt_memory_is_bounded_and_keeps_those_who_come_again_and_again() {
    let observed = Observed::with(None);
    let regular = by_secret(&claims(&json!({"sub": "regular"})).to_string());
    for _ in 0..3 {
        assert_eq!(observed.outcome(&regular).await, "regular");
    }
    let brands: Vec<String> = (0..5).map(|number| format!("{number}{}", "x".repeat(127))).collect();
    let payload = claims(&json!({"sub": "NAME", "brand_id": brands})).to_string();
    let before = resident();
    for number in 0..100_000 {
        let name = format!("visitor-{number}");
        assert_eq!(observed.outcome(&by_secret(&payload.replace("NAME", &name))).await, name);
    }
    // A hundred thousand of them would take more than a hundred.
    let grown = resident().saturating_sub(before) >> 20;
    assert!(grown < 50, "{grown} MiB");
    assert_eq!(observed.accepted(), [2, 100_001]);
    assert_eq!(observed.outcome(&regular).await, "regular");
    assert_eq!(observed.accepted(), [3, 100_001]);
}
