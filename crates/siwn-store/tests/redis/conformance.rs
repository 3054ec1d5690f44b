//! The suite that every store passes: on one server, on a cluster, over TLS, with one handle and with two.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::Arc;

use siwn::conformance::{CHECKS, Check, LASTING_CHECKS, Suite};

use super::servers::RedisCluster;
use super::{SERVER, open_with};

/// The names of the checks that fail at the server of `url`.
async fn failures(url: &str, handles: usize, checks: &'static [Check]) -> Vec<&'static str> {
    let url = format!("{url}?prefix=suite-{:x}", RandomState::new().hash_one(0));
    let suite = Suite::new(
        move |place, clock| {
            let url = format!("{url}-{}", place.number());
            Box::pin(async move { Arc::new(open_with(&url, clock).await.unwrap()) as _ })
        },
        |task| {
            let task = tokio::spawn(task);
            Box::pin(async { task.await.unwrap() })
        },
    );
    let suite = Arc::new(suite.with_handles(handles));
    let mut failures = Vec::new();
    for check in checks {
        let suite = Arc::clone(&suite);
        if tokio::spawn(async move { check.run(&suite).await }).await.is_err() {
            failures.push(check.name);
        }
    }
    failures
}

#[tokio::test(flavor = "multi_thread")]
async fn one_handle_passes_every_check() {
    assert_eq!(failures(&SERVER.url(), 1, CHECKS).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_handles_on_one_server_pass_every_check() {
    assert_eq!(failures(&SERVER.url(), 2, CHECKS).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_outlives_its_handle() {
    assert_eq!(failures(&SERVER.url(), 1, LASTING_CHECKS).await, Vec::<&str>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_passes_every_check() {
    let cluster = RedisCluster::start();
    for checks in [CHECKS, LASTING_CHECKS] {
        assert_eq!(failures(&cluster.urls()[0], 2, checks).await, Vec::<&str>::new());
    }
    let keys = |node: &super::Redis| node.say("DBSIZE").trim_start_matches(':').parse::<u64>().unwrap();
    assert!(cluster.nodes.iter().all(|node| keys(node) > 0), "rows and accounts are spread over all nodes");
}
