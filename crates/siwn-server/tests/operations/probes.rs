//! Is it alive, and should it be sent requests.

use std::future::pending;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;
use siwn::{
    AccountId, BoxFuture, Counts, Generation, KeyMemory, NewSession, Opening, PublicKey, Recipient, Renewal, SealedKeys, SessionId,
    SessionRow, Store, StoreError,
};

use crate::sign_in;
use crate::support::Server;

/// A store that never answers.
struct Hung;

impl Store for Hung {
    fn generation(&self) -> Result<Generation, StoreError> {
        Ok(Generation::from_bytes([1; 16]))
    }

    fn open<'a>(&'a self, _: &'a NewSession) -> BoxFuture<'a, Result<Opening, StoreError>> {
        Box::pin(pending())
    }

    fn find(&self, _: SessionId) -> BoxFuture<'_, Result<Option<SessionRow>, StoreError>> {
        Box::pin(pending())
    }

    fn renew(&self, _: SessionId, _: Renewal) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(pending())
    }

    fn close(&self, _: SessionId) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(pending())
    }

    fn sessions<'a>(&'a self, _: &'a AccountId) -> BoxFuture<'a, Result<Vec<SessionRow>, StoreError>> {
        Box::pin(pending())
    }

    fn close_all<'a>(
        &'a self,
        _: &'a AccountId,
        _: Option<&'a Recipient>,
        _: Option<SessionId>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(pending())
    }

    fn block<'a>(&'a self, _: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(pending())
    }

    fn unblock<'a>(&'a self, _: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(pending())
    }

    fn is_blocked<'a>(&'a self, _: &'a AccountId) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(pending())
    }

    fn recall_key<'a>(&'a self, _: &'a AccountId, _: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        Box::pin(pending())
    }

    fn remember_key<'a>(&'a self, _: &'a AccountId, _: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        Box::pin(pending())
    }

    fn signing_keys(&self) -> BoxFuture<'_, Result<Option<SealedKeys>, StoreError>> {
        Box::pin(pending())
    }

    fn replace_signing_keys<'a>(&'a self, _: Option<&'a SealedKeys>, _: &'a SealedKeys) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(pending())
    }

    fn counts(&self) -> BoxFuture<'_, Result<Counts, StoreError>> {
        Box::pin(pending())
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(pending())
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_and_a_chain_that_is_gone_do_not_make_a_server_dead() {
    let server = Server::with(|builder| builder.store(Arc::new(Hung)));
    let login = tokio::time::timeout(Duration::from_secs(1), sign_in(&server, "alice.near")).await;
    assert!(login.is_err(), "the store hangs");
    server.set_access(None);
    let asked = server.asked();
    // The clock stands still: whatever waits would wait for ever.
    let alive = tokio::time::timeout(Duration::from_millis(1), server.get("/healthz", &[])).await.unwrap();
    assert_eq!((alive.status, alive.body.as_str(), server.asked()), (StatusCode::OK, "ok\n", asked));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_told_where_requests_are_sent_from() {
    let server = Server::with(|builder| builder.store(Arc::new(Hung)));
    assert_eq!(server.get("/readyz", &[]).await.status, StatusCode::OK, "nobody has looked yet");
    server.siwn.check_store().await;
    let ready = tokio::time::timeout(Duration::from_millis(1), server.get("/readyz", &[])).await.unwrap();
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json()["checks"]["store"], "the store does not answer");

    let healthy = Server::new();
    healthy.siwn.check_store().await;
    assert_eq!(healthy.get("/readyz", &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_stop_that_is_announced_shows_where_requests_are_sent_from_and_nowhere_else() {
    let server = Server::new();
    assert_eq!(server.get("/readyz", &[]).await.status, StatusCode::OK);
    server.siwn.announce_stop();
    let ready = server.get("/readyz", &[]).await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ready.json()["checks"]["server"], "stopping");
    assert_eq!(server.get("/healthz", &[]).await.status, StatusCode::OK);
    assert_eq!(sign_in(&server, "alice.near").await.status, StatusCode::OK);
}
