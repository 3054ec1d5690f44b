//! An API without sessions: near-sign-verify's token as `Authorization: Bearer <authToken>`.

use std::net::SocketAddr;

use axum::{Router, routing::get, routing::post};
use siwn_server::{BearerToken, ReusableToken, Siwn};

/// Each token orders once.
async fn order(BearerToken(token): BearerToken) -> String {
    format!("{} signed: {}", token.account.account(), token.message)
}

/// Here a token is good for five minutes, as often as it comes.
async fn orders(ReusableToken(token): ReusableToken) -> String {
    format!("the orders of {}", token.account.account())
}

fn app(siwn: Siwn) -> Router {
    Router::new().route("/order", post(order)).route("/orders", get(orders)).with_state(siwn)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = std::env::args().nth(1).unwrap_or_else(|| "localhost:3000".to_owned());
    let siwn = Siwn::builder(&site).build()?;
    let listener = tokio::net::TcpListener::bind(&site).await?;
    println!("http://{site}/orders");
    axum::serve(listener, app(siwn).into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
