//! The identity token: who is signed in, said to the application in a way that it can check.

use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use http::StatusCode;
use serde_json::{Value, json};
use siwn_server::{AccessTokens, SiteBuilder};

use crate::support::{NOW, Server, key};
use crate::{ask, cookie, header, server, token};

fn part(token: &str, number: usize) -> Value {
    let text = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(text).unwrap()).unwrap()
}

async fn identity(server: &Server, cookie: &str) -> String {
    let answer = ask(server, &[("cookie", cookie)]).await;
    assert_eq!(answer.status, StatusCode::OK);
    header(&answer, "x-siwn-identity").to_owned()
}

#[tokio::test]
async fn the_application_is_told_who_is_signed_in_for_a_minute_and_for_its_own_origin() {
    let server = server(|builder| builder.site(SiteBuilder::new("wiki").public_url("https://wiki.example/wiki")));
    let alice = cookie(&token(&server, "alice.near").await);
    let token = identity(&server, &alice).await;
    let (head, claims) = (part(&token, 0), part(&token, 1));
    assert_eq!((&head["typ"], &head["alg"]), (&json!("siwn-id+jwt"), &json!("ES256")));
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("https://app.example"), &json!("https://app.example")));
    assert_eq!((&claims["sub"], &claims["network"]), (&json!("alice.near"), &json!("mainnet")));
    assert_eq!(claims["key"], json!(key().public_key().to_string()));
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 60);
    let published = server.get("/api/auth/jwks.json", &[]).await.json();
    assert!(published["keys"].as_array().unwrap().iter().any(|key| key["kid"] == head["kid"]));
}

#[tokio::test]
async fn it_passes_for_no_access_token() {
    let server = server(|builder| builder);
    let alice = cookie(&token(&server, "alice.near").await);
    let token = identity(&server, &alice).await;
    let jwks = server.get("/api/auth/jwks.json", &[]).await.body;
    for audience in ["app.example", "https://app.example"] {
        let verifier = AccessTokens::from_jwks(&jwks, "https://app.example", audience).unwrap();
        assert!(verifier.verify(&token, NOW).is_err());
    }
}

#[tokio::test]
async fn it_is_handed_on_for_twenty_seconds_and_to_its_own_session_only() {
    let server = server(|builder| builder);
    let (alice, again) = (cookie(&token(&server, "alice.near").await), cookie(&token(&server, "alice.near").await));
    let first = identity(&server, &alice).await;
    assert_ne!(identity(&server, &again).await, first);
    server.clock.set(NOW + Duration::from_millis(19_999));
    assert_eq!(identity(&server, &alice).await, first);
    server.clock.set(NOW + Duration::from_secs(20));
    let next = identity(&server, &alice).await;
    assert_ne!(next, first);
    assert!(part(&next, 1)["exp"].as_u64() > part(&first, 1)["exp"].as_u64());
}

#[tokio::test]
async fn it_never_outlives_the_session() {
    let server = server(|builder| builder.session_lifetime(Duration::from_secs(30)));
    let alice = cookie(&token(&server, "alice.near").await);
    let claims = part(&identity(&server, &alice).await, 1);
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 30);
}
