//! What a process remembers of sessions, beside another process on the same store.

use std::sync::Arc;
use std::time::Duration;

use http::{Method, StatusCode};
use siwn::conformance::TestClock;
use siwn::{Generation, MemoryStore, Secret, Store};

use crate::support::{NOW, Server};
use crate::{SESSIONS, after, bearer, send, session};

/// Two processes that share a store and a secret; the first one remembers for 5 s, however long it is told to.
fn two() -> (Server, Server) {
    let clock = TestClock::at(NOW);
    let reads = clock.clone();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Generation::from_bytes([7; 16]), 1000, move || reads.now()));
    let server = |memory| {
        let (store, clock) = (Arc::clone(&store), clock.clone());
        let clock = Arc::new(move || clock.now());
        Server::with(|builder| builder.store(store).secret(Secret::from_bytes([1; 32])).session_cache(memory).clock(clock))
    };
    let mut servers = (server(Duration::from_mins(1)), server(Duration::ZERO));
    servers.0.clock = clock.clone();
    servers.1.clock = clock;
    servers
}

#[tokio::test]
async fn ones_own_revocations_count_at_once_and_anothers_within_five_seconds() {
    let (one, other) = two();
    let token = bearer(&one, "alice.near").await;
    let header = ("authorization", token.as_str());
    assert_eq!(session(&one, header).await.status, StatusCode::OK);
    assert_eq!(send(&other, Method::POST, "/api/auth/logout", &[header]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(session(&other, header).await.status, StatusCode::UNAUTHORIZED);
    one.clock.set(after(Duration::from_millis(4_999)));
    assert_eq!(session(&one, header).await.status, StatusCode::OK, "from memory");
    one.clock.set(after(Duration::from_secs(5)));
    assert_eq!(session(&one, header).await.status, StatusCode::UNAUTHORIZED, "never longer than that");

    for (method, path) in [(Method::POST, "/api/auth/logout"), (Method::DELETE, SESSIONS)] {
        let (token, another) = (bearer(&one, "alice.near").await, bearer(&one, "alice.near").await);
        let header = ("authorization", token.as_str());
        assert_eq!(session(&one, header).await.status, StatusCode::OK);
        let ender = if method == Method::POST { header } else { ("authorization", another.as_str()) };
        assert_eq!(send(&one, method, path, &[ender]).await.status, StatusCode::NO_CONTENT);
        assert_eq!(session(&one, header).await.status, StatusCode::UNAUTHORIZED, "{path}");
    }
}
