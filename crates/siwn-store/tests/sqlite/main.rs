//! The SQLite store, from outside.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test says no by panicking")]

mod conformance;
mod disk;
mod files;
mod processes;
mod versions;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use siwn::conformance::{TestClock, new_session};
use siwn::{ClientLabel, Generation, NewSession, PublicKey, SessionId, SessionRow, Store as _, UnixMillis};
use siwn_store::SqliteStore;
use siwn_store::sqlite::OpenError;

const START: UnixMillis = UnixMillis::new(1_760_000_000_000);
const CHALLENGE: Duration = Duration::from_mins(5);
const GENERATION: Generation = Generation::from_bytes([1; 16]);

/// The file at `path`, always at [`START`].
fn open(path: &Path) -> SqliteStore {
    try_open(path).unwrap()
}

fn try_open(path: &Path) -> Result<SqliteStore, OpenError> {
    open_with(path, GENERATION, TestClock::at(START))
}

fn open_with(path: &Path, generation: Generation, clock: TestClock) -> Result<SqliteStore, OpenError> {
    SqliteStore::open_file(path, generation, Arc::new(move || clock.now()))
}

/// The session of challenge number `challenge` whose secret is number `secret`.
fn session(store: &SqliteStore, challenge: u64, secret: u8) -> NewSession {
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
