//! **jwt**: which tokens are refused, in which fixed words; and that a good one is taken right after.

use jsonwebtoken::Algorithm;
use serde_json::{Value, json};

use crate::support::{Failures, SECRET, Service, ada, base64url, in_seconds, signed, signed_by, token};

const MALFORMED: &str = "the token is malformed";
const SIGNATURE: &str = "the signature is not valid";
const EXPIRED: &str = "the token has expired";
const NOT_YET: &str = "the token is not valid yet";
const CLAIMS: &str = "a claim is missing or malformed";
/// Where two rules are broken, or the library does not tell which, either of the words will do.
const ANY: &str = "*";

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

fn good_payload() -> String {
    json!({"sub": "ada", "exp": in_seconds(60)}).to_string()
}

/// A token with a good signature over the claims of `ada` and others besides or instead.
fn with(others: &Value) -> String {
    let mut whole: Value = serde_json::from_str(&good_payload()).expect("claims");
    whole.as_object_mut().expect("an object").extend(others.as_object().expect("an object").clone());
    token(&whole)
}

fn without(claim: &str) -> String {
    let mut whole: Value = serde_json::from_str(&good_payload()).expect("claims");
    whole.as_object_mut().expect("an object").remove(claim);
    token(&whole)
}

fn payload(text: &str) -> String {
    signed(HEADER, text)
}

fn header(text: &str) -> String {
    signed(text, &good_payload())
}

/// Refused as the service does it, each of these tokens, though a good one is remembered, which is taken after each.
async fn refused(tokens: impl IntoIterator<Item = (String, String, &str)>) {
    let phrases = [
        MALFORMED,
        SIGNATURE,
        EXPIRED,
        NOT_YET,
        CLAIMS,
        "the issuer is not the expected one",
        "the audience is not the expected one",
    ];
    let service = Service::empty().await;
    let good = ada();
    let mut failures = Failures::default();
    failures.check("a good token", service.list_as(&good, "").await.error(), "200 -".to_owned());
    for (case, token, reason) in tokens {
        let answer = service.list_as(&token, "").await;
        failures.check(&case, answer.error(), "401 invalid_token".to_owned());
        let challenge = answer.header("www-authenticate").unwrap_or_default().to_owned();
        let found = challenge
            .strip_prefix("Bearer realm=\"live\", error=\"invalid_token\", error_description=\"")
            .and_then(|rest| rest.strip_suffix('"'));
        failures.check(&case, found.is_some_and(|found| phrases.contains(&found)), true);
        if reason != ANY {
            failures.check(&case, found, Some(reason));
        }
        let message = answer.json()["message"].clone();
        failures.check(&case, message.as_str(), found);
        failures.check(
            &format!("a good token after {case}"),
            service.list_as(&good, "").await.error(),
            "200 -".to_owned(),
        );
    }
}

fn named<const N: usize>(
    cases: [(&'static str, String, &'static str); N],
) -> impl Iterator<Item = (String, String, &'static str)> {
    cases.into_iter().map(|(case, token, reason)| (case.to_owned(), token, reason))
}

#[actix_web::test]
async fn jwt_signed_in_another_way_is_refused() {
    let claims = good_payload();
    let unsigned = |header: &str| format!("{}.{}.", base64url(header), base64url(&claims));
    let by = |secret: &[u8], algorithm, header: &str| signed_by(secret, algorithm, header, &claims);
    let good = token(&json!({"sub": "ada", "exp": in_seconds(60)}));
    let signature = good.rsplit('.').next().expect("a signature").to_owned();
    let others_payload = base64url(json!({"sub": "eve", "exp": in_seconds(60)}).to_string());
    let head = base64url(HEADER);
    let swapped = format!("{head}.{others_payload}.{signature}");
    let other_header = format!("{}.{}.{signature}", base64url(r#"{"alg":"HS256"}"#), base64url(&claims));
    refused(named([
        ("alg none, no signature", unsigned(r#"{"alg":"none"}"#), SIGNATURE),
        ("alg None", unsigned(r#"{"alg":"None"}"#), SIGNATURE),
        ("alg NONE", unsigned(r#"{"alg":"NONE"}"#), SIGNATURE),
        ("alg none, signed", header(r#"{"alg":"none"}"#), SIGNATURE),
        ("alg empty", header(r#"{"alg":""}"#), SIGNATURE),
        ("alg null", header(r#"{"alg":null}"#), MALFORMED),
        ("alg a number", header(r#"{"alg":256}"#), MALFORMED),
        ("alg a list", header(r#"{"alg":["HS256"]}"#), MALFORMED),
        ("alg missing", header(r#"{"typ":"JWT"}"#), MALFORMED),
        ("alg hs256", header(r#"{"alg":"hs256"}"#), SIGNATURE),
        ("alg unknown", header(r#"{"alg":"HS1"}"#), SIGNATURE),
        ("HS256 with no signature", unsigned(HEADER), SIGNATURE),
        ("HS384 of the right secret", by(SECRET, Algorithm::HS384, r#"{"alg":"HS384"}"#), SIGNATURE),
        ("HS512 of the right secret", by(SECRET, Algorithm::HS512, r#"{"alg":"HS512"}"#), SIGNATURE),
        ("HS384 in the header alone", header(r#"{"alg":"HS384"}"#), SIGNATURE),
        ("HS256 in the header alone", by(SECRET, Algorithm::HS512, HEADER), SIGNATURE),
        ("RS256 in the header", header(r#"{"alg":"RS256"}"#), SIGNATURE),
        ("PS256 in the header", header(r#"{"alg":"PS256"}"#), SIGNATURE),
        ("ES256 in the header", header(r#"{"alg":"ES256"}"#), SIGNATURE),
        ("EdDSA in the header", header(r#"{"alg":"EdDSA"}"#), SIGNATURE),
        ("another secret", by(b"another secret of more than 32 bytes", Algorithm::HS256, HEADER), SIGNATURE),
        ("a longer secret", by(&[SECRET, b"x"].concat(), Algorithm::HS256, HEADER), SIGNATURE),
        ("no secret", by(b"", Algorithm::HS256, HEADER), SIGNATURE),
        ("another payload under a good signature", swapped, SIGNATURE),
        ("another header under a good signature", other_header, SIGNATURE),
        ("a signature cut short", good[..good.len() - 4].to_owned(), ANY),
        ("a signature with more to it", format!("{good}AAAA"), SIGNATURE),
        ("alg twice", header(r#"{"alg":"HS256","alg":"HS256"}"#), MALFORMED),
        ("alg twice, none first", header(r#"{"alg":"none","alg":"HS256"}"#), MALFORMED),
    ]))
    .await;
}

#[actix_web::test]
async fn jwt_with_any_character_of_its_signature_changed_is_refused() {
    let good = ada();
    let begin = good.rfind('.').expect("a signature") + 1;
    let changed = (begin..good.len()).map(|place| {
        let other = if &good[place..=place] == "A" { "B" } else { "A" };
        let token = format!("{}{other}{}", &good[..place], &good[place + 1..]);
        (format!("character {place}"), token, if place + 1 == good.len() { ANY } else { SIGNATURE })
    });
    refused(changed.collect::<Vec<_>>()).await;
}

#[actix_web::test]
async fn jwt_with_critical_headers_is_refused() {
    refused(named([
        ("crit with an unknown name", header(r#"{"alg":"HS256","crit":["exp"],"exp":1}"#), MALFORMED),
        ("crit b64", header(r#"{"alg":"HS256","crit":["b64"],"b64":true}"#), MALFORMED),
        ("crit empty", header(r#"{"alg":"HS256","crit":[]}"#), MALFORMED),
        ("crit null", header(r#"{"alg":"HS256","crit":null}"#), MALFORMED),
        ("crit false", header(r#"{"crit":false,"alg":"HS256"}"#), MALFORMED),
        ("crit a text", header(r#"{"alg":"HS256","crit":"exp"}"#), MALFORMED),
        ("crit twice", header(r#"{"alg":"HS256","crit":[],"crit":[]}"#), MALFORMED),
        ("crit escaped", header(r#"{"alg":"HS256","\u0063rit":["exp"]}"#), MALFORMED),
    ]))
    .await;
}

#[actix_web::test]
async fn jwt_of_another_form_is_refused() {
    let good = ada();
    let [head, body, signature]: [&str; 3] = good.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let padded = |text: &str| format!("{text}{}", "=".repeat((4 - text.len() % 4) % 4));
    let (short, with_plus) = (base64url("{}"), "+/+/");
    refused(named([
        ("one character", "x".to_owned(), MALFORMED),
        ("a dot", ".".to_owned(), MALFORMED),
        ("two dots", "..".to_owned(), MALFORMED),
        ("a hundred dots", ".".repeat(100), MALFORMED),
        ("eight thousand dots", ".".repeat(8_192), MALFORMED),
        ("one segment", head.to_owned(), MALFORMED),
        ("two segments", format!("{head}.{body}"), MALFORMED),
        ("no header", format!(".{body}.{signature}"), MALFORMED),
        ("no payload", format!("{head}..{signature}"), SIGNATURE),
        ("four segments", format!("{good}.{signature}"), ANY),
        ("a dot at the end", format!("{good}."), ANY),
        ("a dot before it", format!(".{good}"), MALFORMED),
        ("five segments, as encrypted ones have", format!("{head}.{short}.{short}.{short}.{short}"), ANY),
        (
            "an encrypted one",
            format!("{}.{short}.{short}.{short}.{short}", base64url(r#"{"alg":"dir","enc":"A256GCM"}"#)),
            ANY,
        ),
        ("a padded header", format!("{head}=.{body}.{signature}"), ANY),
        ("padded as base64 is", format!("{}.{}.{}", padded(head), padded(body), padded(signature)), ANY),
        ("a padded signature", format!("{head}.{body}.{}", padded(signature)), ANY),
        ("base64 of the other alphabet", format!("{head}.{body}.{with_plus}{}", &signature[4..]), ANY),
        ("a header that is no base64", format!("{{}}.{body}.{signature}"), MALFORMED),
        ("a header that is no JSON", header("nonsense"), MALFORMED),
        ("a header that is half JSON", header(r#"{"alg":"HS256""#), MALFORMED),
        ("a header with more behind it", header(r#"{"alg":"HS256"}{"#), MALFORMED),
        ("a header that is a text", header(r#""HS256""#), MALFORMED),
        ("a header that is a list", header(r#"["HS256"]"#), MALFORMED),
        ("a header that is a longer list", header(r#"[false,"HS256","JWT"]"#), MALFORMED),
        ("a header that is null", header("null"), MALFORMED),
        ("a header that is no UTF-8", format!("{}.{body}.{signature}", base64url(b"{\"alg\":\"\xff\"}")), MALFORMED),
        ("a typ that is a number", header(r#"{"alg":"HS256","typ":5}"#), MALFORMED),
        ("a header that is deep", header(&format!("{{\"alg\":\"HS256\",\"x\":{}", "[".repeat(3_000))), MALFORMED),
        ("a payload that is no JSON", payload("nonsense"), CLAIMS),
        ("a payload that is empty", payload(""), CLAIMS),
        ("a payload that is null", payload("null"), CLAIMS),
        ("a payload that is a number", payload("7"), CLAIMS),
        ("a payload that is a text", payload("\"ada\""), CLAIMS),
        ("a payload that is a list", payload(&format!("[\"ada\",{}]", in_seconds(60))), CLAIMS),
        (
            "a payload that is a whole list",
            payload(&format!("[\"ada\",{},0,0,\"\",\"\",\"\",[],[],[]]", in_seconds(60))),
            CLAIMS,
        ),
        ("a payload that is deep", payload(&format!("{{\"x\":{}", "[".repeat(4_000))), CLAIMS),
        ("a payload with more behind it", payload(&format!("{}x", good_payload())), CLAIMS),
        ("a token in a token", signed(r#"{"alg":"HS256","cty":"JWT"}"#, &good), CLAIMS),
    ]))
    .await;
    let not_utf_8 = [b"{\"sub\":\"\xff\",\"exp\":", in_seconds(60).to_string().as_bytes(), b"}"].concat();
    let message = format!("{}.{}", base64url(HEADER), base64url(not_utf_8));
    let key = jsonwebtoken::EncodingKey::from_secret(SECRET);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).expect("a signature");
    refused(named([("a payload that is no UTF-8", format!("{message}.{signature}"), CLAIMS)])).await;
}

#[actix_web::test]
async fn jwt_whose_claims_break_a_rule_is_refused() {
    let later = in_seconds(60);
    refused(named([
        ("no exp", without("exp"), CLAIMS),
        ("exp a text", with(&json!({"exp": later.to_string()})), CLAIMS),
        ("exp null", with(&json!({"exp": null})), CLAIMS),
        ("exp true", with(&json!({"exp": true})), CLAIMS),
        ("exp a list", with(&json!({"exp": [later]})), CLAIMS),
        ("exp beyond any number", payload(r#"{"sub":"ada","exp":1e999}"#), CLAIMS),
        ("exp NaN", payload(r#"{"sub":"ada","exp":NaN}"#), CLAIMS),
        ("exp past by the leeway", with(&json!({"exp": in_seconds(-30)})), EXPIRED),
        ("exp long past", with(&json!({"exp": in_seconds(-86_400)})), EXPIRED),
        ("exp zero", with(&json!({"exp": 0})), EXPIRED),
        ("exp negative", with(&json!({"exp": -1e300})), EXPIRED),
        ("nbf past the leeway", with(&json!({"nbf": in_seconds(31)})), NOT_YET),
        (
            "nbf a little past the leeway",
            payload(&format!(r#"{{"sub":"ada","exp":{later},"nbf":{}.5}}"#, in_seconds(30))),
            NOT_YET,
        ),
        ("nbf a text", with(&json!({"nbf": "0"})), CLAIMS),
        ("nbf null", with(&json!({"nbf": null})), CLAIMS),
        ("iat in the future", with(&json!({"iat": in_seconds(31)})), NOT_YET),
        ("iat a text", with(&json!({"iat": "0"})), CLAIMS),
        ("iat null", with(&json!({"iat": null})), CLAIMS),
        ("no sub", without("sub"), CLAIMS),
        ("sub empty", with(&json!({"sub": ""})), CLAIMS),
        ("sub null", with(&json!({"sub": null})), CLAIMS),
        ("sub a number", with(&json!({"sub": 7})), CLAIMS),
        ("sub a list", with(&json!({"sub": ["ada"]})), CLAIMS),
        ("sub of 256 characters", with(&json!({"sub": "x".repeat(256)})), CLAIMS),
        ("sub of 256 letters of two bytes", with(&json!({"sub": "ü".repeat(256)})), CLAIMS),
        ("sub with NUL", with(&json!({"sub": "a\u{0}"})), CLAIMS),
        ("sub with a line feed", with(&json!({"sub": "ada\n"})), CLAIMS),
        ("sub with DEL", with(&json!({"sub": "\u{7f}"})), CLAIMS),
        ("sub with NEL", with(&json!({"sub": "a\u{85}b"})), CLAIMS),
        ("sub with half a surrogate pair", payload(&format!(r#"{{"sub":"\ud800","exp":{later}}}"#)), CLAIMS),
        ("sub twice", payload(&format!(r#"{{"sub":"ada","sub":"ada","exp":{later}}}"#)), CLAIMS),
        ("sub twice, once escaped", payload(&format!(r#"{{"sub":"ada","s\u0075b":"eve","exp":{later}}}"#)), CLAIMS),
        ("exp twice", payload(&format!(r#"{{"sub":"ada","exp":1,"exp":{later}}}"#)), CLAIMS),
        ("brand_id twice", payload(&format!(r#"{{"sub":"ada","exp":{later},"brand_id":"a","brand_id":"b"}}"#)), CLAIMS),
        ("scope twice", payload(&format!(r#"{{"sub":"ada","exp":{later},"scope":"a","scope":"b"}}"#)), CLAIMS),
        ("aud twice", payload(&format!(r#"{{"sub":"ada","exp":{later},"aud":"a","aud":"b"}}"#)), CLAIMS),
        ("scope a list", with(&json!({"scope": ["a"]})), CLAIMS),
        ("scope a number", with(&json!({"scope": 1})), CLAIMS),
        ("scope null", with(&json!({"scope": null})), CLAIMS),
        ("scp a text", with(&json!({"scp": "a b"})), CLAIMS),
        ("scp with a number", with(&json!({"scp": ["a", 1]})), CLAIMS),
        ("scp null", with(&json!({"scp": null})), CLAIMS),
    ]))
    .await;
}

#[actix_web::test]
async fn jwt_whose_brands_break_a_rule_is_refused() {
    let many: Vec<String> = (0..201).map(|number| format!("brand-{number}")).collect();
    let cases = [
        json!({"brand_id": null}),
        json!({"brand": null}),
        json!({"brand_id": 1}),
        json!({"brand_id": true}),
        json!({"brand_id": {}}),
        json!({"brand": {"acme": true}}),
        json!({"brand_id": ""}),
        json!({"brand_id": [""]}),
        json!({"brand_id": ["acme", ""]}),
        json!({"brand_id": ["acme", null]}),
        json!({"brand_id": ["acme", 1]}),
        json!({"brand_id": [["acme"]]}),
        json!({"brand_id": "x".repeat(129)}),
        json!({"brand_id": ["x".repeat(129)]}),
        json!({"brand_id": "a\u{0}b"}),
        json!({"brand": ["a\nb"]}),
        json!({"brand": "\u{9f}"}),
        json!({"brand_id": many}),
        json!({"brand": many}),
        json!({"brand_id": "acme", "brand": "globex"}),
        json!({"brand_id": ["acme"], "brand": ["acme", "globex"]}),
        json!({"brand_id": ["acme"], "brand": []}),
        json!({"brand_id": "acme", "brand": null}),
        json!({"brand_id": null, "brand": null}),
        json!({"brand_id": "acme", "brand": ["acme", 1]}),
    ];
    let tokens = cases.iter().map(|others| {
        let case: String = others.to_string().chars().take(60).collect();
        (case, with(others), CLAIMS)
    });
    refused(tokens.collect::<Vec<_>>()).await;
}
