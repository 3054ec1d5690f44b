//! A server that does not answer, is not there, or has no room.

use std::time::Instant;

use siwn::{Opening, Store as _, StoreError};

use super::servers::{Redis, Relay};
use super::{PATIENCE, open, session, until};

/// More than a call may take, and less than a test would notice.
const SOON: std::time::Duration = std::time::Duration::from_millis(3500);

fn is_unavailable<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Unavailable(_)))
}

#[tokio::test]
async fn a_server_that_stops_answering_is_unavailable_in_time_and_recovers() {
    let redis = Redis::start();
    let store = open(&redis.url()).await;
    let new = session(&store, 1, 1);
    assert_eq!(store.open(&new).await.unwrap(), Opening::Opened);
    redis.pause();
    let since = Instant::now();
    let second = session(&store, 2, 1);
    let (found, opened, checked) = tokio::join!(store.find(new.row().id), store.open(&second), store.check());
    assert!(since.elapsed() < SOON, "{:?}", since.elapsed());
    assert!(is_unavailable(&found), "{found:?}");
    assert!(is_unavailable(&opened), "nothing was spent yet: {opened:?}");
    assert!(is_unavailable(&checked), "{checked:?}");
    redis.resume();
    let found = until("it recovers", async || store.find(new.row().id).await.ok()).await;
    assert_eq!(found.as_ref(), Some(new.row()), "and has forgotten nothing");
    assert_eq!(store.open(&session(&store, 2, 1)).await.unwrap(), Opening::Opened);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_asked_for_again() {
    let redis = Redis::start();
    let relay = Relay::before(redis.port());
    let store = open(&relay.url(&redis.url())).await;
    for challenge in 0..5 {
        relay.cut_at_the_next_answer();
        assert_eq!(store.open(&session(&store, challenge, 1)).await.unwrap(), Opening::Opened);
        assert_eq!(store.open(&session(&store, challenge, 2)).await.unwrap(), Opening::AlreadySpent);
    }
}

#[tokio::test]
async fn a_change_whose_answer_does_not_come_may_have_been_made() {
    let redis = Redis::start();
    let relay = Relay::before(redis.port());
    let store = open(&relay.url(&redis.url())).await;
    let new = session(&store, 1, 1);
    assert_eq!(store.open(&new).await.unwrap(), Opening::Opened);
    // So that the server knows the script by its name.
    store.close(session(&store, 2, 1).row().id).await.unwrap();
    relay.stall_answers();
    let closed = store.close(new.row().id).await;
    assert!(matches!(closed, Err(StoreError::Unknown(_))), "{closed:?}");
    relay.pass();
    let found = until("it recovers", async || store.find(new.row().id).await.ok()).await;
    assert_eq!(found, None, "it was");
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_at_once_and_not_stormed() {
    let redis = Redis::start();
    let relay = Relay::before(redis.port());
    let store = open(&relay.url(&redis.url())).await;
    let new = session(&store, 1, 1);
    assert_eq!(store.open(&new).await.unwrap(), Opening::Opened);
    let before = relay.accepted();
    relay.refuse();
    let since = Instant::now();
    until("it is noticed", async || store.find(new.row().id).await.is_err().then_some(())).await;
    for _ in 0..2000 {
        assert!(is_unavailable(&store.find(new.row().id).await));
    }
    // After 50, 100, 200… milliseconds, or half of that, and at most once a second in the end.
    let attempts = relay.accepted() - before;
    let most = 8 + 2 * since.elapsed().as_secs();
    assert!(attempts <= most, "{attempts} attempts to connect within {:?}", since.elapsed());
    relay.pass();
    until("it recovers", async || store.find(new.row().id).await.ok()).await;
    assert!(since.elapsed() < PATIENCE);
}

#[tokio::test]
async fn connections_that_are_cut_are_made_anew() {
    let redis = Redis::start();
    let store = open(&redis.url()).await;
    let new = session(&store, 1, 1);
    assert_eq!(store.open(&new).await.unwrap(), Opening::Opened);
    for _ in 0..5 {
        redis.say("CLIENT KILL TYPE normal SKIPME yes");
        assert!(store.find(new.row().id).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn a_full_server_says_so_and_loses_nothing() {
    let redis = Redis::start();
    let store = open(&redis.url()).await;
    let (first, second) = (session(&store, 1, 1), session(&store, 2, 1));
    assert_eq!(store.open(&first).await.unwrap(), Opening::Opened);
    assert_eq!(redis.say("CONFIG SET maxmemory 1"), "+OK");
    let (opened, checked) = (store.open(&second).await, store.check().await);
    assert!(matches!(opened, Err(StoreError::Full)), "{opened:?}");
    assert!(matches!(checked, Err(StoreError::Full)), "{checked:?}");
    assert_eq!(store.find(first.row().id).await.unwrap().as_ref(), Some(first.row()), "reading goes on");
    assert_eq!(redis.say("CONFIG SET maxmemory 0"), "+OK");
    assert_eq!(store.open(&second).await.unwrap(), Opening::Opened, "nothing was spent");
    store.check().await.unwrap();
}

#[tokio::test]
async fn a_damaged_row_is_an_error_and_no_session() {
    let redis = Redis::start();
    let store = open(&redis.url()).await;
    for (challenge, damage) in (0..).zip(["account Not.An.Account", "site ", "key ed25519:0", "hash short", "created x", "after x"])
    {
        let new = session(&store, challenge, 1);
        assert_eq!(store.open(&new).await.unwrap(), Opening::Opened);
        let row = format!("siwn:{{{challenge}}}:session:{}", new.row().id);
        redis.say(&format!("HSET {row} {}", if damage == "site " { "site \"\"" } else { damage }));
        let found = store.find(new.row().id).await;
        assert!(is_unavailable(&found), "{damage}: {found:?}");
    }
}

#[tokio::test]
async fn whoever_is_shut_down_answers_nothing() {
    let redis = Redis::start();
    let store = open(&redis.url()).await;
    let new = session(&store, 1, 1);
    for _ in 0..2 {
        store.shutdown().await;
        assert!(is_unavailable(&store.find(new.row().id).await));
        assert!(is_unavailable(&store.open(&new).await));
    }
}
