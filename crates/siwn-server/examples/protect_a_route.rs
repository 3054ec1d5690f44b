//! An axum application in which people sign in, and a route for those who have.

use axum::{Router, routing::get};
use siwn_server::{SignedIn, Siwn};

async fn me(user: SignedIn) -> String {
    format!("Hello, {}", user.account())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let siwn = Siwn::builder("app.example").build()?;
    let app = Router::new().route("/me", get(me)).merge(siwn.routes()).with_state(siwn);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    axum::serve(listener, app).await?;
    Ok(())
}
