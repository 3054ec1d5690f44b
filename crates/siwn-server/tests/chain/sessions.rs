//! Sessions and what becomes of the keys that opened them.

use std::time::Duration;

use http::StatusCode;
use serde_json::json;
use siwn_devnet::{Fault, Permission};

use crate::node::{Node, PATIENT, Site, VERIFY, alice};
use crate::support::{Answer, other_key};

/// What is configured as the longest use of a key that was removed, where the node can be asked: `session_stale`.
const STALE: Duration = Duration::from_mins(20);
/// The same in any case: with `session_grace`.
const BOUND: Duration = Duration::from_hours(1);

/// The bearer token of a session of `alice.near`.
async fn signed_in(site: &Site) -> String {
    let body = json!({ "authToken": site.server.token().await, "session": "bearer" });
    let answer = site.server.post(VERIFY, &[], &body).await;
    format!("Bearer {}", answer.json()["token"].as_str().unwrap())
}

async fn session(site: &Site, bearer: &str) -> Answer {
    site.server.get("/api/auth/session", &[("authorization", bearer)]).await
}

#[tokio::test]
async fn a_session_ends_with_its_key_within_the_configured_time() {
    let node = Node::new().await;
    let site = node.site(PATIENT);
    let bearer = signed_in(&site).await;
    node.devnet.remove_key(&alice(), &crate::support::key().public_key()).unwrap();
    node.pass(STALE);
    assert_eq!(session(&site, &bearer).await.error(), "not_signed_in");
}

#[tokio::test]
async fn a_session_is_not_inherited_with_the_name() {
    let node = Node::new().await;
    let site = node.site(PATIENT);
    let bearer = signed_in(&site).await;
    node.devnet.remove_account(&alice()).unwrap();
    node.devnet.settle();
    node.devnet.add_account(&alice()).unwrap();
    node.devnet.add_key(&alice(), &other_key().public_key(), Permission::FullAccess).unwrap();
    node.pass(STALE);
    assert_eq!(session(&site, &bearer).await.error(), "not_signed_in");
}

#[tokio::test]
async fn a_key_that_stands_keeps_its_session_through_an_outage_for_a_while_and_after_it() {
    let node = Node::new().await;
    let site = node.site(PATIENT);
    let bearer = signed_in(&site).await;
    node.devnet.fail(Fault::Unavailable);
    node.pass(BOUND.saturating_sub(Duration::from_millis(1)));
    assert_eq!(session(&site, &bearer).await.status, StatusCode::OK, "a millisecond before its grace is over");
    node.pass(Duration::from_millis(1));
    let answer = session(&site, &bearer).await;
    assert_eq!((answer.status, answer.error().as_str()), (StatusCode::SERVICE_UNAVAILABLE, "chain_unavailable"));
    node.devnet.recover();
    node.pass(Duration::from_mins(2));
    assert_eq!(session(&site, &bearer).await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_becomes_of_keys_that_are_asked_for_again_is_counted() {
    let node = Node::new().await;
    let site = node.site(PATIENT);
    let bearer = signed_in(&site).await;
    node.pass(STALE);
    assert_eq!(session(&site, &bearer).await.status, StatusCode::OK);
    node.devnet.fail(Fault::Unavailable);
    node.pass(STALE);
    assert_eq!(session(&site, &bearer).await.status, StatusCode::OK, "in its grace");
    node.devnet.recover();
    node.devnet.remove_key(&alice(), &crate::support::key().public_key()).unwrap();
    node.pass(STALE);
    assert_eq!(session(&site, &bearer).await.error(), "not_signed_in");
    let metrics = site.server.get("/metrics", &[]).await.body;
    for outcome in ["stands", "unknown", "ended"] {
        let line = format!("siwn_key_checks_total{{outcome=\"{outcome}\"}} 1");
        assert!(metrics.contains(&line), "{line}\n{metrics}");
    }
}
