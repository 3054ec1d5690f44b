//! Several nodes over one history: behind one address, behind each other, limited, lying.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod support;

use std::io::ErrorKind;
use std::num::NonZeroU32;
use std::time::Duration;

use serde_json::{Value, json};
use siwn_devnet::{Devnet, DevnetServer, Fault, Flavour, Limit, Permission, Requests};
use support::{Answer, account, devnet, devnet_with_alice, key, post, request, view_access_key};

async fn asked(server: &DevnetServer, body: &str) -> Answer {
    post(server.address(), body, 1 << 20).await.unwrap()
}

async fn asked_of(node: &Devnet, body: &str) -> Answer {
    asked(&node.listen().await.unwrap(), body).await
}

fn final_block() -> String {
    request("block", &json!({"finality": "final"}))
}

fn question(block: &Value) -> String {
    view_access_key(&key(1), block)
}

fn at_final() -> Value {
    json!({"finality": "final"})
}

fn cause(answer: &Answer) -> Value {
    answer.json()["error"]["cause"]["name"].clone()
}

fn limit(per_second: u32, retry_after: Option<u32>) -> Limit {
    Limit { per_second: NonZeroU32::new(per_second).unwrap(), retry_after }
}

#[tokio::test]
async fn nodes_of_one_chain_tell_the_same_and_have_affairs_of_their_own() {
    let (first, _) = devnet_with_alice();
    let second = first.another_node();
    second.add_key(&account("alice.near"), &key(2), Permission::FullAccess).unwrap();
    second.settle();
    assert_eq!(first.head(), second.head());
    second.set_flavour(Flavour::ReadRpc);
    second.fail(Fault::Unavailable);

    let body = view_access_key(&key(2), &at_final());
    assert_eq!(asked_of(&first, &body).await.json()["result"]["permission"], "FullAccess");
    assert_eq!(asked_of(&second, &body).await.status, 503);
    assert_eq!((first.flavour(), second.flavour()), (Flavour::Nearcore, Flavour::ReadRpc));
    let once = Requests { query: 1, ..Requests::default() };
    assert_eq!((first.requests(), second.requests()), (once, once));
    assert_eq!(first.nodes().len(), 2);
    first.recover();
    assert_eq!(asked_of(&second, &body).await.status, 503);
}

#[tokio::test]
async fn a_balancer_alternates_so_that_a_block_of_one_node_is_unknown_to_its_sibling() {
    let (first, _) = devnet_with_alice();
    let second = first.another_node();
    second.fail(Fault::Behind(3));
    let balancer = DevnetServer::balancing(&[first.clone(), second.clone()]).await.unwrap();

    let block = asked(&balancer, &final_block()).await.json()["result"]["header"]["hash"].clone();
    let pinned = question(&json!({"block_id": block}));
    let (sibling, own) = (asked(&balancer, &pinned).await, asked(&balancer, &pinned).await);
    assert_eq!((sibling.status, cause(&sibling)), (422, json!("UNKNOWN_BLOCK")));
    assert_eq!(own.json()["result"]["permission"], "FullAccess");
    assert_eq!((first.requests().total(), second.requests().total()), (2, 1));

    let none = DevnetServer::balancing(&[]).await.unwrap_err();
    assert_eq!(none.kind(), ErrorKind::InvalidInput);
}

#[tokio::test]
async fn a_node_behind_follows_at_its_distance() {
    let (devnet, _) = devnet_with_alice();
    devnet.fail(Fault::Behind(4));
    for _ in 0..3 {
        devnet.advance();
        let status = asked_of(&devnet, &request("status", &json!([]))).await.json();
        assert_eq!(status["result"]["sync_info"]["latest_block_height"], devnet.head().height - 4);
    }
    devnet.recover();
    devnet.fail(Fault::Behind(u64::MAX));
    assert_eq!(asked_of(&devnet, &final_block()).await.json()["result"]["header"]["height"], 100);
}

#[tokio::test]
async fn a_pinned_block_can_be_unknown_or_collected_while_the_newest_is_there() {
    let (devnet, _) = devnet_with_alice();
    let pinned = question(&json!({"block_id": devnet.final_block().hash.to_string()}));
    for (fault, status, expected) in
        [(Fault::UnknownBlock, 422, "UNKNOWN_BLOCK"), (Fault::CollectedBlock, 200, "GARBAGE_COLLECTED_BLOCK")]
    {
        devnet.recover();
        devnet.fail(fault);
        let answer = asked_of(&devnet, &pinned).await;
        assert_eq!((answer.status, cause(&answer)), (status, json!(expected)));
        assert_eq!(asked_of(&devnet, &question(&at_final())).await.json()["result"]["permission"], "FullAccess");
        assert_eq!(asked_of(&devnet, &final_block()).await.status, 200);
    }
}

#[tokio::test(start_paused = true)]
async fn a_limited_node_answers_so_many_requests_a_second() {
    let (devnet, _) = devnet_with_alice();
    let server = devnet.listen().await.unwrap();
    devnet.set_limit(Some(limit(3, Some(1))));
    assert_eq!(devnet.limit(), Some(limit(3, Some(1))));
    let burst = async || {
        let mut statuses = Vec::new();
        for _ in 0..5 {
            statuses.push(asked(&server, &final_block()).await.status);
        }
        statuses
    };
    assert_eq!(burst().await, [200, 200, 200, 429, 429]);
    assert!(asked(&server, &final_block()).await.head.contains("\r\nretry-after: 1"));
    tokio::time::advance(Duration::from_millis(334)).await;
    assert_eq!(burst().await, [200, 429, 429, 429, 429]);
    tokio::time::advance(Duration::from_mins(1)).await;
    assert_eq!(burst().await, [200, 200, 200, 429, 429]);
    assert_eq!(devnet.requests().block, 16);

    devnet.set_limit(Some(limit(1, None)));
    assert_eq!(burst().await, [200, 429, 429, 429, 429]);
    assert!(!asked(&server, &final_block()).await.head.contains("retry-after"));
    devnet.set_limit(None);
    assert_eq!(burst().await, [200; 5]);
}

#[tokio::test]
async fn a_limited_request_uses_up_no_fault() {
    let (devnet, _) = devnet_with_alice();
    let server = devnet.listen().await.unwrap();
    devnet.set_limit(Some(limit(1, None)));
    assert_eq!(asked(&server, &final_block()).await.status, 200);
    devnet.fail(Fault::Unavailable.times(1));
    assert_eq!(asked(&server, &final_block()).await.status, 429);
    devnet.set_limit(None);
    assert_eq!(asked(&server, &final_block()).await.status, 503);
    assert_eq!(asked(&server, &final_block()).await.status, 200);
}

#[tokio::test]
async fn a_liar_grants_what_is_not_there_and_denies_what_is() {
    for flavour in [Flavour::Nearcore, Flavour::OldNearcore, Flavour::ReadRpc] {
        let (truthful, _) = devnet_with_alice();
        let liar = truthful.another_node();
        liar.set_flavour(flavour);
        let (has, has_not) = (question(&at_final()), view_access_key(&key(9), &at_final()));
        let missing = has_not.replace("alice.near", "nobody.near");

        liar.fail(Fault::GrantsAll);
        for body in [&has, &has_not, &missing] {
            assert_eq!(asked_of(&liar, body).await.json()["result"]["permission"], "FullAccess");
        }
        liar.recover();
        liar.fail(Fault::DeniesAll);
        assert!(asked_of(&liar, &has).await.json()["result"]["permission"].is_null());
        liar.recover();
        liar.fail(Fault::DeniesAccounts);
        let account = request("query", &json!({"request_type": "view_account", "account_id": "alice.near", "finality": "final"}));
        assert_eq!(cause(&asked_of(&liar, &account).await), "UNKNOWN_ACCOUNT");
        assert_eq!(asked_of(&truthful, &has).await.json()["result"]["permission"], "FullAccess");
    }
}

#[tokio::test]
async fn a_lie_is_told_of_the_block_that_was_asked_for() {
    let (devnet, _) = devnet_with_alice();
    devnet.fail(Fault::GrantsAll);
    let block = devnet.final_block().hash.to_string();
    let answer = asked_of(&devnet, &view_access_key(&key(9), &json!({"block_id": block}))).await;
    assert_eq!(answer.json()["result"]["block_hash"], block);
}

#[tokio::test]
async fn what_nobody_knows_is_in_shape() {
    let (devnet, _) = devnet_with_alice();
    devnet.fail(Fault::UnknownCause.times(1));
    devnet.fail(Fault::UnknownPermission);
    let strange = asked_of(&devnet, &question(&at_final())).await;
    assert_eq!((strange.status, &strange.json()["error"]["name"]), (200, &json!("HANDLER_ERROR")));
    assert_eq!(cause(&strange), "SIWN_DEVNET_CAUSE");
    let strange = asked_of(&devnet, &question(&at_final())).await;
    assert_eq!(strange.json()["result"]["permission"], json!({"SiwnDevnetPermission": {}}));
}

#[tokio::test]
async fn a_node_is_of_another_network_by_its_chain_id_its_genesis_or_both() {
    let (devnet, _) = devnet();
    let chain = async || {
        let status = asked_of(&devnet, &request("status", &json!([]))).await.json();
        (status["result"]["chain_id"].clone(), status["result"]["genesis_hash"].clone())
    };
    let own = chain().await;
    for (fault, same) in
        [(Fault::WrongChainId, (false, true)), (Fault::WrongGenesis, (true, false)), (Fault::WrongNetwork, (false, false))]
    {
        devnet.recover();
        devnet.fail(fault);
        let other = chain().await;
        assert_eq!((other.0 == own.0, other.1 == own.1), same);
    }
}

#[tokio::test]
async fn a_gateway_forbids_and_redirects() {
    let (devnet, _) = devnet_with_alice();
    devnet.fail(Fault::Forbidden.times(1));
    devnet.fail(Fault::Redirect);
    let forbidden = asked_of(&devnet, &final_block()).await;
    assert_eq!(forbidden.status, 403);
    assert!(forbidden.body.starts_with(b"<!doctype html>"));
    let redirect = asked_of(&devnet, &final_block()).await;
    assert_eq!(redirect.status, 307);
    assert!(redirect.head.contains("\r\nlocation: ?"));
}

#[tokio::test]
async fn a_fault_can_be_for_calls_or_for_views_only() {
    let (devnet, _) = devnet_with_alice();
    let call = request("query", &json!({"request_type": "call_function"}));
    let twin = request("EXPERIMENTAL_call_function", &json!({}));
    devnet.fail(Fault::Unavailable.on_call());
    devnet.fail(Fault::Forbidden.on_view());
    let mut statuses = Vec::new();
    for body in [call, twin, question(&at_final()), request("EXPERIMENTAL_view_account", &json!({})), final_block()] {
        statuses.push(asked_of(&devnet, &body).await.status);
    }
    assert_eq!(statuses, [503, 503, 403, 403, 200]);
    assert_eq!((devnet.requests().query, devnet.contract_calls()), (4, 2));
}

#[tokio::test]
async fn a_key_removed_after_the_final_block_is_there_finally_and_gone_optimistically() {
    let (devnet, _) = devnet_with_alice();
    devnet.remove_key(&account("alice.near"), &key(1)).unwrap();
    devnet.advance();
    let optimistic = json!({"finality": "optimistic"});
    assert_eq!(asked_of(&devnet, &question(&at_final())).await.json()["result"]["permission"], "FullAccess");
    assert!(asked_of(&devnet, &question(&optimistic)).await.json()["result"]["error"].is_string());
    devnet.settle();
    assert!(asked_of(&devnet, &question(&at_final())).await.json()["result"]["error"].is_string());
}

#[tokio::test]
async fn an_account_that_was_made_anew_has_its_new_owner_s_key_only() {
    let (devnet, _) = devnet_with_alice();
    let alice = account("alice.near");
    let before = json!({"block_id": devnet.final_block().hash.to_string()});
    devnet.remove_account(&alice).unwrap();
    devnet.add_account(&alice).unwrap();
    devnet.add_key(&alice, &key(2), Permission::FullAccess).unwrap();
    devnet.settle();
    assert!(asked_of(&devnet, &question(&at_final())).await.json()["result"]["error"].is_string());
    let new = view_access_key(&key(2), &at_final());
    assert_eq!(asked_of(&devnet, &new).await.json()["result"]["permission"], "FullAccess");
    assert_eq!(asked_of(&devnet, &question(&before)).await.json()["result"]["permission"], "FullAccess");
}
