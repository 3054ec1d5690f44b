//! The Redis store, from outside, on real servers.
#![cfg(all(feature = "redis", target_os = "linux"))]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says no by panicking")]

mod conformance;
mod connections;
mod limits;
mod memory;
mod outages;
mod processes;
#[path = "../servers/mod.rs"]
mod servers;

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use servers::Redis;
use siwn::conformance::{TestClock, new_session};
use siwn::{ClientLabel, NewSession, PublicKey, SessionId, SessionRow, Store as _, UnixMillis};
use siwn_store::RedisStore;
use siwn_store::redis::OpenError;

const START: UnixMillis = UnixMillis::new(1_760_000_000_000);
const CHALLENGE: Duration = Duration::from_mins(5);
/// How long something may take that happens by itself.
const PATIENCE: Duration = Duration::from_secs(20);

/// For tests that leave the server alone: each has a prefix of its own. It ends with the process.
static SERVER: LazyLock<Redis> = LazyLock::new(Redis::start);

/// The store at `url`, always at [`START`].
async fn open(url: &str) -> RedisStore {
    open_with(url, TestClock::at(START)).await.unwrap()
}

async fn open_with(url: &str, clock: TestClock) -> Result<RedisStore, OpenError> {
    RedisStore::connect(&url.parse().unwrap(), Some(Arc::new(move || clock.now()))).await
}

/// The session of challenge number `challenge` whose secret is number `secret`.
fn session(store: &RedisStore, challenge: u64, secret: u8) -> NewSession {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&START.get().to_be_bytes());
    id[8..].copy_from_slice(&challenge.to_be_bytes());
    let row = SessionRow {
        id: SessionId::from_bytes(id),
        secret_hash: [secret; 32],
        recipient: "app.example".parse().unwrap(),
        account: "alice.near".parse().unwrap(),
        key: Some(PublicKey::from_ed25519([7; 32])),
        client: ClientLabel::new(b"curl/8.14.1"),
        created_at: START,
        expires_at: START + Duration::from_hours(1),
        idle_lifetime: None,
        seen_at: START,
        checked_at: START,
    };
    new_session(row, START + CHALLENGE, store.generation().unwrap())
}

/// Asks again and again, without a pause in between, until `ask` answers.
async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(since.elapsed() < PATIENCE, "{what}: not within {PATIENCE:?}");
        tokio::task::yield_now().await;
    }
}
