//! What a look-up asks, how often, and what it makes of the answers.

mod fake_node;

use std::env;
use std::process::Command;
use std::time::Duration;

use fake_node::{Answer, FakeNode, HASH, KEY, NOW, OTHER_HASH, PATIENT, Request, TestClock, ask, ask_about, chain, implicit};
use futures_util::future::join_all;
use serde_json::json;
use siwn::{Access, PublicKey, Question};

#[tokio::test]
async fn a_login_costs_two_calls_and_one_while_the_tip_is_fresh() {
    let (node, clock) = (FakeNode::honest().await, TestClock::new());
    let chain = chain(&[node.url()], PATIENT, &clock);
    chain.check().await.unwrap();

    let standing = ask(&chain).await.unwrap();
    assert_eq!((standing.access, standing.block.height), (Access::Full, 7));
    assert_eq!((standing.account.as_str(), standing.key.to_string().as_str()), ("alice.near", KEY));
    // A key of 32 bytes is written as a hash is.
    assert_eq!(PublicKey::from_ed25519(standing.block.hash).to_string(), format!("ed25519:{HASH}"));
    assert_eq!(node.methods(), ["status", "block", "view_access_key"]);

    clock.advance(Duration::from_secs(1));
    ask(&chain).await.unwrap();
    assert_eq!(node.methods()[3..], ["view_access_key"]);

    clock.advance(Duration::from_millis(1));
    ask(&chain).await.unwrap();
    assert_eq!(node.methods()[4..], ["block", "view_access_key"]);
    assert_eq!(node.connections(), 1);
}

#[tokio::test]
async fn a_report_names_the_node_and_the_time_of_the_block_and_asks_whatever_is_remembered() {
    let (node, clock) = (FakeNode::honest().await, TestClock::new());
    let chain = fake_node::chain_with_key_cache(&[fake_node::nobody().await, node.url()], Duration::from_secs(30), &clock);
    let (account, key) = ("alice.near".parse().unwrap(), KEY.parse().unwrap());
    for _ in 0..2 {
        let report = chain.look_up(Question::new(&account, &key)).await.unwrap();
        assert_eq!((report.standing.access, report.endpoint, report.made_at.get()), (Access::Full, node.host(), NOW));
    }
    assert_eq!(node.methods(), ["status", "block", "view_access_key", "view_access_key"]);
}

#[tokio::test]
async fn the_key_is_asked_for_at_the_pinned_block() {
    let (node, clock) = (FakeNode::honest().await, TestClock::new());
    ask(&chain(&[node.url()], PATIENT, &clock)).await.unwrap();

    let [_, block, query]: [_; 3] = node.requests().try_into().unwrap();
    assert_eq!(block.body["params"], json!({"finality": "final"}));
    let params = json!({"request_type": "view_access_key", "account_id": "alice.near", "public_key": KEY, "block_id": HASH});
    assert_eq!(query.body["params"], params);
    assert_ne!(block.body["id"], query.body["id"]);
}

#[tokio::test]
async fn concurrent_look_ups_share_the_check_and_the_tip() {
    let (node, clock) = (FakeNode::honest().await, TestClock::new());
    let chain = chain(&[node.url()], PATIENT, &clock);

    let accounts: Vec<_> = (0..50).map(|number| format!("account{number}.near")).collect();
    let standings = join_all(accounts.iter().map(|account| ask_about(&chain, account))).await;

    assert!(standings.iter().all(|standing| standing.as_ref().unwrap().access == Access::Full));
    let methods = node.methods();
    let count = |method: &str| methods.iter().filter(|called| *called == method).count();
    assert_eq!((count("status"), count("block"), count("view_access_key")), (1, 1, 50));
}

#[tokio::test]
async fn concurrent_look_ups_share_a_fault_instead_of_asking_a_failing_node_in_turn() {
    let node = FakeNode::with("block", |_| Answer::Body(500, String::new())).await;
    let chain = chain(&[node.url()], PATIENT, &TestClock::new());

    // No more than are asked at once.
    let accounts: Vec<_> = (0..30).map(|number| format!("account{number}.near")).collect();
    let standings = join_all(accounts.iter().map(|account| ask_about(&chain, account))).await;

    assert!(standings.iter().all(Result::is_err));
    assert_eq!(node.methods(), ["status", "block"]);
    assert!(ask(&chain).await.is_err());
    assert_eq!(node.methods(), ["status", "block", "block"]);
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_the_tip_stale() {
    let (node, clock) = (FakeNode::honest().await, TestClock::new());
    let chain = chain(&[node.url()], PATIENT, &clock);
    ask(&chain).await.unwrap();

    clock.set(NOW - 10_000);
    ask(&chain).await.unwrap();
    assert_eq!(node.methods()[3..], ["block", "view_access_key"]);
}

#[tokio::test]
async fn only_full_access_is_a_yes() {
    for (permission, expected) in [
        (json!("FullAccess"), Access::Full),
        (json!({"GasKeyFullAccess": {"balance": "1", "num_nonces": 8}}), Access::Full),
        (json!({"FunctionCall": {"allowance": null, "receiver_id": "app.near", "method_names": []}}), Access::FunctionCall),
        (json!({"GasKeyFunctionCall": {"balance": "1", "num_nonces": 8}}), Access::FunctionCall),
        (json!({"WeeklyAccess": {"day": "FullAccess"}}), Access::FunctionCall),
        (json!("EveryAccess"), Access::FunctionCall),
    ] {
        let said = permission.clone();
        let node = FakeNode::with("view_access_key", move |request| request.permission(&said)).await;
        let standing = ask(&chain(&[node.url()], PATIENT, &TestClock::new())).await.unwrap();
        assert_eq!(standing.access, expected, "{permission}");
    }
}

#[tokio::test]
async fn a_missing_key_or_account_is_told_in_two_calls_by_either_channel() {
    let flat_key = FakeNode::with("view_access_key", Request::key_missing).await;
    let flat_account = "account alice.near does not exist while viewing";
    let flat_account = FakeNode::with("view_access_key", move |request| request.flat_error(flat_account)).await;
    let object_key = FakeNode::with("view_access_key", |request| {
        request.error(200, "UNKNOWN_ACCESS_KEY", &json!({"public_key": KEY, "block_hash": HASH, "block_height": 7}))
    });
    let object_account = FakeNode::with("view_access_key", Request::account_missing);

    for (node, expected) in [
        (flat_key, Access::NoKey),
        (object_key.await, Access::NoKey),
        (flat_account, Access::NoAccount),
        (object_account.await, Access::NoAccount),
    ] {
        let standing = ask(&chain(&[node.url()], PATIENT, &TestClock::new())).await.unwrap();
        assert_eq!(standing.access, expected);
        assert_eq!(node.methods(), ["status", "block", "view_access_key"]);
    }
}

#[tokio::test]
async fn an_implicit_account_without_its_key_is_looked_at_itself_at_the_same_block() {
    let unfunded = FakeNode::start(|request| match request.method() {
        "view_access_key" => request.key_missing(),
        "view_account" => request.account_missing(),
        _ => request.honest(),
    });
    let dropped_its_key = FakeNode::with("view_access_key", Request::key_missing);

    for (node, expected) in [(unfunded.await, Access::NoAccount), (dropped_its_key.await, Access::NoKey)] {
        let standing = ask_about(&chain(&[node.url()], PATIENT, &TestClock::new()), &implicit()).await.unwrap();
        assert_eq!(standing.access, expected);
        assert_eq!(node.methods(), ["status", "block", "view_access_key", "view_account"]);
        let view = &node.requests()[3].body["params"];
        assert_eq!(*view, json!({"request_type": "view_account", "account_id": implicit(), "block_id": HASH}));
    }
}

#[tokio::test]
async fn a_node_that_says_itself_that_an_implicit_account_is_missing_is_not_asked_again() {
    let node = FakeNode::with("view_access_key", |request| {
        request.flat_error(&format!("account {} does not exist while viewing", implicit()))
    });
    let node = node.await;
    let standing = ask_about(&chain(&[node.url()], PATIENT, &TestClock::new()), &implicit()).await.unwrap();
    assert_eq!(standing.access, Access::NoAccount);
    assert_eq!(node.methods(), ["status", "block", "view_access_key"]);
}

#[tokio::test]
async fn an_implicit_account_that_cannot_be_looked_at_is_no_missing_one() {
    for broken in ["view_access_key", "view_account"] {
        let node = FakeNode::start(move |request| match request.method() {
            method if method == broken => request.error(500, "INTERNAL_ERROR", &json!({})),
            "view_access_key" => request.key_missing(),
            _ => request.honest(),
        });
        let node = node.await;
        assert!(ask_about(&chain(&[node.url()], PATIENT, &TestClock::new()), &implicit()).await.is_err());
    }
}

#[tokio::test]
async fn a_lagging_node_is_passed_over() {
    let (lagging, clock) = (FakeNode::with("block", |request| request.tip(OTHER_HASH, NOW - 30_001)).await, TestClock::new());
    let alone = chain(&[lagging.url()], PATIENT, &clock);
    assert!(fake_node::told(&ask(&alone).await.unwrap_err()).contains("lags: its final block is 30 s old"));
    assert!(!alone.ready().is_ready());
    assert!(!alone.check().await.unwrap().is_ready());

    let fresh = FakeNode::with("block", |request| request.tip(HASH, NOW - 30_000)).await;
    let standing = ask(&chain(&[lagging.url(), fresh.url()], PATIENT, &clock)).await.unwrap();
    assert_eq!(standing.access, Access::Full);
    assert_eq!(lagging.methods(), ["status", "block", "block", "status", "block"]);
    assert_eq!(fresh.methods(), ["status", "block", "view_access_key"]);
}

#[tokio::test]
async fn a_block_that_grew_old_while_it_was_kept_is_not_used() {
    let (node, clock) = (FakeNode::with("block", |request| request.tip(HASH, NOW - 29_900)).await, TestClock::new());
    let chain = chain(&[node.url()], PATIENT, &clock);
    ask(&chain).await.unwrap();

    clock.advance(Duration::from_millis(101));
    assert!(ask(&chain).await.is_err());
}

#[tokio::test]
async fn calls_are_counted_by_endpoint_method_and_outcome() {
    let node = FakeNode::with("view_access_key", |request| match request.body["params"]["account_id"].as_str() {
        Some("alice.near") => request.honest(),
        _ => request.error(200, "UNAVAILABLE_SHARD", &json!({})),
    });
    let (node, clock) = (node.await, TestClock::new());
    // Two addresses under one host are counted together.
    let chain = chain(&[node.url(), node.url() + "again"], PATIENT, &clock);
    assert_eq!(chain.call_counts(), []);
    for account in ["alice.near", "alice.near", "bob.near"] {
        let _ = ask_about(&chain, account).await;
    }

    let counts = chain.call_counts();
    assert!(counts.iter().all(|count| count.endpoint == node.host()));
    let counts: Vec<_> = counts.iter().map(|count| (count.method, count.outcome, count.count)).collect();
    let expected = [
        ("status", "answered", 2),
        ("block", "answered", 2),
        ("view_access_key", "answered", 2),
        ("view_access_key", "node_error", 2),
    ];
    assert_eq!(counts, expected);
}

#[tokio::test]
async fn a_tip_ahead_of_our_clock_is_no_lagging_one() {
    let node = FakeNode::with("block", |request| request.tip(HASH, NOW + 5_000)).await;
    let standing = ask(&chain(&[node.url()], PATIENT, &TestClock::new())).await.unwrap();
    assert_eq!(standing.access, Access::Full);
}

#[test]
fn a_proxy_of_the_environment_is_not_used() {
    // This program again, with another environment. Nobody listens at port 1.
    let mut again = Command::new(env::current_exe().unwrap());
    again.args(["--exact", "the_key_is_asked_for_at_the_pinned_block"]);
    for name in ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"] {
        again.env(name, "http://127.0.0.1:1");
    }
    let output = again.env_remove("no_proxy").env_remove("NO_PROXY").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}
