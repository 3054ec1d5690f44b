//! Access tokens: how they are got, what they say, who takes them, and how their keys change.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod extractor;
mod rotation;
mod route;
#[path = "../support/mod.rs"]
mod support;

use std::time::Duration;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use http::StatusCode;
use serde_json::{Value, json};
use siwn::UnixMillis;
use siwn_server::{AccessTokens, TokenClaims};
use support::{Answer, NOW, Server, key, sign_as};

pub(crate) const TOKEN: &str = "/api/auth/token";
pub(crate) const JWKS: &str = "/.well-known/jwks.json";
pub(crate) const ISSUER: &str = "https://app.example";
pub(crate) const RECIPIENT: &str = "app.example";

/// A bearer session of `account`, as its header's value.
pub(crate) async fn bearer(server: &Server, account: &str) -> String {
    let token = sign_as(account, &server.challenge(&[]).await.json(), &key());
    let answer = server.post("/api/auth/verify-login", &[], &json!({ "authToken": token, "session": "bearer" })).await;
    format!("Bearer {}", answer.json()["token"].as_str().unwrap())
}

/// What a session is answered that asks for a token.
pub(crate) async fn ask(server: &Server, bearer: &str, wish: &Value) -> Answer {
    server.post(TOKEN, &[("authorization", bearer)], wish).await
}

/// A token for the site itself.
pub(crate) async fn access_token(server: &Server, bearer: &str) -> String {
    let answer = ask(server, bearer, &json!({})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// The public keys, as anybody gets them.
pub(crate) async fn jwks(server: &Server) -> String {
    let answer = server.get(JWKS, &[]).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body
}

/// What somebody who has only the public keys makes of a token.
pub(crate) fn verify(jwks: &str, token: &str, now: UnixMillis) -> Result<TokenClaims, siwn_server::AccessTokenError> {
    AccessTokens::from_jwks(jwks, ISSUER, RECIPIENT).unwrap().verify(token, now)
}

/// A part of a token, read without any check: 0 the header, 1 the claims.
pub(crate) fn part(token: &str, number: usize) -> Value {
    let part = token.split('.').nth(number).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

pub(crate) fn after(time: Duration) -> UnixMillis {
    NOW + time
}
