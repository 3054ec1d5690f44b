//! The document and the server say the same.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use support::{Server, request};

fn document() -> Value {
    serde_json::from_str(include_str!("../src/openapi.json")).unwrap()
}

fn members(value: &Value) -> BTreeSet<String> {
    value.as_object().unwrap().keys().cloned().collect()
}

/// The schema names all members of the answer, and the answer has all that are required.
fn assert_shape(schema: &str, answer: &Value) {
    let schema = &document()["components"]["schemas"][schema];
    let known = members(&schema["properties"]);
    let required: BTreeSet<String> = serde_json::from_value(schema["required"].clone()).unwrap();
    let found = members(answer);
    assert!(found.is_subset(&known) && required.is_subset(&found), "{found:?}\n{known:?}\n{required:?}");
}

#[tokio::test]
async fn every_documented_route_is_there_and_serves_the_document() {
    let server = Server::new();
    assert_eq!(server.get("/api/openapi.json", &[]).await.json(), document());
    for (path, methods) in document()["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            let method: Method = method.to_uppercase().parse().unwrap();
            let answer = server.send(request(method.clone(), path, &[], "")).await;
            let missing = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
            assert!(!missing.contains(&answer.status), "{method} {path}");
            let documented = &methods[method.as_str().to_lowercase()]["responses"];
            assert!(documented.get(answer.status.as_str()).is_some(), "{method} {path} answers {}", answer.status);
        }
    }
}

#[tokio::test]
async fn the_answers_have_the_documented_members() {
    let server = Server::new();
    let challenge = server.post("/api/auth/initiate-login", &[], &json!({ "redirect": true })).await.json();
    assert_shape("Challenge", &challenge);
    let signed_in =
        server.post("/api/auth/verify-login", &[], &json!({ "authToken": server.token().await, "session": "bearer" })).await;
    assert_shape("SignedIn", &signed_in.json());
    let bearer = format!("Bearer {}", signed_in.json()["token"].as_str().unwrap());
    assert_shape("Session", &server.get("/api/auth/session", &[("authorization", &bearer)]).await.json());
    assert_shape("Problem", &server.get("/api/auth/session", &[]).await.json());
    assert_shape("Readiness", &server.get("/readyz", &[]).await.json());
}
