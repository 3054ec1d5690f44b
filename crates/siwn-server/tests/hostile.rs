//! Requests that nobody honest sends: refused before anybody is asked, in the one shape, and nothing of them comes back.

mod support;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Server, request};

const INITIATE: &str = "/api/auth/initiate-login";
const VERIFY: &str = "/api/auth/verify-login";
/// What must never come back.
const MARK: &str = "xMARKx";

#[tokio::test]
async fn hostile_bodies_are_refused_before_anybody_is_asked() {
    let server = Server::new();
    let deep = "[".repeat(60_000);
    let bodies = [
        "{",
        "[]",
        "null",
        "7",
        "\"x\"",
        "{}",
        "{\"authToken\":",
        "{\"authToken\":7}",
        "{\"authToken\":null}",
        "{\"authToken\":{}}",
        "{\"authToken\":\"\"}",
        "{\"authToken\":\"a\",\"authToken\":\"b\"}",
        "{\"nonce\":[1]}",
        "\u{feff}{}",
        "{\"authToken\":\"\\u0000\"}",
        "{\"authToken\":\"\\ud800\"}",
        deep.as_str(),
        "{\"authorization\":\"x\",\"accountId\":\"alice.near\"}",
    ];
    for body in bodies {
        let answer = server.send(request(Method::POST, VERIFY, &[], body)).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body:.40}");
        answer.error();
    }
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn hostile_fields_are_refused_and_not_echoed() {
    let server = Server::new();
    let nonce: Value = server.challenge(&[]).await.json()["nonce"].clone();
    let signature = "A".repeat(86) + "==";
    let key = "ed25519:GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB";
    let good = json!({ "accountId": "alice.near", "publicKey": key, "signature": signature, "nonce": nonce });
    let with = |member: &str, value: Value| {
        let mut body = good.clone();
        body[member] = value;
        body
    };
    for body in [
        with("accountId", json!(format!("{MARK}.near"))),
        with("accountId", json!(format!("alice.near\n{MARK}"))),
        with("accountId", json!("Alice.near")),
        with("accountId", json!("alice.near?x=1")),
        with("accountId", json!("../../etc/passwd")),
        with("accountId", json!("system")),
        with("accountId", json!("")),
        with("accountId", json!("a".repeat(60_000))),
        with("publicKey", json!(format!("ed25519:{MARK}"))),
        with("publicKey", json!(format!("{MARK}:{key}"))),
        with("publicKey", json!("ED25519:GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB")),
        with("publicKey", json!("GmaDrppBC7P5ARKV8g3djiwP89vz1jLK23V2GBjuAEGB")),
        with("publicKey", json!(format!("{key} "))),
        with("publicKey", json!("ed25519:".to_owned() + &"1".repeat(60_000))),
        with("signature", json!(format!("{MARK}=="))),
        with("signature", json!(format!("secp256k1:{MARK}"))),
        with("signature", json!(signature.replace("==", ""))),
        with("signature", json!("")),
        with("nonce", json!([1, 2, 3])),
        with("nonce", json!(vec![256; 32])),
        with("nonce", json!(vec![-1; 32])),
        with("nonce", json!(vec![0.5; 32])),
        with("nonce", json!(MARK)),
        with("nonce", json!({ "type": "Buffer", "data": nonce })),
    ] {
        let answer = server.post(VERIFY, &[], &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body:.200} {}", answer.body);
        answer.error();
        assert!(!answer.body.contains(MARK), "{}", answer.body);
    }
    for body in [
        with("message", json!(format!("Sign in to {MARK}"))),
        with("recipient", json!(MARK)),
        with("callbackUrl", json!(MARK)),
        with("state", json!(MARK)),
    ] {
        let answer = server.post(VERIFY, &[], &body).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
        answer.error();
        assert!(!answer.body.contains(MARK), "{}", answer.body);
    }
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn a_body_is_json_and_at_most_64_kib() {
    let server = Server::new();
    for content_type in
        ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/json-seq", "", "text/json"]
    {
        for path in [INITIATE, VERIFY, "/api/auth/logout"] {
            let answer = server.send(request(Method::POST, path, &[("content-type", content_type)], "{}")).await;
            assert_eq!(
                (answer.status, answer.error().as_str()),
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json"),
                "{content_type} {path}"
            );
        }
    }
    let answer = server.send(request(Method::POST, INITIATE, &[("content-type", "Application/JSON; charset=utf-8")], "{}")).await;
    assert_eq!(answer.status, StatusCode::OK);

    let large = format!("{{\"authToken\":\"{}\"}}", "A".repeat(64 * 1024));
    let announced = large.len().to_string();
    for headers in [&[][..], &[("content-length", announced.as_str())], &[("content-length", "99999999999999999999")]] {
        let answer = server.send(request(Method::POST, VERIFY, headers, &large)).await;
        assert_eq!((answer.status, answer.error().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "too_large"));
    }
    assert_eq!(server.asked(), 0);
}

#[tokio::test]
async fn an_empty_body_is_no_body_whatever_its_type() {
    let server = Server::new();
    let answer = server.send(request(Method::POST, INITIATE, &[("content-type", "text/plain")], "")).await;
    assert_eq!(answer.status, StatusCode::OK);
    let answer = server.send(request(Method::POST, VERIFY, &[("content-type", "text/plain")], "")).await;
    assert_eq!(answer.error(), "malformed");
}

#[tokio::test]
async fn other_addresses_and_methods_have_the_shape_too() {
    let server = Server::new();
    for (method, path, status, code) in [
        (Method::GET, "/nothing", StatusCode::NOT_FOUND, "not_found"),
        (Method::POST, "/api/auth/", StatusCode::NOT_FOUND, "not_found"),
        (Method::GET, "/api/auth/verify-login/", StatusCode::NOT_FOUND, "not_found"),
        (Method::GET, VERIFY, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        (Method::DELETE, INITIATE, StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        (Method::POST, "/api/auth/session", StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        (Method::POST, "/healthz", StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
    ] {
        let answer = server.send(request(method.clone(), path, &[], "")).await;
        assert_eq!((answer.status, answer.error().as_str()), (status, code), "{method} {path}");
    }
}

#[tokio::test]
async fn hostile_authorization_headers_sign_nobody_in() {
    let server = Server::new();
    for value in ["Bearer", "Bearer ", "Bearer siwn_", "Bearer siwn_AAAA", "Basic YTpi", "bearer  siwn_x", "siwn_x"] {
        let answer = server.get("/api/auth/session", &[("authorization", value)]).await;
        assert_eq!(answer.error(), "not_signed_in", "{value}");
    }
    let twice = [("authorization", "Bearer siwn_a"), ("authorization", "Bearer siwn_b")];
    assert_eq!(server.get("/api/auth/session", &twice).await.error(), "malformed");
}
