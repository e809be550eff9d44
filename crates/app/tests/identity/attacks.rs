//! **jwt**: attacks on tokens that are signed by the keys of an issuer, each refused, and a good token taken right after.
//! Those on the shared secret and on claims stand beside the other tests of HTTP.

use jsonwebtoken::{Algorithm, EncodingKey};
use live_app::auth::JwtVerifier;
use serde_json::{Value, json};

use crate::issuer::{
    ED, OTHER_RSA, P256, P384, RSA, SECRET, SigningKey, base64url, by_keys, claims, in_seconds, outcome, set,
};

const MALFORMED: &str = "the token is malformed";
const SIGNATURE: &str = "the signature is not valid";
const CLAIMS: &str = "a claim is missing or malformed";
const EXPIRED: &str = "the token has expired";
const NOT_YET: &str = "the token is not valid yet";

type Attack = (String, String, &'static str);

fn verifier() -> JwtVerifier {
    by_keys(&set(&[
        RSA.jwk(&json!({"kid": "rsa", "alg": "RS256"})),
        P256.jwk(&json!({"kid": "p256"})),
        P384.jwk(&json!({"kid": "p384"})),
        ED.jwk(&json!({"kid": "ed"})),
    ]))
}

/// Refused each, by a verifier that has just taken a good token of each key, and takes it again right after.
async fn refused(attacks: impl IntoIterator<Item = Attack>) {
    let verifier = verifier();
    let good = P256.token(&json!({"alg": "ES256", "kid": "p256"}));
    for token in [
        &good,
        &RSA.token(&json!({"alg": "RS256", "kid": "rsa"})),
        &P384.token(&json!({"alg": "ES384", "kid": "p384"})),
        &ED.token(&json!({"alg": "EdDSA", "kid": "ed"})),
    ] {
        assert_eq!(outcome(&verifier, token).await, "ada");
    }
    for (case, token, reason) in attacks {
        assert_eq!(outcome(&verifier, &token).await, reason, "{case}");
        assert_eq!(outcome(&verifier, &good).await, "ada", "after {case}");
    }
}

fn named<const N: usize>(attacks: [(&str, String, &'static str); N]) -> Vec<Attack> {
    attacks.map(|(case, token, reason)| (case.to_owned(), token, reason)).into()
}

/// The claims of `ada` under that header, signed with bytes as if they were a shared secret.
fn by_hmac(secret: &[u8], algorithm: Algorithm, header: &Value) -> String {
    let message = message(header);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &EncodingKey::from_secret(secret), algorithm);
    format!("{message}.{}", signature.expect("a signature"))
}

fn message(header: &Value) -> String {
    format!("{}.{}", base64url(header.to_string()), base64url(claims(&json!({})).to_string()))
}

fn with_signature(header: &Value, signature: &[u8]) -> String {
    format!("{}.{}", message(header), base64url(signature))
}

#[tokio::test]
async fn jwt_that_takes_a_public_key_for_a_secret_is_refused() {
    let mut attacks = Vec::new();
    for (place, text) in RSA.public_texts().into_iter().enumerate() {
        for (name, algorithm) in [("HS256", Algorithm::HS256), ("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)]
        {
            let token = by_hmac(&text, algorithm, &json!({"alg": name, "kid": "rsa"}));
            attacks.push((format!("{name} with text {place} of the public key"), token, SIGNATURE));
            let token = by_hmac(&text, algorithm, &json!({"alg": "RS256", "kid": "rsa"}));
            attacks.push((format!("{name} as RS256 with text {place} of the public key"), token, SIGNATURE));
        }
    }
    let modulus = RSA.jwk(&json!({}))["n"].as_str().expect("a modulus").to_owned();
    let jwk = RSA.jwk(&json!({"kid": "rsa", "alg": "RS256"})).to_string();
    for (case, secret) in
        [("modulus", modulus.as_bytes()), ("key as JSON", jwk.as_bytes()), ("empty", b""), ("a", SECRET)]
    {
        let header = json!({"alg": "HS256", "kid": "rsa"});
        attacks.push((format!("{case} as a secret"), by_hmac(secret, Algorithm::HS256, &header), SIGNATURE));
    }
    refused(attacks).await;
}

#[tokio::test]
async fn jwt_that_brings_or_names_its_own_key_is_refused() {
    let eve = SigningKey::p256();
    let own = eve.jwk(&json!({"kid": "p256"}));
    let headers = [
        json!({"jwk": own}),
        json!({"jwk": own, "kid": "p256"}),
        json!({"jku": "https://eve.example/keys", "kid": "p256"}),
        json!({"jku": "file:///etc/passwd", "kid": "p256"}),
        json!({"x5u": "https://eve.example/chain", "kid": "p256"}),
        json!({"x5c": ["MIIB"], "kid": "p256"}),
        json!({"x5t": "AA", "kid": "p256"}),
        json!({"x5t#S256": "AA", "kid": "p256"}),
        json!({"jwk": null, "kid": "p256"}),
        json!({"kid": "p256", "keys": [own]}),
    ];
    let attacks = headers.map(|header| {
        let header = crate::issuer::with(json!({"alg": "ES256"}), &header);
        (header.to_string(), eve.token(&header), SIGNATURE)
    });
    refused(attacks).await;
}

#[tokio::test]
async fn jwt_whose_key_id_plays_tricks_is_refused() {
    let texts = [
        "",
        " ",
        "p256 ",
        "P256",
        "p256\0",
        "p256\n",
        "../p256",
        "../../dev/null",
        "/dev/null",
        "p256' OR '1'='1",
        "p256\u{200b}",
        "p256,rsa",
        "*",
        "http://eve.example/keys",
        "{\"kty\":\"oct\"}",
        "0",
        "null",
        "rsa",
        "p384",
    ];
    let tricks = texts.map(|kid| {
        let header = json!({"alg": "ES256", "kid": kid});
        (header.to_string(), P256.token(&header), SIGNATURE)
    });
    let types = [json!(null), json!(7), json!(["p256"]), json!({"p256": 1}), json!(true)].map(|kid| {
        let header = json!({"alg": "ES256", "kid": kid});
        (header.to_string(), P256.token(&header), MALFORMED)
    });
    let payload = claims(&json!({})).to_string();
    let long = json!({"alg": "ES256", "kid": "k".repeat(5_000)});
    let others = named([
        ("a long one", P256.token(&long), SIGNATURE),
        ("two of them", P256.signed_text("ES256", r#"{"alg":"ES256","kid":"p256","kid":"p256"}"#, &payload), MALFORMED),
        (
            "two of them, one escaped",
            P256.signed_text("ES256", r#"{"alg":"ES256","kid":"rsa","\u006bid":"p256"}"#, &payload),
            MALFORMED,
        ),
    ]);
    refused(tricks.into_iter().chain(types).chain(others)).await;
}

#[tokio::test]
async fn jwt_of_another_algorithm_than_its_key_is_refused() {
    let header = |algorithm: &str, kid: &str| json!({"alg": algorithm, "kid": kid});
    let good = claims(&json!({}));
    let mut attacks = named([
        ("alg none", with_signature(&json!({"alg": "none"}), b""), SIGNATURE),
        ("alg none with an id", with_signature(&header("none", "rsa"), b""), SIGNATURE),
        ("alg nOnE, signed", RSA.signed_in("RS256", &header("nOnE", "rsa"), &good), SIGNATURE),
        ("RS512 by a key for RS256", RSA.token(&header("RS512", "rsa")), SIGNATURE),
        ("PS256 by a key for RS256", RSA.token(&header("PS256", "rsa")), SIGNATURE),
        ("PS256 in the header, signed as RS256", RSA.signed_in("RS256", &header("PS256", "rsa"), &good), SIGNATURE),
        ("RS256 in the header, signed as PS256", RSA.signed_in("PS256", &header("RS256", "rsa"), &good), SIGNATURE),
        ("RS256 in the header, signed as RS512", RSA.signed_in("RS512", &header("RS256", "rsa"), &good), SIGNATURE),
        ("another RSA key", OTHER_RSA.token(&header("RS256", "rsa")), SIGNATURE),
        ("ES256 with the id of RSA", P256.token(&header("ES256", "rsa")), SIGNATURE),
        ("RS256 with the id of P-256", RSA.token(&header("RS256", "p256")), SIGNATURE),
        ("ES384 in the header, signed as ES256", P256.token(&header("ES384", "p256")), SIGNATURE),
        ("ES256 in the header, signed as ES384", P384.token(&header("ES256", "p384")), SIGNATURE),
        ("ES384 of P-384 under the id of P-256", P384.token(&header("ES384", "p256")), SIGNATURE),
        ("EdDSA under the id of P-256", ED.token(&header("EdDSA", "p256")), SIGNATURE),
        ("ES256K", P256.token(&header("ES256K", "p256")), SIGNATURE),
        ("ES512", P256.token(&header("ES512", "p256")), SIGNATURE),
        ("RS1", RSA.token(&header("RS1", "rsa")), SIGNATURE),
        ("rs256", RSA.token(&header("rs256", "rsa")), SIGNATURE),
        ("RSA-OAEP", RSA.token(&header("RSA-OAEP", "rsa")), SIGNATURE),
        ("alg missing", P256.signed_in("ES256", &json!({"kid": "p256"}), &good), MALFORMED),
        ("alg a list", P256.signed_in("ES256", &json!({"alg": ["ES256"], "kid": "p256"}), &good), MALFORMED),
        (
            "alg twice",
            P256.signed_text("ES256", r#"{"alg":"none","alg":"ES256","kid":"p256"}"#, &good.to_string()),
            MALFORMED,
        ),
    ]);
    attacks.push((
        "HS256 where no secret is set".to_owned(),
        by_hmac(SECRET, Algorithm::HS256, &json!({"alg": "HS256"})),
        SIGNATURE,
    ));
    refused(attacks).await;
}

#[tokio::test]
async fn jwt_whose_signature_is_of_another_form_is_refused() {
    let header = json!({"alg": "ES256", "kid": "p256"});
    let fixed = P256.sign("ES256", &message(&header));
    let (r, s) = fixed.split_at(32);
    // A SEQUENCE of two INTEGERs, each with a zero before it: what other formats than JWS write.
    let der = [&[0x30, 0x46, 0x02, 0x21, 0x00], r, &[0x02, 0x21, 0x00], s].concat();
    let rsa = json!({"alg": "RS256", "kid": "rsa"});
    let rsa_signature = RSA.sign("RS256", &message(&rsa));
    let mut one_bit = rsa_signature.clone();
    one_bit[100] ^= 1;
    let ed = json!({"alg": "EdDSA", "kid": "ed"});
    let ed_signature = ED.sign("EdDSA", &message(&ed));
    // The same S plus the order of the group: accepted by verifiers that do not check its range.
    let order: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut carry = 0;
    let malleated = ed_signature[32..].iter().zip(order).map(|(digit, added)| {
        let sum = u16::from(*digit) + u16::from(added) + carry;
        carry = sum >> 8;
        sum.to_le_bytes()[0]
    });
    let malleated = [&ed_signature[..32], &malleated.collect::<Vec<_>>()].concat();
    refused(named([
        ("DER", with_signature(&header, &der), SIGNATURE),
        ("nothing but zeros", with_signature(&header, &[0; 64]), SIGNATURE),
        ("r zero", with_signature(&header, &[&[0; 32], s].concat()), SIGNATURE),
        ("s zero", with_signature(&header, &[r, &[0; 32]].concat()), SIGNATURE),
        ("r and s beyond the order", with_signature(&header, &[0xff; 64]), SIGNATURE),
        ("r and s swapped", with_signature(&header, &[s, r].concat()), SIGNATURE),
        ("half of it", with_signature(&header, r), SIGNATURE),
        ("a byte less", with_signature(&header, &fixed[..63]), SIGNATURE),
        ("a byte more", with_signature(&header, &[&fixed, &[0][..]].concat()), SIGNATURE),
        ("a zero before it", with_signature(&header, &[&[0], &fixed[..]].concat()), SIGNATURE),
        ("none", with_signature(&header, b""), SIGNATURE),
        ("RSA cut short", with_signature(&rsa, &rsa_signature[..255]), SIGNATURE),
        ("RSA with a zero before it", with_signature(&rsa, &[&[0], &rsa_signature[..]].concat()), SIGNATURE),
        ("RSA with one bit changed", with_signature(&rsa, &one_bit), SIGNATURE),
        ("RSA of zeros", with_signature(&rsa, &[0; 256]), SIGNATURE),
        ("RSA of one", with_signature(&rsa, &[&[0; 255][..], &[1]].concat()), SIGNATURE),
        ("RSA of ones", with_signature(&rsa, &[0xff; 256]), SIGNATURE),
        ("EdDSA of zeros", with_signature(&ed, &[0; 64]), SIGNATURE),
        ("EdDSA cut short", with_signature(&ed, &ed_signature[..63]), SIGNATURE),
        ("EdDSA with S beyond the order", with_signature(&ed, &malleated), SIGNATURE),
        ("the signature of another header", with_signature(&json!({"alg": "ES256"}), &fixed), SIGNATURE),
    ]))
    .await;
}

#[tokio::test]
async fn jwt_whose_text_is_not_the_one_that_was_signed_is_refused() {
    let good = P256.token(&json!({"alg": "ES256", "kid": "p256"}));
    let [head, body, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let eve = base64url(claims(&json!({"sub": "eve"})).to_string());
    // 64 bytes leave four bits of the last character unused.
    let last = signature.chars().last().expect("a character");
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let place = alphabet.find(last).expect("a place");
    let stray = format!("{}{}", &signature[..signature.len() - 1], &alphabet[place + 1..place + 2]);
    refused(named([
        ("another payload", format!("{head}.{eve}.{signature}"), SIGNATURE),
        ("a payload that is empty", format!("{head}..{signature}"), SIGNATURE),
        ("a stray bit in the signature", format!("{head}.{body}.{stray}"), SIGNATURE),
        ("a padded signature", format!("{good}=="), SIGNATURE),
        ("a padded payload", format!("{head}.{body}=.{signature}"), SIGNATURE),
        ("a padded header", format!("{head}=.{body}.{signature}"), MALFORMED),
        ("a blank before the signature", format!("{head}.{body}. {signature}"), SIGNATURE),
        ("a blank in the payload", format!("{head}. {body}.{signature}"), SIGNATURE),
        ("a line feed at the end", format!("{good}\n"), SIGNATURE),
        ("a tabulator in the header", format!("\t{head}.{body}.{signature}"), MALFORMED),
        ("a dot at the end", format!("{good}."), MALFORMED),
        ("a dot before it", format!(".{good}"), MALFORMED),
        ("a part less", format!("{head}.{signature}"), MALFORMED),
        ("a part more", format!("{head}.{body}.{signature}.{signature}"), MALFORMED),
        ("two parts as one", format!("{head}{body}.{signature}"), MALFORMED),
        ("letters of another script", format!("{head}.{body}.ü{signature}"), SIGNATURE),
        ("the JSON form", json!({"protected": head, "payload": body, "signature": signature}).to_string(), MALFORMED),
        (
            "an encrypted one",
            format!("{}.{head}.{head}.{head}.{head}", base64url(r#"{"alg":"dir","enc":"A256GCM"}"#)),
            MALFORMED,
        ),
    ]))
    .await;
}

#[tokio::test]
async fn jwt_that_demands_what_is_not_understood_is_refused() {
    let header = |others: Value| {
        let header = crate::issuer::with(json!({"alg": "ES256", "kid": "p256"}), &others);
        (header.to_string(), P256.token(&header), MALFORMED)
    };
    refused([
        header(json!({"crit": ["b64"], "b64": false})),
        header(json!({"crit": ["exp"], "exp": in_seconds(60)})),
        header(json!({"crit": []})),
        header(json!({"crit": null})),
        header(json!({"crit": "alg"})),
        header(json!({"typ": 7})),
        header(json!({"typ": null})),
        header(json!({"typ": ["JWT"]})),
    ])
    .await;
}

#[tokio::test]
async fn jwt_with_a_good_signature_and_bad_claims_is_refused() {
    let header = json!({"alg": "RS256", "kid": "rsa"});
    let of = |others: Value, reason| (others.to_string(), RSA.token_of(&header, &claims(&others)), reason);
    let text =
        |payload: &str, reason| (payload.to_owned(), RSA.signed_text("RS256", &header.to_string(), payload), reason);
    let later = in_seconds(60);
    refused([
        of(json!({"exp": in_seconds(-30)}), EXPIRED),
        of(json!({"exp": -1}), EXPIRED),
        of(json!({"exp": later.to_string()}), CLAIMS),
        of(json!({"exp": null}), CLAIMS),
        of(json!({"nbf": in_seconds(31)}), NOT_YET),
        of(json!({"iat": in_seconds(31)}), NOT_YET),
        of(json!({"sub": 7}), CLAIMS),
        of(json!({"sub": ""}), CLAIMS),
        of(json!({"brand_id": null}), CLAIMS),
        of(json!({"scope": ["a"]}), CLAIMS),
        text(&format!(r#"{{"exp":{later}}}"#), CLAIMS),
        text(r#"{"sub":"ada"}"#, CLAIMS),
        // Whose token it is, nobody but `sub` says.
        text(&format!(r#"{{"client_id":"ada","exp":{later}}}"#), CLAIMS),
        text(&format!(r#"{{"sub":"ada","sub":"eve","exp":{later}}}"#), CLAIMS),
        text(&format!(r#"["ada",{later}]"#), CLAIMS),
        text("", CLAIMS),
        text("null", CLAIMS),
    ])
    .await;
}
