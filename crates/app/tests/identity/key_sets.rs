//! **jwt**: key sets that are broken, weak or hostile. What of them cannot be used is passed over by name, and a good key
//! beside it verifies as ever.

use live_app::auth::{KeyFault, KeySet, KeySetError};
use serde_json::{Value, json};

use crate::issuer::{ED, P256, P384, RSA, base64url, by_keys, outcome, set, with};

/// A modulus of so many bits: odd, so that it might be one.
fn modulus(bits: usize) -> String {
    let mut bytes = vec![0x5a; bits / 8];
    bytes[0] = 0x80;
    bytes.push(0x01);
    bytes.remove(1);
    base64url(bytes)
}

/// Keys that must not be used, and why.
fn unusable() -> Vec<(&'static str, Value, KeyFault)> {
    use KeyFault::{Algorithm, Invalid, Malformed, OtherUse, Private, Size, Symmetric, Unknown};
    let rsa = |others: Value| RSA.jwk(&others);
    let (p256, p384, ed) = (|others: Value| P256.jwk(&others), P384.jwk(&json!({})), |others: Value| ED.jwk(&others));
    let without = |mut key: Value, member: &str| {
        key.as_object_mut().expect("an object").remove(member);
        key
    };
    vec![
        ("a symmetric key", json!({"kty": "oct", "k": base64url([7; 32])}), Symmetric),
        ("a symmetric key for HS256", json!({"kty": "oct", "alg": "HS256", "k": base64url([7; 32])}), Symmetric),
        ("a symmetric key that is empty", json!({"kty": "oct", "k": ""}), Symmetric),
        ("a symmetric key in the dress of RSA", rsa(json!({"kty": "oct", "k": base64url([7; 32])})), Symmetric),
        ("RSA of 512 bits", rsa(json!({"n": modulus(512)})), Size),
        ("RSA of 1024 bits", rsa(json!({"n": modulus(1_024)})), Size),
        ("RSA of 2040 bits", rsa(json!({"n": modulus(2_040)})), Size),
        ("RSA of 1024 bits behind zeros", rsa(json!({"n": base64url([vec![0; 128], vec![0xff; 128]].concat())})), Size),
        ("RSA of 16384 bits", rsa(json!({"n": modulus(16_384)})), Size),
        ("RSA with no modulus", rsa(json!({"n": ""})), Size),
        ("RSA with the exponent 1", rsa(json!({"e": base64url([1])})), Invalid),
        ("RSA with the exponent 0", rsa(json!({"e": base64url([0])})), Invalid),
        ("RSA with an even exponent", rsa(json!({"e": base64url([4])})), Invalid),
        ("RSA with an exponent as large as a modulus", rsa(json!({"e": modulus(2_048)})), Invalid),
        ("RSA with an even modulus", rsa(json!({"n": base64url([0xfe; 256])})), Invalid),
        ("RSA without modulus", without(rsa(json!({})), "n"), Malformed),
        ("RSA without exponent", without(rsa(json!({})), "e"), Malformed),
        ("RSA with a padded exponent", rsa(json!({"e": "AQAB="})), Malformed),
        ("RSA with a modulus in the other alphabet", rsa(json!({"n": "+/+/"})), Malformed),
        ("RSA with its private part", rsa(json!({"d": base64url([9; 256])})), Private),
        ("P-256 with its private part", p256(json!({"d": base64url([9; 32])})), Private),
        ("RSA that encrypts", rsa(json!({"use": "enc"})), OtherUse),
        ("RSA of an unknown use", rsa(json!({"use": "SIG"})), OtherUse),
        ("RSA that signs and does not verify", rsa(json!({"key_ops": ["sign"]})), OtherUse),
        ("RSA for nothing", rsa(json!({"key_ops": []})), OtherUse),
        ("RSA that wraps keys", rsa(json!({"key_ops": ["wrapKey", "encrypt"]})), OtherUse),
        ("RSA for HS256", rsa(json!({"alg": "HS256"})), Algorithm),
        ("RSA for none", rsa(json!({"alg": "none"})), Algorithm),
        ("RSA for RS1", rsa(json!({"alg": "RS1"})), Algorithm),
        ("RSA for RSA-OAEP", rsa(json!({"alg": "RSA-OAEP"})), Algorithm),
        ("RSA for ES256", rsa(json!({"alg": "ES256"})), Algorithm),
        ("P-256 for ES384", p256(json!({"alg": "ES384"})), Algorithm),
        ("P-256 for RS256", p256(json!({"alg": "RS256"})), Algorithm),
        ("Ed25519 for ES256", ed(json!({"alg": "ES256"})), Algorithm),
        ("P-256 off its curve", p256(json!({"x": base64url([1; 32])})), Invalid),
        ("P-256 at the origin", p256(json!({"x": base64url([0; 32]), "y": base64url([0; 32])})), Invalid),
        ("P-256 beyond its field", p256(json!({"x": base64url([0xff; 32])})), Invalid),
        ("P-256 with a short x", p256(json!({"x": base64url([1; 31])})), Malformed),
        ("P-256 with a long y", p256(json!({"y": base64url([1; 33])})), Malformed),
        ("P-256 in the numbers of P-384", with(p384.clone(), &json!({"crv": "P-256"})), Malformed),
        ("P-384 in the numbers of P-256", p256(json!({"crv": "P-384"})), Malformed),
        ("P-256 without y", without(p256(json!({})), "y"), Malformed),
        ("P-521", with(p384.clone(), &json!({"crv": "P-521"})), Unknown),
        ("secp256k1", p256(json!({"crv": "secp256k1"})), Unknown),
        ("EC without curve", without(p384, "crv"), Unknown),
        ("Ed25519 of 31 bytes", ed(json!({"x": base64url([1; 31])})), Invalid),
        ("Ed25519 of no bytes", ed(json!({"x": ""})), Invalid),
        ("Ed448", ed(json!({"crv": "Ed448"})), Unknown),
        ("X25519", ed(json!({"crv": "X25519"})), Unknown),
        ("no type", without(rsa(json!({})), "kty"), Malformed),
        ("a type of another case", rsa(json!({"kty": "rsa"})), Unknown),
        ("a type to come", json!({"kty": "AKP", "alg": "ML-DSA-44", "pub": "AA"}), Unknown),
        ("an id that is a number", rsa(json!({"kid": 7})), Malformed),
        ("an id that is null", rsa(json!({"kid": null})), Malformed),
        ("an algorithm that is null", rsa(json!({"alg": null})), Malformed),
        ("operations that are a text", rsa(json!({"key_ops": "verify"})), Malformed),
        ("a key that is null", Value::Null, Malformed),
        ("a key that is a text", json!("RSA"), Malformed),
        ("a key that is a list", json!(["RSA", "k", "sig", ["verify"], "RS256"]), Malformed),
    ]
}

#[tokio::test]
async fn jwt_keys_that_cannot_be_used_are_passed_over_and_a_good_one_beside_them_verifies() {
    let good = P384.token(&json!({"alg": "ES384", "kid": "good"}));
    let mut wrong = Vec::new();
    for (case, key, fault) in unusable() {
        let text = set(&[key, P384.jwk(&json!({"kid": "good"}))]);
        let (_, unusable) = KeySet::read(text.as_bytes()).unwrap_or_else(|error| panic!("{case}: {error}"));
        let found: Vec<_> = unusable.iter().map(|key| (key.place, key.fault)).collect();
        if found != [(1, fault)] {
            wrong.push(format!("{case}: {found:?}"));
        }
        assert_eq!(outcome(&by_keys(&text), &good).await, "ada", "{case}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[tokio::test]
async fn jwt_by_a_key_that_cannot_be_used_is_refused() {
    let good = P384.jwk(&json!({"kid": "good"}));
    for (others, algorithm) in [
        (json!({"use": "enc"}), "RS256"),
        (json!({"key_ops": ["sign"]}), "RS256"),
        (json!({"alg": "RSA-OAEP"}), "RS256"),
        (json!({"alg": "PS256"}), "RS256"),
        (json!({"d": "AQ"}), "RS256"),
    ] {
        let verifier = by_keys(&set(&[RSA.jwk(&with(others.clone(), &json!({"kid": "k"}))), good.clone()]));
        for header in [json!({"alg": algorithm, "kid": "k"}), json!({"alg": algorithm})] {
            let found = outcome(&verifier, &RSA.token(&header)).await;
            assert_eq!(found, "the signature is not valid", "{others} {header}");
        }
    }
}

#[test]
fn jwt_keys_of_which_none_can_be_used_are_an_error_that_names_each() {
    for (case, key, fault) in unusable() {
        let error = KeySet::read(set(&[key]).as_bytes()).expect_err(case);
        assert_eq!(error.to_string(), format!("holds no key to verify tokens with; key 1 {fault}"), "{case}");
    }
    let error = KeySet::read(br#"{"keys":[]}"#).expect_err("no key");
    assert!(matches!(error, KeySetError::NoUsableKey(unusable) if unusable.is_empty()));
}

#[test]
fn jwt_keys_in_what_is_no_key_set_are_an_error() {
    let good = P256.jwk(&json!({})).to_string();
    for text in [
        String::new(),
        "nonsense".to_owned(),
        "null".to_owned(),
        "{}".to_owned(),
        "[]".to_owned(),
        good.clone(),
        format!("[{good}]"),
        format!("[[{good}]]"),
        format!(r#"{{"keys":{good}}}"#),
        format!(r#"{{"keys":{{"k":{good}}}}}"#),
        format!(r#"{{"Keys":[{good}]}}"#),
        format!(r#"{{"keys":[{good}],"keys":[]}}"#),
        format!(r#"{{"keys":[{good}]"#),
        format!(r#"{{"keys":[{good}]}} x"#),
        format!("\u{feff}{{\"keys\":[{good}]}}"),
        "<html><body>Sign in</body></html>".to_owned(),
        format!("{{\"keys\":{}", "[".repeat(100_000)),
    ] {
        let error = KeySet::read(text.as_bytes()).err();
        assert!(matches!(error, Some(KeySetError::Malformed { .. })), "{text:.60}: {error:?}");
    }
    assert!(KeySet::read(b"{\"keys\":[\xff]}").is_err());
    // The wrong file may hold anything: its content is not told.
    let error = KeySet::read(br#"{"keys":"hunter2"}"#).expect_err("no set");
    assert_eq!(error.to_string(), "is no JSON Web Key Set: see line 1, column 17");
}

#[test]
fn jwt_keys_with_a_member_twice_are_not_used() {
    let key = P256.jwk(&json!({})).to_string();
    let doubled = key.replacen('{', r#"{"kty":"RSA","#, 1);
    let error = KeySet::read(format!(r#"{{"keys":[{doubled}]}}"#).as_bytes()).expect_err("no key");
    assert_eq!(error.to_string(), "holds no key to verify tokens with; key 1 is malformed");
}

#[test]
fn jwt_keys_may_say_more_than_is_understood() {
    let key =
        P256.jwk(&json!({"x5c": ["AA"], "x5t#S256": 7, "ext": true, "key_ops": ["sign", "verify"], "use": "sig"}));
    let text = json!({"keys": [key], "issuer": "https://id.example"}).to_string();
    let (_, unusable) = KeySet::read(text.as_bytes()).expect("a set");
    assert_eq!(unusable, []);
}
