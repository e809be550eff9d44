//! **introspection**: what the issuer is asked, what its answers mean, and how long they are kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use live_app::auth::{
    Caller, ClaimRules, Introspection, IntrospectionEndpoint, JwtOrIntrospection, JwtVerifier, TokenVerifier,
};
use live_app::metrics::Tally;
use live_domain::BrandScope;
use serde_json::{Value, json};
use time::Duration;

use crate::issuer::{P256, TestClock, base64url, claims, fixed, in_seconds, outcome, set};
use crate::web::{Web, answer};

const CLAIMS: &str = "a claim is missing or malformed";
const INACTIVE: &str = "the token is not active";
const UNAVAILABLE: &str = "unavailable";

/// An issuer, what it says of each token, and the service that asks it.
struct Issuer {
    web: Web,
    says: Arc<Mutex<HashMap<String, String>>>,
    clock: Arc<TestClock>,
}

impl Issuer {
    fn new() -> Self {
        let says = Arc::<Mutex<HashMap<String, String>>>::default();
        let answers = Arc::clone(&says);
        let web = Web::start(move |request| {
            let (_, body) = request.split_once("\r\n\r\n").expect("a body");
            let token = body.strip_prefix("token=").and_then(|rest| rest.split('&').next()).expect("a token");
            let known = answers.lock().expect("no panic").get(token).cloned();
            known.unwrap_or_else(|| answer("200 OK", r#"{"active":false}"#))
        });
        Self { web, says, clock: TestClock::new() }
    }

    /// What it says of that token from now on: a whole answer.
    fn answers(&self, token: &str, answer: String) {
        self.says.lock().expect("no panic").insert(token.to_owned(), answer);
    }

    /// The claims that it says the token to have.
    fn says(&self, token: &str, claims: &Value) {
        self.answers(token, answer("200 OK", &claims.to_string()));
    }

    fn asked(&self) -> usize {
        self.web.requests().len()
    }

    fn introspection(&self, rules: ClaimRules) -> Introspection {
        let endpoint = IntrospectionEndpoint {
            url: self.web.url("/introspect?tenant=1").parse().expect("a URL"),
            client_id: "live service".to_owned(),
            client_secret: "p:ss%w+rd".into(),
        };
        let clock = Arc::<TestClock>::clone(&self.clock);
        Introspection::new(endpoint, rules, clock, Tally::default(), Tally::default()).expect("a client")
    }
}

fn active(others: &Value) -> Value {
    crate::issuer::with(json!({"active": true, "sub": "ada"}), others)
}

#[tokio::test]
async fn introspection_is_asked_as_the_standards_have_it() {
    let issuer = Issuer::new();
    issuer.says("a%2Bb%26c%3D%25", &active(&json!({})));
    assert_eq!(outcome(&issuer.introspection(ClaimRules::default()), "a+b&c=%").await, "ada");
    let request = issuer.web.requests().remove(0);
    let (head, body) = request.split_once("\r\n\r\n").expect("a body");
    let head = head.to_lowercase();
    assert!(head.starts_with("post /introspect?tenant=1 http/1.1\r\n"), "{head}");
    assert!(head.contains("content-type: application/x-www-form-urlencoded"), "{head}");
    assert!(head.contains("accept: application/json"), "{head}");
    assert_eq!(body, "token=a%2Bb%26c%3D%25&token_type_hint=access_token");
    let credentials =
        base64::Engine::encode(&base64::engine::general_purpose::STANDARD, "live+service:p%3Ass%25w%2Brd");
    assert!(request.contains(&format!("Basic {credentials}")), "{request}");
}

#[tokio::test]
async fn introspection_makes_a_caller_of_what_the_issuer_says() {
    let issuer = Issuer::new();
    let verifier = issuer.introspection(ClaimRules::default());
    for (place, (claims, expected)) in [
        (active(&json!({})), "ada"),
        (active(&json!({"exp": in_seconds(60), "nbf": in_seconds(-60), "iat": in_seconds(-60)})), "ada"),
        (active(&json!({"client_id": "robot"})), "ada"),
        (json!({"active": true, "client_id": "robot"}), "robot"),
        (active(&json!({"username": null, "token_type": "Bearer", "aud": 7, "iss": null, "jti": []})), "ada"),
        // Within the leeway, as a JWT is.
        (active(&json!({"exp": in_seconds(-29)})), "ada"),
    ]
    .into_iter()
    .enumerate()
    {
        let token = format!("good-{place}");
        issuer.says(&token, &claims);
        assert_eq!(outcome(&verifier, &token).await, expected, "{claims}");
    }
    issuer.says("whole", &active(&json!({"scope": "a b", "scp": ["c"], "brand_id": ["acme"], "brand": "acme"})));
    let Caller { viewer: _, brands, scopes } = verifier.verify("whole").await.expect("a caller");
    assert_eq!(*scopes, ["a", "b", "c"].map(str::to_owned).into());
    assert_eq!(brands, BrandScope::only(["acme".parse().expect("a brand")]).expect("a scope"));
}

#[tokio::test]
async fn introspection_that_says_no_or_breaks_a_rule_makes_the_token_invalid() {
    let issuer = Issuer::new();
    let rules = ClaimRules { issuer: Some("https://id.example".to_owned()), audience: Some("live".to_owned()) };
    let verifier = issuer.introspection(rules);
    let whole = |others: Value| {
        crate::issuer::with(active(&json!({"iss": "https://id.example", "aud": ["other", "live"]})), &others)
    };
    let without = |member: &str| {
        let mut claims = whole(json!({}));
        claims.as_object_mut().expect("an object").remove(member);
        claims
    };
    let attacks = [
        (json!({"active": false}), INACTIVE),
        (whole(json!({"active": false})), INACTIVE),
        (without("sub"), CLAIMS),
        (whole(json!({"sub": ""})), CLAIMS),
        (whole(json!({"sub": null, "client_id": "robot"})), CLAIMS),
        (whole(json!({"sub": 7})), CLAIMS),
        (whole(json!({"sub": "x".repeat(256)})), CLAIMS),
        (whole(json!({"sub": "a\u{0}"})), CLAIMS),
        (crate::issuer::with(without("sub"), &json!({"client_id": 7})), CLAIMS),
        (crate::issuer::with(without("sub"), &json!({"client_id": ""})), CLAIMS),
        (crate::issuer::with(without("sub"), &json!({"username": "ada"})), CLAIMS),
        (whole(json!({"exp": in_seconds(-30)})), "the token has expired"),
        (whole(json!({"exp": in_seconds(60).to_string()})), CLAIMS),
        (whole(json!({"exp": null})), CLAIMS),
        (whole(json!({"nbf": in_seconds(31)})), "the token is not valid yet"),
        (whole(json!({"iat": in_seconds(31)})), "the token is not valid yet"),
        (whole(json!({"scope": ["a"]})), CLAIMS),
        (whole(json!({"scp": "a"})), CLAIMS),
        (whole(json!({"brand_id": null})), CLAIMS),
        (whole(json!({"brand": [1]})), CLAIMS),
        (whole(json!({"brand": "a", "brand_id": "b"})), CLAIMS),
        (without("iss"), "the issuer is not the expected one"),
        (whole(json!({"iss": ["https://id.example"]})), "the issuer is not the expected one"),
        (without("aud"), "the audience is not the expected one"),
        (whole(json!({"aud": "other"})), "the audience is not the expected one"),
    ];
    issuer.says("good", &whole(json!({})));
    for (claims, reason) in attacks {
        issuer.says("bad", &claims);
        assert_eq!(outcome(&verifier, "bad").await, reason, "{claims}");
        assert_eq!(outcome(&verifier, "good").await, "ada", "after {claims}");
    }
    issuer.answers("bad", answer("200 OK", r#"{"active":true,"sub":"ada","sub":"eve"}"#));
    assert_eq!(outcome(&verifier, "bad").await, CLAIMS);
}

#[tokio::test]
async fn introspection_that_is_not_answered_as_it_should_is_unavailable_and_not_remembered() {
    let issuer = Issuer::new();
    let verifier = issuer.introspection(ClaimRules::default());
    let good = active(&json!({})).to_string();
    for bad in [
        answer("500 Internal Server Error", &good),
        answer("503 Service Unavailable", ""),
        answer("401 Unauthorized", r#"{"error":"invalid_client"}"#),
        answer("403 Forbidden", r#"{"active":false}"#),
        answer("404 Not Found", &good),
        answer("201 Created", &good),
        answer("202 Accepted", &good),
        answer("302 Found\r\nLocation: /introspect", &good),
        "HTTP/1.1 204 No Content\r\n\r\n".to_owned(),
        answer("200 OK", ""),
        answer("200 OK", "{}"),
        answer("200 OK", "null"),
        answer("200 OK", "true"),
        answer("200 OK", "[true]"),
        answer("200 OK", &format!("[{good}]")),
        answer("200 OK", r#"{"active":"true","sub":"ada"}"#),
        answer("200 OK", r#"{"active":1,"sub":"ada"}"#),
        answer("200 OK", r#"{"active":null,"sub":"ada"}"#),
        answer("200 OK", r#"{"Active":true,"sub":"ada"}"#),
        answer("200 OK", r#"{"active":false,"active":true,"sub":"ada"}"#),
        answer("200 OK", &format!("{good}x")),
        answer("200 OK", "<html>Sign in</html>"),
        answer("200 OK", "eyJhbGciOiJub25lIn0.e30."),
        answer("200 OK", &format!(r#"{{"active":true,"sub":"ada","x":"{}"}}"#, "x".repeat(1 << 20))),
        String::new(),
        format!("HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{good}"),
    ] {
        issuer.answers("token", bad.clone());
        assert_eq!(outcome(&verifier, "token").await, UNAVAILABLE, "{bad:.80}");
    }
    issuer.says("token", &active(&json!({})));
    assert_eq!(outcome(&verifier, "token").await, "ada");
}

#[tokio::test]
async fn introspection_is_remembered_for_a_moment_that_never_outlives_the_token() {
    let issuer = Issuer::new();
    let verifier = issuer.introspection(ClaimRules::default());
    issuer.says("long", &active(&json!({"exp": in_seconds(9_999)})));
    issuer.says("short", &active(&json!({"exp": in_seconds(10)})));
    issuer.says("endless", &active(&json!({})));
    for token in ["long", "short", "endless", "long", "short", "endless"] {
        assert_eq!(outcome(&verifier, token).await, "ada", "{token}");
    }
    assert_eq!(issuer.asked(), 3);
    for token in ["long", "short", "endless"] {
        issuer.says(token, &json!({"active": false}));
    }
    let after = async |seconds, expected: [&str; 3]| {
        issuer.clock.advance(Duration::seconds(seconds));
        for (token, expected) in ["long", "short", "endless"].into_iter().zip(expected) {
            assert_eq!(outcome(&verifier, token).await, expected, "{token}");
        }
    };
    after(9, ["ada"; 3]).await;
    after(1, ["ada", INACTIVE, "ada"]).await;
    after(19, ["ada", INACTIVE, "ada"]).await;
    after(1, [INACTIVE; 3]).await;
}

#[tokio::test]
async fn introspection_tells_unasked_what_it_remembers_and_nothing_else() {
    let issuer = Issuer::new();
    issuer.says("known", &active(&json!({})));
    let keys = fixed(&set(&[P256.jwk(&json!({"kid": "k"}))]));
    let jwt = JwtVerifier::new(
        None,
        Some(keys),
        ClaimRules::default(),
        Arc::<TestClock>::clone(&issuer.clock),
        Tally::default(),
    );
    let both = JwtOrIntrospection { jwt, introspection: issuer.introspection(ClaimRules::default()) };
    assert!(both.verify_unasked("known").await.is_none());
    assert_eq!((outcome(&both, "known").await.as_str(), issuer.asked()), ("ada", 1));
    for _ in 0..3 {
        let known = both.verify_unasked("known").await.expect("an outcome").expect("a caller");
        assert_eq!(known.viewer.subject().as_str(), "ada");
        assert!(both.verify_unasked("other").await.is_none());
    }
    let signed = P256.token(&json!({"alg": "ES256", "kid": "k"}));
    assert!(both.verify_unasked(&signed).await.is_some_and(|outcome| outcome.is_ok()));
    assert_eq!(issuer.asked(), 1);
    issuer.clock.advance(Duration::seconds(31));
    assert!(both.verify_unasked("known").await.is_none());
}

#[tokio::test]
async fn introspection_that_says_no_is_asked_again() {
    let issuer = Issuer::new();
    let verifier = issuer.introspection(ClaimRules::default());
    assert_eq!(outcome(&verifier, "token").await, INACTIVE);
    assert_eq!(outcome(&verifier, "token").await, INACTIVE);
    assert_eq!(issuer.asked(), 2);
    issuer.says("token", &active(&json!({})));
    assert_eq!(outcome(&verifier, "token").await, "ada");
}

#[tokio::test]
async fn introspection_is_of_one_token_by_the_whole_of_it() {
    let issuer = Issuer::new();
    let verifier = issuer.introspection(ClaimRules::default());
    let long = "t".repeat(8_000);
    issuer.says(&long, &active(&json!({})));
    assert_eq!(outcome(&verifier, &long).await, "ada");
    for other in [format!("{long}t"), long[1..].to_owned(), format!("{}u", &long[1..]), long.to_uppercase()] {
        assert_eq!(outcome(&verifier, &other).await, INACTIVE);
    }
}

#[tokio::test]
async fn introspection_is_for_what_has_not_the_shape_of_a_jwt() {
    let issuer = Issuer::new();
    let keys = fixed(&set(&[P256.jwk(&json!({"kid": "k"}))]));
    let jwt = JwtVerifier::new(
        None,
        Some(keys),
        ClaimRules::default(),
        Arc::<TestClock>::clone(&issuer.clock),
        Tally::default(),
    );
    let verifier = JwtOrIntrospection { jwt, introspection: issuer.introspection(ClaimRules::default()) };
    let payload = base64url(claims(&json!({})).to_string());
    let good = P256.token(&json!({"alg": "ES256", "kid": "k"}));
    assert_eq!(outcome(&verifier, &good).await, "ada");
    // A token that is signed stands or falls by its signature: nobody is asked to say otherwise.
    for token in [
        P256.token(&json!({"alg": "ES256", "kid": "unknown"})),
        P256.token(&json!({"alg": "HS256", "kid": "k"})),
        P256.token(&json!({"alg": "ES256", "kid": "k", "crit": ["exp"]})),
        format!("{}.{payload}.", base64url(r#"{"alg":"none"}"#)),
        format!("{}..", base64url("{}")),
        format!("{good}x"),
    ] {
        issuer.says(&token, &active(&json!({})));
        assert!(
            ["the signature is not valid", "the token is malformed"]
                .contains(&outcome(&verifier, &token).await.as_str())
        );
    }
    assert_eq!(issuer.asked(), 0);
    let opaque = [
        "x".to_owned(),
        "b1946ac92492d2347c6235b4d2611184".to_owned(),
        "v1.local.secret".to_owned(),
        "a.b".to_owned(),
        "..".to_owned(),
        payload.clone(),
        format!("{}.{payload}.{payload}", base64url("[]")),
        format!("{good}.{payload}.{payload}"),
    ];
    for (place, token) in (1..).zip(opaque) {
        issuer.says(&token, &active(&json!({})));
        assert_eq!(outcome(&verifier, &token).await, "ada", "{token}");
        assert_eq!(issuer.asked(), place, "{token}");
    }
}
