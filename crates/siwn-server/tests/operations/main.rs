//! What operators are promised: limits, rules, secrets that change, the audit log, probes.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod audit;
mod documents;
mod limits;
mod probes;
mod rules;
mod secrets;
#[path = "../support/mod.rs"]
mod support;

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use http::{Method, Request};
use serde_json::{Value, json};

use support::{Answer, Server, key, request, sign_as};

pub(crate) const INITIATE: &str = "/api/auth/initiate-login";
pub(crate) const VERIFY: &str = "/api/auth/verify-login";
pub(crate) const SESSION: &str = "/api/auth/session";

/// A request that comes from `peer`.
pub(crate) fn request_from(peer: &str, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Request<Body> {
    let mut request = request(method, path, headers, body);
    request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
    request
}

pub(crate) async fn initiate_from(server: &Server, peer: &str) -> Answer {
    server.send(request_from(peer, Method::POST, INITIATE, &[], "")).await
}

pub(crate) async fn verify_from(server: &Server, peer: &str, body: &Value) -> Answer {
    server.send(request_from(peer, Method::POST, VERIFY, &[], &body.to_string())).await
}

/// A whole login of `account` as a program, with a bearer session.
pub(crate) async fn sign_in(server: &Server, account: &str) -> Answer {
    let token = sign_as(account, &server.challenge(&[]).await.json(), &key());
    server.post(VERIFY, &[], &json!({ "authToken": token, "session": "bearer" })).await
}

pub(crate) fn bearer(answer: &Answer) -> String {
    format!("Bearer {}", answer.json()["token"].as_str().unwrap())
}
