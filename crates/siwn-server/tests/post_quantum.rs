//! Logins with ML-DSA-65, whose keys and signatures are long.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod support;

use http::StatusCode;
use serde_json::json;
use siwn::{KeyType, PrivateKey};
use support::{Server, sign};

const VERIFY: &str = "/api/auth/verify-login";

fn key() -> PrivateKey {
    PrivateKey::from_seed(KeyType::MlDsa65, [7; 32]).unwrap()
}

#[tokio::test]
async fn a_post_quantum_key_signs_in_with_a_token() {
    let server = Server::new();
    let token = sign(&server.challenge(&[]).await.json(), &key());
    let answer = server.post(VERIFY, &[], &json!({ "authToken": token })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    // The whole key, here and later: what is kept must be good for asking the chain.
    let whole = key().public_key().to_string();
    assert_eq!(answer.json()["publicKey"], whole);
    let session = server.get("/api/auth/session", &[("cookie", &answer.cookies().concat())]).await;
    assert_eq!(session.json()["publicKey"], whole);
}

#[tokio::test]
async fn a_post_quantum_signature_of_something_else_is_refused() {
    let server = Server::new();
    let mut challenge = server.challenge(&[]).await.json();
    challenge["message"] = json!("Sign in to another.example");
    let answer = server.post(VERIFY, &[], &json!({ "authToken": sign(&challenge, &key()) })).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "message_mismatch"));
    assert_eq!(server.asked(), 0);
}
