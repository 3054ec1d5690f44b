//! Wallets that run in a sandbox of the login page: where their scripts come from, and what they may reach.

use std::fs;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use siwn_server::{LoginPage, WalletManifest};

use crate::support::{Server, request};
use crate::{data, header};

/// `fetch`'s own form of the hash of "abc".
const ABC: &str = "sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";

fn wallet(members: &Value) -> Value {
    let mut wallet = json!({
        "id": "w", "name": "W", "version": "1", "type": "sandbox", "executor": "https://cdn.example/w.js",
        "features": { "signMessage": true }, "permissions": {},
        "policy": {
            "connect": ["wss://relay.example"], "frame": ["https://frame.example"], "image": ["https://image.example"],
            "handlers": [ABC],
        },
    });
    wallet.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    wallet
}

fn with(manifest: WalletManifest) -> Server {
    Server::with(|builder| builder.login_page(LoginPage::new().wallets(manifest)))
}

/// A manifest with a script beside it.
fn beside(script: &str) -> WalletManifest {
    let folder = tempfile::tempdir().unwrap();
    let wallets = json!({ "wallets": [wallet(&json!({ "executor": "w.js", "integrity": ABC, "policy": {} }))] });
    fs::write(folder.path().join("manifest.json"), wallets.to_string()).unwrap();
    fs::write(folder.path().join("w.js"), script).unwrap();
    WalletManifest::read(folder.path()).unwrap()
}

#[tokio::test]
async fn what_wallets_in_the_sandbox_reach_is_allowed_and_nothing_else() {
    let server = with(json!({ "wallets": [wallet(&json!({}))] }).to_string().parse().unwrap());
    let answer = server.get("/login", &[]).await;
    let policy = header(&answer.headers, "content-security-policy").to_owned();
    if data(&answer)["connector"].is_null() {
        assert!(!policy.contains("cdn.example"), "without the connector nothing of it is allowed: {policy}");
        return;
    }
    for part in [
        "connect-src 'self' https://cdn.example wss://relay.example;",
        "img-src data: https://image.example;",
        "frame-src https://frame.example;",
        "style-src 'self' 'unsafe-inline';",
        &format!("script-src-attr 'unsafe-hashes' '{ABC}';"),
    ] {
        assert!(policy.contains(part), "{part} {policy}");
    }
    let callback = server.get("/api/auth/callback", &[]).await;
    assert!(!header(&callback.headers, "content-security-policy").contains("cdn.example"));
}

#[tokio::test]
async fn wallets_of_the_own_origin_widen_nothing() {
    let server = with(beside("abc"));
    let answer = server.get("/login", &[]).await;
    let policy = header(&answer.headers, "content-security-policy");
    for part in ["connect-src 'self';", "img-src data:;", "frame-src 'none';"] {
        assert!(policy.contains(part), "{part} {policy}");
    }
    assert!(!policy.contains("script-src-attr"), "{policy}");
    let entry = &data(&answer)["manifest"]["wallets"][0];
    assert_eq!((&entry["executor"], &entry["integrity"]), (&json!("/api/auth/wallets/w.js"), &json!(ABC)));
}

#[tokio::test]
async fn a_script_is_handed_out_as_it_was_checked_whatever_stands_in_the_query() {
    let server = with(beside("abc"));
    for path in ["/api/auth/wallets/w.js", "/api/auth/wallets/w.js?nonce=5f0c1d9a-0000-4000-8000-000000000000"] {
        let answer = server.get(path, &[]).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "abc"), "{path}");
        for (name, value) in [
            ("content-type", "text/javascript; charset=utf-8"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "public, no-cache"),
        ] {
            assert_eq!(header(&answer.headers, name), value, "{name}");
        }
        let again = server.get(path, &[("if-none-match", header(&answer.headers, "etag"))]).await;
        assert_eq!((again.status, again.body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    }
    for path in ["/api/auth/wallets/manifest.json", "/api/auth/wallets/x.js", "/api/auth/wallets/..%2fw.js", "/api/auth/page/w.js"]
    {
        assert_eq!(server.get(path, &[]).await.error(), "not_found", "{path}");
    }
    let post = server.send(request(Method::POST, "/api/auth/wallets/w.js", &[], "")).await;
    assert_eq!(post.error(), "method_not_allowed");
}

#[tokio::test]
async fn under_a_path_the_scripts_are_asked_for_under_that_path() {
    let page = LoginPage::new().wallets(beside("abc"));
    let server = Server::with(|builder| builder.public_url("https://app.example/id").login_page(page));
    let entry = &data(&server.get("/login", &[]).await)["manifest"]["wallets"][0];
    assert_eq!(entry["executor"], json!("/id/api/auth/wallets/w.js"));
}

#[tokio::test]
async fn only_wallets_that_sign_on_the_network_are_offered() {
    let testnet = wallet(&json!({ "id": "t", "features": { "signMessage": true, "mainnet": false, "testnet": true } }));
    let both = json!({ "wallets": [wallet(&json!({})), testnet] });
    let server = with(both.to_string().parse().unwrap());
    let offered = data(&server.get("/login", &[]).await)["manifest"]["wallets"].clone();
    assert_eq!(offered.as_array().unwrap().iter().map(|wallet| &wallet["id"]).collect::<Vec<_>>(), ["w"]);
}
