//! How often clients and accounts come, counted by all processes that share a server.

use std::time::Duration;

use siwn::conformance::{TestClock, check_limits};
use siwn::{AccountId, Counted, Limits as _, Store as _, Taken};

use super::servers::{Redis, RedisCluster, Relay};
use super::{SERVER, START, open, open_with};

#[tokio::test]
async fn limits_count_as_limits_do() {
    let clock = TestClock::at(START);
    let store = open_with(&format!("{}?prefix=limits", SERVER.url()), clock.clone()).await.unwrap();
    check_limits(&store, &clock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_count_in_a_cluster_too() {
    let (cluster, clock) = (RedisCluster::start(), TestClock::at(START));
    let store = open_with(&cluster.urls()[0], clock.clone()).await.unwrap();
    check_limits(&store, &clock).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_share_a_server_grant_no_more_than_one_would() {
    let url = format!("{}?prefix=together", SERVER.url());
    let stores = [open(&url).await, open(&url).await, open(&url).await];
    let (alice, rate): (AccountId, _) = ("alice.near".parse().unwrap(), "60/1m".parse().unwrap());
    let mut granted = 0;
    for turn in 0..100 {
        let taken = stores[turn % 3].take(Counted::Account(&alice), rate, START).await.unwrap();
        granted += u32::from(taken == Taken::Granted);
    }
    assert_eq!(granted, 60);
}

#[tokio::test]
async fn by_the_servers_own_clock_nothing_is_left_when_all_is_free_again() {
    let redis = Redis::start();
    let store = siwn_store::RedisStore::connect(&redis.url().parse().unwrap(), None).await.unwrap();
    let rate = "1000/1s".parse().unwrap();
    let client = Counted::Initiate([192, 0, 2, 1].into());
    assert_eq!(store.take(client, rate, START).await.unwrap(), Taken::Granted);
    let keys = || redis.say("KEYS *:limit:*");
    super::until("it is gone", async || (!keys().contains("192.0.2.1")).then_some(())).await;
}

#[tokio::test]
async fn a_server_that_is_gone_is_no_answer() {
    let redis = Redis::start();
    let store = open(&redis.url()).await;
    drop(redis);
    let asked = store.look(Counted::Verify([192, 0, 2, 1].into()), "1/1s".parse().unwrap(), START);
    let answer = tokio::time::timeout(Duration::from_secs(5), asked).await.unwrap();
    assert!(answer.is_err());
}

#[tokio::test]
async fn a_counter_that_is_slow_costs_nobody_the_connection() {
    let redis = Redis::start();
    let relay = Relay::before(redis.port());
    let store = open(&relay.url(&redis.url())).await;
    let before = relay.accepted();
    relay.stall_answers();
    assert!(store.take(Counted::Verify([192, 0, 2, 1].into()), "1/1s".parse().unwrap(), START).await.is_err());
    relay.pass();
    store.check().await.unwrap();
    assert_eq!(relay.accepted(), before);
}
