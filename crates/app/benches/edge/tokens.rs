//! Whose token is it, when it comes for the first time and when it is remembered?

use divan::{Bencher, black_box};
use futures_util::FutureExt;
use live_app::auth::{Caller, ClaimRules, JwtVerifier, TokenVerifier};
use live_app::metrics::Tally;
use serde_json::{Value, json};

use crate::issuer::{ED, P256, RSA, TestClock, by_secret, claims, fixed, secret, set};

const ALGORITHMS: [&str; 4] = ["HS256", "RS256", "ES256", "EdDSA"];

fn verifier() -> JwtVerifier {
    let keys = set(&[&*RSA, &*P256, &*ED].map(|key| key.jwk(&json!({}))));
    JwtVerifier::new(Some(&secret()), Some(fixed(&keys)), ClaimRules::default(), TestClock::new(), Tally::default())
}

fn token(algorithm: &str, others: &Value) -> String {
    let claims = claims(others);
    let key = match algorithm {
        "RS256" => &*RSA,
        "ES256" => &*P256,
        "EdDSA" => &*ED,
        _ => return by_secret(&claims.to_string()),
    };
    key.token_of(&json!({"alg": algorithm, "typ": "JWT"}), &claims)
}

fn of_one_brand(algorithm: &str) -> String {
    token(
        algorithm,
        &json!({
            "sub": "6f0f8c1e-6ad0-4a0f-a1c5-3a3b1a4f4c11",
            "iss": "https://id.example.com/realms/live",
            "aud": "live",
            "brand_id": "acme",
            "scope": "read:live write:live",
        }),
    )
}

/// Nothing has to be waited for where the keys are there.
fn caller(verifier: &JwtVerifier, token: &str) -> Option<Caller> {
    verifier.verify(token).now_or_never().and_then(Result::ok)
}

#[divan::bench(args = ALGORITHMS)]
fn token_that_is_new(bencher: Bencher<'_, '_>, algorithm: &str) {
    let token = of_one_brand(algorithm);
    bencher.with_inputs(verifier).bench_refs(|verifier| caller(verifier, black_box(&token)).expect("a caller"));
}

#[divan::bench(args = ALGORITHMS)]
fn token_that_is_remembered(bencher: Bencher<'_, '_>, algorithm: &str) {
    let (verifier, token) = (verifier(), of_one_brand(algorithm));
    caller(&verifier, &token).expect("a caller");
    bencher.bench(|| caller(&verifier, black_box(&token)).expect("a caller"));
}

fn of_many_brands() -> String {
    let brands: Vec<String> = (0..100).map(|number| format!("a-brand-of-the-company-{number}")).collect();
    token("HS256", &json!({ "brand_id": brands }))
}

#[divan::bench]
fn token_of_a_hundred_brands_that_is_new(bencher: Bencher<'_, '_>) {
    let token = of_many_brands();
    bencher.with_inputs(verifier).bench_refs(|verifier| caller(verifier, black_box(&token)).expect("a caller"));
}

#[divan::bench]
fn token_of_a_hundred_brands_that_is_remembered(bencher: Bencher<'_, '_>) {
    let (verifier, token) = (verifier(), of_many_brands());
    caller(&verifier, &token).expect("a caller");
    bencher.bench(|| caller(&verifier, black_box(&token)).expect("a caller"));
}

#[divan::bench(args = ALGORITHMS)]
fn token_that_is_refused(bencher: Bencher<'_, '_>, algorithm: &str) {
    let verifier = verifier();
    let (good, other) = (of_one_brand(algorithm), token(algorithm, &json!({"sub": "eve"})));
    let (message, signature) = (good.rsplit_once('.'), other.rsplit_once('.'));
    let token = format!("{}.{}", message.expect("a message").0, signature.expect("a signature").1);
    bencher.bench(|| assert!(caller(&verifier, black_box(&token)).is_none()));
}

/// All who call at once share one memory.
#[divan::bench(threads = [1, 2, 4])]
fn token_that_is_remembered_by_threads(bencher: Bencher<'_, '_>) {
    let (verifier, token) = (verifier(), of_one_brand("HS256"));
    caller(&verifier, &token).expect("a caller");
    bencher.bench(|| caller(&verifier, black_box(&token)).expect("a caller"));
}
