//! Nodes of other software than today's nearcore, and nearcore's methods with errors of their own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use serde_json::{Value, json};
use siwn_devnet::{Code, Contract, Devnet, Fault, Flavour, KEPT_BLOCKS, Permission, Reply};
use support::shape::{BLOCK, FIXTURE_HASH, NONCE, answer, assert_like, fixture, of_type};
use support::{account, ask, devnet, key, post, request};

const ALL: [Flavour; 3] = [Flavour::Nearcore, Flavour::OldNearcore, Flavour::ReadRpc];

/// A node of `flavour` where `alice.near` has no keys.
fn node(flavour: Flavour) -> Devnet {
    let (devnet, _) = devnet();
    devnet.add_account(&account("alice.near")).unwrap();
    devnet.settle();
    devnet.set_flavour(flavour);
    devnet
}

fn without_alice(flavour: Flavour) -> Devnet {
    let (devnet, _) = devnet();
    devnet.set_flavour(flavour);
    devnet
}

/// Asks over HTTP, where faults are met.
async fn asked(devnet: &Devnet, body: &str) -> Reply {
    let server = devnet.listen().await.unwrap();
    let answer = post(server.address(), body, 1 << 22).await.unwrap();
    Reply { status: answer.status, body: answer.body }
}

fn alice(request_type: &str) -> String {
    request("query", &json!({"request_type": request_type, "account_id": "alice.near", "finality": "final"}))
}

#[test]
fn a_key_that_is_there_looks_the_same_everywhere() {
    for flavour in ALL {
        let devnet = node(flavour);
        assert_eq!(devnet.flavour(), flavour);
        devnet.add_key(&account("alice.near"), &of_type("ed25519"), Permission::FullAccess).unwrap();
        devnet.settle();
        assert_like(&answer(&devnet, "req_query_view_access_key_at_hash"), 200, "res_view_access_key_full_access", NONCE);
    }
}

#[test]
fn a_missing_key_is_told_inside_of_the_result_or_as_an_error() {
    for (flavour, name) in [
        (Flavour::Nearcore, "err_query_flat_unknown_access_key"),
        (Flavour::OldNearcore, "err_query_flat_unknown_access_key"),
        (Flavour::ReadRpc, "err_query_unknown_access_key_structured"),
    ] {
        assert_like(&answer(&node(flavour), "req_query_view_access_key_final"), 200, name, BLOCK);
    }
}

#[test]
fn a_key_of_a_missing_account_is_a_missing_account_only_on_a_new_node() {
    for (flavour, name) in [
        (Flavour::Nearcore, "err_query_flat_unknown_account_view_access_key"),
        (Flavour::OldNearcore, "err_query_flat_unknown_access_key"),
        (Flavour::ReadRpc, "err_query_unknown_access_key_structured"),
    ] {
        assert_like(&answer(&without_alice(flavour), "req_query_view_access_key_final"), 200, name, BLOCK);
    }
    for (flavour, name) in
        [(Flavour::Nearcore, "err_experimental_unknown_account"), (Flavour::OldNearcore, "err_experimental_unknown_access_key")]
    {
        assert_like(&answer(&without_alice(flavour), "req_experimental_view_access_key"), 200, name, BLOCK);
    }
}

#[test]
fn the_account_itself_is_missing_on_every_node() {
    for flavour in ALL {
        let devnet = without_alice(flavour);
        assert_like(&answer(&devnet, "req_query_view_account"), 200, "err_query_unknown_account", BLOCK);
    }
}

#[test]
fn the_keys_of_a_missing_account_are_an_empty_list_on_an_old_node() {
    for (flavour, name) in [
        (Flavour::Nearcore, "err_query_unknown_account"),
        (Flavour::OldNearcore, "res_view_access_key_list_empty"),
        (Flavour::ReadRpc, "res_view_access_key_list_empty"),
    ] {
        assert_like(&without_alice(flavour).answer(alice("view_access_key_list").as_bytes()), 200, name, BLOCK);
    }
}

#[test]
fn statuses_of_a_read_rpc_are_200_unless_the_request_is_at_fault() {
    let devnet = node(Flavour::ReadRpc);
    let at = |id: Value| request("query", &json!({"request_type": "view_account", "account_id": "alice.near", "block_id": id}));
    let unknown = |body: String| devnet.answer(body.as_bytes());
    assert_like(&unknown(at(json!(FIXTURE_HASH))), 200, "err_query_unknown_block_hash", &[]);
    assert_like(&unknown(at(json!(1))), 200, "err_query_unknown_block_height", &["block_id", "data"]);
    assert_like(&unknown(request("block", &json!({"block_id": 1}))), 200, "err_block_unknown", &[]);
    let upper = fixture("req_query_view_access_key_final").replace("alice.near", "Alice.near");
    assert_like(&unknown(upper), 400, "err_parse_error", &["error_message", "data"]);
}

#[tokio::test]
async fn a_node_in_need_answers_500_and_a_read_rpc_200() {
    for (flavour, status) in [(Flavour::Nearcore, 500), (Flavour::OldNearcore, 500), (Flavour::ReadRpc, 200)] {
        let devnet = node(flavour);
        devnet.fail(Fault::InternalError.times(1));
        devnet.fail(Fault::TimedOut);
        let varying = ["error_message", "data"];
        assert_like(&asked(&devnet, &alice("view_account")).await, status, "err_query_internal_error", &varying);
        assert_like(&asked(&devnet, &alice("view_account")).await, status, "err_server_timeout", &[]);
    }
}

#[tokio::test]
async fn the_experimental_methods_answer_as_query_does_and_tell_errors_with_their_causes() {
    let devnet = node(Flavour::Nearcore);
    assert_like(&answer(&devnet, "req_experimental_view_access_key"), 200, "err_experimental_unknown_access_key", BLOCK);
    devnet.add_key(&account("alice.near"), &of_type("ed25519"), Permission::FullAccess).unwrap();
    devnet.settle();
    assert_like(&answer(&devnet, "req_experimental_view_access_key"), 200, "res_experimental_view_access_key", NONCE);

    let params = json!({"account_id": "alice.near", "finality": "final"});
    for (twin, plain) in
        [("EXPERIMENTAL_view_account", "view_account"), ("EXPERIMENTAL_view_access_key_list", "view_access_key_list")]
    {
        assert_eq!(ask(&devnet, &request(twin, &params)), ask(&devnet, &alice(plain)));
    }
    devnet.remove_account(&account("alice.near")).unwrap();
    devnet.settle();
    let missing = devnet.answer(request("EXPERIMENTAL_view_account", &params).as_bytes());
    assert_like(&missing, 200, "err_experimental_unknown_account", BLOCK);
}

#[tokio::test]
async fn the_experimental_methods_make_internal_errors_of_what_they_have_no_cause_for() {
    let devnet = node(Flavour::Nearcore);
    let twin = request("EXPERIMENTAL_view_account", &json!({"account_id": "alice.near", "finality": "final"}));
    let collapsed = "err_experimental_unavailable_shard_becomes_internal";
    devnet.fail(Fault::UnavailableShard.times(1));
    assert_like(&asked(&devnet, &twin).await, 500, collapsed, &[]);
    devnet.fail(Fault::NotSynced.times(1));
    assert_like(&asked(&devnet, &twin).await, 500, collapsed, &["error_message", "data"]);
    devnet.fail(Fault::UnavailableShard.times(1));
    assert_like(&asked(&devnet, &alice("view_account")).await, 200, "err_query_unavailable_shard", &[]);

    let old = devnet.final_block().hash.to_string();
    for seed in 0..=100 {
        devnet.add_key(&account("alice.near"), &key(seed), Permission::FullAccess).unwrap();
    }
    devnet.advance_by(KEPT_BLOCKS);
    for params in [json!({"account_id": "alice.near", "block_id": old}), json!({"account_id": "alice.near", "finality": "final"})] {
        let reply = devnet.answer(request("EXPERIMENTAL_view_access_key_list", &params).as_bytes());
        assert_like(&reply, 500, collapsed, &["error_message", "data"]);
    }
}

#[test]
fn a_read_rpc_knows_no_experimental_method_and_takes_no_batch() {
    let devnet = node(Flavour::ReadRpc);
    assert_like(&answer(&devnet, "req_experimental_view_access_key"), 400, "err_method_not_found", &[]);
    assert_like(&answer(&devnet, "req_batch_query"), 200, "gw_batch_disabled", &[]);
}

#[test]
fn a_batch_is_answered_entry_by_entry() {
    let devnet = node(Flavour::Nearcore);
    let replies = answer(&devnet, "req_batch_query");
    assert_eq!(replies.status, 200);
    let replies: Vec<Value> = serde_json::from_slice(&replies.body).unwrap();
    let one = |value: &Value| Reply { status: 200, body: value.to_string().into_bytes() };
    assert_eq!(replies.len(), 2);
    assert_like(&one(&replies[0]), 200, "err_query_flat_unknown_access_key", BLOCK);
    assert_like(&one(&replies[1]), 200, "res_view_account_no_contract", &["amount", "storage_usage", "block_hash", "block_height"]);
}

#[test]
fn a_batch_runs_queries_only() {
    let devnet = node(Flavour::Nearcore);
    let entry = |id: Value, method: &str| json!({"jsonrpc": "2.0", "id": id, "method": method, "params": {"finality": "final"}});
    let batch = json!([
        entry(json!(1), "block"),
        entry(json!([]), "query"),
        [],
        {"jsonrpc": "2.0", "method": "query", "params": {}},
        {"jsonrpc": "2.0", "method": "status"},
        entry(json!("x"), "query"),
    ]);
    let reply = ask(&devnet, &batch.to_string());
    let seen: Vec<_> = reply.as_array().unwrap().iter().map(|reply| (&reply["id"], &reply["error"]["code"])).collect();
    let expected =
        [(json!(1), json!(-32601)), (json!(null), json!(-32600)), (json!(null), json!(-32600)), (json!("x"), json!(-32700))];
    assert_eq!(seen, expected.iter().map(|(id, code)| (id, code)).collect::<Vec<_>>());
}

#[test]
fn a_batch_has_1_to_100_entries() {
    let devnet = node(Flavour::Nearcore);
    let of = |count: usize| {
        let entry = json!({"jsonrpc": "2.0", "id": 1, "method": "query", "params": {}});
        let reply = devnet.answer(Value::from(vec![entry; count]).to_string().as_bytes());
        (reply.status, serde_json::from_slice::<Value>(&reply.body).unwrap())
    };
    assert_eq!((of(0).0, &of(0).1["error"]["code"]), (400, &json!(-32600)));
    assert_eq!(of(100).1.as_array().unwrap().len(), 100);
    assert_eq!((of(101).0, &of(101).1["error"]["code"]), (200, &json!(-32010)));
    let silent = devnet.answer(br#"[{"jsonrpc": "2.0", "method": "query"}]"#);
    assert_eq!((silent.status, silent.body.len()), (204, 0));
}

#[tokio::test]
async fn each_entry_of_a_batch_is_counted() {
    let devnet = node(Flavour::Nearcore);
    let entry = |method: &str| json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": {"request_type": "call_function"}});
    _ = asked(&devnet, &json!([entry("query"), entry("query"), entry("EXPERIMENTAL_call_function"), entry("tx")]).to_string())
        .await;
    assert_eq!((devnet.requests().query, devnet.requests().other, devnet.contract_calls()), (3, 1, 3));
}

#[test]
fn an_account_shows_where_its_contract_is_from() {
    let varying = ["amount", "storage_usage", "block_hash", "block_height"];
    let (devnet, alice) = (node(Flavour::Nearcore), account("alice.near"));
    let global_hash: Value = serde_json::from_str(&fixture("res_view_account_global_contract_hash")).unwrap();
    let hash = global_hash["result"]["global_contract_hash"].as_str().unwrap();
    let hash = siwn_devnet::BlockHash::new(bs58::decode(hash).into_vec().unwrap().try_into().unwrap());
    for (code, name) in [
        (Code::GlobalByHash(hash), "res_view_account_global_contract_hash"),
        (Code::GlobalByAccount(account("wallets.near")), "res_view_account_global_contract_account"),
    ] {
        devnet.deploy_from(&alice, Contract::Open, code).unwrap();
        devnet.settle();
        assert_like(&answer(&devnet, "req_query_view_account"), 200, name, &varying);
    }
    devnet.deploy(&alice, Contract::Open).unwrap();
    devnet.settle();
    let own = ask(&devnet, &fixture("req_query_view_account").replace(FIXTURE_HASH, &devnet.final_block().hash.to_string()));
    assert_ne!(own["result"]["code_hash"], "11111111111111111111111111111111");
}

#[test]
fn an_account_that_was_not_set_up_says_so() {
    let universal = format!("0u{}0", "1".repeat(51));
    let (devnet, _) = devnet();
    devnet.add_uninitialized_account(&account(&universal)).unwrap();
    devnet.settle();
    let question = fixture("req_query_view_account").replace("alice.near", &universal);
    let question = question.replace(FIXTURE_HASH, &devnet.final_block().hash.to_string());
    let varying = ["amount", "storage_usage", "bootstrap_nonce", "block_hash", "block_height"];
    assert_like(&devnet.answer(question.as_bytes()), 200, "res_view_account_uninitialized_universal", &varying);
}
