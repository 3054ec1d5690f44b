use axum::body::Body;
use http::{Method, Request};
use siwn_server::test_util::{TestBrowser, TestNear};

use super::app;

/// Status and text of the answer to a token.
async fn send(api: &mut TestBrowser, method: Method, path: &str, token: &str) -> (u16, String) {
    let request = Request::builder().method(method).uri(path).header("authorization", format!("Bearer {token}"));
    let answer = api.send(request.body(Body::empty()).unwrap()).await;
    (answer.status().as_u16(), answer.into_body())
}

#[tokio::test]
async fn a_token_orders_once() {
    let near = TestNear::start().await;
    let mut api = TestBrowser::new(app(near.builder("localhost:3000").build().unwrap()));
    let token = near.token(&near.alice, "localhost:3000", "one pizza");
    let first = send(&mut api, Method::POST, "/order", &token).await;
    assert_eq!(first, (200, "alice.test.near signed: one pizza".into()));
    let (status, body) = send(&mut api, Method::POST, "/order", &token).await;
    assert!(status == 401 && body.contains("token_refused"), "{status} {body}");
}

#[tokio::test]
async fn a_token_reads_as_often_as_it_comes_and_not_elsewhere() {
    let near = TestNear::start().await;
    let mut api = TestBrowser::new(app(near.builder("localhost:3000").build().unwrap()));
    let token = near.token(&near.bob, "localhost:3000", "my orders");
    for _ in 0..3 {
        assert_eq!(send(&mut api, Method::GET, "/orders", &token).await, (200, "the orders of bob.test.near".into()));
    }
    let elsewhere = near.token(&near.bob, "elsewhere.example", "my orders");
    assert_eq!(send(&mut api, Method::GET, "/orders", &elsewhere).await.0, 401);
}
