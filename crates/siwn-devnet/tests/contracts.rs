//! Contracts that misbehave, and how each kind of node tells it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use siwn_devnet::{Contract, Devnet, Fault, Flavour, Reply};
use support::shape::{BLOCK, assert_like, fixture};
use support::{account, devnet, post, request};

/// Calls `w_resolve_auth` of `alice.near`, by `query` or by the method of its own.
fn call(method: &str, path: &[&str], authorization: &str) -> String {
    let args = json!({"path": path, "authorization": authorization}).to_string();
    let mut params = json!({
        "account_id": "alice.near",
        "method_name": "w_resolve_auth",
        "args_base64": STANDARD.encode(args),
        "finality": "final",
    });
    if method == "query" {
        params["request_type"] = json!("call_function");
    }
    request(method, &params)
}

const TWIN: &str = "EXPERIMENTAL_call_function";
const NOTE: &str = r#"{"payload": "login"}"#;

/// A node where `alice.near` has `contract`.
fn node(contract: Contract) -> Devnet {
    let (devnet, _) = devnet();
    devnet.add_account(&account("alice.near")).unwrap();
    devnet.deploy(&account("alice.near"), contract).unwrap();
    devnet.settle();
    devnet
}

fn called(devnet: &Devnet, authorization: &str) -> Reply {
    devnet.answer(call("query", &[], authorization).as_bytes())
}

/// What the contract returned.
fn returned(reply: &Reply) -> Vec<u8> {
    let reply: Value = serde_json::from_slice(&reply.body).unwrap();
    serde_json::from_value(reply["result"]["result"].clone()).unwrap()
}

fn resolution(devnet: &Devnet, authorization: &str) -> Value {
    serde_json::from_slice(&returned(&called(devnet, authorization))).unwrap()
}

/// The text of a flat error.
fn error(reply: &Reply) -> String {
    let reply: Value = serde_json::from_slice(&reply.body).unwrap();
    reply["result"]["error"].as_str().unwrap().to_owned()
}

#[test]
fn an_agreement_is_told_in_bytes() {
    let devnet = node(Contract::Open);
    assert_like(&called(&devnet, NOTE), 200, "res_call_function_leaf", BLOCK);
    let twin = devnet.answer(call(TWIN, &[], NOTE).as_bytes());
    assert_like(&twin, 200, "res_call_function_leaf", BLOCK);
}

#[test]
fn a_pending_agreement_names_whom_to_ask_and_what_to_expect() {
    let devnet = node(Contract::Delegates { to: vec![account("extension.near")] });
    let expected: Value = serde_json::from_str(&fixture("res_call_function_pending")).unwrap();
    let bytes: Vec<u8> = serde_json::from_value(expected["result"]["result"].clone()).unwrap();
    let mut expected: Value = serde_json::from_slice(&bytes).unwrap();
    expected["pending"][0]["authorization"] = json!(NOTE);
    assert_eq!(resolution(&devnet, NOTE), expected);
}

#[test]
fn a_panic_is_told_in_the_words_of_each_node() {
    let devnet = node(Contract::Panics("invalid signature".into()));
    assert_like(&called(&devnet, NOTE), 200, "err_query_flat_contract_panic", BLOCK);
    assert_like(&devnet.answer(call(TWIN, &[], NOTE).as_bytes()), 200, "err_experimental_call_function_panic", BLOCK);

    devnet.set_flavour(Flavour::ReadRpc);
    let reply: Value = serde_json::from_slice(&called(&devnet, NOTE).body).unwrap();
    let (name, cause) = (&reply["error"]["name"], &reply["error"]["cause"]);
    assert_eq!((name, &cause["name"]), (&json!("HANDLER_ERROR"), &json!("CONTRACT_EXECUTION_ERROR")));
    let text = "wasm execution failed with error: HostError(GuestPanic { panic_msg: \"invalid signature\" })";
    assert_eq!(cause["info"]["vm_error"], text);
    assert_eq!(cause["info"]["block_hash"], devnet.final_block().hash.to_string());
}

#[test]
fn a_nasty_panic_stays_in_its_quotes() {
    let nasty = format!("no\n\u{1b}[31m\"<script>\\ {}", "ä".repeat(5000));
    let devnet = node(Contract::Panics(nasty.clone().into()));
    let flat = error(&called(&devnet, NOTE));
    assert!(flat.contains(r#"panic_msg: "no\n\u{1b}[31m\"<script>\\ "#) && flat.len() > 10_000 && !flat.contains('\n'));
    let twin: Value = serde_json::from_slice(&devnet.answer(call(TWIN, &[], NOTE).as_bytes()).body).unwrap();
    let text = twin["error"]["cause"]["info"]["vm_error"]["ExecutionError"].as_str().unwrap();
    assert_eq!(text.strip_prefix("Smart contract panicked: "), Some(nasty.as_str()));
}

#[test]
fn a_contract_without_the_method_and_an_account_without_a_contract_say_so() {
    let devnet = node(Contract::WithoutMethod);
    assert_like(&called(&devnet, NOTE), 200, "err_query_flat_method_not_found", BLOCK);
    let twin = devnet.answer(call(TWIN, &[], NOTE).as_bytes());
    assert_like(&twin, 200, "err_experimental_call_function_method_not_found", BLOCK);
    let other = call("query", &[], NOTE).replace("w_resolve_auth", "w_other");
    let devnet = node(Contract::Open);
    assert_like(&devnet.answer(other.as_bytes()), 200, "err_query_flat_method_not_found", BLOCK);

    let (devnet, _) = support::devnet();
    devnet.add_account(&account("alice.near")).unwrap();
    devnet.settle();
    assert_like(&called(&devnet, NOTE), 200, "err_query_flat_code_does_not_exist", BLOCK);
    let twin = devnet.answer(call(TWIN, &[], NOTE).as_bytes());
    assert_like(&twin, 200, "err_experimental_call_function_code_does_not_exist", BLOCK);
}

#[test]
fn a_call_of_a_missing_account_is_of_a_missing_account() {
    let (devnet, _) = devnet();
    for flavour in [Flavour::Nearcore, Flavour::OldNearcore, Flavour::ReadRpc] {
        devnet.set_flavour(flavour);
        assert_like(&called(&devnet, NOTE), 200, "err_query_unknown_account", BLOCK);
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_never_ends_takes_a_node_s_time_and_its_gas() {
    let devnet = node(Contract::NeverEnds);
    let server = devnet.listen().await.unwrap();
    let begun = tokio::time::Instant::now();
    let answer = post(server.address(), &call("query", &[], NOTE), 1 << 20).await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(800) && begun.elapsed() < Duration::from_secs(1));
    let reply = Reply { status: answer.status, body: answer.body };
    assert_eq!(error(&reply), "wasm execution failed with error: HostError(GasLimitExceeded)");
    let answer = post(server.address(), &call(TWIN, &[], NOTE), 1 << 20).await.unwrap();
    let text = "Exceeded the maximum amount of gas allowed to burn per contract.";
    assert_eq!(answer.json()["error"]["cause"]["info"]["vm_error"], json!({"ExecutionError": text}));
}

#[tokio::test(start_paused = true)]
async fn a_slow_contract_agrees_late() {
    let takes = Duration::from_millis(300);
    let devnet = node(Contract::Slow { takes });
    let server = devnet.listen().await.unwrap();
    let begun = tokio::time::Instant::now();
    let answer = post(server.address(), &call("query", &[], NOTE), 1 << 20).await.unwrap();
    assert!(begun.elapsed() >= takes);
    assert_like(&Reply { status: answer.status, body: answer.body }, 200, "res_call_function_leaf", BLOCK);
    // Of a batch, the node works on all at once.
    let one: Value = serde_json::from_str(&call("query", &[], NOTE)).unwrap();
    let begun = tokio::time::Instant::now();
    assert_eq!(post(server.address(), &json!([one, one]).to_string(), 1 << 20).await.unwrap().status, 200);
    assert!(begun.elapsed() < 2 * takes);
}

#[test]
fn a_contract_returns_what_it_is_told_to() {
    let devnet = node(Contract::Returns(Vec::new()));
    assert_like(&called(&devnet, NOTE), 200, "res_call_function_empty_result", BLOCK);
    let garbage = node(Contract::Returns(b"{\"payload\": \xff".to_vec()));
    assert_eq!(returned(&called(&garbage, NOTE)), b"{\"payload\": \xff");
}

#[test]
fn a_result_has_the_length_that_was_asked_for() {
    for length in [14, 1000, (1 << 20) - 1, (1 << 20) + 1] {
        let returned = returned(&called(&node(Contract::returning_bytes(length)), NOTE));
        assert_eq!(returned.len(), length);
        assert!(serde_json::from_slice::<Value>(&returned).unwrap()["payload"].is_string());
    }
}

#[test]
fn a_bomb_a_cycle_and_a_chain_go_on() {
    let bomb = resolution(&node(Contract::Bomb { entries: 1000 }), NOTE);
    assert_eq!(bomb["pending"].as_array().unwrap().len(), 1000);
    assert_eq!(bomb["pending"][999], json!({"account_id": "alice.near", "authorization": NOTE, "expect": "login"}));

    let cycle = node(Contract::Delegates { to: vec![account("alice.near")] });
    let pending = resolution(&cycle, NOTE)["pending"][0].clone();
    assert_eq!((&pending["account_id"], &pending["authorization"]), (&json!("alice.near"), &json!(NOTE)));
}

#[test]
fn a_liar_expects_another_payload_than_it_agrees_to() {
    let devnet = node(Contract::LiesAboutExpect { to: account("bob.near") });
    let told = resolution(&devnet, NOTE);
    let entry = &told["pending"][0];
    assert_eq!(
        (&told["payload"], &entry["account_id"], &entry["authorization"]),
        (&json!("login"), &json!("bob.near"), &json!(NOTE))
    );
    assert_ne!(entry["expect"], "login");
}

#[test]
fn arguments_that_are_none_are_a_panic_of_the_contract() {
    let devnet = node(Contract::Open);
    for args in ["", "null", "{}", r#"{"path": ["Alice.near"], "authorization": ""}"#, r#"{"path": [], "authorization": 7}"#] {
        let params = json!({
            "request_type": "call_function",
            "account_id": "alice.near",
            "method_name": "w_resolve_auth",
            "args_base64": STANDARD.encode(args),
            "finality": "final",
        });
        assert!(error(&devnet.answer(request("query", &params).as_bytes())).contains("Failed to deserialize input"), "{args}");
    }
    for note in ["", "null", "{}", r#"{"payload": 7}"#] {
        assert!(error(&called(&devnet, note)).contains("GuestPanic"), "{note}");
    }
    let broken = call("query", &[], NOTE).replace("args_base64\":\"", "args_base64\":\"*");
    assert_like(&devnet.answer(broken.as_bytes()), 400, "err_parse_error", &["error_message", "data"]);
}

#[test]
fn a_contract_is_as_of_the_block_that_was_asked_for() {
    let devnet = node(Contract::Open);
    let before = devnet.final_block();
    devnet.deploy(&account("alice.near"), Contract::Panics("closed".into())).unwrap();
    devnet.settle();
    assert!(error(&called(&devnet, NOTE)).contains("closed"));
    let pinned = call("query", &[], NOTE).replace(r#""finality":"final""#, &format!(r#""block_id":"{}""#, before.hash));
    assert_eq!(returned(&devnet.answer(pinned.as_bytes())), br#"{"payload":"login"}"#);
    devnet.remove_account(&account("alice.near")).unwrap();
    devnet.add_account(&account("alice.near")).unwrap();
    devnet.settle();
    assert_like(&called(&devnet, NOTE), 200, "err_query_flat_code_does_not_exist", BLOCK);
}

#[tokio::test]
async fn a_lying_node_agrees_and_refuses_for_contracts_too() {
    let devnet = node(Contract::Panics("no".into()));
    let server = devnet.listen().await.unwrap();
    let ask = async || {
        let answer = post(server.address(), &call("query", &[], NOTE), 1 << 20).await.unwrap();
        Reply { status: answer.status, body: answer.body }
    };
    devnet.fail(Fault::GrantsAll);
    assert_eq!(returned(&ask().await), br#"{"payload":"login"}"#);
    devnet.recover();
    devnet.deploy(&account("alice.near"), Contract::Open).unwrap();
    devnet.settle();
    devnet.fail(Fault::DeniesAll);
    assert!(error(&ask().await).contains("told to refuse"));
}
