//! A server that loses its memory: the challenges that it guarded die with it, and nothing else does.

use siwn::{NewSession, Opening, Store as _, StoreError};
use siwn_store::RedisStore;

use super::servers::{Redis, RedisCluster, wait_for};
use super::{open, session, until};

const PERSISTENT: [&str; 4] = ["--appendonly", "yes", "--appendfsync", "always"];

/// Asks until the store answers.
async fn opening(store: &RedisStore, new: &NewSession) -> Opening {
    let ask = async || match store.open(new).await {
        Ok(opening) => Some(opening),
        Err(StoreError::Unavailable(_) | StoreError::Unknown(_)) => None,
        Err(error) => panic!("{error}"),
    };
    until("the store answers", ask).await
}

async fn is_alive(store: &RedisStore, new: &NewSession) -> bool {
    until("the store answers", async || store.find(new.row().id).await.ok()).await.is_some()
}

/// A used challenge and an unused one, of the same generation.
async fn used_and_unused(store: &RedisStore) -> (NewSession, NewSession) {
    let (used, unused) = (session(store, 1, 1), session(store, 2, 1));
    assert_eq!(store.open(&used).await.unwrap(), Opening::Opened);
    (used, unused)
}

/// People sign in again, with new challenges.
async fn goes_on(store: &RedisStore, challenge: u64) {
    let ask = async || (store.open(&session(store, challenge, 1)).await.ok()? == Opening::Opened).then_some(());
    until("people sign in again", ask).await;
}

#[tokio::test]
async fn a_restart_without_a_file_ends_sessions_and_challenges() {
    let mut redis = Redis::start();
    let store = open(&redis.url()).await;
    let (used, unused) = used_and_unused(&store).await;
    let before = store.generation().unwrap();
    redis.kill();
    redis.start_again();
    assert_eq!(opening(&store, &used).await, Opening::OtherGeneration);
    assert_eq!(opening(&store, &unused).await, Opening::OtherGeneration);
    assert!(!is_alive(&store, &used).await);
    assert_ne!(store.generation().unwrap(), before);
    goes_on(&store, 3).await;
}

#[tokio::test]
async fn a_restart_with_a_file_keeps_sessions_and_ends_challenges() {
    let mut redis = Redis::start_with(&PERSISTENT);
    let store = open(&redis.url()).await;
    let (used, unused) = used_and_unused(&store).await;
    redis.kill();
    redis.start_again();
    assert!(is_alive(&store, &used).await);
    assert_eq!(opening(&store, &session(&store, 1, 2)).await, Opening::AlreadySpent);
    assert_eq!(opening(&store, &unused).await, Opening::OtherGeneration, "its mark could have been lost");
    goes_on(&store, 3).await;
    let other = open(&redis.url()).await;
    assert_eq!(other.generation().unwrap(), store.generation().unwrap(), "all processes agree");
}

#[tokio::test]
async fn a_server_that_is_emptied_ends_challenges_though_nobody_noticed() {
    let redis = Redis::start();
    let store = open(&redis.url()).await;
    let (used, unused) = used_and_unused(&store).await;
    for command in ["FLUSHALL", "FLUSHDB"] {
        assert_eq!(redis.say(command), "+OK");
        assert_eq!(store.open(&used).await.unwrap(), Opening::OtherGeneration);
        assert_eq!(store.open(&unused).await.unwrap(), Opening::OtherGeneration);
    }
    goes_on(&store, 3).await;
}

#[tokio::test]
async fn scripts_that_are_forgotten_are_told_again() {
    let redis = Redis::start();
    let store = open(&redis.url()).await;
    let (used, unused) = used_and_unused(&store).await;
    assert_eq!(redis.say("SCRIPT FLUSH"), "+OK");
    assert_eq!(store.find(used.row().id).await.unwrap().as_ref(), Some(used.row()));
    assert_eq!(store.open(&unused).await.unwrap(), Opening::Opened);
}

/// Writes into all markers, as if the server had come to it by itself.
fn write_markers(redis: &Redis, what: &str) {
    for bucket in 0..64 {
        assert!(redis.say(&format!("HSET siwn:{{{bucket}}}:marker {what}")).starts_with(':'));
    }
}

#[tokio::test]
async fn markers_of_another_run_or_of_a_clock_that_went_back_end_challenges_though_nobody_noticed() {
    let redis = Redis::start();
    let store = open(&redis.url()).await;
    for (round, what) in (0..).zip(["memory another:run", "at 99999999999999"]) {
        let (used, unused) = (session(&store, 10 * round, 1), session(&store, 10 * round + 1, 1));
        assert_eq!(store.open(&used).await.unwrap(), Opening::Opened);
        write_markers(&redis, what);
        assert_eq!(store.open(&unused).await.unwrap(), Opening::OtherGeneration, "{what}");
        assert_eq!(store.open(&session(&store, 10 * round, 2)).await.unwrap(), Opening::AlreadySpent);
        assert!(is_alive(&store, &used).await, "{what}");
        goes_on(&store, 10 * round + 2).await;
    }
}

/// How far a server is in what one writes and the other follows.
fn offset(redis: &Redis, name: &str) -> Option<u64> {
    redis.say("INFO replication").lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
}

#[tokio::test]
async fn a_promotion_ends_challenges_also_when_it_is_taken_back() {
    let (first, second) = (Redis::start(), Redis::start());
    let follow = |who: &Redis, whom: &Redis| {
        assert_eq!(who.say(&format!("REPLICAOF 127.0.0.1 {}", whom.port())), "+OK");
        wait_for("the replica follows", || who.say("INFO replication").contains("master_link_status:up").then_some(()));
    };
    follow(&second, &first);
    let store = open(&first.url()).await;
    let (used, unused) = used_and_unused(&store).await;
    // `WAIT` is about what its own connection wrote.
    let written = offset(&first, "master_repl_offset:").unwrap();
    wait_for("the replica has the login", || offset(&second, "slave_repl_offset:").filter(|read| *read >= written));

    assert_eq!(second.say("REPLICAOF NO ONE"), "+OK");
    let promoted = open(&second.url()).await;
    assert_ne!(promoted.generation().unwrap(), store.generation().unwrap());
    assert!(is_alive(&promoted, &used).await, "sessions stay");
    assert_eq!(promoted.open(&session(&promoted, 1, 2)).await.unwrap(), Opening::AlreadySpent);
    assert_eq!(promoted.open(&unused).await.unwrap(), Opening::OtherGeneration);

    follow(&first, &second);
    assert!(matches!(store.open(&session(&store, 3, 1)).await, Err(StoreError::Unavailable(_))), "nobody signs in at a replica");
    assert_eq!(first.say("REPLICAOF NO ONE"), "+OK");
    assert_eq!(opening(&store, &unused).await, Opening::OtherGeneration, "the same run, and not the same memory");
    goes_on(&store, 4).await;
}

#[tokio::test]
async fn a_node_that_forgets_ends_challenges_and_the_others_sessions_stay() {
    let mut cluster = RedisCluster::start();
    let store = open(&cluster.urls()[0]).await;
    let used: Vec<_> = (0..64).map(|challenge| session(&store, challenge, 1)).collect();
    let copies: Vec<_> = (0..64).map(|challenge| session(&store, challenge, 2)).collect();
    let unused: Vec<_> = (64..128).map(|challenge| session(&store, challenge, 1)).collect();
    for new in &used {
        assert_eq!(store.open(new).await.unwrap(), Opening::Opened);
    }
    let node = &mut cluster.nodes[1];
    node.kill();
    node.start_again();
    for node in &cluster.nodes {
        wait_for("the cluster", || node.say("CLUSTER INFO").contains("cluster_state:ok").then_some(()));
    }
    let mut kept = 0;
    for (new, copy) in used.iter().zip(&copies) {
        let is_kept = is_alive(&store, new).await;
        kept += u64::from(is_kept);
        let expected = if is_kept { Opening::AlreadySpent } else { Opening::OtherGeneration };
        assert_eq!(opening(&store, copy).await, expected, "no used challenge is good again");
    }
    assert!((1..64).contains(&kept), "{kept}: some were on that node, some were not");
    let mut refused = 0;
    for new in &unused {
        refused += u64::from(opening(&store, new).await == Opening::OtherGeneration);
    }
    assert_eq!(refused, 64, "one memory less is another generation");
    goes_on(&store, 200).await;
}
