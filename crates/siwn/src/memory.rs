//! A store in memory, for one process: bounded, expiring, gone with the process.

mod account;
mod rows;

use std::sync::{Mutex, MutexGuard, PoisonError};

use self::rows::Rows;
use crate::recipient::Recipient;
use crate::row::{Generation, NewSession, Renewal, SessionId, SessionRow};
use crate::signing_keys::SealedKeys;
use crate::store::{Counts, KeyMemory, Opening, Store, StoreError};
use crate::{AccountId, BoxFuture, PublicKey, UnixMillis};

/// Keeps rows in memory, at most as many as it was made for. When it is full of live rows it says so and forgets none.
pub struct MemoryStore {
    generation: Generation,
    began_at: UnixMillis,
    clock: Box<dyn Fn() -> UnixMillis + Send + Sync>,
    rows: Mutex<Rows>,
}

impl MemoryStore {
    /// An empty store for `capacity` rows, and as many accounts: those that have sessions, are blocked, or ever signed in with a key, which
    /// is remembered for as long as the process lives. `generation` is random and new at every start; `clock` is the
    /// machine's, or a test's.
    pub fn new(generation: Generation, capacity: usize, clock: impl Fn() -> UnixMillis + Send + Sync + 'static) -> Self {
        Self { generation, began_at: clock(), clock: Box::new(clock), rows: Mutex::new(Rows::new(capacity)) }
    }

    fn rows(&self) -> MutexGuard<'_, Rows> {
        // Every change is complete before anything could panic.
        self.rows.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does `work` at once, at the time that it then is.
    fn now<'a, T>(
        &'a self,
        work: impl FnOnce(&mut Rows, UnixMillis) -> Result<T, StoreError> + Send + 'a,
    ) -> BoxFuture<'a, Result<T, StoreError>> {
        Box::pin(async move {
            let mut rows = self.rows();
            let now = (self.clock)();
            work(&mut rows, now)
        })
    }
}

impl Store for MemoryStore {
    fn generation(&self) -> Result<Generation, StoreError> {
        Ok(self.generation)
    }

    fn remembers_since(&self) -> UnixMillis {
        self.began_at
    }

    fn open<'a>(&'a self, session: &'a NewSession) -> BoxFuture<'a, Result<Opening, StoreError>> {
        self.now(|rows, now| rows.open(session, self.generation, now))
    }

    fn find(&self, id: SessionId) -> BoxFuture<'_, Result<Option<SessionRow>, StoreError>> {
        self.now(move |rows, now| Ok(rows.find(id, now).cloned()))
    }

    fn renew(&self, id: SessionId, renewal: Renewal) -> BoxFuture<'_, Result<(), StoreError>> {
        self.now(move |rows, now| {
            rows.renew(id, renewal, now);
            Ok(())
        })
    }

    fn close(&self, id: SessionId) -> BoxFuture<'_, Result<(), StoreError>> {
        self.now(move |rows, _| {
            rows.close(id);
            Ok(())
        })
    }

    fn sessions<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<Vec<SessionRow>, StoreError>> {
        self.now(|rows, now| Ok(rows.sessions(account, now)))
    }

    fn close_all<'a>(
        &'a self,
        account: &'a AccountId,
        recipient: Option<&'a Recipient>,
        spared: Option<SessionId>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.now(move |rows, now| {
            rows.close_all(account, recipient, spared, now);
            Ok(())
        })
    }

    fn block<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.now(|rows, now| rows.block(account, now))
    }

    fn unblock<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.now(|rows, _| {
            rows.unblock(account);
            Ok(())
        })
    }

    fn is_blocked<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.now(|rows, _| Ok(rows.is_blocked(account)))
    }

    fn recall_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        self.now(|rows, _| Ok(rows.recall_key(account, &key.handle())))
    }

    fn remember_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        self.now(|rows, _| rows.remember_key(account, key.handle()))
    }

    fn signing_keys(&self) -> BoxFuture<'_, Result<Option<SealedKeys>, StoreError>> {
        self.now(|rows, _| Ok(rows.signing_keys.clone()))
    }

    fn replace_signing_keys<'a>(
        &'a self,
        old: Option<&'a SealedKeys>,
        new: &'a SealedKeys,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.now(move |rows, _| Ok(rows.replace_signing_keys(old, new)))
    }

    fn counts(&self) -> BoxFuture<'_, Result<Counts, StoreError>> {
        self.now(|rows, now| Ok(rows.counts(now)))
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.now(Rows::check)
    }
}

impl std::fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rows = self.rows();
        write!(f, "MemoryStore({} of {} rows)", rows.len(), rows.capacity())
    }
}
