//! What the node says of account and key, as a client hears it.

use std::time::Duration;

use http::StatusCode;
use siwn::UnfundedAccounts;
use siwn_devnet::{FunctionCall, GasKey, Permission};

use crate::node::{Node, PATIENT, Site, alice};
use crate::support::{key, sign_as};

const LATER: Duration = Duration::from_secs(2);

async fn refusal(site: &Site) -> (StatusCode, String) {
    let answer = site.log_in(&site.server.token().await).await;
    (answer.status, answer.error())
}

fn refused(code: &str) -> (StatusCode, String) {
    (StatusCode::UNAUTHORIZED, code.to_owned())
}

/// A node where the tests' key has another permission.
async fn with_permission(permission: Permission) -> Node {
    let node = Node::new().await;
    node.devnet.remove_key(&alice(), &key().public_key()).unwrap();
    node.devnet.settle();
    node.devnet.add_key(&alice(), &key().public_key(), permission).unwrap();
    node.devnet.settle();
    node
}

#[tokio::test]
async fn a_key_that_was_removed_signs_nobody_in() {
    let node = Node::new().await;
    let site = node.site(PATIENT);
    assert_eq!(site.log_in(&site.server.token().await).await.status, StatusCode::OK);
    node.devnet.remove_key(&alice(), &key().public_key()).unwrap();
    node.pass(LATER);
    assert_eq!(refusal(&site).await, refused("key_not_found"));
}

#[tokio::test]
async fn an_account_that_was_removed_signs_nobody_in() {
    let node = Node::new().await;
    let site = node.site(PATIENT);
    assert_eq!(site.log_in(&site.server.token().await).await.status, StatusCode::OK);
    node.devnet.remove_account(&alice()).unwrap();
    node.pass(LATER);
    assert_eq!(refusal(&site).await, refused("account_not_found"));
}

#[tokio::test]
async fn a_refusal_burns_nothing_for_a_key_that_is_added_later() {
    let node = Node::new().await;
    node.devnet.remove_key(&alice(), &key().public_key()).unwrap();
    node.pass(LATER);
    let site = node.site(PATIENT);
    let token = site.server.token().await;
    assert_eq!(site.log_in(&token).await.error(), "key_not_found");
    node.devnet.add_key(&alice(), &key().public_key(), Permission::FullAccess).unwrap();
    node.pass(LATER);
    assert_eq!(site.log_in(&token).await.status, StatusCode::OK);
}

#[tokio::test]
async fn only_keys_with_full_access_sign_in() {
    let gas = GasKey { balance: 1, num_nonces: 8 };
    let call = || FunctionCall { receiver_id: alice(), method_names: Vec::new(), allowance: None };
    for (permission, is_full) in [
        (Permission::FullAccess, true),
        (Permission::GasKeyFullAccess(gas), true),
        (Permission::FunctionCall(call()), false),
        (Permission::GasKeyFunctionCall(gas, call()), false),
    ] {
        let node = with_permission(permission.clone()).await;
        let site = node.site(PATIENT);
        if is_full {
            assert_eq!(site.log_in(&site.server.token().await).await.status, StatusCode::OK, "{permission:?}");
        } else {
            assert_eq!(refusal(&site).await, refused("key_not_full_access"), "{permission:?}");
        }
    }
}

#[tokio::test]
async fn an_implicit_account_without_funds_is_let_in_where_that_is_allowed() {
    let node = Node::new().await;
    let implicit = key().public_key().implicit_account().unwrap();
    for policy in [UnfundedAccounts::Refuse, UnfundedAccounts::Accept] {
        let unfunded = |builder: siwn_server::Builder| builder.unfunded_accounts(policy);
        let site = Site::new(&[node.socket.url()], &node.clock, |_| {}, unfunded);
        let token = |name: &str, challenge| sign_as(name, &challenge, &key());
        let own = site.log_in(&token(implicit.as_str(), site.server.challenge(&[]).await.json())).await;
        match policy {
            UnfundedAccounts::Accept => assert_eq!(own.json()["accountId"], implicit.as_str()),
            UnfundedAccounts::Refuse => assert_eq!(own.error(), "account_not_found"),
        }
        // The account of another key, and a name, are none of this key's.
        for other in ["0".repeat(64).as_str(), "nobody.near"] {
            let answer = site.log_in(&token(other, site.server.challenge(&[]).await.json())).await;
            assert_eq!((answer.status, answer.error().as_str()), (StatusCode::UNAUTHORIZED, "account_not_found"));
        }
    }
}
