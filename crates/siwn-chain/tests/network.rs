//! The network of an endpoint is checked before anything that it says is used.

mod fake_node;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use fake_node::{Answer, FakeNode, NOW, PATIENT, TestClock, ask, chain, chain_on, nobody, told};
use serde_json::json;
use siwn::{Access, UnixMillis};
use siwn_chain::{EndpointState, Network, RpcChain, Settings, SetupError, StartError};

async fn of_network(chain_id: &'static str) -> FakeNode {
    FakeNode::with("status", move |request| request.network(chain_id)).await
}

fn states(chain: &RpcChain) -> Vec<String> {
    chain.ready().endpoints.iter().map(|endpoint| endpoint.state.to_string()).collect()
}

#[tokio::test]
async fn a_start_with_only_another_network_fails_and_names_it() {
    let (node, nobody) = (of_network("main\nnet").await, nobody().await);
    let chain = chain(&[node.url(), nobody], PATIENT, &TestClock::new());

    let error = chain.check().await.unwrap_err();

    let StartError::OtherNetwork { expected, found } = &error else { panic!("{error}") };
    assert_eq!((expected.chain_id(), found.len(), &found[0].0), ("localnet", 1, &node.host()));
    assert!(error.to_string().starts_with("no endpoint is of the network localnet: "), "{error}");
    assert!(error.to_string().contains(r#""main\nnet""#), "{error}");
    assert_eq!(states(&chain), ["other_network", "failing"]);
}

#[tokio::test]
async fn an_endpoint_of_another_network_is_shut_out_and_the_rest_serves() {
    let (other, right) = (of_network("testnet").await, FakeNode::honest().await);
    let chain = chain(&[other.url(), right.url()], PATIENT, &TestClock::new());

    assert!(chain.check().await.unwrap().is_ready());
    for _ in 0..2 {
        assert_eq!(ask(&chain).await.unwrap().access, Access::Full);
    }
    assert_eq!(other.methods(), ["status"], "no look-up asks it");
    chain.check().await.unwrap();
    assert_eq!(other.methods(), ["status", "status"], "a check asks it anew");
    assert_eq!(states(&chain), ["other_network", "answering"]);
}

#[tokio::test]
async fn without_a_check_at_the_start_the_first_look_up_finds_another_network() {
    let other = of_network("testnet").await;
    let chain = chain(&[other.url()], PATIENT, &TestClock::new());
    for _ in 0..2 {
        assert!(told(&ask(&chain).await.unwrap_err()).contains("is of another network: \"testnet\""));
    }
    assert_eq!(other.methods(), ["status"]);
    assert!(!chain.ready().is_ready());
}

#[tokio::test]
async fn a_node_that_names_mainnet_with_another_genesis_is_shut_out() {
    let node = of_network("mainnet").await;
    let chain = chain_on("mainnet", &[node.url()], PATIENT, &TestClock::new());
    assert!(chain.check().await.is_err());
    assert!(ask(&chain).await.is_err());
    assert_eq!(node.methods(), ["status"]);
}

#[tokio::test]
async fn a_start_without_a_reachable_node_is_a_start() {
    let is_up = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&is_up);
    let node = FakeNode::start(move |request| if switch.load(Ordering::SeqCst) { request.honest() } else { Answer::Reset }).await;
    let chain = chain(&[node.url()], PATIENT, &TestClock::new());

    let readiness = chain.check().await.unwrap();
    assert!(!readiness.is_ready());
    assert_eq!(readiness.endpoints[0].state, EndpointState::Failing { since: UnixMillis::new(NOW) });

    is_up.store(true, Ordering::SeqCst);
    assert_eq!(ask(&chain).await.unwrap().access, Access::Full);
    assert_eq!(node.methods(), ["status", "status", "block", "view_access_key"]);
    assert!(chain.ready().is_ready());
}

#[tokio::test]
async fn a_check_sees_the_end_of_an_outage_without_a_login() {
    let is_up = Arc::new(AtomicBool::new(false));
    let switch = Arc::clone(&is_up);
    let node = FakeNode::start(move |request| if switch.load(Ordering::SeqCst) { request.honest() } else { Answer::Reset }).await;
    let chain = chain(&[node.url()], PATIENT, &TestClock::new());
    assert!(!chain.check().await.unwrap().is_ready());

    is_up.store(true, Ordering::SeqCst);
    assert!(chain.check().await.unwrap().is_ready());
    assert!(chain.ready().is_ready());
    assert_eq!(node.methods(), ["status", "status", "block"]);
}

#[tokio::test]
async fn the_network_is_asked_for_again_only_after_an_outage_of_more_than_a_minute() {
    for (outage, asked_again) in [(60_000, false), (60_001, true)] {
        let is_up = Arc::new(AtomicBool::new(true));
        let (switch, clock) = (Arc::clone(&is_up), TestClock::new());
        let node = FakeNode::start({
            let clock = clock.clone();
            move |request| match request.method() {
                _ if !switch.load(Ordering::SeqCst) => Answer::Reset,
                "block" => request.tip(fake_node::HASH, clock.now()),
                _ => request.honest(),
            }
        });
        let node = node.await;
        let chain = chain(&[node.url()], PATIENT, &clock);
        ask(&chain).await.unwrap();

        is_up.store(false, Ordering::SeqCst);
        clock.advance(Duration::from_secs(2));
        assert!(ask(&chain).await.is_err());

        is_up.store(true, Ordering::SeqCst);
        clock.advance(Duration::from_millis(outage));
        let before = node.methods().len();
        ask(&chain).await.unwrap();
        assert_eq!(node.methods()[before..].contains(&"status".into()), asked_again, "{outage}");
    }
}

#[tokio::test]
async fn an_endpoint_that_comes_back_as_another_network_is_shut_out() {
    let changed = Arc::new(AtomicBool::new(false));
    let (switch, clock) = (Arc::clone(&changed), TestClock::new());
    let node = FakeNode::start(move |request| match (request.method(), switch.load(Ordering::SeqCst)) {
        ("status", true) => request.network("testnet"),
        ("block", false) => request.tip(fake_node::HASH, NOW),
        // By its tip's age it is out of order for a while.
        ("block", true) => request.tip(fake_node::HASH, NOW - 60_000),
        _ => request.honest(),
    });
    let node = node.await;
    let chain = chain(&[node.url()], PATIENT, &clock);
    ask(&chain).await.unwrap();

    changed.store(true, Ordering::SeqCst);
    clock.advance(Duration::from_secs(2));
    assert!(told(&ask(&chain).await.unwrap_err()).contains("lags"));
    clock.advance(Duration::from_secs(61));
    assert!(told(&ask(&chain).await.unwrap_err()).contains("another network"));
    assert_eq!(states(&chain), ["other_network"]);
}

#[tokio::test]
async fn what_a_question_makes_a_node_say_does_not_make_it_unready() {
    let node = FakeNode::with("view_access_key", |request| match request.body["id"].as_str() {
        Some("siwn-2") => request.error(400, "PARSE_ERROR", &json!({})),
        Some("siwn-3") => Answer::Body(403, "blocked".into()),
        _ => request.flat_error("nothing known"),
    });
    let (node, clock) = (node.await, TestClock::new());
    let chain = chain(&[node.url()], PATIENT, &clock);
    for _ in 0..3 {
        assert!(ask(&chain).await.is_err());
        assert_eq!(states(&chain), ["answering"]);
    }
}

#[tokio::test]
async fn a_check_asks_each_endpoint_once() {
    let node = FakeNode::honest().await;
    let chain = chain(&[node.url()], PATIENT, &TestClock::new());
    assert_eq!(states(&chain), ["unasked"]);
    for _ in 0..3 {
        assert!(chain.check().await.unwrap().is_ready());
    }
    assert_eq!(node.methods(), ["status"]);
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let clock = || TestClock::new().as_clock();
    let own: Network = "localnet".parse().unwrap();
    assert!(matches!(RpcChain::new(Settings::new(own.clone()), clock()), Err(SetupError::NoEndpoint(network)) if network == own));
    let mut settings = Settings::new(Network::Mainnet);
    settings.timeout = Duration::ZERO;
    assert!(matches!(RpcChain::new(settings, clock()), Err(SetupError::Timeout(Duration::ZERO))));
    assert!(RpcChain::new(Settings::new(Network::Mainnet), clock()).is_ok());
}
