//! **where**: a token is taken from one `Authorization` field alone.

use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::test::TestRequest;
use live_domain::contract::fixtures::session;
use serde_json::{Value, json};

use crate::support::{
    Answer, FEED, Failures, SESSIONS, Service, Setup, UNGUARDED, ada, get, in_seconds, signed, token,
};

const PLAIN: &str = "Bearer realm=\"live\"";
const MALFORMED: &str = "Bearer realm=\"live\", error=\"invalid_token\", error_description=\"the token is malformed\"";

fn with_fields(query: &str, fields: &[Vec<u8>]) -> TestRequest {
    fields.iter().fold(get(&format!("{SESSIONS}{query}")), |request, field| {
        request.append_header((AUTHORIZATION, HeaderValue::from_bytes(field).expect("a field")))
    })
}

fn bytes(fields: &[&str]) -> Vec<Vec<u8>> {
    fields.iter().map(|field| field.as_bytes().to_vec()).collect()
}

fn challenge(answer: &Answer) -> Option<String> {
    answer.header("www-authenticate").map(str::to_owned)
}

#[actix_web::test]
async fn where_no_bearer_token_is_the_challenge_is_plain() {
    let service = Service::empty().await;
    let token = ada();
    let mut failures = Failures::default();
    for (query, fields) in [
        ("", bytes(&[])),
        ("", bytes(&[""])),
        ("", bytes(&["Bearer"])),
        ("", bytes(&["Bearer "])),
        ("", bytes(&["Bearer    "])),
        ("", bytes(&["Basic YWRhOnNlY3JldA=="])),
        ("", bytes(&[&format!("Basic {token}")])),
        ("", bytes(&[&format!("Token {token}")])),
        ("", bytes(&[&format!("DPoP {token}")])),
        ("", bytes(&[&format!("JWT {token}")])),
        ("", bytes(&[&format!("Bearer{token}")])),
        ("", bytes(&[&format!("Bearer:{token}")])),
        ("", bytes(&[&format!("Bearer={token}")])),
        ("", bytes(&[&format!("XBearer {token}")])),
        ("", bytes(&[&token])),
        ("", vec![b"\xff\xfe\xfd\xfc\xfb\xfa\xf9\xf8".to_vec()]),
        // In the query it is never taken.
        (&*format!("?access_token={token}"), bytes(&[])),
        (&*format!("?limit=5&access_token={token}"), bytes(&[])),
        (&*format!("?access_token={token}"), bytes(&["Basic YWRhOnNlY3JldA=="])),
        ("?access_token=", bytes(&[])),
        ("?limit=0", bytes(&[])),
    ] {
        let case =
            format!("{query} {:?}", fields.iter().map(|field| String::from_utf8_lossy(field)).collect::<Vec<_>>());
        let answer = service.send(with_fields(query, &fields)).await;
        failures.check(&case, answer.error(), "401 unauthenticated".to_owned());
        failures.check(&case, challenge(&answer), Some(PLAIN.to_owned()));
    }
}

#[actix_web::test]
async fn where_a_token_stands_twice_the_request_is_malformed() {
    let service = Service::empty().await;
    let token = ada();
    let bearer = format!("Bearer {token}");
    let mut failures = Failures::default();
    for (query, fields) in [
        ("", bytes(&[&bearer, &bearer])),
        ("", bytes(&[&bearer, "Basic YWRhOnNlY3JldA=="])),
        ("", bytes(&["Basic YWRhOnNlY3JldA==", &bearer])),
        ("", bytes(&["Basic YWRhOnNlY3JldA==", "Basic YWRhOnNlY3JldA=="])),
        ("", bytes(&["", &bearer])),
        ("", bytes(&[&bearer, ""])),
        ("", bytes(&[&bearer, &bearer, &bearer])),
        ("?access_token=x", bytes(&[&bearer])),
        ("?access_token", bytes(&[&bearer])),
        ("?limit=5&access_token=", bytes(&[&bearer])),
        ("?acc%65ss_token=x", bytes(&[&bearer])),
        ("?limit=0&access_token=x", bytes(&[&bearer])),
        (&*format!("?access_token={token}"), bytes(&["Bearer not-a-token"])),
    ] {
        let case =
            format!("{query} {:?}", fields.iter().map(|field| String::from_utf8_lossy(field)).collect::<Vec<_>>());
        let answer = service.send(with_fields(query, &fields)).await;
        failures.check(&case, answer.error(), "400 invalid_request".to_owned());
        failures.check(&case, challenge(&answer), None);
    }
}

#[actix_web::test]
async fn where_the_token_is_no_token_it_is_refused_as_malformed() {
    let service = Service::empty().await;
    let token = ada();
    let mut failures = Failures::default();
    for token in [
        b"x".to_vec(),
        format!("{token} {token}").into_bytes(),
        format!("{token}, Bearer {token}").into_bytes(),
        format!("{token}\t{token}").into_bytes(),
        [token.as_bytes(), b"\xc3\xbc"].concat(),
        [b"\xff", token.as_bytes()].concat(),
        [token.as_bytes(), b"\x80"].concat(),
    ] {
        let case = String::from_utf8_lossy(&token).into_owned();
        let answer = service.send(with_fields("", &[[b"Bearer ", &token[..]].concat()])).await;
        failures.check(&case, answer.error(), "401 invalid_token".to_owned());
        failures.check(&case, challenge(&answer), Some(MALFORMED.to_owned()));
    }
}

/// A good token of exactly so many bytes.
fn sized(bytes: usize) -> String {
    let good = |padding: usize| {
        let claims = format!(r#"{{"sub":"ada","exp":{},"padding":"{}"}}"#, in_seconds(60), "x".repeat(padding));
        signed(r#"{"alg":"HS256"}"#, &claims)
    };
    // Base64 grows by 4 for every 3 bytes, so that some lengths are not met: the header has room for those.
    (0..bytes).rev().map(good).find(|token| token.len() <= bytes).expect("a token")
}

#[actix_web::test]
async fn where_a_token_has_over_8192_bytes_it_is_refused() {
    let service = Service::empty().await;
    let longest = sized(8_192);
    assert_eq!(longest.len(), 8_192);
    assert_eq!(service.list_as(&longest, "").await.error(), "200 -");
    let longer = sized(8_193);
    let longer = if longer.len() == 8_193 { longer } else { sized(8_194) };
    assert!((8_193..=8_194).contains(&longer.len()));
    for token in [longer, sized(16_384), "x".repeat(8_193), "x".repeat(200 * 1024)] {
        let answer = service.list_as(&token, "").await;
        assert_eq!(answer.error(), "401 invalid_token");
        assert_eq!(challenge(&answer).as_deref(), Some(MALFORMED));
    }
}

#[actix_web::test]
async fn where_the_scheme_is_bearer_in_any_letter_case_the_token_is_taken() {
    let service = Service::with([session(1)]).await;
    let token = ada();
    for field in [
        format!("Bearer {token}"),
        format!("bearer {token}"),
        format!("BEARER {token}"),
        format!("bEaReR {token}"),
        format!("Bearer   {token}"),
        format!("Bearer {token} "),
    ] {
        let answer = service.send(get(SESSIONS).insert_header((AUTHORIZATION, field.clone()))).await;
        assert_eq!(answer.numbers(), [1], "{field}");
        assert_eq!(challenge(&answer), None);
    }
}

#[actix_web::test]
async fn where_access_token_stands_in_a_value_it_is_no_token() {
    let service = Service::empty().await;
    assert!(service.list("category=access_token").await.numbers().is_empty());
    assert!(service.list("category=%26access_token%3Dx").await.numbers().is_empty());
    // Names are exact: this one is unknown and nothing else.
    assert_eq!(service.list("Access_Token=x").await.error(), "400 validation_error");
}

#[actix_web::test]
async fn unguarded_routes_need_no_token_and_ignore_query_parameters() {
    let service = Service::empty().await;
    for path in UNGUARDED {
        let plain = service.anonymous(path).await;
        // Of no feed is this the secret.
        assert_eq!(plain.status.as_u16(), if path == FEED { 404 } else { 200 }, "{path}");
        for query in ["?", "?limit=0", "?nope=1&nope=1", "?%zz", "?%00=%ff", "?access_token=x", "?limit=%"] {
            let answer = service.anonymous(&format!("{path}{query}")).await;
            assert_eq!(answer.status, plain.status, "{path}{query}");
            assert!(answer.body == plain.body || path == FEED, "{path}{query}");
        }
        // A token is no matter there, be it good, bad or given twice.
        for fields in [bytes(&["Bearer x"]), bytes(&["Basic x", "Bearer x"]), bytes(&[&format!("Bearer {}", ada())])] {
            let request = fields.iter().fold(get(path), |request, field| {
                request.append_header((AUTHORIZATION, HeaderValue::from_bytes(field).expect("a field")))
            });
            assert_eq!(service.send(request).await.status, plain.status, "{path}");
        }
    }
}

async fn demanding(scopes: &'static [&'static str]) -> Service {
    Setup { list_scopes: scopes, ..Setup::default() }.start().await
}

fn granted(name: &str, scopes: impl Into<Value>) -> String {
    token(&json!({"sub": "ada", "exp": in_seconds(60), name: scopes.into()}))
}

#[actix_web::test]
async fn scopes_that_are_demanded_are_all_needed() {
    let service = demanding(&["read:live", "list"]).await;
    for good in [
        granted("scope", "read:live list"),
        granted("scope", "list other read:live"),
        granted("scope", " list  read:live "),
        granted("scp", json!(["list", "read:live"])),
        token(&json!({"sub": "ada", "exp": in_seconds(60), "scope": "list", "scp": ["read:live"]})),
    ] {
        assert_eq!(service.list_as(&good, "").await.error(), "200 -");
    }
    for bad in [
        ada(),
        granted("scope", ""),
        granted("scope", "list"),
        granted("scope", "read:live"),
        granted("scope", "read:live,list"),
        granted("scope", "READ:LIVE LIST"),
        granted("scope", "read:live lists"),
        granted("scope", "read:live\tlist"),
        granted("scp", json!([])),
        granted("scp", json!(["read:live list"])),
        granted("roles", json!(["read:live", "list"])),
    ] {
        let answer = service.list_as(&bad, "").await;
        assert_eq!(answer.error(), "403 insufficient_scope");
        let expected = "Bearer realm=\"live\", error=\"insufficient_scope\", scope=\"list read:live\"";
        assert_eq!(challenge(&answer).as_deref(), Some(expected));
    }
    for path in UNGUARDED.into_iter().filter(|path| *path != FEED) {
        assert_eq!(service.anonymous(path).await.status.as_u16(), 200, "{path} demands nothing");
    }
}

#[actix_web::test]
async fn scopes_are_not_needed_where_none_is_demanded() {
    let service = Service::empty().await;
    for token in [ada(), granted("scope", ""), granted("scope", "anything")] {
        assert_eq!(service.list_as(&token, "").await.error(), "200 -");
    }
}
