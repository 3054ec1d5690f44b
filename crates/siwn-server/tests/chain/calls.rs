//! How often the node is asked: never before a signature held, and twice for a login.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use siwn::{KeyType, PrivateKey};
use siwn_devnet::Requests;

use crate::node::{Node, PATIENT, Site, VERIFY, sharing};
use crate::support::{Server, key, sign, sign_as};

const LOGIN: Requests = Requests { status: 0, block: 1, query: 1, other: 0 };

#[tokio::test]
async fn what_is_refused_before_the_chain_costs_no_call() {
    let node = Node::new().await;
    let site = node.site(PATIENT);
    let challenge = site.server.challenge(&[]).await.json();
    let other_key = PrivateKey::from_seed(KeyType::Ed25519, [8; 32]).unwrap();

    let mut bad_signature = json!({ "accountId": "alice.near", "publicKey": key().public_key().to_string() });
    bad_signature["signature"] = json!("A".repeat(86) + "==");
    bad_signature["nonce"] = challenge["nonce"].clone();
    assert_eq!(site.server.post(VERIFY, &[], &bad_signature).await.error(), "signature_invalid");

    let foreign = Server::new().token().await;
    assert_eq!(site.log_in(&foreign).await.error(), "challenge_unknown");
    let mut other_site = challenge.clone();
    (other_site["recipient"], other_site["message"]) = (json!("evil.example"), json!("Sign in to evil.example"));
    assert_eq!(site.log_in(&sign(&other_site, &key())).await.error(), "recipient_mismatch");
    assert_eq!(site.log_in("AAAA").await.error(), "proof_malformed");

    let expired = sign_as("alice.near", &challenge, &other_key);
    node.pass(Duration::from_mins(5));
    assert_eq!(site.log_in(&expired).await.error(), "challenge_expired");
    assert_eq!(node.devnet.requests(), Requests::default());
}

#[tokio::test]
async fn a_login_costs_two_calls_after_the_check_at_the_start() {
    let node = Node::new().await;
    let site = node.site(PATIENT);
    site.chain.check().await.unwrap();
    assert_eq!(node.devnet.requests(), Requests { status: 1, ..Requests::default() });

    for _ in 0..3 {
        node.pass(Duration::from_secs(2));
        node.devnet.forget_requests();
        assert_eq!(site.log_in(&site.server.token().await).await.status, StatusCode::OK);
        assert_eq!(node.devnet.requests(), LOGIN);
    }
    // While the block is fresh, one.
    assert_eq!(site.log_in(&site.server.token().await).await.status, StatusCode::OK);
    assert_eq!(node.devnet.requests(), Requests { query: 2, ..LOGIN });
}

#[tokio::test]
async fn a_used_token_costs_what_a_login_costs_and_no_more() {
    let node = Node::new().await;
    let site = node.site(PATIENT);
    site.chain.check().await.unwrap();
    let token = site.server.token().await;
    assert_eq!(site.log_in(&token).await.status, StatusCode::OK);
    node.pass(Duration::from_secs(2));
    node.devnet.forget_requests();
    assert_eq!(site.log_in(&token).await.error(), "challenge_used");
    assert!(node.devnet.requests().total() <= 2);
}

#[tokio::test]
async fn a_second_login_with_a_key_that_is_remembered_costs_no_call() {
    let node = Node::new().await;
    let remembering = |settings: &mut siwn_chain::Settings| settings.key_cache = Duration::from_secs(30);
    let site = Site::new(&[node.socket.url()], &node.clock, remembering, sharing(&node.clock));
    assert_eq!(site.log_in(&site.server.token().await).await.status, StatusCode::OK);
    node.pass(Duration::from_secs(20));
    node.devnet.forget_requests();
    assert_eq!(site.log_in(&site.server.token().await).await.status, StatusCode::OK);
    assert_eq!(node.devnet.requests(), Requests::default());

    node.pass(Duration::from_secs(10));
    assert_eq!(site.log_in(&site.server.token().await).await.status, StatusCode::OK);
    assert_eq!(node.devnet.requests(), LOGIN);
}
