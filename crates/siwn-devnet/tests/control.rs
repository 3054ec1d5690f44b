//! The controls under `/_devnet/`, and who may use them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};
use siwn_devnet::Devnet;
use support::control::{assert_refused, control, local, send};
use support::{account, ask, devnet, devnet_with_alice, key, padded, request, view_access_key};
use tower::ServiceExt as _;

#[tokio::test]
async fn an_account_is_added_seen_and_removed() {
    let (devnet, _) = devnet();
    let body = json!({"accountId": "alice.near", "publicKey": key(1).to_string()});
    let (status, added) = control(&devnet, Method::POST, "/_devnet/accounts", body).await;
    assert_eq!((status, &added), (200, &json!({"success": true, "height": devnet.head().height + 1})));
    let (_, state) = control(&devnet, Method::GET, "/_devnet/state", Value::Null).await;
    assert_eq!(state["accounts"], json!([]));

    let (_, blocks) = control(&devnet, Method::POST, "/_devnet/blocks", json!({"count": 3})).await;
    assert_eq!(blocks["head"]["height"], devnet.head().height);
    assert_eq!(blocks["final"]["height"], added["height"]);
    let (_, state) = control(&devnet, Method::GET, "/_devnet/state", Value::Null).await;
    let nonce = (added["height"].as_u64().unwrap() - 1) * 1_000_000;
    let expected = json!([{"accountId": "alice.near", "keys": [
        {"publicKey": key(1).to_string(), "nonce": nonce, "permission": "FullAccess"}
    ]}]);
    assert_eq!(state["accounts"], expected);

    assert_eq!(control(&devnet, Method::DELETE, "/_devnet/accounts/alice.near", Value::Null).await.0, 200);
    devnet.advance();
    let (_, state) = control(&devnet, Method::GET, "/_devnet/state", Value::Null).await;
    assert_eq!(state["accounts"], json!([]));
}

#[tokio::test]
async fn keys_of_every_permission_are_added_and_removed() {
    let (devnet, _) = devnet_with_alice();
    let call = json!({"receiver_id": "app.near", "method_names": ["ft_transfer"], "allowance": "250"});
    let gas_call = json!({"balance": "7", "num_nonces": 2, "receiver_id": "app.near", "method_names": [], "allowance": null});
    let permissions = [
        json!("FullAccess"),
        json!({"FunctionCall": call}),
        json!({"GasKeyFullAccess": {"balance": "7", "num_nonces": 2}}),
        json!({"GasKeyFunctionCall": gas_call}),
    ];
    for (seed, permission) in (10..).zip(&permissions) {
        let body = json!({"publicKey": key(seed).to_string(), "permission": permission});
        assert_eq!(control(&devnet, Method::POST, "/_devnet/accounts/alice.near/keys", body).await.0, 200);
    }
    devnet.settle();
    for (seed, permission) in (10..).zip(&permissions) {
        let seen = ask(&devnet, &view_access_key(&key(seed), &json!({"finality": "final"})));
        assert_eq!(&seen["result"]["permission"], permission);
        let body = json!({"publicKey": key(seed).to_string()});
        assert_eq!(control(&devnet, Method::DELETE, "/_devnet/accounts/alice.near/keys", body).await.0, 200);
    }
    devnet.settle();
    let seen = ask(&devnet, &view_access_key(&key(10), &json!({"finality": "final"})));
    assert!(seen["result"]["error"].is_string());
    let short = json!({"publicKey": key(20).to_string(), "permission": {"FunctionCall": {"receiver_id": "app.near"}}});
    assert_eq!(control(&devnet, Method::POST, "/_devnet/accounts/alice.near/keys", short).await.0, 200);
}

#[tokio::test]
async fn the_node_answers_under_the_controls_and_meets_their_faults() {
    let (devnet, _) = devnet_with_alice();
    let question: Value = serde_json::from_str(&view_access_key(&key(1), &json!({"finality": "final"}))).unwrap();
    let rpc = async || control(&devnet, Method::POST, "/_devnet/rpc", question.clone()).await;
    assert_eq!(rpc().await.1["result"]["permission"], "FullAccess");

    let fault = json!({"fault": "internal-error", "requests": 2, "method": "query"});
    assert_eq!(control(&devnet, Method::POST, "/_devnet/fault", fault.clone()).await, (200, json!({"success": true})));
    assert_eq!(rpc().await.0, 500);
    let (_, state) = control(&devnet, Method::GET, "/_devnet/state", Value::Null).await;
    assert_eq!(state["faults"], json!([{"fault": "internal-error", "requests": 1, "method": "query"}]));
    assert_eq!(state["requests"], json!({"status": 0, "block": 0, "query": 2, "other": 0}));
    assert_eq!(control(&devnet, Method::DELETE, "/_devnet/fault", Value::Null).await.0, 200);
    assert_eq!(rpc().await.0, 200);
}

#[tokio::test]
async fn every_fault_has_a_name() {
    let (devnet, _) = devnet();
    let faults = json!([
        {"fault": "delay", "milliseconds": 5}, {"fault": "hang"}, {"fault": "reset"}, {"fault": "too-many-requests"},
        {"fault": "too-many-requests", "retryAfter": 5}, {"fault": "internal-error"}, {"fault": "unavailable"}, {"fault": "garbage"},
        {"fault": "endless-body"}, {"fault": "truncated-body"}, {"fault": "wrong-block-hash"}, {"fault": "wrong-id"},
        {"fault": "lagging", "milliseconds": 60000}, {"fault": "wrong-network"}, {"fault": "not-synced", "requests": 1},
        {"fault": "behind", "blocks": 3}, {"fault": "timed-out"}, {"fault": "forbidden"}, {"fault": "redirect"},
        {"fault": "unknown-block"}, {"fault": "collected-block"}, {"fault": "unavailable-shard"}, {"fault": "unknown-cause"},
        {"fault": "unknown-permission"}, {"fault": "grants-all"}, {"fault": "denies-all"}, {"fault": "denies-accounts"},
        {"fault": "wrong-chain-id"}, {"fault": "wrong-genesis"}, {"fault": "stalled-body"}, {"fault": "wrong-status"}, {"fault": "result-beside-error"}, {"fault": "hang", "method": "call"}, {"fault": "hang", "method": "view"}
    ]);
    for fault in faults.as_array().unwrap() {
        assert_eq!(control(&devnet, Method::POST, "/_devnet/fault", fault.clone()).await.0, 200, "{fault}");
    }
    let (_, state) = control(&devnet, Method::GET, "/_devnet/state", Value::Null).await;
    assert_eq!(state["faults"], faults);
    for bad in [
        json!({"fault": "delay"}),
        json!({"fault": "behind"}),
        json!({"fault": "delay", "blocks": 1}),
        json!({"fault": "hang", "milliseconds": 1}),
        json!({"fault": "hang", "retryAfter": 1}),
        json!({"fault": "fire"}),
        json!({"fault": "hang", "requests": -1}),
        json!({"fault": "hang", "method": "tx"}),
        json!({"fault": "hang", "more": 1}),
        json!({}),
        json!([]),
    ] {
        assert_refused(control(&devnet, Method::POST, "/_devnet/fault", bad).await, 400, "malformed_fault");
    }
}

#[tokio::test]
async fn faults_of_a_request_have_a_code_and_tell_nothing_back() {
    let (devnet, _) = devnet_with_alice();
    let keys = "/_devnet/accounts/alice.near/keys";
    let good = key(2).to_string();
    let cases = [
        ("/_devnet/accounts", json!({"accountId": "Alice<b>"}), 400, "malformed_account"),
        ("/_devnet/accounts", json!({"accountId": "bob.near", "publicKey": "<b>"}), 400, "malformed_key"),
        ("/_devnet/accounts", json!({"accountId": "bob.near", "permission": "<b>"}), 400, "malformed_permission"),
        ("/_devnet/accounts", json!({"accountId": 7}), 400, "malformed_body"),
        ("/_devnet/accounts", json!({"accountId": "bob.near", "<b>": 1}), 400, "malformed_body"),
        ("/_devnet/accounts", json!({"accountId": "alice.near"}), 409, "account_exists"),
        ("/_devnet/accounts/Alice%3Cb%3E/keys", json!({"publicKey": good}), 400, "malformed_account"),
        ("/_devnet/accounts/bob.near/keys", json!({"publicKey": good}), 404, "no_account"),
        (keys, json!({"publicKey": key(1).to_string()}), 409, "key_exists"),
        (keys, json!({"publicKey": good, "permission": {"FunctionCall": {"receiver_id": "<b>"}}}), 400, "malformed_permission"),
        (
            keys,
            json!({"publicKey": good, "permission": {"FunctionCall": {"receiver_id": "a.near", "method_names": ["<b>"]}}}),
            400,
            "malformed_permission",
        ),
        (
            keys,
            json!({"publicKey": good, "permission": {"FunctionCall": {"receiver_id": "a.near", "allowance": "+1"}}}),
            400,
            "malformed_permission",
        ),
        ("/_devnet/blocks", json!({"count": 0}), 400, "malformed_count"),
        ("/_devnet/blocks", json!({"count": 10001}), 400, "malformed_count"),
        ("/_devnet/blocks", json!({"count": "1"}), 400, "malformed_count"),
        ("/_devnet/elsewhere/%3Cb%3E", json!({}), 404, "not_found"),
        ("/_devnet/state", json!({}), 405, "method_not_allowed"),
    ];
    for (path, body, status, code) in cases {
        let answer = control(&devnet, Method::POST, path, body).await;
        assert!(!answer.1.to_string().contains("<b>"));
        assert_refused(answer, status, code);
    }
    let removed = control(&devnet, Method::DELETE, keys, json!({"publicKey": good})).await;
    assert_refused(removed, 404, "no_key");
    assert_refused(control(&devnet, Method::DELETE, "/_devnet/accounts/bob.near", Value::Null).await, 404, "no_account");
    assert_eq!(control(&devnet, Method::GET, "/_devnet/state", Value::Null).await.1["accounts"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn an_account_without_its_key_is_not_added() {
    let (devnet, _) = devnet();
    let body = json!({"accountId": "alice.near", "publicKey": "ed25519:1"});
    assert_refused(control(&devnet, Method::POST, "/_devnet/accounts", body).await, 400, "malformed_key");
    assert!(devnet.add_account(&account("alice.near")).is_ok());
}

/// A request with these headers beside none of its own; a POST unless it is for the state.
fn with(path: &str, headers: &[(&str, &str)]) -> Request<Body> {
    let method = if path.ends_with("state") { Method::GET } else { Method::POST };
    let builder = Request::builder().method(method).uri(path);
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(*name, *value));
    let body = if path.ends_with("rpc") { request("status", &json!([])) } else { json!({"count": 1}).to_string() };
    builder.body(if path.ends_with("state") { Body::empty() } else { Body::from(body) }).unwrap()
}

const JSON: (&str, &str) = ("content-type", "application/json");
const HOST: (&str, &str) = ("host", "localhost:8080");

#[tokio::test]
async fn only_loopback_names_are_let_in() {
    let (devnet, _) = devnet();
    for path in ["/_devnet/rpc", "/_devnet/state", "/_devnet/blocks"] {
        for host in ["localhost", "localhost:8080", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:65535"] {
            assert_eq!(send(&devnet, with(path, &[("host", host), JSON])).await.0, 200, "{host}");
        }
        for host in [
            "",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "localhost:",
            "localhost:x",
            "localhost:65536",
            "127.0.0.2",
            "0.0.0.0",
            "[::2]",
            "::1",
            "LOCALHOST",
            "evil.example@localhost",
            "localhost@evil.example",
            "localhost/",
            "localhost:80:80",
            "localhost,evil.example",
            " localhost",
        ] {
            let (status, answer) = send(&devnet, with(path, &[("host", host), JSON])).await;
            assert_refused((status.as_u16(), answer), 403, "host_not_allowed");
        }
        let (status, answer) = send(&devnet, with(path, &[HOST, HOST, JSON])).await;
        assert_refused((status.as_u16(), answer), 403, "host_not_allowed");
        let (status, answer) = send(&devnet, with(path, &[JSON])).await;
        assert_refused((status.as_u16(), answer), 403, "host_not_allowed");
    }
}

#[tokio::test]
async fn pages_of_elsewhere_are_not_let_in() {
    let (devnet, _) = devnet();
    for path in ["/_devnet/rpc", "/_devnet/state", "/_devnet/blocks"] {
        for headers in [
            [("sec-fetch-site", "same-origin"), ("origin", "http://localhost:8080")],
            [("sec-fetch-site", "none"), ("origin", "http://[::1]:3000")],
            [("x-other", ""), ("origin", "http://127.0.0.1")],
            [("x-other", ""), ("origin", "https://localhost:8443")],
        ] {
            assert_eq!(send(&devnet, with(path, &[HOST, JSON, headers[0], headers[1]])).await.0, 200, "{headers:?}");
        }
        for header in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", ""),
            ("sec-fetch-site", "Same-Origin"),
            ("origin", "null"),
            ("origin", ""),
            ("origin", "https://evil.example"),
            ("origin", "http://localhost.evil.example"),
            ("origin", "http://localhost:8080/"),
            ("origin", "file://localhost"),
            ("origin", "localhost"),
        ] {
            let (status, answer) = send(&devnet, with(path, &[HOST, JSON, header])).await;
            assert_refused((status.as_u16(), answer), 403, "cross_site");
        }
        let twice = [HOST, JSON, ("origin", "http://localhost"), ("origin", "http://localhost")];
        assert_eq!(send(&devnet, with(path, &twice)).await.0, 403);
    }
    assert_eq!(devnet.head().height, devnet.final_block().height + 2);
}

#[tokio::test]
async fn bodies_that_are_not_json_are_refused() {
    let (devnet, _) = devnet();
    let before = devnet.head();
    for path in ["/_devnet/rpc", "/_devnet/blocks"] {
        for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonp", "", "json"] {
            let (status, answer) = send(&devnet, with(path, &[HOST, ("content-type", kind)])).await;
            assert_refused((status.as_u16(), answer), 415, "not_json");
        }
        for headers in [&[HOST][..], &[HOST, JSON, ("content-type", "text/plain")]] {
            let (status, answer) = send(&devnet, with(path, headers)).await;
            assert_refused((status.as_u16(), answer), 415, "not_json");
        }
    }
    assert_eq!((devnet.head(), devnet.requests().total()), (before, 0));
    let charset = with("/_devnet/rpc", &[HOST, ("content-type", "Application/JSON; charset=utf-8")]);
    assert_eq!(send(&devnet, charset).await.0, 200);

    let form = Request::builder().method(Method::DELETE).uri("/_devnet/fault").header("host", "localhost");
    let (status, answer) = send(&devnet, form.body(Body::from("x=y")).unwrap()).await;
    assert_refused((status.as_u16(), answer), 415, "not_json");
}

#[tokio::test]
async fn bodies_have_64_kibibytes_at_most() {
    let (devnet, _) = devnet();
    let of_length = |length: usize| {
        let request = local(Method::POST, "/_devnet/blocks", &json!({"count": 1}));
        let (head, _) = request.into_parts();
        Request::from_parts(head, Body::from(padded(r#"{"count": 1}"#.to_owned(), length)))
    };
    assert_eq!(send(&devnet, of_length(64 * 1024)).await.0, 200);
    let (status, answer) = send(&devnet, of_length(64 * 1024 + 1)).await;
    assert_refused((status.as_u16(), answer), 413, "body_too_large");
}

#[tokio::test]
async fn hostile_bodies_are_refused() {
    let (devnet, _) = devnet();
    let before = devnet.head();
    for body in ["", "[", "null", "{\"count\":1e999}", "{\"count\":1,\"count\":2}", &"[".repeat(60_000), "\u{0}"] {
        for path in ["/_devnet/accounts", "/_devnet/accounts/alice.near/keys", "/_devnet/blocks", "/_devnet/fault"] {
            let (head, _) = local(Method::POST, path, &json!({})).into_parts();
            let (status, answer) = send(&devnet, Request::from_parts(head, Body::from(body.to_owned()))).await;
            assert!(status.is_client_error() && answer["success"] == false, "{path} {body:.20}");
        }
    }
    assert_eq!(devnet.head(), before);
}

#[tokio::test]
async fn the_router_leaves_other_paths_alone() {
    let (devnet, _) = devnet();
    let app = devnet.router().route("/", axum::routing::get(async || "the application"));
    let request = Request::builder().uri("/").header("host", "app.example").body(Body::empty()).unwrap();
    assert_eq!(app.oneshot(request).await.unwrap().status(), 200);
}

/// Sends `message` to the router over a connection and reads until that ends.
async fn over_a_connection(devnet: &Devnet, message: &str) -> String {
    use hyper_util::{rt::TokioIo, service::TowerToHyperService};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    let (mut client, server) = tokio::io::duplex(1 << 16);
    let service = TowerToHyperService::new(devnet.router());
    let serving = tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(server), service));
    client.write_all(message.as_bytes()).await.unwrap();
    let mut read = String::new();
    client.read_to_string(&mut read).await.unwrap();
    _ = serving.await.unwrap();
    read
}

#[tokio::test]
async fn over_a_connection_a_request_without_a_body_needs_no_type() {
    let (devnet, _) = devnet_with_alice();
    for path in ["fault", "accounts/alice.near"] {
        let message = format!("DELETE /_devnet/{path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        let answer = over_a_connection(&devnet, &message).await;
        assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    }
    let form = "DELETE /_devnet/fault HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: 3\r\n\r\nx=y";
    assert!(over_a_connection(&devnet, form).await.starts_with("HTTP/1.1 415 "));
}

#[tokio::test]
async fn over_a_connection_a_reset_breaks_off() {
    let (devnet, _) = devnet_with_alice();
    devnet.fail(siwn_devnet::Fault::Reset);
    let body = request("status", &json!([]));
    let head = "POST /_devnet/rpc HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json";
    let answer = over_a_connection(&devnet, &format!("{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len())).await;
    // Neither content nor the chunk that would end it.
    assert!(answer.is_empty() || answer.ends_with("\r\n\r\n") && !answer.contains("\r\n0\r\n"), "{answer}");
}
