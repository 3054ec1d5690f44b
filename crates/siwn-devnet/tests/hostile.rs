//! Whatever is posted to the node, it answers, and in the shape of JSON-RPC.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use proptest::prelude::*;
use serde_json::{Value, json};
use siwn_devnet::{Devnet, Reply};
use support::{devnet_with_alice, padded, post, request};

/// An answer is a JSON-RPC response with one of nearcore's statuses.
fn check(reply: &Reply) -> Value {
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    let members = body.as_object().unwrap();
    assert!(members.len() == 3 && members["jsonrpc"] == "2.0" && members.contains_key("id"));
    assert!(members.contains_key("result") != members.contains_key("error"));
    assert!(matches!(reply.status, 200 | 400 | 422), "{}", reply.status);
    body
}

fn answer(devnet: &Devnet, body: &str) -> (u16, Value) {
    let reply = devnet.answer(body.as_bytes());
    (reply.status, check(&reply))
}

#[test]
fn what_is_no_request_is_a_parse_error() {
    let (devnet, _) = devnet_with_alice();
    let deep = "[".repeat(100_000);
    let deep_object = r#"{"a":"#.repeat(100_000);
    let deep_params = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"block","params":{deep}}}"#);
    let long = "a".repeat(1 << 20);
    for body in [
        "",
        " ",
        "null",
        "{}",
        "\"status\"",
        "0",
        "\u{feff}{}",
        r#"{"jsonrpc":"2.0","id":1,"method":"status","params":[]"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"status","params":[]} x"#,
        r#"{"jsonrpc":"1.0","id":1,"method":"status","params":[]}"#,
        r#"{"jsonrpc":2.0,"id":1,"method":"status","params":[]}"#,
        r#"{"id":1,"method":"status","params":[]}"#,
        r#"{"jsonrpc":"2.0","method":"status","params":[]}"#,
        r#"{"jsonrpc":"2.0","id":1,"params":[]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"status","params":[],"more":1}"#,
        r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"status","params":[]}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":["status"],"params":[]}"#,
        r#"{"jsonrpc":"2.0","id":1e999,"method":"status","params":[]}"#,
        r#"{"jsonrpc":"2.0","id":"\ud800","method":"status","params":[]}"#,
        &deep,
        &deep_object,
        &deep_params,
        &long,
    ] {
        let (status, reply) = answer(&devnet, body);
        assert_eq!((status, &reply["error"]["cause"]["name"]), (400, &json!("PARSE_ERROR")), "{body:.80}");
        assert_eq!(reply["id"], Value::Null);
    }
}

#[test]
fn a_method_that_is_no_name_is_not_told_back() {
    let (devnet, _) = devnet_with_alice();
    for method in ["", "<script>", "status\n", "a b", &"a".repeat(300)] {
        let (status, reply) = answer(&devnet, &request(method, &json!([])));
        assert_eq!((status, &reply["error"]["cause"]["name"]), (400, &json!("PARSE_ERROR")));
    }
    assert_eq!(answer(&devnet, &request("tx", &json!([]))).1["error"]["cause"]["name"], "METHOD_NOT_FOUND");
}

#[test]
fn params_of_other_types_are_parse_errors_and_not_told_back() {
    let (devnet, _) = devnet_with_alice();
    let key = support::key(1).to_string();
    let good = json!({"request_type": "view_access_key", "account_id": "alice.near", "public_key": key, "finality": "final"});
    assert_eq!(answer(&devnet, &request("query", &good)).0, 200);
    let marker = "MARK<script>";
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1.5),
        json!(u64::MAX),
        json!(1e300),
        json!([]),
        json!({}),
        json!(""),
        json!(marker),
        json!(marker.repeat(9000)),
        json!([marker]),
        json!("\u{0}"),
        json!("🦀"),
    ];
    for member in ["request_type", "account_id", "public_key", "finality"] {
        for value in &values {
            let mut params = good.clone();
            params[member] = value.clone();
            let (status, reply) = answer(&devnet, &request("query", &params));
            assert_eq!((status, &reply["error"]["cause"]["name"]), (400, &json!("PARSE_ERROR")), "{member}: {value:.80}");
            assert!(!reply.to_string().contains("MARK"));
        }
        let mut params = good.clone();
        params.as_object_mut().unwrap().remove(member);
        assert_eq!(answer(&devnet, &request("query", &params)).0, 400, "{member}");
    }
    for value in &values {
        for body in [request("query", value), request("block", value), request("block", &json!({"block_id": value}))] {
            let (status, reply) = answer(&devnet, &body);
            assert!(matches!(status, 200 | 400 | 422) && reply.get("error").is_some() && !reply.to_string().contains("MARK"));
        }
        let mut list = json!({"request_type": "view_access_key_list", "account_id": "alice.near", "finality": "final"});
        for member in ["limit", "after_key"] {
            list[member] = value.clone();
            assert!(!answer(&devnet, &request("query", &list)).1.to_string().contains("MARK"));
        }
    }
}

#[test]
fn heights_at_the_edge_are_only_unknown() {
    let (devnet, _) = devnet_with_alice();
    for height in [0, 1, 99, u64::MAX, u64::MAX - 1, devnet.head().height + 1] {
        let (_, reply) = answer(&devnet, &request("block", &json!({"block_id": height})));
        assert_eq!(reply["error"]["cause"]["name"], "UNKNOWN_BLOCK", "{height}");
    }
}

#[tokio::test]
async fn a_body_of_more_than_a_megabyte_is_refused_in_shape() {
    let (devnet, _) = devnet_with_alice();
    let server = devnet.listen().await.unwrap();
    let exact = |length| padded(request("status", &json!([])), length);
    assert_eq!(post(server.address(), &exact(1 << 20), 1 << 20).await.unwrap().status, 200);
    // Refused before it was sent in full: some clients see the answer, others the closed connection.
    for length in [(1 << 20) + 1, 16 << 20] {
        if let Ok(refused) = post(server.address(), &exact(length), 1 << 20).await {
            assert_eq!((refused.status, &refused.json()["error"]["cause"]["name"]), (413, &json!("PARSE_ERROR")));
        }
    }
    assert_eq!(devnet.requests().status, 1);
}

#[test]
fn what_is_no_batch_of_requests_has_an_answer() {
    let (devnet, _) = devnet_with_alice();
    for body in ["[", "[1", "[1,]", "[[[]]]x", &format!("[{}]", "{\"id\":1},".repeat(99)), &"[".repeat(127)] {
        assert_eq!(answer(&devnet, body).0, 400, "{body:.40}");
    }
    for body in ["[1]", "[null, {}]", "[[[[]]]]", r#"[{"jsonrpc":"2.0","id":{},"method":"query"}]"#] {
        let reply = devnet.answer(body.as_bytes());
        let replies: Vec<Value> = serde_json::from_slice(&reply.body).unwrap();
        assert!(replies.iter().all(|reply| reply["error"]["code"] == -32600 && reply["id"].is_null()), "{body}");
    }
}

/// JSON that is a request more often than not.
fn almost_request() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<i64>().prop_map(|number| json!(number)),
        any::<f64>().prop_map(|number| json!(number)),
        "[ -~]{0,20}|view_access_key|call_function|w_resolve_auth|e30=|final|alice.near".prop_map(|text| json!(text)),
    ];
    let names = "request_type|account_id|public_key|finality|block_id|limit|after_key|method_name|args_base64|[a-z]{1,3}";
    let value = leaf.prop_recursive(4, 32, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::btree_map(names, inner, 0..6).prop_map(|map| json!(map)),
        ]
    });
    let method = "status|block|query|EXPERIMENTAL_(view_account|view_access_key|view_access_key_list|call_function)|[ -~]{0,12}";
    (method, value.clone(), value)
        .prop_map(|(method, params, id)| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string())
}

proptest! {
    #[test]
    fn any_bytes_have_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let (devnet, _) = devnet_with_alice();
        check(&devnet.answer(&bytes));
    }

    #[test]
    fn any_request_has_an_answer_with_its_id(body in almost_request()) {
        let (devnet, _) = devnet_with_alice();
        let reply = check(&devnet.answer(body.as_bytes()));
        // Read and written as often as the reply: a number in floating point may lose its last bit each time, as it does in nearcore.
        let asked: Value = serde_json::from_str(&body).unwrap();
        let asked: Value = serde_json::from_str(&asked.to_string()).unwrap();
        prop_assert_eq!(&reply["id"], &asked["id"]);
    }

    #[test]
    fn any_authorization_has_an_answer_of_every_contract(authorization in authorization(), path in ".{0,20}") {
        let (devnet, _) = devnet_with_alice();
        let accounts = devnet.add_contract_accounts([7; 32]);
        let names = [&accounts.wallet.name, &accounts.ethereum.name, &accounts.multisig.name];
        for name in names {
            let args = json!({"path": [path], "authorization": authorization}).to_string();
            let params = json!({
                "request_type": "call_function",
                "account_id": name.as_str(),
                "method_name": "w_resolve_auth",
                "args_base64": base64::Engine::encode(&base64::engine::general_purpose::STANDARD, args),
                "finality": "final",
            });
            let reply = check(&devnet.answer(request("query", &params).as_bytes()));
            prop_assert!(reply["result"]["error"].as_str().unwrap().contains("GuestPanic"));
        }
    }
}

/// An authorization that nobody gave, in shape more often than not.
fn authorization() -> impl Strategy<Value = String> {
    let text = || "[ -~]{0,12}|.{0,4}|siwn-devnet|2026-01-01T00:00:00Z|wallet.test.near|multisig.test.near";
    let message = (text(), text(), text(), text()).prop_map(
        |(chain, signer, time, payload)| json!({"chain_id": chain, "signer_id": signer, "timestamp": time, "payload": payload}),
    );
    prop_oneof![
        text().prop_map(String::from),
        (message, text()).prop_map(|(msg, proof)| json!({"signature": {"msg": msg, "proof": proof}}).to_string()),
        (text(), text(), text()).prop_map(|(account, inner, payload)| {
            json!({"extension": {"account_id": account, "authorization": inner, "payload": payload}}).to_string()
        }),
        (text(), proptest::collection::vec(text(), 0..4)).prop_map(|(payload, members)| {
            let approvals: Vec<_> = members.iter().map(|name| json!({"account_id": name, "authorization": ""})).collect();
            json!({"multisig": {"payload": payload, "approvals": approvals}}).to_string()
        }),
    ]
}
