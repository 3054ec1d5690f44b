//! Several handles on one place that look like one.

use super::{
    AccountId, Arc, AtomicU64, BoxFuture, Generation, KeyMemory, NewSession, Opening, Ordering, PublicKey, Recipient, Renewal,
    SessionId, SessionRow, Store,
};
use crate::signing_keys::SealedKeys;
use crate::store::{Counts, StoreError};

/// Each call goes to the next handle.
pub(super) struct TakingTurns {
    handles: Vec<Arc<dyn Store>>,
    turn: AtomicU64,
}

impl TakingTurns {
    pub(super) const fn new(handles: Vec<Arc<dyn Store>>) -> Self {
        Self { handles, turn: AtomicU64::new(0) }
    }

    fn next(&self) -> &dyn Store {
        let turn = usize::try_from(self.turn.fetch_add(1, Ordering::Relaxed)).unwrap_or_default();
        &*self.handles[turn % self.handles.len()]
    }
}

impl Store for TakingTurns {
    fn generation(&self) -> Result<Generation, StoreError> {
        self.next().generation()
    }

    fn open<'a>(&'a self, session: &'a NewSession) -> BoxFuture<'a, Result<Opening, StoreError>> {
        self.next().open(session)
    }

    fn find(&self, id: SessionId) -> BoxFuture<'_, Result<Option<SessionRow>, StoreError>> {
        self.next().find(id)
    }

    fn renew(&self, id: SessionId, renewal: Renewal) -> BoxFuture<'_, Result<(), StoreError>> {
        self.next().renew(id, renewal)
    }

    fn close(&self, id: SessionId) -> BoxFuture<'_, Result<(), StoreError>> {
        self.next().close(id)
    }

    fn sessions<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<Vec<SessionRow>, StoreError>> {
        self.next().sessions(account)
    }

    fn close_all<'a>(
        &'a self,
        account: &'a AccountId,
        recipient: Option<&'a Recipient>,
        spared: Option<SessionId>,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.next().close_all(account, recipient, spared)
    }

    fn block<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.next().block(account)
    }

    fn unblock<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<(), StoreError>> {
        self.next().unblock(account)
    }

    fn is_blocked<'a>(&'a self, account: &'a AccountId) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.next().is_blocked(account)
    }

    fn recall_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        self.next().recall_key(account, key)
    }

    fn remember_key<'a>(&'a self, account: &'a AccountId, key: &'a PublicKey) -> BoxFuture<'a, Result<KeyMemory, StoreError>> {
        self.next().remember_key(account, key)
    }

    fn signing_keys(&self) -> BoxFuture<'_, Result<Option<SealedKeys>, StoreError>> {
        self.next().signing_keys()
    }

    fn replace_signing_keys<'a>(
        &'a self,
        old: Option<&'a SealedKeys>,
        new: &'a SealedKeys,
    ) -> BoxFuture<'a, Result<bool, StoreError>> {
        self.next().replace_signing_keys(old, new)
    }

    fn counts(&self) -> BoxFuture<'_, Result<Counts, StoreError>> {
        self.next().counts()
    }

    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>> {
        self.next().check()
    }
}
