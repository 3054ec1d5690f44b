//! An axum application in which people sign in, and a page for those who have.

use std::net::SocketAddr;

use axum::{Router, routing::get};
use siwn_server::{SignedIn, Siwn};

async fn me(user: SignedIn) -> String {
    format!("Hello, {}", user.account())
}

fn app(siwn: Siwn) -> Router {
    Router::new().route("/me", get(me)).merge(siwn.routes()).with_state(siwn)
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let site = std::env::args().nth(1).unwrap_or_else(|| "localhost:3000".to_owned());
    let siwn = Siwn::builder(&site).build()?;
    let listener = tokio::net::TcpListener::bind(&site).await?;
    println!("http://{site}/me");
    axum::serve(listener, app(siwn).into_make_service_with_connect_info::<SocketAddr>()).await?;
    Ok(())
}

#[cfg(test)]
mod tests;
