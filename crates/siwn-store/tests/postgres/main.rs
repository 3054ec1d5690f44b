//! The PostgreSQL store, from outside, on real servers.
#![cfg(all(feature = "postgres", target_os = "linux"))]
#![expect(clippy::unwrap_used, reason = "a test says no by panicking")]

mod conformance;
mod databases;
mod generations;
mod outages;
#[path = "../servers/mod.rs"]
mod servers;

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use servers::{PgBouncer, Postgres};
use siwn::conformance::{TestClock, new_session};
use siwn::{ClientLabel, NewSession, PublicKey, SessionId, SessionRow, Store as _, UnixMillis};
use siwn_store::PostgresStore;
use siwn_store::postgres::OpenError;

const START: UnixMillis = UnixMillis::new(1_760_000_000_000);
const CHALLENGE: Duration = Duration::from_mins(5);

/// For tests that leave the server alone: each has a database of its own. It ends with the process.
static SERVER: LazyLock<Postgres> = LazyLock::new(Postgres::start);
static POOLER: LazyLock<PgBouncer> = LazyLock::new(|| PgBouncer::before(&SERVER));

/// The URL of a new database.
async fn database() -> String {
    tokio::task::spawn_blocking(|| SERVER.database()).await.unwrap()
}

/// The database's name.
fn name(url: &str) -> String {
    url.rsplit('/').next().unwrap().to_owned()
}

/// What `ask` answers when it does at last: a server needs its time.
async fn eventually<T>(mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let since = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(since.elapsed() < Duration::from_secs(30), "not within half a minute");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// The store at `url`, always at [`START`].
async fn open(url: &str) -> PostgresStore {
    open_with(url, TestClock::at(START)).await.unwrap()
}

async fn open_with(url: &str, clock: TestClock) -> Result<PostgresStore, OpenError> {
    PostgresStore::connect(&url.parse().unwrap(), Some(Arc::new(move || clock.now()))).await
}

/// The session of challenge number `challenge` whose secret is number `secret`.
fn session(store: &PostgresStore, challenge: u64, secret: u8) -> NewSession {
    let row = SessionRow {
        id: id(challenge),
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

fn id(challenge: u64) -> SessionId {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&START.get().to_be_bytes());
    id[8..].copy_from_slice(&challenge.to_be_bytes());
    SessionId::from_bytes(id)
}
