//! `siwn login --nep641` beside servers that are honest and others.

#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::process::Command;
use std::sync::{Arc, Mutex};

use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use siwn::{AccessKeyAuthorization, JsonPayload, Nonce};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

const KEY: &str = "ed25519:US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx";

fn honest() -> Value {
    let nonce = Nonce::from_bytes([7; 32]);
    let msg = format!("Sign in to localhost\n\nNonce: {nonce}");
    let payload = JsonPayload { domain: "localhost", action: "Login", msg: &msg }.to_json();
    json!({ "message": "Sign in to localhost", "nonce": vec![7; 32], "recipient": "localhost", "state": "s", "network": "testnet",
        "payload": payload })
}

/// Signs in to a server that gives this challenge: the exit code, what is said, and what the server got.
fn log_in(challenge: Value) -> (i32, String, Option<Value>) {
    let runtime = Runtime::new().unwrap();
    let got = Arc::new(Mutex::new(None));
    let keeps = Arc::clone(&got);
    let verify = async move |Json(body): Json<Value>| {
        *keeps.lock().unwrap() = Some(body);
        Json(json!({ "success": false }))
    };
    let router = Router::new()
        .route("/api/auth/initiate-login", post(async move || Json(challenge)))
        .route("/api/auth/verify-login", post(verify));
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
    runtime.spawn(async { axum::serve(listener, router).await });
    let output = Command::new(env!("CARGO_BIN_EXE_siwn"))
        .args(["login", &url, "--account", "alice.near", "--nep641"])
        .env("SIWN_PRIVATE_KEY", KEY)
        .output()
        .unwrap();
    let got = got.lock().unwrap().take();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap(), got)
}

#[test]
fn the_payload_of_the_challenge_is_authorized() {
    let (_, _, got) = log_in(honest());
    let got = got.unwrap();
    let authorization: AccessKeyAuthorization = got["authorization"].as_str().unwrap().parse().unwrap();
    assert_eq!(authorization.check_signature(), Ok(()));
    assert_eq!(authorization.message().payload, honest()["payload"].as_str().unwrap());
    assert_eq!(authorization.message().chain_id.as_str(), "testnet");
    assert_eq!((&got["accountId"], &got["nonce"], &got["state"]), (&json!("alice.near"), &honest()["nonce"], &json!("s")));
}

#[test]
fn a_payload_that_names_another_site_is_not_signed() {
    let other = honest()["payload"].as_str().unwrap().replace("\"domain\": \"localhost\"", "\"domain\": \"bank.example\"");
    for payload in [json!(other), json!(""), json!("transfer everything"), Value::Null] {
        let mut challenge = honest();
        challenge["payload"] = payload.clone();
        let (exit, said, got) = log_in(challenge);
        assert_eq!((exit, got), (1, None), "{payload}");
        assert!(said.contains("nothing was signed"), "{said}");
    }
}
