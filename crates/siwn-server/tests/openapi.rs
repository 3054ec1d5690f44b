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

/// The path with the examples of what stands in it.
fn with_examples(path: &str, operation: &Value) -> String {
    let parameters = operation["parameters"].as_array().into_iter().flatten().filter(|parameter| parameter["in"] == "path");
    parameters.fold(path.to_owned(), |path, parameter| {
        let example = parameter["example"].as_str().or(parameter["schema"]["example"].as_str()).unwrap_or("none");
        path.replace(&format!("{{{}}}", parameter["name"].as_str().unwrap()), example)
    })
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
            let operation = &methods[method.as_str().to_lowercase()];
            let path = &with_examples(path, operation);
            let answer = server.send(request(method.clone(), path, &[], "")).await;
            assert_ne!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            if answer.status == StatusCode::NOT_FOUND {
                // What is not there still has its place: another method is told apart from another address.
                let other = server.send(request(Method::PATCH, path, &[], "")).await;
                assert_eq!(other.status, StatusCode::METHOD_NOT_ALLOWED, "{method} {path}");
            }
            let documented = &operation["responses"];
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
