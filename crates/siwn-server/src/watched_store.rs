//! The store, seen by operators: how often it is called, how that ended and how long it took.

use std::sync::Arc;
use std::time::Instant;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;
use siwn::{
    AccountId, BoxFuture, Counts, Generation, KeyMemory, NewSession, Opening, PublicKey, Recipient, Renewal, SealedKeys, SessionId,
    SessionRow, Store, StoreError, UnixMillis,
};

/// Upper bounds of the times of a call, in seconds: from memory to the patience of a store.
const SECONDS: [f64; 10] = [0.000_05, 0.000_2, 0.001, 0.003, 0.01, 0.03, 0.1, 0.5, 1.0, 2.0];

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Call {
    call: &'static str,
    /// `ok`, or what kind of failure.
    outcome: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    call: &'static str,
}

/// A store whose calls are counted.
pub(crate) struct WatchedStore {
    store: Arc<dyn Store>,
    calls: Family<Call, Counter>,
    seconds: Family<Kind, Histogram, fn() -> Histogram>,
}

impl WatchedStore {
    pub(crate) fn new(store: Arc<dyn Store>, registry: &mut Registry) -> Self {
        let calls = Family::default();
        registry.register("store_calls", "Calls of the store by outcome", calls.clone());
        let seconds = Family::new_with_constructor((|| Histogram::new(SECONDS)) as fn() -> Histogram);
        registry.register("store_seconds", "Time of a call of the store, in seconds", seconds.clone());
        Self { store, calls, seconds }
    }

    fn watched<'a, T: 'a>(
        &'a self,
        call: &'static str,
        answer: BoxFuture<'a, Result<T, StoreError>>,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        Box::pin(async move {
            let began = Instant::now();
            let answer = answer.await;
            let outcome = match &answer {
                Ok(_) => "ok",
                Err(StoreError::Unknown(_)) => "unknown",
                Err(StoreError::Full) => "full",
                Err(_) => "unavailable",
            };
            self.calls.get_or_create(&Call { call, outcome }).inc();
            self.seconds.get_or_create(&Kind { call }).observe(began.elapsed().as_secs_f64());
            answer
        })
    }
}

impl Store for WatchedStore {
    fn generation(&self) -> Result<Generation, StoreError> {
        self.store.generation()
    }

    fn remembers_since(&self) -> UnixMillis {
        self.store.remembers_since()
    }

    fn open<'a>(&'a self, session: &'a NewSession) -> BoxFuture<'a, Result<Opening, StoreError>> {
        self.watched("open", self.store.open(session))
    }

    fn find(&self, id: SessionId) -> BoxFuture<'_, Result<Option<SessionRow>, StoreError>> {
        self.watched("find", self.store.find(id))
    }

    fn renew(&self, id: SessionId, renewal: Renewal) -> BoxFuture<'_, Result<(), StoreError>> {
        self.watched("renew", self.store.renew(id, renewal))
    }

    fn close(&self, id: SessionId) -> BoxFuture<'_, Result<(), StoreError>> {
        self.watched("close", self.store.close(id))
    }

    fn sessions<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<Vec<SessionRow>, StoreError>> {
        self.watched("sessions", self.store.sessions(account))
    }

    fn close_all<'a>(
        &'a self,
        account: &'a AccountId,
        recipient: Option<&'a Recipient>,
        spared: Option<SessionId>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.watched("close_all", self.store.close_all(account, recipient, spared))
    }

    fn block<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.watched("block", self.store.block(account))
    }

    fn unblock<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.watched("unblock", self.store.unblock(account))
    }

    fn is_blocked<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.watched("is_blocked", self.store.is_blocked(account))
    }

    fn recall_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        self.watched("recall_key", self.store.recall_key(account, key))
    }

    fn remember_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        self.watched("remember_key", self.store.remember_key(account, key))
    }

    fn signing_keys(&self) -> BoxFuture<'_, Result<Option<SealedKeys>, StoreError>> {
        self.watched("signing_keys", self.store.signing_keys())
    }

    fn replace_signing_keys<'a>(
        &'a self,
        old: Option<&'a SealedKeys>,
        new: &'a SealedKeys,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.watched("replace_signing_keys", self.store.replace_signing_keys(old, new))
    }

    fn counts(&self) -> BoxFuture<'_, Result<Counts, StoreError>> {
        self.watched("counts", self.store.counts())
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.watched("check", self.store.check())
    }
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use siwn::conformance::TestClock;
    use siwn::{MemoryStore, UnixMillis};

    use super::*;

    fn watched(capacity: usize) -> (Arc<WatchedStore>, Registry) {
        let clock = TestClock::at(UnixMillis::new(1_760_000_000_000));
        let store = MemoryStore::new(Generation::from_bytes([1; 16]), capacity, move || clock.now());
        let mut registry = Registry::default();
        (Arc::new(WatchedStore::new(Arc::new(store), &mut registry)), registry)
    }

    fn shown(registry: &Registry) -> String {
        let mut text = String::new();
        encode(&mut text, registry).unwrap();
        text
    }

    #[tokio::test]
    async fn calls_are_counted_by_outcome() {
        let (store, registry) = watched(0);
        store.find(SessionId::from_bytes([0; 16])).await.unwrap();
        store.block(&"alice.near".parse().unwrap()).await.unwrap_err();
        let shown = shown(&registry);
        for line in [
            r#"store_calls_total{call="find",outcome="ok"} 1"#,
            r#"store_calls_total{call="block",outcome="full"} 1"#,
            r#"store_seconds_count{call="find"} 1"#,
        ] {
            assert!(shown.contains(line), "no {line} in\n{shown}");
        }
    }
}
