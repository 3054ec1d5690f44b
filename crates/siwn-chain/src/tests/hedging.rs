//! A second endpoint is asked where the first one is slower than it mostly is, and not where all are slow.

use super::*;

/// Answers after `usual` until the test's minute is over, then after `later`.
fn slows_down(usual: Duration, later: Duration) -> Script {
    script(move |request| {
        let slow = request.since.elapsed() >= Duration::from_mins(1);
        request.honest().after(if slow { later } else { usual })
    })
}

/// Asks often enough that it is known how long an answer takes.
async fn warm_up(nodes: &Nodes, chain: &RpcChain) {
    for number in 0..64 {
        access(chain, &format!("account{number}.near")).await;
    }
    assert!(nodes.since.elapsed() < Duration::from_mins(1));
    sleep(Duration::from_mins(1) - nodes.since.elapsed()).await;
}

#[tokio::test(start_paused = true)]
async fn a_second_endpoint_answers_for_one_that_became_slow() {
    let nodes = Nodes::new(vec![slows_down(LATENCY, Duration::from_millis(1500)), script(Request::honest)]);
    let chain = nodes.chain(|_| {});
    warm_up(&nodes, &chain).await;
    assert_eq!(nodes.methods(1).len(), 0);

    let began = Instant::now();
    assert_eq!(access(&chain, "alice.near").await, Access::Full);
    // The first one's usual time, and the second one's three calls.
    assert!(began.elapsed() <= Duration::from_millis(70), "{:?}", began.elapsed());
    assert_eq!(nodes.methods(1), ["status", "block", "view_access_key"]);
    let measures = chain.measures();
    assert_eq!((measures.hedges, measures.hedges_won), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_hangs_is_found_out_though_others_answer_for_it() {
    let nodes = Nodes::new(vec![slows_down(LATENCY, Duration::from_hours(1)), script(Request::honest)]);
    let chain = nodes.chain(|_| {});
    warm_up(&nodes, &chain).await;
    let before = nodes.methods(0).len();
    for _ in 0..20 {
        assert_eq!(access(&chain, "alice.near").await, Access::Full);
    }
    assert_eq!(nodes.methods(0).len() - before, 3);
    assert_eq!(chain.measures().endpoints[0].breaker, crate::BreakerState::Open);
}

#[tokio::test(start_paused = true)]
async fn without_hedging_nobody_else_is_asked() {
    let nodes = Nodes::new(vec![slows_down(LATENCY, Duration::from_millis(900)), script(Request::honest)]);
    let chain = nodes.chain(|settings| settings.hedge = false);
    warm_up(&nodes, &chain).await;
    access(&chain, "alice.near").await;
    assert_eq!((nodes.methods(1).len(), chain.measures().hedges), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn where_all_are_slow_a_tenth_is_asked_twice() {
    let slow = || slows_down(LATENCY, Duration::from_millis(900));
    let nodes = Nodes::new(vec![slow(), slow()]);
    let chain = nodes.chain(|_| {});
    warm_up(&nodes, &chain).await;
    let before = nodes.count(0, "view_access_key");
    let accounts: Vec<_> = (0..1000).map(|number| format!("slow{number}.near")).collect();
    for accounts in accounts.chunks(20) {
        let answers = futures_util::future::join_all(accounts.iter().map(|account| ask(&chain, account))).await;
        assert!(answers.iter().all(Result::is_ok));
    }
    assert_eq!(nodes.count(0, "view_access_key") - before, 1000);
    let hedges = chain.measures().hedges;
    assert!((1..=110).contains(&hedges), "{hedges}");
    assert!(nodes.methods(1).len() <= 330, "{}", nodes.methods(1).len());
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_paused_is_no_hedge() {
    let second = script(|_| Answer::fault(Fault::Garbage));
    let nodes = Nodes::new(vec![slows_down(LATENCY, Duration::from_millis(1500)), second]);
    let chain = nodes.chain(|_| {});
    warm_up(&nodes, &chain).await;
    for _ in 0..6 {
        access(&chain, "alice.near").await;
    }
    assert_eq!(nodes.methods(1).len(), 3);
}
