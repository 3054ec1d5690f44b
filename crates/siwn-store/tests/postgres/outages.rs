//! Servers that do not answer, answers that are lost, servers that are killed.

use std::sync::Arc;
use std::time::{Duration, Instant};

use siwn::conformance::TestClock;
use siwn::{Opening, Store as _, StoreError};

use super::servers::{Postgres, Relay};
use super::{SERVER, START, database, eventually, id, name, open, open_with, session};

/// A call's deadline, and what a busy machine adds.
const DEADLINE: Duration = Duration::from_millis(3500);

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_stops_answering_is_out_of_reach_within_the_deadline_and_comes_back() {
    let relay = Relay::before(SERVER.port());
    let url = database().await;
    let store = open(&relay.url(&url)).await;
    let (before, during) = (session(&store, 1, 1), session(&store, 2, 1));
    assert_eq!(store.open(&before).await.unwrap(), Opening::Opened);
    first_round_of_pruning(&url).await;
    relay.stall();
    let since = Instant::now();
    let opened = store.open(&during).await;
    assert!(since.elapsed() < DEADLINE, "{:?}", since.elapsed());
    assert!(matches!(opened, Err(StoreError::Unknown(_))), "it was sent: {opened:?}");
    let since = Instant::now();
    let (found, listed) = tokio::join!(store.find(id(1)), store.sessions(&before.row().account));
    assert!(since.elapsed() < DEADLINE, "{:?}", since.elapsed());
    assert!(matches!(found, Err(StoreError::Unavailable(_))), "{found:?}");
    assert!(matches!(listed, Err(StoreError::Unavailable(_))), "{listed:?}");
    relay.pass();
    let found = eventually(async || store.find(id(1)).await.ok()).await;
    assert_eq!(found.as_ref(), Some(before.row()));
    assert_eq!(store.open(&during).await.unwrap(), Opening::Opened, "the same call again, whatever became of the first");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_is_asked_for_again() {
    let relay = Relay::before(SERVER.port());
    let url = database().await;
    let store = open(&relay.url(&url)).await;
    assert_eq!(store.open(&session(&store, 0, 1)).await.unwrap(), Opening::Opened);
    first_round_of_pruning(&url).await;
    for challenge in 1..4 {
        let new = session(&store, challenge, 1);
        relay.cut_at_the_next_answer();
        assert_eq!(store.open(&new).await.unwrap(), Opening::Opened);
        relay.cut_at_the_next_answer();
        assert_eq!(store.find(id(challenge)).await.unwrap().as_ref(), Some(new.row()));
        assert_eq!(store.open(&session(&store, challenge, 2)).await.unwrap(), Opening::AlreadySpent);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_lost_for_good_leaves_it_unknown() {
    let relay = Relay::before(SERVER.port());
    let url = database().await;
    let store = open(&relay.url(&url)).await;
    let new = session(&store, 1, 1);
    relay.cut_at_the_next_answer_and_refuse();
    let lost = store.open(&new).await;
    assert!(matches!(lost, Err(StoreError::Unknown(_))), "{lost:?}");
    assert_eq!(open(&url).await.find(id(1)).await.unwrap().as_ref(), Some(new.row()), "it was done");
    relay.pass();
    let again = eventually(async || store.open(&new).await.ok()).await;
    assert_eq!(again, Opening::Opened);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_sent_is_not_done_and_nobody_storms_the_server() {
    let relay = Relay::before(SERVER.port());
    let store = Arc::new(open(&relay.url(&database().await)).await);
    relay.refuse();
    // What was connected before finds out.
    eventually(async || store.find(id(0)).await.is_err().then_some(())).await;
    let before = relay.accepted();
    let since = Instant::now();
    let call = |challenge| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.open(&session(&store, challenge, 1)).await })
    };
    for task in (1..2000).map(call).collect::<Vec<_>>() {
        let answer = task.await.unwrap();
        assert!(matches!(answer, Err(StoreError::Unavailable(_))), "{answer:?}");
    }
    assert!(since.elapsed() < DEADLINE, "they do not wait for what is not there");
    let tried = relay.accepted() - before;
    // The pauses double from 20 ms to a second, and six connections may be tried at once after each.
    assert!(tried <= 60, "{tried} connections for 2000 calls");
    relay.pass();
    let opened = eventually(async || store.open(&session(&store, 1, 1)).await.ok()).await;
    assert_eq!(opened, Opening::Opened, "nothing was spent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_locked_is_not_waited_for_and_nothing_is_spent() {
    let url = database().await;
    let store = open(&url).await;
    let lock = tokio::task::spawn_blocking({
        let name = name(&url);
        move || SERVER.lock(&name, "LOCK TABLE siwn.session IN ACCESS EXCLUSIVE MODE")
    });
    let lock = lock.await.unwrap();
    let since = Instant::now();
    let answer = store.open(&session(&store, 1, 1)).await;
    assert!(since.elapsed() < DEADLINE);
    assert!(matches!(answer, Err(StoreError::Unavailable(_))), "the server gave up, and said so: {answer:?}");
    drop(lock);
    assert_eq!(store.open(&session(&store, 1, 2)).await.unwrap(), Opening::Opened);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_forgets_nothing() {
    let url = database().await;
    let store = open(&url).await;
    let before = session(&store, 1, 1);
    assert_eq!(store.open(&before).await.unwrap(), Opening::Opened);
    // What the server says when its disk is full.
    SERVER.run_sql(
        &name(&url),
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'no space left on device' USING ERRCODE = '53100'; END $$;
        CREATE TRIGGER full_disk BEFORE INSERT ON siwn.session FOR EACH ROW EXECUTE FUNCTION full_disk()",
    );
    for _ in 0..3 {
        assert!(matches!(store.open(&session(&store, 2, 1)).await, Err(StoreError::Full)));
    }
    assert_eq!(store.find(id(1)).await.unwrap().as_ref(), Some(before.row()), "what is there is read on");
    SERVER.run_sql(&name(&url), "DROP TRIGGER full_disk ON siwn.session");
    assert_eq!(store.open(&session(&store, 2, 2)).await.unwrap(), Opening::Opened, "nothing was spent");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_may_not_be_written_to_is_out_of_reach() {
    let relay = Relay::before(SERVER.port());
    let url = database().await;
    let store = open(&relay.url(&url)).await;
    let name = name(&url);
    SERVER.run_sql(&name, &format!("ALTER DATABASE {name} SET default_transaction_read_only = on"));
    relay.cut();
    for _ in 0..3 {
        let answer = store.open(&session(&store, 1, 1)).await;
        assert!(matches!(answer, Err(StoreError::Unavailable(_) | StoreError::Unknown(_))), "{answer:?}");
        assert!(store.check().await.is_err());
    }
    SERVER.run_sql("postgres", &format!("ALTER DATABASE {name} RESET default_transaction_read_only"));
    let opened = eventually(async || store.open(&session(&store, 1, 1)).await.ok()).await;
    assert_eq!(opened, Opening::Opened);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_has_kept_what_it_answered() {
    let mut server = Postgres::start();
    let url = server.database();
    let store = Arc::new(open_with(&url, TestClock::at(START)).await.unwrap());
    let before = store.generation().unwrap();
    let lane = |lane: u64| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            let mut answered = Vec::new();
            for count in 0.. {
                let challenge = lane << 32 | count;
                match store.open(&session(&store, challenge, 1)).await {
                    Ok(Opening::Opened) => answered.push(challenge),
                    Ok(other) => panic!("{other:?}"),
                    Err(_) => break,
                }
            }
            answered
        })
    };
    let lanes: Vec<_> = (0..8).map(lane).collect();
    let probe = Arc::clone(&store);
    eventually(async || probe.counts().await.ok().filter(|counts| counts.sessions > 200)).await;
    server.kill();
    let mut answered = Vec::new();
    for lane in lanes {
        answered.extend(lane.await.unwrap());
    }
    assert!(answered.len() > 100, "{}", answered.len());
    server.start_again();
    for challenge in &answered {
        let found = eventually(async || store.find(id(*challenge)).await.ok()).await;
        assert_eq!(found.map(|row| row.id), Some(id(*challenge)));
        assert_eq!(store.open(&session(&store, *challenge, 2)).await.unwrap(), Opening::AlreadySpent);
    }
    assert_ne!(store.generation().unwrap(), before, "another run of the server");
    assert_eq!(store.open(&session(&store, 1 << 60, 1)).await.unwrap(), Opening::Opened);
}

/// The first login prunes, on a connection of its own. Waits until that is over, so that nothing else goes over the wire.
async fn first_round_of_pruning(url: &str) {
    let announced = START.get().to_string();
    let seen = || SERVER.run_sql(&name(url), "SELECT pruned_until FROM siwn.meta");
    eventually(async || (seen() == announced).then_some(())).await;
}
