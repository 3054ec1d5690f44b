//! The least that a login can cost over axum: the same two routes, a random nonce, and a look at the token and its signature. No chain,
//! no store, no single use, no cookie, no limits. And the least that an answer to a proxy can cost: as many headers, always the same.

use std::net::Ipv4Addr;

use axum::http::HeaderValue;
use axum::routing::{get, post};
use axum::serve::ListenerExt as _;
use axum::{Json, Router};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use siwn::{Payload, PublicKey, Signature, TokenFields};
use tokio::net::TcpListener;

use crate::Failure;
use crate::client::{FORWARD, INITIATE, VERIFY};
use crate::people::Challenge;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    auth_token: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    success: bool,
    account_id: String,
    public_key: String,
}

/// Serves until the process ends.
pub(crate) fn serve(port: u16) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?.tap_io(|stream| {
            // As the real server does; where it cannot be set, the figures show it.
            let _ = stream.set_nodelay(true);
        });
        let routes = Router::new().route(INITIATE, post(initiate)).route(VERIFY, post(verify)).route(FORWARD, get(forward));
        Ok(axum::serve(listener, routes).await?)
    })
}

async fn forward() -> [(&'static str, HeaderValue); 6] {
    let value = HeaderValue::from_static;
    [
        ("remote-user", value("person-0.test.near")),
        ("x-siwn-account", value("person-0.test.near")),
        ("x-siwn-key", value("ed25519:6E8sCci9badyRkXb3JoRpBj5p8C6Tw41ELDZoiihKEtp")),
        ("x-siwn-network", value("siwn-devnet")),
        ("x-siwn-login", value("")),
        ("cache-control", value("no-store")),
    ]
}

async fn initiate() -> Result<Json<Challenge>, StatusCode> {
    let mut nonce = [0; 32];
    getrandom::fill(&mut nonce).map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)?;
    Ok(Json(Challenge { message: "Sign in to localhost".into(), nonce, recipient: "localhost".into(), state: None }))
}

async fn verify(Json(body): Json<Body>) -> Result<Json<Answer>, StatusCode> {
    let fields = TokenFields::decode(&body.auth_token).map_err(|_| StatusCode::BAD_REQUEST)?;
    let key: PublicKey = fields.public_key.parse().map_err(|_| StatusCode::BAD_REQUEST)?;
    let signature = Signature::from_base64(key.key_type(), &fields.signature).map_err(|_| StatusCode::BAD_REQUEST)?;
    let payload = Payload {
        message: &fields.message,
        nonce: &fields.nonce,
        recipient: &fields.recipient,
        callback_url: fields.callback_url.as_deref(),
    };
    key.verify(&payload.hash(), &signature).map_err(|_| StatusCode::UNAUTHORIZED)?;
    Ok(Json(Answer { success: true, account_id: fields.account_id, public_key: fields.public_key }))
}
