//! A route that takes near-sign-verify's token as `Authorization: Bearer <authToken>`, without a session.

use axum::{Router, routing::get};
use siwn_server::{BearerToken, Siwn};

async fn order(BearerToken(token): BearerToken) -> String {
    format!("{} signed: {}", token.account.account(), token.message)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let siwn = Siwn::builder("app.example").build()?;
    let app = Router::new().route("/order", get(order)).with_state(siwn);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
