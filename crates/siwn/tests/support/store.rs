use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use siwn::conformance::TestClock;
use siwn::{
    AccountId, BoxFuture, Counts, Generation, KeyMemory, MemoryStore, NewSession, Opening, PublicKey, Recipient, Renewal,
    SealedKeys, SessionId, SessionRow, Store, StoreError,
};

const CAPACITY: usize = 1000;

/// What goes wrong with one insert.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// It is not done.
    Unavailable,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// It is not done, and nobody can tell.
    RequestLost,
    /// There is no room.
    Full,
}

/// A memory store whose inserts fail as told, and that can lose its memory.
pub(crate) struct TestStore {
    clock: TestClock,
    capacity: usize,
    starts: AtomicU8,
    rows: Mutex<Arc<MemoryStore>>,
    faults: Mutex<VecDeque<Fault>>,
    inserts: AtomicUsize,
}

impl TestStore {
    pub(crate) fn new(clock: TestClock) -> Self {
        Self::with_capacity(clock, CAPACITY)
    }

    pub(crate) fn with_capacity(clock: TestClock, capacity: usize) -> Self {
        let rows = Mutex::new(Arc::new(started(&clock, capacity, 0)));
        Self { clock, capacity, starts: AtomicU8::new(1), rows, faults: Mutex::default(), inserts: AtomicUsize::new(0) }
    }

    /// The next inserts fail like this, one after the other.
    pub(crate) fn fails(&self, faults: impl IntoIterator<Item = Fault>) {
        self.faults.lock().expect("no test panics while it holds this").extend(faults);
    }

    /// Forgets everything, and has another generation.
    pub(crate) fn restarts(&self) {
        let start = self.starts.fetch_add(1, Ordering::SeqCst);
        *self.rows.lock().expect("no test panics while it holds this") = Arc::new(started(&self.clock, self.capacity, start));
    }

    pub(crate) fn inserts(&self) -> usize {
        self.inserts.load(Ordering::SeqCst)
    }

    fn rows(&self) -> Arc<MemoryStore> {
        self.rows.lock().expect("no test panics while it holds this").clone()
    }
}

fn started(clock: &TestClock, capacity: usize, start: u8) -> MemoryStore {
    let clock = clock.clone();
    MemoryStore::new(Generation::from_bytes([start; 16]), capacity, move || clock.now())
}

impl Store for TestStore {
    fn generation(&self) -> Result<Generation, StoreError> {
        self.rows().generation()
    }

    fn open<'a>(&'a self, session: &'a NewSession) -> BoxFuture<'a, Result<Opening, StoreError>> {
        Box::pin(async move {
            self.inserts.fetch_add(1, Ordering::SeqCst);
            let fault = self.faults.lock().expect("no test panics while it holds this").pop_front();
            match fault {
                None => self.rows().open(session).await,
                Some(Fault::Unavailable) => Err(StoreError::Unavailable("no connection".into())),
                Some(Fault::Full) => Err(StoreError::Full),
                Some(Fault::RequestLost) => Err(StoreError::Unknown("timed out".into())),
                Some(Fault::AnswerLost) => {
                    self.rows().open(session).await?;
                    Err(StoreError::Unknown("timed out".into()))
                }
            }
        })
    }

    fn find(&self, id: SessionId) -> BoxFuture<'_, Result<Option<SessionRow>, StoreError>> {
        Box::pin(async move { self.rows().find(id).await })
    }

    fn renew(&self, id: SessionId, renewal: Renewal) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.rows().renew(id, renewal).await })
    }

    fn close(&self, id: SessionId) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.rows().close(id).await })
    }

    fn sessions<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<Vec<SessionRow>, StoreError>> {
        Box::pin(async move { self.rows().sessions(account).await })
    }

    fn close_all<'a>(
        &'a self,
        account: &'a AccountId,
        recipient: Option<&'a Recipient>,
        spared: Option<SessionId>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.rows().close_all(account, recipient, spared).await })
    }

    fn block<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.rows().block(account).await })
    }

    fn unblock<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move { self.rows().unblock(account).await })
    }

    fn is_blocked<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move { self.rows().is_blocked(account).await })
    }

    fn recall_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        Box::pin(async move { self.rows().recall_key(account, key).await })
    }

    fn remember_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        Box::pin(async move { self.rows().remember_key(account, key).await })
    }

    fn signing_keys(&self) -> BoxFuture<'_, Result<Option<SealedKeys>, StoreError>> {
        Box::pin(async move { self.rows().signing_keys().await })
    }

    fn replace_signing_keys<'a>(
        &'a self,
        old: Option<&'a SealedKeys>,
        new: &'a SealedKeys,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        Box::pin(async move { self.rows().replace_signing_keys(old, new).await })
    }

    fn counts(&self) -> BoxFuture<'_, Result<Counts, StoreError>> {
        Box::pin(async move { self.rows().counts().await })
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async move { self.rows().check().await })
    }
}
