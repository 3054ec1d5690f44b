//! Which keys signed in before: the store's memory, and in front of it what this process has seen.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sha2::{Digest as _, Sha256};
use siwn::{AccountId, KeyMemory, PublicKey, Session, Store, StoreError};

/// Pairs that this process remembers: about 2 MiB.
const SEEN: usize = 65_536;

/// Remembers the keys of accounts. Nothing is forgotten that would turn a known key into a new one.
pub(crate) struct KnownKeys {
    store: Arc<dyn Store>,
    seen: Mutex<HashSet<[u8; 16]>>,
}

impl KnownKeys {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self { store, seen: Mutex::default() }
    }

    /// What is remembered of a key. Writes nothing.
    pub(crate) async fn recall(&self, account: &AccountId, key: &PublicKey) -> Result<KeyMemory, StoreError> {
        let pair = pair(account, key);
        if self.seen().contains(&pair) {
            return Ok(KeyMemory::Known);
        }
        let memory = self.store.recall_key(account, key).await?;
        if memory == KeyMemory::Known {
            self.see(pair);
        }
        Ok(memory)
    }

    /// Whether any key of an account is remembered.
    pub(crate) async fn knows(&self, account: &AccountId) -> Result<bool, StoreError> {
        // Nobody signs with the key of all zeros, so that it is new wherever any other is known.
        let nobodys = PublicKey::from_ed25519([0; 32]);
        Ok(self.store.recall_key(account, &nobodys).await? != KeyMemory::FirstOfAccount)
    }

    /// Remembers the key of a session that was opened, and says what was remembered of it before. None where there is no key, or where
    /// the store does not say.
    pub(crate) async fn remember(&self, session: &Session) -> Option<KeyMemory> {
        let key = session.key.as_ref()?;
        let pair = pair(&session.account, key);
        if self.seen().contains(&pair) {
            return Some(KeyMemory::Known);
        }
        match self.store.remember_key(&session.account, key).await {
            Ok(before) => {
                self.see(pair);
                Some(before)
            }
            Err(error) => {
                // The session is open; the key is new once more at its next login.
                let cause = crate::problem::Problem::from(error).cause;
                tracing::warn!(cause, "the key of a login could not be remembered");
                None
            }
        }
    }

    fn see(&self, pair: [u8; 16]) {
        let mut seen = self.seen();
        if seen.len() >= SEEN {
            // The store knows them all.
            seen.clear();
        }
        seen.insert(pair);
    }

    fn seen(&self) -> MutexGuard<'_, HashSet<[u8; 16]>> {
        // Every change is complete before anything could panic.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn pair(account: &AccountId, key: &PublicKey) -> [u8; 16] {
    // An account has no spaces.
    let hash: [u8; 32] = Sha256::digest(format!("{account} {}", key.handle())).into();
    let (head, _) = hash.split_first_chunk().expect("32 bytes");
    *head
}
