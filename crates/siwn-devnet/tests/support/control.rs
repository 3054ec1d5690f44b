//! Requests to the controls.

use axum::body::{Body, to_bytes};
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};
use siwn_devnet::Devnet;
use tower::ServiceExt as _;

/// A request that is let in.
pub(crate) fn local(method: Method, path: &str, body: &Value) -> Request<Body> {
    let builder = Request::builder().method(method).uri(path).header("host", "localhost:8080");
    if body.is_null() {
        return builder.body(Body::empty()).unwrap();
    }
    builder.header("content-type", "application/json").body(Body::from(body.to_string())).unwrap()
}

pub(crate) async fn send(devnet: &Devnet, request: Request<Body>) -> (StatusCode, Value) {
    let response = devnet.router().oneshot(request).await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    let status = response.status();
    let body = to_bytes(response.into_body(), 1 << 24).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

pub(crate) async fn control(devnet: &Devnet, method: Method, path: &str, body: Value) -> (u16, Value) {
    let (status, answer) = send(devnet, local(method, path, &body)).await;
    (status.as_u16(), answer)
}

#[track_caller]
pub(crate) fn assert_refused((status, answer): (u16, Value), expected: u16, code: &str) {
    assert_eq!((status, &answer["error"], &answer["success"]), (expected, &json!(code), &json!(false)));
    let message = answer["message"].as_str().unwrap();
    assert!(!message.is_empty() && answer.as_object().unwrap().len() == 3);
}
