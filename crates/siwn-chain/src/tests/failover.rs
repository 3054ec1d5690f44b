//! Endpoints that fail, ask for a pause, or are a block behind.

use super::*;
use crate::EndpointState;
use crate::endpoint::BreakerState;

fn down() -> Script {
    script(|_| Answer::fault(Fault::Garbage))
}

fn states(chain: &RpcChain) -> Vec<BreakerState> {
    chain.measures().endpoints.iter().map(|endpoint| endpoint.breaker).collect()
}

#[tokio::test(start_paused = true)]
async fn endpoints_are_asked_by_their_priority_and_then_in_order() {
    let nodes = Nodes::new(vec![down(), down(), down(), script(Request::honest)]);
    let chain = nodes.chain(|settings| {
        settings.endpoints[0].priority = 2;
        settings.endpoints[1].priority = 1;
        settings.endpoints[2].priority = 1;
        settings.endpoints[3].priority = 3;
    });
    assert_eq!(access(&chain, "alice.near").await, Access::Full);
    let mut order: Vec<_> = nodes.log.lock().unwrap().iter().map(|(node, ..)| *node).collect();
    order.dedup();
    assert_eq!(order, [1, 2, 0, 3]);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_fails_three_times_is_left_alone_and_tried_by_one_look_up_after_a_pause() {
    let nodes = Nodes::new(vec![down(), script(Request::honest)]);
    let chain = nodes.chain(|_| {});
    for _ in 0..10 {
        access(&chain, "alice.near").await;
    }
    assert_eq!(nodes.methods(0).len(), 3);
    assert_eq!(states(&chain), [BreakerState::Open, BreakerState::Closed]);

    sleep(Duration::from_secs(1)).await;
    let asked = ["a.near", "b.near", "c.near"].map(|account| access(&chain, account));
    futures_util::future::join_all(asked).await;
    assert_eq!(nodes.methods(0).len(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_well_again_serves_again() {
    let nodes = Nodes::new(vec![script(|request| match request.number {
        0..3 => Answer::fault(Fault::Garbage),
        _ => request.honest(),
    })]);
    let chain = nodes.chain(|_| {});
    for _ in 0..3 {
        assert!(ask(&chain, "alice.near").await.is_err());
    }
    assert_eq!(states(&chain), [BreakerState::Open]);
    // The look-up waits for the end of the pause, which lies within its time.
    assert_eq!(access(&chain, "alice.near").await, Access::Full);
    assert_eq!(states(&chain), [BreakerState::Closed]);
    assert!(nodes.times(0)[3] - nodes.times(0)[2] >= Duration::from_secs(1));
}

#[tokio::test(start_paused = true)]
async fn where_all_are_paused_one_tries_and_the_others_go_on_when_that_went_well() {
    let nodes = Nodes::new(vec![script(|request| match request.number {
        0 => Answer::limited(Some(2)),
        _ => request.honest(),
    })]);
    let chain = nodes.chain(|_| {});
    let asked: Vec<_> = (0..20).map(|number| format!("account{number}.near")).collect();
    let answers = futures_util::future::join_all(asked.iter().map(|account| ask(&chain, account))).await;
    assert!(answers.iter().all(Result::is_ok));
    let times = nodes.times(0);
    // Of the check of the network, one request, and nothing during the pause.
    assert_eq!(times.iter().filter(|at| **at < Duration::from_secs(2)).count(), 1, "{times:?}");
    assert_eq!((nodes.count(0, "status"), nodes.count(0, "block")), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn a_pause_beyond_the_deadline_is_not_waited_for_and_its_end_is_told() {
    let nodes = Nodes::new(vec![script(|_| Answer::limited(Some(7))), script(|_| Answer::limited(Some(5)))]);
    let chain = nodes.chain(|_| {});
    let error = ask(&chain, "alice.near").await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(5)));
    assert!(nodes.since.elapsed() < Duration::from_secs(1));
    for _ in 0..10 {
        assert!(ask(&chain, "alice.near").await.unwrap_err().retry_after().is_some());
    }
    assert_eq!(nodes.total(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_asks_for_an_hour_and_is_back_is_asked_in_half_a_minute() {
    let nodes = Nodes::new(vec![script(|request| match request.number {
        0 => Answer::limited(Some(3600)),
        _ => request.honest(),
    })]);
    let chain = nodes.chain(|_| {});
    let error = ask(&chain, "alice.near").await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(30)));
    tokio::time::advance(error.retry_after().unwrap()).await;
    ask(&chain, "alice.near").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_look_up_tries_an_endpoint_once_more_after_a_pause_and_then_no_more() {
    let nodes = Nodes::new(vec![script(|_| Answer::limited(Some(1)))]);
    let chain = nodes.chain(|_| {});
    assert!(told(&ask(&chain, "alice.near").await.unwrap_err()).contains("asks for less"));
    assert_eq!(nodes.times(0).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_check_keeps_a_pause_that_an_endpoint_asked_for_and_ends_one_of_ours() {
    let nodes = Nodes::new(vec![script(|request| match request.number {
        0..3 => Answer::fault(Fault::Garbage),
        3 => Answer::limited(Some(20)),
        _ => request.honest(),
    })]);
    let chain = nodes.chain(|_| {});
    for _ in 0..3 {
        assert!(ask(&chain, "alice.near").await.is_err());
    }
    assert!(!chain.check().await.unwrap().is_ready());
    assert_eq!(nodes.times(0).len(), 4, "a pause of ours does not keep a check from asking");
    sleep(Duration::from_secs(19)).await;
    assert!(!chain.check().await.unwrap().is_ready());
    assert_eq!(nodes.times(0).len(), 4);
    sleep(Duration::from_secs(2)).await;
    assert!(chain.check().await.unwrap().is_ready());
    assert_eq!(states(&chain), [BreakerState::Closed]);
}

#[tokio::test(start_paused = true)]
async fn a_sibling_that_is_a_block_behind_is_asked_again_after_a_moment() {
    let nodes = Nodes::new(vec![script(|request| match (request.method(), request.number) {
        ("view_access_key", 2) => request.unknown_block(),
        _ => request.honest(),
    })]);
    let chain = nodes.chain(|_| {});
    assert_eq!(access(&chain, "alice.near").await, Access::Full);
    assert_eq!(nodes.methods(0), ["status", "block", "view_access_key", "view_access_key"]);
    let times = nodes.times(0);
    assert_eq!(times[3] - times[2], Duration::from_millis(310));
}

#[tokio::test(start_paused = true)]
async fn a_block_that_stays_unknown_is_replaced_once_and_then_the_next_endpoint_is_asked() {
    let unknown = |request: &Request| request.honest_but("view_access_key", || request.unknown_block());
    let nodes = Nodes::new(vec![script(unknown), script(Request::honest)]);
    let chain = nodes.chain(|settings| settings.hedge = false);
    assert_eq!(access(&chain, "alice.near").await, Access::Full);
    let of_the_first = ["status", "block", "view_access_key", "view_access_key", "block", "view_access_key"];
    assert_eq!(nodes.methods(0), of_the_first);
    assert_eq!(nodes.methods(1), ["status", "block", "view_access_key"]);
}

#[tokio::test(start_paused = true)]
async fn a_block_that_is_no_longer_kept_is_replaced_at_once() {
    let nodes = Nodes::new(vec![script(|request| match (request.method(), request.number) {
        ("view_access_key", 2) => {
            let error = json!({"name": "HANDLER_ERROR", "cause": {"name": "GARBAGE_COLLECTED_BLOCK", "info": {}}});
            Answer::body(200, &json!({"id": request.body["id"], "error": error}))
        }
        _ => request.honest(),
    })]);
    let chain = nodes.chain(|_| {});
    assert_eq!(access(&chain, "alice.near").await, Access::Full);
    assert_eq!(nodes.methods(0), ["status", "block", "view_access_key", "block", "view_access_key"]);
}

#[tokio::test(start_paused = true)]
async fn a_block_far_ahead_of_our_clock_is_a_confused_nodes() {
    for (ahead, is_good) in [(30_000, true), (31_000, false)] {
        let nodes = Nodes::new(vec![script(move |request| {
            request.honest_but("block", || request.block_of(100, &hash(100), START + ahead))
        })]);
        let answer = ask(&nodes.chain(|_| {}), "alice.near").await;
        assert_eq!(answer.is_ok(), is_good, "{ahead}");
        if let Err(error) = answer {
            assert!(told(&error).contains("is confused: its final block is 30 s ahead of our clock"), "{}", told(&error));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_lags_for_long_is_asked_for_its_network_about_once_a_minute() {
    let nodes =
        Nodes::new(vec![script(|request| request.honest_but("block", || request.block_of(100, &hash(100), START - 60_000)))]);
    let chain = nodes.chain(|_| {});
    for _ in 0..5 {
        assert!(ask(&chain, "alice.near").await.is_err());
        assert!(matches!(chain.ready().endpoints[0].state, EndpointState::Failing { .. }));
        sleep(Duration::from_secs(25)).await;
    }
    assert_eq!(nodes.count(0, "status"), 2);
}

#[tokio::test(start_paused = true)]
async fn what_a_question_makes_a_node_say_pauses_no_endpoint() {
    let nodes = Nodes::new(vec![script(|request| {
        request.honest_but("view_access_key", || Answer::body(500, &json!({"id": request.body["id"], "error": {}})))
    })]);
    let chain = nodes.chain(|_| {});
    for number in 0..20 {
        assert!(ask(&chain, &format!("account{number}.near")).await.is_err());
    }
    assert_eq!(states(&chain), [BreakerState::Closed]);
    assert_eq!(nodes.count(0, "view_access_key"), 20);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_cut_off_by_its_look_ups_end_says_nothing_of_the_endpoint() {
    // The first one takes most of the time, so that little is left for the second.
    let slow = |request: &Request| request.honest_but("block", Answer::never);
    let late = |request: &Request| request.honest_but("view_access_key", || request.honest().after(Duration::from_millis(1900)));
    let nodes = Nodes::new(vec![script(slow), script(late), script(late)]);
    let chain = nodes.chain(|settings| settings.hedge = false);
    for number in 0..10 {
        let _ = ask(&chain, &format!("account{number}.near")).await;
    }
    assert_eq!(states(&chain)[1], BreakerState::Closed);
}
