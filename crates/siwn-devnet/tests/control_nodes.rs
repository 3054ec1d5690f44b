//! Nodes and contracts over the controls, and bodies that do not come.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::Method;
use futures_util::stream;
use serde_json::{Value, json};
use siwn_devnet::Devnet;
use support::control::{assert_refused, control, local, send};
use support::{account, devnet, devnet_with_alice, key, request, view_access_key};

async fn post(devnet: &Devnet, path: &str, body: Value) -> (u16, Value) {
    control(devnet, Method::POST, path, body).await
}

async fn state(devnet: &Devnet) -> Value {
    control(devnet, Method::GET, "/_devnet/state", Value::Null).await.1
}

fn block() -> Value {
    serde_json::from_str(&request("block", &json!({"finality": "final"}))).unwrap()
}

fn question() -> Value {
    serde_json::from_str(&view_access_key(&key(9), &json!({"finality": "final"}))).unwrap()
}

#[tokio::test]
async fn a_node_is_added_asked_and_changed() {
    let (devnet, _) = devnet_with_alice();
    let added = post(&devnet, "/_devnet/nodes", json!({"flavour": "read-rpc"})).await;
    assert_eq!(added, (200, json!({"success": true, "node": 1})));
    let (_, reply) = post(&devnet, "/_devnet/nodes/1/rpc", question()).await;
    assert_eq!(reply["error"]["cause"]["name"], "UNKNOWN_ACCESS_KEY");
    assert!(post(&devnet, "/_devnet/nodes/0/rpc", question()).await.1["result"]["error"].is_string());

    assert_eq!(post(&devnet, "/_devnet/nodes/1", json!({"perSecond": 1, "retryAfter": 2})).await.0, 200);
    let nothing = json!({"status": 0, "block": 0, "query": 1, "other": 0});
    let expected = json!([
        {"flavour": "nearcore", "requests": nothing, "contractCalls": 0, "faults": []},
        {"flavour": "read-rpc", "requests": nothing, "contractCalls": 0, "faults": [], "perSecond": 1, "retryAfter": 2},
    ]);
    assert_eq!(state(&devnet).await["nodes"], expected);
    assert_eq!(post(&devnet, "/_devnet/nodes/1", json!({"flavour": "old-nearcore", "perSecond": 0})).await.0, 200);
    let shown = state(&devnet).await["nodes"][1].clone();
    assert_eq!((&shown["flavour"], shown.get("perSecond")), (&json!("old-nearcore"), None));
}

#[tokio::test]
async fn a_fault_is_one_node_s() {
    let (devnet, _) = devnet_with_alice();
    assert_eq!(post(&devnet, "/_devnet/nodes", json!({})).await.0, 200);
    let fault = json!({"fault": "behind", "blocks": 3});
    assert_eq!(post(&devnet, "/_devnet/nodes/1/fault", fault.clone()).await.0, 200);
    let shown = state(&devnet).await;
    assert_eq!((&shown["faults"], &shown["nodes"][1]["faults"]), (&json!([]), &json!([fault])));

    let mut heights = Vec::new();
    for _ in 0..3 {
        let (_, reply) = post(&devnet, "/_devnet/balanced/rpc", block()).await;
        heights.push(reply["result"]["header"]["height"].as_u64().unwrap());
    }
    let own = devnet.final_block().height;
    assert_eq!(heights, [own, own - 3, own]);
    assert_eq!(control(&devnet, Method::DELETE, "/_devnet/nodes/1/fault", Value::Null).await.0, 200);
    assert_eq!(state(&devnet).await["nodes"][1]["faults"], json!([]));
}

#[tokio::test]
async fn what_is_no_node_is_refused() {
    let (devnet, _) = devnet();
    for path in [
        "/_devnet/nodes/1/rpc",
        "/_devnet/nodes/-1/rpc",
        "/_devnet/nodes/%3Cb%3E/rpc",
        "/_devnet/nodes/1/fault",
        "/_devnet/nodes/1",
    ] {
        assert_refused(post(&devnet, path, json!({})).await, 404, "no_node");
    }
    for bad in [
        json!({"flavour": "fast"}),
        json!({"perSecond": -1}),
        json!({"perSecond": "1"}),
        json!({"retryAfter": 1}),
        json!({"perSecond": 0, "retryAfter": 1}),
        json!({"more": 1}),
        json!([]),
    ] {
        assert_refused(post(&devnet, "/_devnet/nodes", bad.clone()).await, 400, "malformed_node");
        assert_refused(post(&devnet, "/_devnet/nodes/0", bad).await, 400, "malformed_node");
    }
    for _ in 1..16 {
        assert_eq!(post(&devnet, "/_devnet/nodes", json!({})).await.0, 200);
    }
    assert_refused(post(&devnet, "/_devnet/nodes", json!({})).await, 409, "too_many_nodes");
}

#[tokio::test]
async fn every_contract_has_a_name() {
    let (devnet, _) = devnet();
    let contracts = json!([
        {"kind": "wallet"},
        {"kind": "wallet", "publicKey": key(1).to_string(), "extensions": ["bob.near"]},
        {"kind": "wallet", "ethereumAddress": "0x2c7536e3605d9c16a7a3d7b1898e529396a65c23"},
        {"kind": "multisig", "members": ["alice.near", "bob.near", "carol.near"], "threshold": 2},
        {"kind": "open"},
        {"kind": "without-method"},
        {"kind": "panics", "text": "no"},
        {"kind": "never-ends"},
        {"kind": "slow", "milliseconds": 300},
        {"kind": "returns", "text": "null"},
        {"kind": "returns"},
        {"kind": "returns", "bytes": 1_048_577},
        {"kind": "delegates", "to": ["bob.near"]},
        {"kind": "bomb", "entries": 1000},
        {"kind": "lies-about-expect", "to": "bob.near"},
    ]);
    for (index, contract) in contracts.as_array().unwrap().iter().enumerate() {
        let name = format!("contract-{index}.near");
        let added = post(&devnet, "/_devnet/accounts", json!({"accountId": name, "contract": contract})).await;
        assert_eq!(added.0, 200, "{contract}");
        let path = format!("/_devnet/accounts/{name}/contract");
        assert_eq!(post(&devnet, &path, json!({"contract": contract, "code": "own"})).await.0, 200, "{contract}");
        devnet.advance();
        let shown = state(&devnet).await["accounts"].as_array().unwrap().clone();
        let shown = shown.iter().find(|account| account["accountId"] == name.as_str()).unwrap();
        assert_eq!(shown["contract"], contract["kind"]);
    }
}

#[tokio::test]
async fn what_is_no_contract_is_refused() {
    let (devnet, _) = devnet_with_alice();
    let path = "/_devnet/accounts/alice.near/contract";
    for bad in [
        json!("open"),
        json!({"kind": "<b>"}),
        json!({"kind": "panics"}),
        json!({"kind": "wallet", "publicKey": "<b>"}),
        json!({"kind": "wallet", "ethereumAddress": "0x<b>"}),
        json!({"kind": "wallet", "publicKey": key(1).to_string(), "ethereumAddress": "0x2c7536e3605d9c16a7a3d7b1898e529396a65c23"}),
        json!({"kind": "wallet", "extensions": ["Bob<b>"]}),
        json!({"kind": "multisig", "members": ["Bob<b>"], "threshold": 1}),
        json!({"kind": "multisig", "members": []}),
        json!({"kind": "open", "more": 1}),
        json!({"kind": "returns", "bytes": 1_000_000_000}),
        json!({"kind": "returns", "bytes": 1, "text": ""}),
        json!({"kind": "bomb", "entries": 1_000_000_000}),
        json!({"kind": "bomb", "entries": -1}),
        json!({"kind": "delegates", "to": ["Bob<b>"]}),
        json!({"kind": "lies-about-expect", "to": "Bob<b>"}),
    ] {
        let refused = post(&devnet, path, json!({"contract": bad})).await;
        assert!(!refused.1.to_string().contains("<b>"));
        assert_refused(refused, 400, "malformed_contract");
    }
    for bad in [json!("global"), json!({"globalHash": "0"}), json!({"globalAccount": "Bob"}), json!({"globalHash": 1})] {
        assert_refused(post(&devnet, path, json!({"contract": {"kind": "open"}, "code": bad})).await, 400, "malformed_contract");
    }
    let missing = post(&devnet, "/_devnet/accounts/nobody.near/contract", json!({"contract": {"kind": "open"}})).await;
    assert_refused(missing, 404, "no_account");
}

#[tokio::test]
async fn an_account_is_added_with_all_that_it_can_have() {
    let (devnet, _) = devnet();
    let universal = format!("0u{}0", "1".repeat(51));
    assert_eq!(post(&devnet, "/_devnet/accounts", json!({"accountId": universal, "uninitialized": true})).await.0, 200);
    let body = json!({"accountId": "alice.near", "contract": {"kind": "open"}, "publicKey": key(1).to_string()});
    assert_eq!(post(&devnet, "/_devnet/accounts", body).await.0, 200);
    let global = json!({"contract": {"kind": "open"}, "code": {"globalAccount": "wallets.near"}});
    assert_eq!(post(&devnet, "/_devnet/accounts/alice.near/contract", global).await.0, 200);
    devnet.settle();
    let shown = state(&devnet).await["accounts"].clone();
    assert_eq!(shown[0], json!({"accountId": universal, "keys": [], "uninitialized": true}));
    assert_eq!((&shown[1]["contract"], shown[1]["keys"].as_array().unwrap().len()), (&json!("open"), 1));
    let view = json!({"request_type": "view_account", "account_id": "alice.near", "finality": "final"});
    let view = devnet.answer(request("query", &view).as_bytes());
    assert!(view.text().contains(r#""global_contract_account_id":"wallets.near""#));

    let both = json!({"accountId": "bob.near", "contract": {"kind": "open"}, "uninitialized": true});
    assert_refused(post(&devnet, "/_devnet/accounts", both).await, 400, "malformed_contract");
    assert!(devnet.add_account(&account("bob.near")).is_ok());
}

/// A body that begins and never ends.
fn unfinished(path: &str) -> axum::http::Request<Body> {
    let (head, _) = local(Method::POST, path, &json!({})).into_parts();
    let begin = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"{"))]);
    axum::http::Request::from_parts(head, Body::from_stream(stream::StreamExt::chain(begin, stream::pending())))
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_end_is_refused_in_time() {
    let (devnet, _) = devnet();
    for path in ["/_devnet/rpc", "/_devnet/balanced/rpc", "/_devnet/nodes/0/rpc", "/_devnet/blocks", "/_devnet/fault"] {
        let begun = tokio::time::Instant::now();
        let (status, answer) = send(&devnet, unfinished(path)).await;
        assert_eq!((status.as_u16(), begun.elapsed()), (408, Duration::from_secs(10)), "{path}");
        let code = if path.ends_with("rpc") { &answer["error"]["cause"]["name"] } else { &answer["error"] };
        assert_eq!(code, if path.ends_with("rpc") { "PARSE_ERROR" } else { "body_too_slow" }, "{path}");
    }
}
