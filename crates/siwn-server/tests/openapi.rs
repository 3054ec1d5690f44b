//! The document and the server say the same.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::collections::BTreeSet;

use serde_json::{Value, json};
use siwn_server::admin;
use support::{Server, key, request};

const TOKEN: &str = "0123456789abcdef0123456789abcdef";

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
    let administration = admin(&server.siwn, TOKEN.parse().unwrap());
    for (path, item) in document()["paths"].as_object().unwrap() {
        let methods = item.as_object().unwrap().iter().filter(|(name, _)| *name != "servers");
        for (method, operation) in methods {
            let request = |path: &str| request(method.to_uppercase().parse().unwrap(), path, &[], "");
            let address = path.replace("{account}", "alice.near").replace("{key}", &key().public_key().to_string());
            let address = address.replace("{name}", operation["parameters"][0]["example"].as_str().unwrap_or_default());
            let answer = if path.starts_with("/admin/") {
                let mut request = request(&address);
                request.headers_mut().insert("authorization", format!("Bearer {TOKEN}").parse().unwrap());
                Server::answer(administration.clone(), request).await
            } else {
                server.send(request(&address)).await
            };
            // What has no answer of its own there is no route.
            let is_route = answer.status.is_success() || !["not_found", "method_not_allowed"].contains(&answer.error().as_str());
            // What is there in some servers only.
            let is_open = ["/api/auth/client.js", "/api/auth/wallets/{name}"].contains(&path.as_str());
            assert!(is_route || is_open, "{method} {path}");
            let responses = &operation["responses"];
            assert!(responses.get(answer.status.as_str()).is_some(), "{method} {path} answers {}", answer.status);
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
