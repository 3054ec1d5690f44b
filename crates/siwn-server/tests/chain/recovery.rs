//! Endpoints that fail and come back: who is asked meanwhile, how often, and what an operator sees of it.

use std::num::NonZeroU32;
use std::time::Duration;

use futures_util::future::join_all;
use http::StatusCode;
use siwn_devnet::{Devnet, Fault, Limit};
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

    // While it still fails.
    world.forget_calls();
    let tokens = join_all(accounts.iter().map(|account| site.token_of(account))).await;
    let began = Instant::now();
    let answers = join_all(tokens.iter().map(|token| site.log_in(token))).await;
    assert!(answers.iter().all(|answer| answer.status == StatusCode::SERVICE_UNAVAILABLE));
    assert!(began.elapsed() <= Duration::from_secs(4) + GRAIN);
    assert!(world.calls() <= 3, "{}", world.calls());

    // And when it is well again.
    world.devnet.recover();
    world.forget_calls();
    let answers = join_all(tokens.iter().map(|token| site.log_in(token))).await;
    let won = answers.iter().filter(|answer| answer.status == StatusCode::OK).count();
    println!("won {won} {:?} {:?}", world.devnet.requests(), began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_pause_that_an_endpoint_asks_for_is_kept_to_its_end_and_told_to_clients() {
    let (world, nodes, _, site) = nodes(1, 1).await;
    let token = site.token_of(ALICE).await;
    nodes[0].fail(Fault::TooManyRequests { retry_after: Some(20) }.times(1));
    for passed in 0..20_u64 {
        let answer = site.log_in(&token).await;
        let is_near = passed > 16;
        if is_near {
            break;
        }
        assert_eq!((answer.status, answer.retry_after()), (StatusCode::SERVICE_UNAVAILABLE, Duration::from_secs(20 - passed)));
        sleep(Duration::from_secs(1)).await;
    }
    println!("calls {}", world.calls());
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
            let mut took = Vec::new();
            for _ in 0..8 {
                sleep(Duration::from_secs(2)).await;
                took.push(signs_in(&site).await);
            }
            println!("{dead} {fault:?} {took:?} {:?}", nodes.iter().map(|n| n.requests().total()).collect::<Vec<_>>());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_endpoint_is_hedged_and_when_all_are_slow_the_load_is_not_doubled() {
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

    nodes[0].fail(Fault::Delay(Duration::from_millis(900)));
    sleep(Duration::from_secs(2)).await;
    let took = signs_in(&site).await;
    println!("hedged {took:?} {:?}", nodes[1].requests());

    nodes[1].fail(Fault::Delay(Duration::from_millis(900)));
    world.forget_calls();
    let tokens = join_all(accounts.iter().map(|account| site.token_of(account))).await;
    for tokens in tokens.chunks(20) {
        let answers = join_all(tokens.iter().map(|token| site.log_in(token))).await;
        assert!(answers.iter().all(|answer| answer.status == StatusCode::OK));
    }
    println!("{:?} {:?}", nodes[0].requests(), nodes[1].requests());
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_of_another_network_is_named_in_the_log_and_in_readyz() {
    for count in [1, 2] {
        let (log, _guard) = Log::begin(Format::Text, LevelFilter::INFO);
        let (_world, nodes, urls, site) = nodes(count, 1).await;
        nodes[0].fail(Fault::WrongNetwork);
        let answer = log_in(&site).await;
        let ready = site.server.get("/readyz", &[]).await;
        println!("{} {} {}\n{}", answer.status, ready.status, ready.body, log.text());
    }
}
