//! Endpoints that fail and come back: who is asked meanwhile, how often, and what an operator sees of it.

use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use siwn_devnet::{Devnet, Fault};
use tokio::time::{Instant, sleep};
use tracing::level_filters::LevelFilter;

use crate::log::{Format, Log};
use crate::node::Site;
use crate::support::Answer;
use crate::world::{ALICE, World};

const GRAIN: Duration = Duration::from_millis(20);

/// So many nodes, and a login server that asks them in their order.
async fn nodes(count: usize, agreement: usize) -> (World, Vec<Devnet>, Vec<String>, Site) {
    let mut world = World::new();
    let mut nodes = vec![world.devnet.clone()];
    nodes.extend((1..count).map(|_| world.devnet.another_node()));
    let mut urls = Vec::new();
    for node in &nodes {
        urls.push(world.url(node).await);
    }
    let site = world.site(&urls, |settings| settings.agreement = agreement);
    (world, nodes, urls, site)
}

async fn log_in(site: &Site) -> Answer {
    site.log_in(&site.token_of(ALICE).await).await
}

async fn signs_in(site: &Site) -> Duration {
    let token = site.token_of(ALICE).await;
    let began = Instant::now();
    let answer = site.log_in(&token).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    began.elapsed()
}

fn breakers(site: &Site) -> Vec<&'static str> {
    site.chain.measures().endpoints.iter().map(|endpoint| endpoint.breaker.label()).collect()
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_fails_is_left_alone_then_tried_once_and_asked_again_when_it_is_well() {
    let (_world, nodes, _, site) = nodes(2, 1).await;
    signs_in(&site).await;
    nodes[0].fail(Fault::Unavailable);
    sleep(Duration::from_secs(2)).await;
    nodes[0].forget_requests();
    for _ in 0..20 {
        assert!(signs_in(&site).await <= GRAIN);
    }
    assert_eq!((nodes[0].requests().total(), breakers(&site)), (3, vec!["open", "closed"]));

    // A pause later one login tries it, of however many.
    sleep(Duration::from_secs(1)).await;
    nodes[0].fail(Fault::Unavailable);
    let tokens = join_all((0..20).map(|_| site.token_of(ALICE))).await;
    for token in &tokens {
        assert_eq!(site.log_in(token).await.status, StatusCode::OK);
    }
    assert_eq!(nodes[0].requests().total(), 4);

    // The next pause is twice as long, and then it is well.
    nodes[0].recover();
    sleep(Duration::from_millis(1900)).await;
    signs_in(&site).await;
    assert_eq!(nodes[0].requests().total(), 4);
    sleep(Duration::from_millis(200)).await;
    nodes[1].forget_requests();
    for _ in 0..3 {
        signs_in(&site).await;
    }
    assert_eq!((breakers(&site), nodes[1].requests().total()), (vec!["closed", "closed"], 0));
}

#[tokio::test(start_paused = true)]
async fn of_all_who_wait_for_the_only_endpoint_one_tries_it() {
    let mut world = World::new();
    let accounts: Vec<_> = (0..50).map(|number| format!("account{number}.near")).collect();
    world.add_accounts(&accounts);
    let url = world.url(&world.devnet.clone()).await;
    let site = world.site(&[url], |_| {});
    signs_in(&site).await;
    sleep(Duration::from_secs(2)).await;
    world.devnet.fail(Fault::Unavailable);
    for _ in 0..3 {
        assert_eq!(log_in(&site).await.status, StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(breakers(&site), ["open"]);

    // While it still fails: the first one waits for the end of the pause and tries, and after another pause the next one.
    world.forget_calls();
    let tokens = join_all(accounts.iter().map(|account| site.token_of(account))).await;
    let began = Instant::now();
    let answers = join_all(tokens.iter().map(|token| site.log_in(token))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::SERVICE_UNAVAILABLE));
    assert!(began.elapsed() <= Duration::from_secs(4) + GRAIN);
    assert_eq!(world.calls(), 2);

    // And when it is well again.
    world.devnet.recover();
    world.forget_calls();
    sleep(answers[0].retry_after()).await;
    let answers = join_all(tokens.iter().map(|token| site.log_in(token))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    let requests = world.devnet.requests();
    assert_eq!((requests.block, requests.query), (1, 50));
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_an_endpoint_asks_for_is_kept_to_its_end_and_told_to_clients() {
    let (world, nodes, _, site) = nodes(1, 1).await;
    let token = site.token_of(ALICE).await;
    nodes[0].fail(Fault::TooManyRequests { retry_after: Some(20) }.times(1));
    for passed in 0..=16 {
        let answer = site.log_in(&token).await;
        assert_eq!((answer.status, answer.retry_after()), (StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(20 - passed)));
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(world.calls(), 1);
    // The end of the pause lies within the time of a look-up now.
    let began = Instant::now();
    assert_eq!(site.log_in(&token).await.status, StatusCode::OK);
    assert!((Duration::from_secs(3)..=Duration::from_secs(3) + GRAIN).contains(&began.elapsed()), "{:?}", began.elapsed());
    assert_eq!(world.calls(), 4);
}

#[tokio::test(start_paused = true)]
async fn where_two_of_three_must_agree_one_may_be_dead() {
    for dead in 0..3 {
        for fault in [Some(Fault::Hang), None] {
            let (mut world, nodes, urls, site) = nodes(3, 2).await;
            signs_in(&site).await;
            match fault {
                Some(fault) => nodes[dead].fail(fault),
                None => world.hang_up(&urls[dead]),
            }
            nodes[dead].forget_requests();
            for _ in 0..8 {
                sleep(Duration::from_secs(2)).await;
                let took = signs_in(&site).await;
                // The others' tips are there at once; then a third one is asked for the one that hangs.
                let longest = if fault.is_some() { Duration::from_millis(1300) } else { Duration::ZERO };
                assert!(took <= longest + GRAIN, "{dead} {fault:?}: {took:?}");
            }
            assert_ne!(breakers(&site)[dead], "closed", "{dead} {fault:?}");
            assert!(nodes[dead].requests().total() <= 8);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_two_of_three_must_agree_two_that_are_dead_are_an_outage_and_nobody_is_ready() {
    let (_world, nodes, _, site) = nodes(3, 2).await;
    signs_in(&site).await;
    for (node, ready) in nodes.iter().zip([StatusCode::OK, StatusCode::SERVICE_UNAVAILABLE]) {
        node.fail(Fault::Unavailable);
        sleep(Duration::from_secs(2)).await;
        assert_eq!(log_in(&site).await.status, ready);
        assert_eq!(site.server.get("/readyz", &[]).await.status, ready);
    }
    nodes[0].recover();
    assert!(site.chain.check().await.unwrap().is_ready());
    assert_eq!(site.server.get("/readyz", &[]).await.status, StatusCode::OK);
    signs_in(&site).await;
}

/// Two nodes, the first one known to be quick; and two hundred accounts.
async fn two_after_a_while() -> (World, [Devnet; 2], Vec<String>, Site) {
    let mut world = World::new();
    let accounts: Vec<_> = (0..200).map(|number| format!("account{number}.near")).collect();
    world.add_accounts(&accounts);
    let nodes = [world.devnet.clone(), world.devnet.another_node()];
    let urls = [world.url(&nodes[0]).await, world.url(&nodes[1]).await];
    let site = world.site(&urls, |_| {});
    for _ in 0..64 {
        signs_in(&site).await;
    }
    assert_eq!(nodes[1].requests().total(), 0);
    sleep(Duration::from_secs(2)).await;
    (world, nodes, accounts, site)
}

#[tokio::test(start_paused = true)]
async fn a_second_endpoint_is_asked_for_one_that_became_slow() {
    let (_world, nodes, _, site) = two_after_a_while().await;
    nodes[0].fail(Fault::Delay(Duration::from_millis(900)));
    assert!(signs_in(&site).await <= Duration::from_millis(50));
    let asked = nodes[1].requests();
    assert_eq!((asked.status, asked.block, asked.query), (1, 1, 1));
}

#[tokio::test(start_paused = true)]
async fn where_all_endpoints_are_slow_the_load_is_not_doubled() {
    let (world, nodes, accounts, site) = two_after_a_while().await;
    for node in &nodes {
        node.fail(Fault::Delay(Duration::from_millis(900)));
    }
    let tokens = join_all(accounts.iter().map(|account| site.token_of(account))).await;
    world.forget_calls();
    for tokens in tokens.chunks(20) {
        let began = Instant::now();
        let answers = join_all(tokens.iter().map(|token| site.log_in(token))).await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
        assert!(began.elapsed() <= Duration::from_secs(3), "{:?}", began.elapsed());
    }
    let queries = nodes.each_ref().map(|node| node.requests().query);
    assert!(queries[0] + queries[1] <= 240, "{queries:?}");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_hangs_is_found_out_behind_its_hedges() {
    let (_world, nodes, _, site) = two_after_a_while().await;
    nodes[0].fail(Fault::Hang);
    let mut waited = Duration::ZERO;
    for _ in 0..30 {
        let took = signs_in(&site).await;
        assert!(took <= Duration::from_secs(2) + GRAIN, "{took:?}");
        waited += took;
    }
    assert!(waited <= Duration::from_secs(8), "{waited:?}");
    assert_eq!(breakers(&site), ["open", "closed"]);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_of_another_network_is_named_in_the_log_and_in_readyz() {
    for (count, status) in [(1, StatusCode::SERVICE_UNAVAILABLE), (2, StatusCode::OK)] {
        let (log, _guard) = Log::begin(Format::Text, LevelFilter::INFO);
        let (_world, nodes, urls, site) = nodes(count, 1).await;
        let host = urls[0].strip_prefix("http://").unwrap();
        nodes[0].fail(Fault::WrongNetwork);
        assert_eq!(log_in(&site).await.status, status);

        let ready = site.server.get("/readyz", &[]).await;
        assert_eq!(ready.status, status);
        let told = ready.json()["checks"]["chain"].as_str().unwrap().to_owned();
        let others = if status == StatusCode::OK { "ok" } else { "no node of the network answers" };
        assert!(told.starts_with(&format!("{others}; {host} is shut out, for it is of another network: ")), "{told}");
        assert!(told.contains("siwn-devnet-stranger"), "{told}");
        let log = log.text();
        let lines: Vec<_> = log.lines().filter(|line| line.contains("an endpoint of another network is shut out")).collect();
        assert!(lines.len() == 1 && lines[0].contains(host) && lines[0].contains("siwn-devnet-stranger"), "{log}");

        // It is not asked for logins any more, and comes back by a check alone.
        nodes[0].recover();
        nodes[0].forget_requests();
        assert_eq!((log_in(&site).await.status, nodes[0].requests().total()), (status, 0));
        site.chain.check().await.unwrap();
        signs_in(&site).await;
        assert_eq!(site.server.get("/readyz", &[]).await.json()["checks"]["chain"], "ok");
    }
}
