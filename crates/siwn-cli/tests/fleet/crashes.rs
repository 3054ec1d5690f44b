//! Processes and the store's server are killed at random moments, under load. `SIWN_CRASH_SECONDS` (10) is how long.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::client;
use super::fleet::Fleet;
use super::stores::{Persistence, Shared};

const PROCESSES: usize = 3;
const LANES: usize = 12;
/// How often a client sends the same token again before it gives up.
const TRIES: usize = 40;
/// A crash comes after so many more logins at most.
const CALM: u64 = 60;

#[tokio::test(flavor = "multi_thread")]
async fn crashes_on_sqlite_accept_nothing_twice_and_lose_nothing() {
    survive(Shared::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crashes_on_postgres_accept_nothing_twice_and_lose_nothing() {
    survive(Shared::postgres()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crashes_on_a_redis_that_persists_accept_nothing_twice_and_lose_nothing() {
    survive(Shared::redis(Persistence::Always)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn crashes_on_a_redis_that_forgets_accept_nothing_twice() {
    survive(Shared::redis(Persistence::None)).await;
}

/// What the people saw.
#[derive(Default)]
struct Seen {
    /// Tokens, and the cookie that each was answered with.
    accepted: Mutex<Vec<(String, String)>>,
    count: AtomicUsize,
    grown: Notify,
}

async fn survive(store: Shared) {
    let store = Arc::new(store);
    let seconds = std::env::var("SIWN_CRASH_SECONDS").map_or(10, |seconds| seconds.parse().expect("a number of seconds"));
    let fleet = Fleet::start(&store.url(), PROCESSES, 500).await;
    let seen = Arc::new(Seen::default());
    let end = Instant::now() + Duration::from_secs(seconds);
    let lanes: Vec<_> =
        (0..LANES).map(|lane| tokio::spawn(sign_in_until(end, lane, Arc::clone(&fleet), Arc::clone(&seen)))).collect();
    let crashes = crash_until(end, &fleet, &store, &seen).await;
    for lane in lanes {
        lane.await.unwrap();
    }
    for number in 0..PROCESSES {
        fleet.wait_until_ready(number).await;
    }

    let accepted = std::mem::take(&mut *seen.accepted.lock().unwrap());
    assert!(crashes > 3 && accepted.len() > 50, "{crashes} crashes, {} logins", accepted.len());
    let mut lost = 0;
    for (number, (token, cookie)) in accepted.iter().enumerate() {
        let again = until_answered(|| client::verify(fleet.port(number), token)).await;
        assert_eq!(again.status, 401, "a token is accepted twice: {}", again.body);
        let session = until_answered(|| client::session(fleet.port(number + 1), cookie)).await;
        lost += usize::from(session.status != 200);
    }
    if store.persists() {
        assert_eq!(lost, 0, "of {} sessions that were answered", accepted.len());
    }
    store.check();
    println!("{crashes} crashes, {} logins, {lost} sessions lost with their store", accepted.len());
}

/// One person after another signs in. Each token is sent twice at once, and again where no answer comes.
async fn sign_in_until(end: Instant, lane: usize, fleet: Arc<Fleet>, seen: Arc<Seen>) {
    let mut number = lane;
    while Instant::now() < end {
        number += LANES;
        let Ok(token) = client::token(fleet.port(number), fleet.person(number)).await else {
            // Nobody listens there just now.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        let (one, other) = tokio::join!(send(&fleet, number, &token), send(&fleet, number + 1, &token));
        let cookies: Vec<_> = one.into_iter().chain(other).collect();
        assert!(cookies.len() <= 1, "a token is accepted twice");
        for cookie in cookies {
            seen.accepted.lock().unwrap().push((token.clone(), cookie));
            seen.count.fetch_add(1, Ordering::SeqCst);
            seen.grown.notify_waiters();
        }
    }
    seen.grown.notify_waiters();
}

/// The cookie, where the token is accepted.
async fn send(fleet: &Fleet, mut number: usize, token: &str) -> Option<String> {
    for _ in 0..TRIES {
        match client::verify(fleet.port(number), token).await {
            Ok(answer) if answer.status == 200 => return Some(answer.cookie().to_owned()),
            Ok(answer) if answer.status == 401 => return None,
            Ok(answer) => assert_eq!(answer.status, 503, "{}", answer.body),
            // Killed, or not there yet.
            Err(_) => {}
        }
        number += 1;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    None
}

/// Kills something after every few logins, at moments that nobody knows. Answers how often.
async fn crash_until(end: Instant, fleet: &Arc<Fleet>, store: &Arc<Shared>, seen: &Arc<Seen>) -> usize {
    let mut crashes = 0;
    while Instant::now() < end {
        let random = RandomState::new().hash_one(crashes);
        let enough = seen.count.load(Ordering::SeqCst) + usize::try_from(random % CALM).unwrap();
        while seen.count.load(Ordering::SeqCst) < enough && Instant::now() < end {
            // Those that gave up while their store was away are started again meanwhile.
            fleet.revive();
            let _ = tokio::time::timeout(Duration::from_millis(100), seen.grown.notified()).await;
        }
        let (fleet, store) = (Arc::clone(fleet), Arc::clone(store));
        let crash = move || match random >> 32 & 3 {
            0 if store.has_server() => store.crash(),
            _ => fleet.crash(usize::try_from(random >> 40).unwrap()),
        };
        tokio::task::spawn_blocking(crash).await.unwrap();
        crashes += 1;
    }
    crashes
}

/// Asks again while the answer is not an answer.
async fn until_answered<F: Future<Output = std::io::Result<client::Answer>>>(ask: impl Fn() -> F) -> client::Answer {
    let since = Instant::now();
    loop {
        match ask().await {
            Ok(answer) if answer.status != 503 => return answer,
            _ => assert!(since.elapsed() < Duration::from_secs(30), "no answer within half a minute"),
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}
