//! The document of the HTTP interface, made of the routes, the closed list of codes and the types of the answers. What is served is the
//! file `openapi.json`, which is held against it.

mod admin;
mod forward;
mod operation;
mod routes;
mod schema;

use serde_json::{Map, Value, json};

use self::operation::Operation;

/// The document as the code has it.
fn document() -> Value {
    let (mut paths, mut refusals) = (Map::new(), Map::new());
    for operation in routes::all() {
        describe(&mut paths, &operation, &mut refusals);
    }
    for operation in admin::all() {
        describe(&mut paths, &operation, &mut refusals);
        paths[operation.path]["servers"] = json!([{ "url": "http://127.0.0.1:8081", "description": "Where `admin_listen` says" }]);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Sign In With NEAR",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Log people in by their NEAR account: a challenge, the wallet's signature over it (NEP-413), a session. \
                Every error has the shape of Problem; beside each status stand the codes that it may come with.",
            "license": { "name": "MIT OR Apache-2.0", "identifier": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": [
            { "name": "login", "description": "A challenge, and a proof for a session." },
            { "name": "session", "description": "Who is signed in, and the end of it." },
            { "name": "proxies", "description": "For reverse proxies, and for nobody else." },
            { "name": "tokens", "description": "For services that find out by themselves who is signed in." },
            { "name": "pages", "description": "For browsers." },
            { "name": "operations", "description": "For whoever runs the server." },
            { "name": "administration", "description": "For operators, on a listener of its own." },
        ],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "cookie": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "__Host-siwn",
                    "description": "`siwn` on plain http to this machine. A further site of the same host has a suffix of its own.",
                },
                "bearer": { "type": "http", "scheme": "bearer", "description": "A session's bearer token, which begins with `siwn_`." },
                "admin": { "type": "http", "scheme": "bearer", "description": "The token of the administration." },
            },
            "headers": {
                "X-Request-Id": {
                    "description": "Joins this answer and the server's log.",
                    "required": true,
                    "schema": { "type": "string", "pattern": "^[A-Za-z0-9_-]{16}$" },
                },
                "Retry-After": {
                    "description": "Seconds after which to ask again.",
                    "required": true,
                    "schema": { "type": "integer", "minimum": 1 },
                },
                "WWW-Authenticate": { "required": true, "schema": { "const": "Bearer" } },
                "Set-Cookie": { "required": true, "schema": { "type": "string" } },
            },
            "responses": refusals,
            "schemas": schema::all(),
        },
    })
}

fn describe(paths: &mut Map<String, Value>, operation: &Operation, refusals: &mut Map<String, Value>) {
    let path = paths.entry(operation.path).or_insert_with(|| json!({}));
    let former = path[operation.method].take();
    assert_eq!(former, Value::Null, "{} {} is described twice", operation.method, operation.path);
    path[operation.method] = operation.to_json(refusals);
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::problem::Code;

    const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/openapi.json");

    #[test]
    fn the_document_is_what_the_code_says() {
        let document = document();
        if std::env::var("INSTA_UPDATE").is_ok_and(|update| update == "always") {
            std::fs::write(FILE, format!("{}\n", serde_json::to_string_pretty(&document).unwrap())).unwrap();
            return;
        }
        let served: Value = serde_json::from_str(include_str!("../openapi.json")).unwrap();
        assert!(
            served == document,
            "openapi.json is made from src/openapi: describe the route there, and make it anew with \
             INSTA_UPDATE=always cargo test -p siwn-server --lib openapi"
        );
    }

    #[test]
    fn every_code_is_said_of_some_route() {
        let operations: Vec<_> = routes::all().into_iter().chain(admin::all()).collect();
        let said: BTreeSet<_> = operations.iter().flat_map(|operation| &operation.codes).map(|code| code.as_str()).collect();
        // What only an application's own routes answer, by an extractor.
        let of_extractors = [Code::TokenRefused.as_str()].into();
        let all: BTreeSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(all.difference(&said).copied().collect::<BTreeSet<_>>(), of_extractors);
    }

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let operations: Vec<_> = routes::all().into_iter().chain(admin::all()).collect();
        let ids: BTreeSet<_> = operations.iter().map(|operation| operation.id).collect();
        assert_eq!(ids.len(), operations.len());
    }
}
