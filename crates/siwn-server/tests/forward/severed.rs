//! A store whose calls are counted, and that can be cut off.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use siwn::conformance::TestClock;
use siwn::{
    AccountId, BoxFuture, Counts, Generation, KeyMemory, MemoryStore, NewSession, Opening, PublicKey, Recipient, Renewal,
    SealedKeys, SessionId, SessionRow, Store, StoreError,
};

use crate::support::NOW;

pub(crate) struct Severed {
    store: MemoryStore,
    clock: Arc<Mutex<TestClock>>,
    calls: AtomicUsize,
    is_cut_off: AtomicBool,
}

impl Default for Severed {
    fn default() -> Self {
        let clock = Arc::new(Mutex::new(TestClock::at(NOW)));
        let reads = Arc::clone(&clock);
        let store = MemoryStore::new(Generation::from_bytes([1; 16]), 1000, move || reads.lock().unwrap().now());
        Self { store, clock, calls: AtomicUsize::new(0), is_cut_off: AtomicBool::new(false) }
    }
}

impl Severed {
    /// Goes by this clock from now on.
    pub(crate) fn follow(&self, clock: &TestClock) {
        *self.clock.lock().unwrap() = clock.clone();
    }

    pub(crate) fn sever(&self) {
        self.is_cut_off.store(true, Ordering::SeqCst);
    }

    pub(crate) fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    fn call<'a, T: 'a>(&'a self, answer: BoxFuture<'a, Result<T, StoreError>>) -> BoxFuture<'a, Result<T, StoreError>> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        if self.is_cut_off.load(Ordering::SeqCst) {
            return Box::pin(async { Err(StoreError::Unavailable("severed".into())) });
        }
        answer
    }
}

impl Store for Severed {
    fn generation(&self) -> Result<Generation, StoreError> {
        self.store.generation()
    }

    fn open<'a>(&'a self, session: &'a NewSession) -> BoxFuture<'a, Result<Opening, StoreError>> {
        self.call(self.store.open(session))
    }

    fn find(&self, id: SessionId) -> BoxFuture<'_, Result<Option<SessionRow>, StoreError>> {
        self.call(self.store.find(id))
    }

    fn renew(&self, id: SessionId, renewal: Renewal) -> BoxFuture<'_, Result<(), StoreError>> {
        self.call(self.store.renew(id, renewal))
    }

    fn close(&self, id: SessionId) -> BoxFuture<'_, Result<(), StoreError>> {
        self.call(self.store.close(id))
    }

    fn sessions<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<Vec<SessionRow>, StoreError>> {
        self.call(self.store.sessions(account))
    }

    fn close_all<'a>(
        &'a self,
        account: &'a AccountId,
        recipient: Option<&'a Recipient>,
        spared: Option<SessionId>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call(self.store.close_all(account, recipient, spared))
    }

    fn block<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call(self.store.block(account))
    }

    fn unblock<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.call(self.store.unblock(account))
    }

    fn is_blocked<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.call(self.store.is_blocked(account))
    }

    fn recall_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        self.call(self.store.recall_key(account, key))
    }

    fn remember_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        self.call(self.store.remember_key(account, key))
    }

    fn signing_keys(&self) -> BoxFuture<'_, Result<Option<SealedKeys>, StoreError>> {
        self.call(self.store.signing_keys())
    }

    fn replace_signing_keys<'a>(
        &'a self,
        old: Option<&'a SealedKeys>,
        new: &'a SealedKeys,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.call(self.store.replace_signing_keys(old, new))
    }

    fn counts(&self) -> BoxFuture<'_, Result<Counts, StoreError>> {
        self.call(self.store.counts())
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.call(self.store.check())
    }
}
