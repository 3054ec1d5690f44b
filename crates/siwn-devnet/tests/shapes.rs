//! Replies against nearcore's: the same members, of the same types and, where they do not depend on the chain, with the same values.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use serde_json::{Value, json};
use siwn_devnet::{BlockHash, Devnet, Fault, FunctionCall, GasKey, KEPT_BLOCKS, Permission, Reply};
use support::shape::{BLOCK, FIXTURE_HASH, NONCE, answer, assert_like, compare, fixture, of_type};
use support::{account, devnet, key, post, request};

fn app() -> FunctionCall {
    FunctionCall {
        receiver_id: account("app.near"),
        method_names: vec!["ft_transfer".parse().unwrap()],
        allowance: Some(250_000_000_000_000_000_000_000),
    }
}

const GAS: GasKey = GasKey { balance: 1_000_000_000_000_000_000_000_000, num_nonces: 8 };

/// A devnet where `alice.near` has the key of the fixtures' requests, with this permission.
fn granting(permission: Permission) -> Devnet {
    let (devnet, _) = devnet();
    devnet.add_account(&account("alice.near")).unwrap();
    devnet.add_key(&account("alice.near"), &of_type("ed25519"), permission).unwrap();
    devnet.settle();
    devnet
}

#[test]
fn every_permission_is_shown_as_nearcore_shows_it() {
    let open_call = FunctionCall { method_names: vec![], allowance: None, ..app() };
    for (permission, name) in [
        (Permission::FullAccess, "res_view_access_key_full_access"),
        (Permission::FunctionCall(app()), "res_view_access_key_function_call"),
        (Permission::GasKeyFullAccess(GAS), "res_view_access_key_gas_key_full_access"),
        (Permission::GasKeyFunctionCall(GAS, open_call), "res_view_access_key_gas_key_function_call"),
    ] {
        let devnet = granting(permission);
        for question in ["req_query_view_access_key_final", "req_query_view_access_key_at_hash"] {
            assert_like(&answer(&devnet, question), 200, name, NONCE);
        }
    }
}

#[test]
fn a_missing_key_and_a_missing_account_are_told_inside_of_the_result() {
    let (devnet, _) = devnet();
    devnet.add_account(&account("alice.near")).unwrap();
    devnet.settle();
    assert_like(&answer(&devnet, "req_query_view_access_key_final"), 200, "err_query_flat_unknown_access_key", BLOCK);
    devnet.remove_account(&account("alice.near")).unwrap();
    devnet.settle();
    let name = "err_query_flat_unknown_account_view_access_key";
    assert_like(&answer(&devnet, "req_query_view_access_key_final"), 200, name, BLOCK);
}

#[test]
fn an_account_is_shown_as_nearcore_shows_it() {
    let devnet = granting(Permission::FullAccess);
    let reply = answer(&devnet, "req_query_view_account");
    assert_like(&reply, 200, "res_view_account_no_contract", &["amount", "block_hash", "block_height"]);
    devnet.remove_account(&account("alice.near")).unwrap();
    devnet.settle();
    assert_like(&answer(&devnet, "req_query_view_account"), 200, "err_query_unknown_account", BLOCK);
}

#[test]
fn a_call_finds_no_contract() {
    let devnet = granting(Permission::FullAccess);
    let name = "0scdb6cfeed476fc878af9d3246768cbe803714c87";
    let reply = answer(&devnet, "req_query_call_function_w_resolve_auth");
    assert!(reply.text().contains(r#""name":"UNKNOWN_ACCOUNT""#) && reply.text().contains(name));

    let question = fixture("req_query_call_function_w_resolve_auth").replace(name, "alice.near");
    let question = question.replace(FIXTURE_HASH, &devnet.final_block().hash.to_string());
    assert_like(&devnet.answer(question.as_bytes()), 200, "err_query_flat_code_does_not_exist", BLOCK);
}

#[test]
fn keys_are_listed_as_nearcore_lists_them() {
    let devnet = granting(Permission::FullAccess);
    let alice = account("alice.near");
    devnet.add_key(&alice, &of_type("secp256k1"), Permission::FunctionCall(app())).unwrap();
    devnet.add_key(&alice, &of_type("ml-dsa-65"), Permission::FullAccess).unwrap();
    let second = "ed25519:JKwv1mPMTaPfDobc4hGBNmKrBfbEx1742GXjvku8fiQ".parse().unwrap();
    devnet.add_key(&alice, &second, Permission::GasKeyFullAccess(GAS)).unwrap();
    devnet.settle();
    let list = |more: Value| {
        let mut params = json!({"request_type": "view_access_key_list", "account_id": "alice.near", "finality": "final"});
        params.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let reply = devnet.answer(request("query", &params).as_bytes());
        assert_eq!(reply.status, 200);
        serde_json::from_slice::<Value>(&reply.body).unwrap()
    };
    let in_the_state_s_order = |mut fixture: Value| {
        let keys = fixture["result"]["keys"].as_array_mut().unwrap();
        // The state has ed25519 keys first, then secp256k1, then ML-DSA-65.
        let order = |key: &Value| {
            let text = key["public_key"].as_str().unwrap();
            ["ed25519:JK", "ed25519:9D", "secp", "ml-dsa"].iter().position(|begin| text.starts_with(begin))
        };
        keys.sort_by_key(order);
        fixture
    };

    let whole = in_the_state_s_order(serde_json::from_str(&fixture("res_view_access_key_list")).unwrap());
    compare("list", &list(json!({})), &whole, NONCE);
    compare("page", &list(json!({"limit": 4})), &whole, NONCE);

    let truncated: Value = serde_json::from_str(&fixture("res_view_access_key_list_truncated")).unwrap();
    let page = list(json!({"limit": 2}));
    let members = |value: &Value| value["result"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&page), members(&truncated));
    assert_eq!(page["result"]["last_key"], whole["result"]["keys"][1]["public_key"]);
    let rest = list(json!({"after_key": page["result"]["last_key"]}));
    assert_eq!(rest["result"]["keys"].as_array().unwrap().len(), 2);
    assert_eq!(rest["result"]["last_key"], Value::Null);
    let after_handle = list(json!({"after_key": of_type("ml-dsa-65").handle()}));
    assert_eq!(after_handle["result"]["keys"], json!([]));
    let question = fixture("req_query_view_access_key_list_page").replace(FIXTURE_HASH, &devnet.final_block().hash.to_string());
    assert_eq!(devnet.answer(question.as_bytes()).status, 200);
}

#[test]
fn an_account_without_keys_has_an_empty_list() {
    let (devnet, _) = devnet();
    devnet.add_account(&account("alice.near")).unwrap();
    devnet.settle();
    let params = json!({"request_type": "view_access_key_list", "account_id": "alice.near", "finality": "final"});
    assert_like(&devnet.answer(request("query", &params).as_bytes()), 200, "res_view_access_key_list_empty", BLOCK);
}

#[test]
fn more_than_a_hundred_keys_need_pages() {
    let (devnet, _) = devnet();
    let alice = account("alice.near");
    devnet.add_account(&alice).unwrap();
    for seed in 1..=100 {
        devnet.add_key(&alice, &key(seed), Permission::FullAccess).unwrap();
    }
    devnet.settle();
    let params = json!({"request_type": "view_access_key_list", "account_id": "alice.near", "finality": "final"});
    let list = |params: &Value| devnet.answer(request("query", params).as_bytes());
    assert!(!list(&params).text().contains("last_key"));

    devnet.add_key(&alice, &key(101), Permission::FullAccess).unwrap();
    devnet.settle();
    assert_like(&list(&params), 200, "err_query_too_many_access_keys", BLOCK);
    let mut page = params;
    page["limit"] = json!(1000);
    let first: Value = serde_json::from_slice(&list(&page).body).unwrap();
    assert_eq!(first["result"]["keys"].as_array().unwrap().len(), 100);
    page["after_key"] = first["result"]["last_key"].clone();
    let second: Value = serde_json::from_slice(&list(&page).body).unwrap();
    assert_eq!(second["result"]["keys"].as_array().unwrap().len(), 1);
    assert!(second["result"].get("last_key").is_none());
}

#[test]
fn an_ml_dsa_65_key_is_asked_for_in_full_and_listed_by_its_handle() {
    let (devnet, _) = devnet();
    let (alice, key) = (account("alice.near"), of_type("ml-dsa-65"));
    devnet.add_account(&alice).unwrap();
    devnet.add_key(&alice, &key, Permission::FullAccess).unwrap();
    devnet.settle();
    assert_like(&answer(&devnet, "req_query_view_access_key_ml_dsa_65"), 200, "res_view_access_key_full_access", NONCE);

    let handle = fixture("req_query_view_access_key_ml_dsa_65").replace(&key.to_string(), &key.handle());
    assert_like(&devnet.answer(handle.as_bytes()), 400, "err_parse_error", &["error_message", "data"]);
}

#[test]
fn a_block_is_shown_as_nearcore_shows_it() {
    let (devnet, _) = devnet();
    let varying = [
        "author",
        "hash",
        "prev_hash",
        "height",
        "prev_height",
        "last_final_block",
        "last_ds_final_block",
        "timestamp",
        "timestamp_nanosec",
    ];
    for question in ["req_block_final", "req_block_by_hash"] {
        devnet.settle();
        let reply = answer(&devnet, question);
        assert_like(&reply, 200, "res_block", &varying);
        let block: Value = serde_json::from_slice(&reply.body).unwrap();
        let header = &block["result"]["header"];
        let expected = devnet.final_block();
        assert_eq!(header["height"], expected.height);
        assert_eq!(header["hash"], expected.hash.to_string());
        assert_eq!(header["prev_hash"], expected.prev_hash.to_string());
        assert_eq!(header["timestamp_nanosec"], expected.timestamp_nanos.to_string());
        assert_eq!(header["timestamp"], expected.timestamp_nanos);
    }
}

#[test]
fn a_status_is_shown_as_nearcore_shows_it() {
    let (devnet, _) = devnet();
    let reply = answer(&devnet, "req_status");
    let varying = [
        "chain_id",
        "genesis_hash",
        "rpc_addr",
        "earliest_block_hash",
        "earliest_block_height",
        "earliest_block_time",
        "epoch_id",
        "epoch_start_height",
        "latest_block_hash",
        "latest_block_height",
        "latest_block_time",
        "latest_state_root",
        "uptime_sec",
        "build",
        "commit",
        "rustc_version",
    ];
    assert_like(&reply, 200, "res_status", &varying);
    let status: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(status["result"]["chain_id"], "siwn-devnet");
    assert_eq!(status["result"]["genesis_hash"], devnet.network().genesis_hash().to_string());
    assert_eq!(status["result"]["sync_info"]["latest_block_hash"], devnet.head().hash.to_string());
    assert_eq!(status["result"]["sync_info"]["latest_block_time"], "2026-09-21T14:13:20.000000000Z");
    assert_eq!(devnet.answer(request("status", &Value::Null).as_bytes()).status, 200);
}

#[test]
fn an_unknown_block_is_told_as_nearcore_tells_it() {
    let devnet = granting(Permission::FullAccess);
    let (hash, height) = (json!(FIXTURE_HASH), json!(1));
    let at = |id: &Value| {
        let params = json!({"request_type": "view_account", "account_id": "alice.near", "block_id": id});
        devnet.answer(request("query", &params).as_bytes())
    };
    assert_like(&at(&hash), 422, "err_query_unknown_block_hash", &[]);
    assert_like(&at(&height), 422, "err_query_unknown_block_height", &["block_id", "data"]);
    let block = |id: &Value| devnet.answer(request("block", &json!({"block_id": id})).as_bytes());
    assert_like(&block(&height), 422, "err_block_unknown", &[]);
    assert_like(&block(&hash), 422, "err_block_unknown", &["data"]);
    // The older form of parameters.
    assert_like(&devnet.answer(request("block", &json!([1])).as_bytes()), 422, "err_block_unknown", &[]);
    // Ahead of the head it is no client's fault.
    assert_like(&at(&json!(172_345_678)), 200, "err_query_unknown_block_height", &[]);
}

#[test]
fn a_collected_block_is_told_as_nearcore_tells_it() {
    let devnet = granting(Permission::FullAccess);
    let old = devnet.final_block();
    devnet.advance_by(KEPT_BLOCKS);
    for id in [json!(old.hash.to_string()), json!(old.height)] {
        let params = json!({"request_type": "view_account", "account_id": "alice.near", "block_id": id});
        let reply = devnet.answer(request("query", &params).as_bytes());
        assert_like(&reply, 200, "err_query_garbage_collected_block", &["block_hash", "block_height", "data"]);
        assert!(reply.text().contains(&old.hash.to_string()));
        assert_eq!(devnet.answer(request("block", &json!({"block_id": id})).as_bytes()).status, 422);
    }
}

#[test]
fn what_is_no_good_request_is_told_as_nearcore_tells_it() {
    let devnet = granting(Permission::FullAccess);
    let upper = fixture("req_query_view_access_key_final").replace("alice.near", "Alice.near");
    assert_like(&devnet.answer(upper.as_bytes()), 400, "err_parse_error", &["error_message", "data"]);
    assert_like(
        &devnet.answer(request("EXPERIMENTAL_view_access_key", &json!({})).as_bytes()),
        400,
        "err_parse_error",
        &["error_message", "data"],
    );
    let unknown = request("EXPERIMENTAL_unknown", &json!({}));
    assert_like(&devnet.answer(unknown.as_bytes()), 400, "err_method_not_found", &["method_name", "data"]);
}

#[tokio::test]
async fn a_node_without_blocks_answers_as_nearcore_does() {
    let devnet = granting(Permission::FullAccess);
    let server = devnet.listen().await.unwrap();
    let ask = async |name: &str| {
        let answer = post(server.address(), &fixture(name), 1 << 20).await.unwrap();
        Reply { status: answer.status, body: answer.body }
    };
    devnet.fail(Fault::NotSynced);
    assert_like(&ask("req_status").await, 200, "err_status_node_is_syncing", &[]);
    assert_like(&ask("req_block_final").await, 200, "err_block_not_synced_yet", &[]);
    assert_like(&ask("req_query_view_access_key_final").await, 200, "err_query_no_synced_blocks", &[]);
    devnet.recover();
    devnet.fail(Fault::InternalError);
    let varying = ["error_message", "data"];
    assert_like(&ask("req_query_view_access_key_final").await, 500, "err_query_internal_error", &varying);
}

#[test]
fn a_key_is_read_in_every_way_in_which_nearcore_reads_it() {
    let devnet = granting(Permission::FullAccess);
    let keys: Value = serde_json::from_str(&fixture("keys")).unwrap();
    for alias in keys["near_crypto_parse_aliases"].as_array().unwrap() {
        let (input, canonical) = (alias["input"].as_str().unwrap(), alias["parses_to"].as_str().unwrap());
        let question = fixture("req_query_view_access_key_final").replace(canonical, input);
        assert_like(&devnet.answer(question.as_bytes()), 200, "res_view_access_key_full_access", NONCE);
    }
}

#[test]
fn an_id_comes_back_as_it_went() {
    let (devnet, _) = devnet();
    for id in [json!(null), json!(7), json!(-1.5), json!("ä\u{1}\""), json!({"a": [1, 2]}), json!(u64::MAX)] {
        let body = json!({"jsonrpc": "2.0", "id": id, "method": "status", "params": []}).to_string();
        let reply: Value = serde_json::from_slice(&devnet.answer(body.as_bytes()).body).unwrap();
        assert_eq!(reply["id"], id);
    }
}

#[test]
fn a_devnet_poses_as_another_network() {
    let genesis = BlockHash::new([9; 32]);
    let network = siwn_devnet::Network::new("mainnet", genesis);
    let devnet = Devnet::posing_as(network, std::sync::Arc::new(|| siwn::UnixMillis::new(support::NOW)));
    let reply = answer(&devnet, "req_status");
    let status: Value = serde_json::from_slice(&reply.body).unwrap();
    assert_eq!(status["result"]["chain_id"], "mainnet");
    assert_eq!(status["result"]["genesis_hash"], genesis.to_string());
    let first = devnet.answer(request("block", &json!({"sync_checkpoint": "genesis"})).as_bytes());
    assert!(first.text().contains(&format!(r#""hash":"{genesis}""#)));
}
