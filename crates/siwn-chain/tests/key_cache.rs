//! Which answers are remembered, and for how long.

#![expect(clippy::unwrap_used, reason = "all of this is test code")]

mod fake_node;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fake_node::{Answer, FakeNode, HASH, NOW, PATIENT, Request, TestClock, ask, ask_about, ask_about_key, chain_with_key_cache};
use serde_json::json;
use siwn::Access;
use siwn_chain::{Network, RpcChain, Settings, SetupError};

const LIFETIME: Duration = Duration::from_secs(30);
const OTHER_KEY: &str = "ed25519:BVxnyzHPsMeyy2nWwVJTfCnbgg3rbycrYb6AUTZRQUCL";

/// A chain that has answered once, by an honest node whose block is two seconds old.
async fn asked_once(key_cache: Duration) -> (FakeNode, TestClock, RpcChain) {
    let node = FakeNode::with("block", |request| request.tip(HASH, NOW - 2_000)).await;
    let clock = TestClock::new();
    let chain = chain_with_key_cache(&[node.url()], key_cache, &clock);
    assert_eq!(ask(&chain).await.unwrap().access, Access::Full);
    (node, clock, chain)
}

fn queries(node: &FakeNode) -> usize {
    node.methods().iter().filter(|method| *method == "view_access_key").count()
}

#[tokio::test]
async fn a_second_login_of_a_pair_costs_no_call() {
    let (node, _, chain) = asked_once(LIFETIME).await;
    let first = ask(&chain).await.unwrap();
    assert_eq!(ask(&chain).await.unwrap(), first);
    assert_eq!((first.access, first.block.height, first.account.as_str()), (Access::Full, 7, "alice.near"));
    assert_eq!(node.methods(), ["status", "block", "view_access_key"]);
}

#[tokio::test]
async fn an_answer_ends_with_its_block_and_use_does_not_prolong_it() {
    // Each block is two seconds old, by its own word, when it is fetched at the start.
    let (node, clock, chain) = asked_once(LIFETIME).await;
    for _ in 0..27 {
        clock.advance(Duration::from_secs(1));
        ask(&chain).await.unwrap();
    }
    clock.advance(Duration::from_millis(999));
    ask(&chain).await.unwrap();
    assert_eq!(queries(&node), 1);

    clock.advance(Duration::from_millis(1));
    ask(&chain).await.unwrap();
    assert_eq!(node.methods()[3..], ["block", "view_access_key"]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_the_pair_be_asked_for() {
    let (node, clock, chain) = asked_once(LIFETIME).await;
    clock.set(NOW - 1);
    ask(&chain).await.unwrap();
    assert_eq!(queries(&node), 2);
}

#[tokio::test]
async fn without_a_lifetime_every_login_asks() {
    let (node, _, chain) = asked_once(Duration::ZERO).await;
    for _ in 0..3 {
        ask(&chain).await.unwrap();
    }
    assert_eq!(queries(&node), 4);
}

#[tokio::test]
async fn another_key_and_another_account_are_asked_for() {
    let (node, _, chain) = asked_once(LIFETIME).await;
    ask_about_key(&chain, "alice.near", OTHER_KEY).await.unwrap();
    ask_about(&chain, "bob.near").await.unwrap();
    assert_eq!(queries(&node), 3);
}

#[tokio::test]
async fn a_no_a_lesser_key_and_a_fault_are_never_remembered() {
    type Said = fn(&Request) -> Answer;
    let answers: [(Said, _); 4] = [
        (Request::key_missing, Some(Access::NoKey)),
        (Request::account_missing, Some(Access::NoAccount)),
        (|request| request.permission(&json!({"FunctionCall": {"receiver_id": "app.near"}})), Some(Access::FunctionCall)),
        (|_| Answer::Body(500, String::new()), None),
    ];
    for (answer, expected) in answers {
        let (node, clock) = (FakeNode::with("view_access_key", answer).await, TestClock::new());
        let chain = chain_with_key_cache(&[node.url()], LIFETIME, &clock);
        for _ in 0..3 {
            assert_eq!(ask(&chain).await.ok().map(|standing| standing.access), expected);
        }
        assert_eq!(queries(&node), 3, "{expected:?}");
    }
}

#[tokio::test]
async fn a_remembered_key_stands_while_no_node_answers() {
    let (is_down, clock) = (Arc::new(AtomicBool::new(false)), TestClock::new());
    let reads = Arc::clone(&is_down);
    let node = FakeNode::start(move |request| if reads.load(Ordering::SeqCst) { Answer::Reset } else { request.honest() }).await;
    let chain = chain_with_key_cache(&[node.url()], LIFETIME, &clock);
    ask(&chain).await.unwrap();

    is_down.store(true, Ordering::SeqCst);
    assert!(ask_about(&chain, "bob.near").await.is_err());
    assert_eq!(ask(&chain).await.unwrap().access, Access::Full);
}

#[test]
fn a_key_is_taken_for_granted_for_ten_minutes_at_most() {
    let clock = TestClock::new();
    let with = |key_cache| {
        let mut settings = Settings::new(Network::Mainnet);
        (settings.key_cache, settings.timeout) = (key_cache, PATIENT);
        RpcChain::new(settings, clock.as_clock())
    };
    assert!(with(Duration::from_mins(10)).is_ok());
    assert!(matches!(with(Duration::from_millis(600_001)).unwrap_err(), SetupError::KeyCache(_)));
    assert_eq!(Settings::new(Network::Mainnet).key_cache, LIFETIME);
}
