//! **jwt**: what is signed by a key of the issuer is taken, by each algorithm and however the key is found.

use live_app::auth::{ClaimRules, JwtVerifier};
use live_app::metrics::Tally;
use serde_json::json;

use crate::issuer::{
    ED, OTHER_RSA, P256, P384, RSA, SECRET, SigningKey, TestClock, base64url, by_keys, claims, fixed, outcome, secret,
    set,
};

const RSA_ALGORITHMS: [&str; 6] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

fn every_key() -> Vec<(&'static SigningKey, &'static str)> {
    let rsa = RSA_ALGORITHMS.map(|algorithm| (&*RSA, algorithm));
    let others = [(&*P256, "ES256"), (&*P384, "ES384"), (&*ED, "EdDSA")];
    rsa.into_iter().chain(others).collect()
}

#[tokio::test]
async fn jwt_is_taken_by_every_algorithm_of_the_type_and_curve_of_a_key() {
    let keys = [&*RSA, &*P256, &*P384, &*ED].map(|key| key.jwk(&json!({})));
    let verifier = by_keys(&set(&keys));
    for (key, algorithm) in every_key() {
        assert_eq!(outcome(&verifier, &key.token(&json!({"alg": algorithm}))).await, "ada", "{algorithm}");
    }
}

#[tokio::test]
async fn jwt_is_taken_by_the_algorithm_of_its_key_alone_where_the_key_names_one() {
    for (key, algorithm) in every_key() {
        let verifier = by_keys(&set(&[key.jwk(&json!({"alg": algorithm, "kid": "k", "use": "sig"}))]));
        for other in RSA_ALGORITHMS.into_iter().chain(["ES256", "ES384", "EdDSA"]) {
            let found = outcome(&verifier, &key.token(&json!({"alg": other, "kid": "k"}))).await;
            let expected = if other == algorithm { "ada" } else { "the signature is not valid" };
            assert_eq!(found, expected, "{other} by a key for {algorithm}");
        }
    }
}

#[tokio::test]
async fn jwt_finds_its_key_by_id_and_without_one_by_trying_all() {
    let verifier = by_keys(&set(&[
        OTHER_RSA.jwk(&json!({"kid": "twice"})),
        RSA.jwk(&json!({"kid": "twice"})),
        P256.jwk(&json!({"kid": "once", "key_ops": ["verify"]})),
        ED.jwk(&json!({})),
    ]));
    for (key, header) in [
        (&*RSA, json!({"alg": "RS256", "kid": "twice"})),
        (&*OTHER_RSA, json!({"alg": "PS512", "kid": "twice"})),
        (&*P256, json!({"alg": "ES256", "kid": "once"})),
        (&*P256, json!({"alg": "ES256"})),
        (&*RSA, json!({"alg": "RS256"})),
        (&*OTHER_RSA, json!({"alg": "RS256"})),
        (&*ED, json!({"alg": "EdDSA"})),
    ] {
        assert_eq!(outcome(&verifier, &key.token(&header)).await, "ada", "{header}");
    }
}

#[tokio::test]
async fn jwt_by_secret_and_by_keys_are_both_taken_where_both_are_set() {
    let keys = fixed(&set(&[RSA.jwk(&json!({"kid": "k"}))]));
    let verifier =
        JwtVerifier::new(Some(&secret()), Some(keys), ClaimRules::default(), TestClock::new(), Tally::default());
    let by_secret = |header: &str| {
        let message = format!("{}.{}", base64url(header), base64url(claims(&json!({})).to_string()));
        let key = jsonwebtoken::EncodingKey::from_secret(SECRET);
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, jsonwebtoken::Algorithm::HS256);
        format!("{message}.{}", signature.expect("a signature"))
    };
    assert_eq!(outcome(&verifier, &by_secret(r#"{"alg":"HS256"}"#)).await, "ada");
    assert_eq!(outcome(&verifier, &by_secret(r#"{"alg":"HS256","kid":"k"}"#)).await, "ada");
    assert_eq!(outcome(&verifier, &RSA.token(&json!({"alg": "RS256", "kid": "k"}))).await, "ada");
    assert_eq!(outcome(&verifier, &by_secret(r#"{"alg":"RS256","kid":"k"}"#)).await, "the signature is not valid");
}
