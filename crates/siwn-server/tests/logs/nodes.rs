//! Nodes whose words are meant for the log.

use std::future::pending;
use std::sync::Arc;

use axum::{Json, Router};
use http::StatusCode;
use serde_json::{Value, json};
use siwn::Chain;
use siwn_chain::{RpcChain, RpcUrl, Settings};
use tokio::net::TcpListener;

use crate::support::{NOW, Server};

const WORDS: &str = "no\r\n2026-11-20T10:00:00.000000Z  INFO siwn_server: forged-by-node\u{1b}[2J\u{7f}\u{202e}\u{9b}";

/// Lets logins meet a node that cannot answer, and one that says that it is of another network.
pub(crate) async fn speak() {
    let words = WORDS.repeat(20);
    let kind = json!({ "error": { "name": words, "cause": { "name": words, "info": {} } } });
    let network = json!({ "result": { "chain_id": words, "genesis_hash": words } });
    for reply in [kind, network] {
        let url = node(reply).await;
        let mut settings = Settings::new("localnet".parse().unwrap());
        settings.endpoints = vec![url.parse::<RpcUrl>().unwrap().into()];
        let chain = Arc::new(RpcChain::new(settings, Arc::new(|| NOW)).unwrap());
        let server = Server::with(|builder| builder.chain("localnet", chain as Arc<dyn Chain>));
        let body = json!({ "authToken": server.token().await });
        let answer = server.post("/api/auth/verify-login", &[], &body).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    }
}

/// The address of a node that answers every request so.
async fn node(reply: Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let answer = async move |Json(request): Json<Value>| {
        let mut reply = reply.clone();
        reply["id"] = request["id"].clone();
        Json(reply)
    };
    tokio::spawn(siwn_server::serve(vec![listener], Router::new().fallback(answer), pending()));
    url
}
