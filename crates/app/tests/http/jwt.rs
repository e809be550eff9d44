//! **jwt**: which tokens are taken, to the edge.

use live_app::auth::{ClaimRules, Hs256Secret, SecretError, mint};
use live_domain::RegistrationStatus;
use live_domain::contract::fixtures::{now, register, registration, session};
use serde_json::{Value, json};
use time::Duration;

use crate::support::{Failures, SECRET, Service, Setup, ada, in_seconds, signed, token};

/// Claims of `ada`, good for a minute, with others besides or instead.
fn claims(others: &Value) -> Value {
    let mut whole = json!({"sub": "ada", "exp": in_seconds(60)});
    whole.as_object_mut().expect("an object").extend(others.as_object().expect("an object").clone());
    whole
}

fn rules(issuer: Option<&str>, audience: Option<&str>) -> ClaimRules {
    ClaimRules { issuer: issuer.map(str::to_owned), audience: audience.map(str::to_owned) }
}

#[actix_web::test]
async fn jwt_claims_are_good_to_the_edge() {
    let service = Service::empty().await;
    let mut failures = Failures::default();
    for others in [
        json!({}),
        // Within the leeway of 30 seconds.
        json!({"exp": in_seconds(0)}),
        json!({"exp": in_seconds(-29)}),
        json!({"nbf": in_seconds(30)}),
        json!({"iat": in_seconds(30)}),
        json!({"nbf": in_seconds(-99_999), "iat": in_seconds(-99_999)}),
        // RFC 7519, section 2: a NumericDate may have a fraction.
        json!({"exp": 4_102_444_800.5}),
        json!({"exp": 1e300}),
        json!({"nbf": 0, "iat": 0.0}),
        json!({"nbf": -5}),
        json!({"sub": "x"}),
        json!({"sub": " "}),
        json!({"sub": "x".repeat(255)}),
        json!({"sub": "🎥".repeat(255)}),
        // Not looked at without the settings.
        json!({"aud": "anything"}),
        json!({"aud": ["a", 1]}),
        json!({"aud": 7, "iss": {"a": null}}),
        json!({"iss": "anybody"}),
        json!({"iss": null, "aud": null}),
        json!({"iss": [], "aud": []}),
        // Claims that nobody asked about.
        json!({"jti": 5, "email": null, "roles": ["a", {"b": []}]}),
        json!({"scope": "", "scp": []}),
    ] {
        let answer = service.list_as(&token(&claims(&others)), "").await;
        failures.check(&others.to_string(), answer.error(), "200 -".to_owned());
    }
}

#[actix_web::test]
async fn jwt_headers_that_demand_nothing_are_good() {
    let service = Service::empty().await;
    let payload = claims(&json!({})).to_string();
    let mut failures = Failures::default();
    for header in [
        r#"{"alg":"HS256"}"#,
        r#"{"typ":"JWT","alg":"HS256"}"#,
        r#"{"alg":"HS256","typ":"at+jwt"}"#,
        r#"{"alg":"HS256","kid":"some-key"}"#,
        r#" { "alg" : "HS256" , "x-other" : [1] } "#,
        r#"{"alg":"HS25\u0036"}"#,
    ] {
        failures.check(header, service.list_as(&signed(header, &payload), "").await.error(), "200 -".to_owned());
    }
}

#[actix_web::test]
async fn jwt_is_for_whom_its_subject_names() {
    let service = Service::with([session(1)]).await;
    register(&service.store, [registration(1, "Zoë 🎥", RegistrationStatus::Registered, 71)]).await;
    let body = service.list_as(&token(&claims(&json!({"sub": "Zoë 🎥"}))), "").await.ok();
    assert_eq!(body["sessions"][0]["is_registered"], true);
    let body = service.list_as(&token(&claims(&json!({"sub": "Zoe 🎥"}))), "").await.ok();
    assert_eq!(body["sessions"][0]["is_registered"], false);
}

#[actix_web::test]
async fn jwt_goes_by_the_clock_of_the_service() {
    let service = Service::empty().await;
    let token = token(&claims(&json!({"exp": in_seconds(60)})));
    for (advance, expected) in [(89, "200 -"), (0, "200 -"), (1, "401 invalid_token"), (9_999, "401 invalid_token")] {
        service.clock.advance(Duration::seconds(advance));
        assert_eq!(service.list_as(&token, "").await.error(), expected);
    }
}

#[actix_web::test]
async fn jwt_issuer_and_audience_must_be_as_set() {
    let service = Setup { rules: rules(Some("https://id.example"), Some("live")), ..Setup::default() }.start().await;
    let mut failures = Failures::default();
    let issuer = "the issuer is not the expected one";
    let audience = "the audience is not the expected one";
    for (others, expected) in [
        (json!({"iss": "https://id.example", "aud": "live"}), None),
        (json!({"iss": "https://id.example", "aud": ["live"]}), None),
        (json!({"iss": "https://id.example", "aud": ["other", "live"]}), None),
        (json!({"aud": "live"}), Some(issuer)),
        (json!({"iss": "https://id.example/", "aud": "live"}), Some(issuer)),
        (json!({"iss": "HTTPS://id.example", "aud": "live"}), Some(issuer)),
        (json!({"iss": "", "aud": "live"}), Some(issuer)),
        (json!({"iss": null, "aud": "live"}), Some(issuer)),
        (json!({"iss": 1, "aud": "live"}), Some(issuer)),
        (json!({"iss": true, "aud": "live"}), Some(issuer)),
        (json!({"iss": ["https://id.example"], "aud": "live"}), Some(issuer)),
        (json!({"iss": {"https://id.example": 1}, "aud": "live"}), Some(issuer)),
        (json!({"iss": "https://id.example"}), Some(audience)),
        (json!({"iss": "https://id.example", "aud": "Live"}), Some(audience)),
        (json!({"iss": "https://id.example", "aud": "live "}), Some(audience)),
        (json!({"iss": "https://id.example", "aud": "live,other"}), Some(audience)),
        (json!({"iss": "https://id.example", "aud": ""}), Some(audience)),
        (json!({"iss": "https://id.example", "aud": []}), Some(audience)),
        (json!({"iss": "https://id.example", "aud": ["other"]}), Some(audience)),
        (json!({"iss": "https://id.example", "aud": [["live"]]}), Some(audience)),
        (json!({"iss": "https://id.example", "aud": null}), Some(audience)),
        (json!({"iss": "https://id.example", "aud": [null]}), Some(audience)),
        (json!({"iss": "https://id.example", "aud": 7}), Some(audience)),
        (json!({"iss": "https://id.example", "aud": true}), Some(audience)),
        (json!({"iss": "https://id.example", "aud": {"live": true}}), Some(audience)),
    ] {
        let answer = service.list_as(&token(&claims(&others)), "").await;
        let challenge = answer.header("www-authenticate").map(str::to_owned);
        let expected_challenge = expected
            .map(|reason| format!("Bearer realm=\"live\", error=\"invalid_token\", error_description=\"{reason}\""));
        let expected_error = if expected.is_some() { "401 invalid_token" } else { "200 -" };
        failures.check(&others.to_string(), answer.error(), expected_error.to_owned());
        failures.check(&others.to_string(), challenge, expected_challenge);
    }
}

#[actix_web::test]
async fn jwt_issuer_and_audience_are_checked_each_by_its_own_setting() {
    let issuer_alone = Setup { rules: rules(Some("us"), None), ..Setup::default() }.start().await;
    let audience_alone = Setup { rules: rules(None, Some("us")), ..Setup::default() }.start().await;
    let by = token(&claims(&json!({"iss": "us"})));
    let for_us = token(&claims(&json!({"aud": "us"})));
    assert_eq!(issuer_alone.list_as(&by, "").await.error(), "200 -");
    assert_eq!(issuer_alone.list_as(&for_us, "").await.error(), "401 invalid_token");
    assert_eq!(audience_alone.list_as(&by, "").await.error(), "401 invalid_token");
    assert_eq!(audience_alone.list_as(&for_us, "").await.error(), "200 -");
    assert_eq!(issuer_alone.list_as(&ada(), "").await.error(), "401 invalid_token");
    assert_eq!(audience_alone.list_as(&ada(), "").await.error(), "401 invalid_token");
}

#[actix_web::test]
async fn jwt_that_is_minted_is_taken() {
    let rules = rules(Some("us"), Some("them"));
    let service = Setup { rules: rules.clone(), list_scopes: &["a", "b"], ..Setup::default() }.start().await;
    let secret = Hs256Secret::new(SECRET.to_vec()).expect("a secret");
    let (brands, scopes) = (["acme".to_owned()], ["a".to_owned(), "b".to_owned()]);
    let minted = mint(&secret, &rules, ("ada", &brands, &scopes), now(), Duration::MINUTE).expect("a token");
    assert_eq!(service.list_as(&minted, "brand_id=acme").await.error(), "200 -");
    assert_eq!(service.list_as(&minted, "brand_id=globex").await.error(), "403 forbidden");
    service.clock.advance(Duration::seconds(90));
    assert_eq!(service.list_as(&minted, "").await.error(), "401 invalid_token");
}

#[test]
fn jwt_secret_has_at_least_32_bytes_and_is_no_pem_text() {
    let refused = |bytes: &[u8]| Hs256Secret::new(bytes.to_vec()).err();
    assert_eq!(refused(b""), Some(SecretError::TooShort));
    assert_eq!(refused(&[b'x'; 31]), Some(SecretError::TooShort));
    assert_eq!(refused(&[b'x'; 32]), None);
    assert_eq!(refused(&[0xff; 64]), None);
    for pem in ["-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0B\n", "\n  -----BEGIN RSA PRIVATE KEY-----\nMIIE\n"] {
        assert_eq!(refused(pem.as_bytes()), Some(SecretError::Pem), "{pem}");
    }
}

#[test]
fn jwt_secret_is_never_shown() {
    let secret = Hs256Secret::new(SECRET.to_vec()).expect("a secret");
    let shown = format!("{secret:?}");
    assert!(!shown.contains("tests") && !shown.contains("115"), "{shown}");
}
