//! Compression by `Accept-Encoding`, and that it never makes a request fail.

use actix_web::dev::Decompress;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_ENCODING, ContentEncoding, HeaderValue};
use actix_web::web::Bytes;
use futures_util::{StreamExt, stream};
use live_domain::contract::fixtures::session;

use crate::support::{Answer, Failures, ROUTES, Service, bearer, get, list};

async fn accepting(service: &Service, fields: &[&[u8]]) -> Answer {
    let request = fields.iter().fold(list(""), |request, field| {
        request.append_header((ACCEPT_ENCODING, HeaderValue::from_bytes(field).expect("a field")))
    });
    service.send(request).await
}

pub(crate) async fn unpacked(coding: &str, body: &Bytes) -> Vec<u8> {
    let coding = match coding {
        "gzip" => ContentEncoding::Gzip,
        "br" => ContentEncoding::Brotli,
        coding => panic!("{coding} is none of ours"),
    };
    let packed = stream::iter([Ok::<_, actix_web::error::PayloadError>(body.clone())]);
    let mut unpacked = Vec::new();
    let mut chunks = Decompress::new(packed, coding);
    while let Some(chunk) = chunks.next().await {
        unpacked.extend(chunk.expect("a chunk"));
    }
    unpacked
}

#[actix_web::test]
async fn compresses_as_the_client_prefers() {
    let service = Service::with((1..=20).map(session)).await;
    let plain = service.list("").await;
    for (accepted, coding) in [
        ("gzip", "gzip"),
        ("br", "br"),
        ("GZIP", "gzip"),
        ("gzip;q=0.5, br;q=0.9", "br"),
        ("gzip;q=0.9,br;q=0.5", "gzip"),
        ("zstd, gzip;q=0.1", "gzip"),
        ("identity;q=0, gzip", "gzip"),
        ("identity;q=0.5, gzip;q=0.6, *;q=0", "gzip"),
        ("unheard-of;q=1, br;q=0.2", "br"),
    ] {
        let answer = accepting(&service, &[accepted.as_bytes()]).await;
        assert_eq!(answer.status, StatusCode::OK, "{accepted}");
        assert_eq!(answer.header("content-encoding"), Some(coding), "{accepted}");
        assert!(answer.body.len() < plain.body.len());
        assert_eq!(unpacked(coding, &answer.body).await, plain.body, "{accepted}");
        assert_eq!(answer.tag(), plain.tag(), "a weak tag is that of every coding");
        let mut vary: Vec<String> = answer
            .headers
            .get_all("vary")
            .flat_map(|field| field.to_str().expect("text").split(',').map(|name| name.trim().to_ascii_lowercase()))
            .collect();
        vary.sort();
        vary.dedup();
        assert_eq!(vary, ["accept-encoding", "authorization"], "{accepted}");
    }
}

#[actix_web::test]
async fn what_leaves_nothing_or_nothing_known_is_answered_uncompressed() {
    let service = Service::with((1..=20).map(session)).await;
    let plain = service.list("").await;
    let mut failures = Failures::default();
    let fields: &[&[&[u8]]] = &[
        &[],
        &[b""],
        &[b"identity"],
        &[b"identity;q=0"],
        &[b"*;q=0"],
        &[b"identity;q=0, *;q=0"],
        &[b"gzip;q=0, br;q=0, identity;q=0"],
        &[b"gzip;q=0, *;q=0"],
        &[b"gzip;q=0"],
        &[b"zstd"],
        &[b"compress, x-unheard-of"],
        &[b"zstd;q=1, *;q=0"],
        &[b"zstd, identity;q=0"],
        &[b"identity, gzip;q=0.5"],
        // Malformed.
        &[b";"],
        &[b",,,"],
        &[b";q=1"],
        &[b"q=1"],
        &[b"gzip;q=nonsense"],
        &[b"gzip;q=2"],
        &[b"gzip;q=-1"],
        &[b"gzip;q=0.00000"],
        &[b"gzip;;q=1"],
        &[b"\xff\xfe"],
        &[b"gz\xc3\xbcp"],
        &[b"\"gzip\""],
        &[b"gzip br"],
        &[b"*;q=0;q=1"],
        &[b"*;q="],
        &[b"identity;q=0", b"*;q=0"],
    ];
    for fields in fields {
        let case = format!("{:?}", fields.iter().map(|field| String::from_utf8_lossy(field)).collect::<Vec<_>>());
        let answer = accepting(&service, fields).await;
        failures.check(&case, answer.status, StatusCode::OK);
        failures.check(&case, answer.headers.get("content-encoding"), None);
        failures.check(&case, answer.body == plain.body, true);
    }
}

#[actix_web::test]
async fn whatever_is_accepted_something_readable_is_answered() {
    let service = Service::with((1..=20).map(session)).await;
    let plain = service.list("").await;
    let long = format!("{}gzip", "x,".repeat(10_000));
    let many_gzip = "gzip,".repeat(1_000);
    for accepted in [
        "*",
        "*;q=0.1",
        "gzip, br",
        "deflate",
        "deflate, gzip;q=0.5",
        "deflate, *;q=0",
        "x-gzip",
        &long,
        &many_gzip,
        "gzip;Q=1",
        "br;level=4",
    ] {
        let answer = accepting(&service, &[accepted.as_bytes()]).await;
        assert_eq!(answer.status, StatusCode::OK, "{accepted}");
        match answer.header("content-encoding") {
            Some(coding @ ("gzip" | "br")) => {
                assert_eq!(unpacked(coding, &answer.body).await, plain.body, "{accepted}");
            }
            Some(coding) => panic!("{accepted} was answered with {coding}: gzip and br alone are promised"),
            None => assert_eq!(answer.body, plain.body, "{accepted}"),
        }
    }
}

#[actix_web::test]
async fn no_route_answers_406() {
    let service = Service::empty().await;
    for path in ROUTES.into_iter().chain(["/nowhere"]) {
        for accepted in ["identity;q=0", "*;q=0", "zstd;q=1, *;q=0", ";;q"] {
            let ask = async |field: Option<&str>| {
                let request = bearer(get(path), &crate::support::ada());
                let request =
                    field.into_iter().fold(request, |request, field| request.insert_header((ACCEPT_ENCODING, field)));
                service.send(request).await
            };
            let (answer, plain) = (ask(Some(accepted)).await, ask(None).await);
            assert_eq!(answer.status, plain.status, "{path} {accepted}");
            assert!(answer.header("content-encoding").is_none(), "{path} {accepted}");
        }
    }
}

#[actix_web::test]
async fn errors_are_compressed_like_answers_and_still_json() {
    let service = Service::empty().await;
    let request = list("limit=0").insert_header((ACCEPT_ENCODING, "gzip"));
    let answer = service.send(request).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    let body = match answer.header("content-encoding") {
        Some(coding) => unpacked(coding, &answer.body).await,
        None => answer.body.to_vec(),
    };
    let body: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    assert_eq!(body["error"], "validation_error");
}
