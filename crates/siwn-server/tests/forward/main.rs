//! What a reverse proxy is told of the requests that it asks about.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod answers;
mod callers;
mod credentials;
mod memory;
mod severed;
mod sites;
#[path = "../support/mod.rs"]
mod support;
mod way_back;

use std::net::SocketAddr;

use axum::extract::ConnectInfo;
use http::{Method, StatusCode};
use serde_json::json;
use siwn::PrivateKey;
use siwn_server::{Builder, TrustedProxies};

use support::{Answer, Server, key, request, sign_as};

pub(crate) const FORWARD: &str = "/api/auth/forward";
pub(crate) const PROXY: &str = "10.0.0.1:40000";
pub(crate) const IDENTITY: [&str; 4] = ["remote-user", "x-siwn-account", "x-siwn-key", "x-siwn-network"];

/// A server that trusts the proxy.
pub(crate) fn server(settings: impl FnOnce(Builder) -> Builder) -> Server {
    Server::with(|builder| settings(builder.trusted_proxies(TrustedProxies::parse(["10.0.0.1"]).unwrap())))
}

/// What the proxy is told of a GET of `/` at app.example, with these headers beside or in place of the usual ones.
pub(crate) async fn ask(server: &Server, headers: &[(&str, &str)]) -> Answer {
    ask_at(server, FORWARD, PROXY, headers).await
}

pub(crate) async fn ask_at(server: &Server, path: &str, peer: &str, headers: &[(&str, &str)]) -> Answer {
    let usual = [("host", "app.example"), ("x-forwarded-method", "GET"), ("x-forwarded-uri", "/")];
    let is_given = |name: &str| headers.iter().any(|(given, _)| *given == name);
    let mut all: Vec<_> = usual.into_iter().filter(|(name, _)| !is_given(name)).collect();
    // An empty value stands for none.
    all.extend(headers.iter().filter(|(_, value)| !value.is_empty()));
    ask_just(server, path, peer, &all).await
}

/// The same with these headers and no others.
pub(crate) async fn ask_just(server: &Server, path: &str, peer: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = request(Method::GET, path, headers, "");
    request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
    let answer = server.send(request).await;
    for name in IDENTITY.iter().chain(&["x-siwn-login"]) {
        assert_eq!(answer.headers.get_all(*name).into_iter().count(), 1, "{name} is in every answer, once");
    }
    assert_eq!(answer.headers["cache-control"], "no-store");
    answer
}

/// A session of `account`, as a bearer token.
pub(crate) async fn token(server: &Server, account: &str) -> String {
    token_by(server, account, &key()).await
}

pub(crate) async fn token_by(server: &Server, account: &str, key: &PrivateKey) -> String {
    let proof = sign_as(account, &server.challenge(&[("host", "app.example")]).await.json(), key);
    let headers = [("host", "app.example")];
    let answer = server.post("/api/auth/verify-login", &headers, &json!({ "authToken": proof, "session": "bearer" })).await;
    answer.json()["token"].as_str().unwrap().to_owned()
}

/// The same session as a cookie.
pub(crate) fn cookie(token: &str) -> String {
    format!("__Host-siwn={}", token.strip_prefix("siwn_").unwrap())
}

pub(crate) fn header<'a>(answer: &'a Answer, name: &str) -> &'a str {
    answer.headers[name].to_str().unwrap()
}

/// Nobody passes, and nothing is said of anybody.
pub(crate) fn assert_refused(answer: &Answer, status: StatusCode, code: &str) {
    assert_eq!((answer.status, answer.error().as_str()), (status, code));
    assert!(IDENTITY.iter().all(|name| header(answer, name).is_empty()), "{:?}", answer.headers);
}
