//! The rows, by id, by end and by account.

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

use super::account::Account;
use crate::recipient::Recipient;
use crate::row::{Generation, NewSession, Renewal, SessionId, SessionRow};
use crate::signing_keys::SealedKeys;
use crate::store::{Counts, KeyMemory, LISTED, Opening, StoreError};
use crate::{AccountId, UnixMillis};

pub(super) struct Rows {
    capacity: usize,
    by_id: HashMap<SessionId, Kept>,
    by_end: BTreeSet<(UnixMillis, SessionId)>,
    accounts: HashMap<AccountId, Account>,
    pub(super) signing_keys: Option<SealedKeys>,
}

struct Kept {
    row: SessionRow,
    is_closed: bool,
    /// The number of the last cut-off that it was opened after, or that spared it.
    opened_after: u64,
    guarded_until: UnixMillis,
    until: UnixMillis,
}

impl Rows {
    pub(super) fn new(capacity: usize) -> Self {
        Self { capacity, by_id: HashMap::new(), by_end: BTreeSet::new(), accounts: HashMap::new(), signing_keys: None }
    }

    pub(super) const fn capacity(&self) -> usize {
        self.capacity
    }

    pub(super) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(super) fn open(&mut self, new: &NewSession, own: Generation, now: UnixMillis) -> Result<Opening, StoreError> {
        self.prune(now);
        if let Some(kept) = self.by_id.get(&new.row.id) {
            let is_same = self.is_open(kept) && kept.row.secret_hash == new.row.secret_hash;
            return Ok(if is_same { Opening::Opened } else { Opening::AlreadySpent });
        }
        if new.generation != own {
            return Ok(Opening::OtherGeneration);
        }
        if now >= new.challenge_expires_at {
            return Ok(Opening::ChallengeExpired);
        }
        if self.is_blocked(&new.row.account) {
            return Ok(Opening::Blocked);
        }
        if self.by_id.len() >= self.capacity {
            return Err(StoreError::Full);
        }
        let account = self.account(&new.row.account)?;
        account.sessions.insert(new.row.id);
        let kept = Kept {
            row: new.row.clone(),
            is_closed: false,
            opened_after: account.cut_off_at(&new.row.recipient),
            guarded_until: new.guarded_until(),
            until: new.kept_until(),
        };
        self.by_end.insert((kept.until, kept.row.id));
        self.by_id.insert(kept.row.id, kept);
        Ok(Opening::Opened)
    }

    pub(super) fn find(&self, id: SessionId, now: UnixMillis) -> Option<&SessionRow> {
        self.by_id.get(&id).filter(|kept| self.is_alive(kept, now)).map(|kept| &kept.row)
    }

    pub(super) fn renew(&mut self, id: SessionId, renewal: Renewal, now: UnixMillis) {
        if self.find(id, now).is_none() {
            return;
        }
        if let Some(Kept { row, .. }) = self.by_id.get_mut(&id) {
            // None is less than any time.
            row.seen_at = Some(row.seen_at).max(renewal.seen_at).unwrap_or(row.seen_at);
            row.checked_at = Some(row.checked_at).max(renewal.checked_at).unwrap_or(row.checked_at);
        }
    }

    pub(super) fn close(&mut self, id: SessionId) {
        if let Some(kept) = self.by_id.get_mut(&id) {
            self.by_end.remove(&(kept.until, id));
            kept.is_closed = true;
            kept.until = kept.guarded_until;
            self.by_end.insert((kept.until, id));
        }
    }

    pub(super) fn sessions(&self, account: &AccountId, now: UnixMillis) -> Vec<SessionRow> {
        let ids = self.accounts.get(account).map(|account| &account.sessions);
        let mut rows: Vec<_> = ids.into_iter().flatten().filter_map(|id| self.find(*id, now)).cloned().collect();
        rows.sort_by_key(|row| Reverse((row.created_at, row.id)));
        rows.truncate(LISTED);
        rows
    }

    pub(super) fn close_all(
        &mut self,
        account: &AccountId,
        recipient: Option<&Recipient>,
        spared: Option<SessionId>,
        now: UnixMillis,
    ) {
        let spared = spared.and_then(|id| self.find(id, now)).filter(|row| row.account == *account).map(|row| row.id);
        // Where nothing is known of an account, there is nothing to cut off.
        let Some(known) = self.accounts.get_mut(account) else { return };
        let number = known.cut_off(recipient);
        if let Some(kept) = spared.and_then(|id| self.by_id.get_mut(&id)) {
            kept.opened_after = number;
        }
    }

    pub(super) fn block(&mut self, account: &AccountId, now: UnixMillis) -> Result<(), StoreError> {
        self.account(account)?.is_blocked = true;
        self.close_all(account, None, None, now);
        Ok(())
    }

    pub(super) fn unblock(&mut self, account: &AccountId) {
        if let Some(known) = self.accounts.get_mut(account) {
            known.is_blocked = false;
        }
        self.forget(account);
    }

    pub(super) fn is_blocked(&self, account: &AccountId) -> bool {
        self.accounts.get(account).is_some_and(|account| account.is_blocked)
    }

    pub(super) fn recall_key(&self, account: &AccountId, handle: &str) -> KeyMemory {
        self.accounts.get(account).map_or(KeyMemory::FirstOfAccount, |account| account.recall_key(handle))
    }

    pub(super) fn remember_key(&mut self, account: &AccountId, handle: String) -> Result<KeyMemory, StoreError> {
        Ok(self.account(account)?.remember_key(handle))
    }

    pub(super) fn replace_signing_keys(&mut self, old: Option<&SealedKeys>, new: &SealedKeys) -> bool {
        if self.signing_keys.as_ref() == old {
            self.signing_keys = Some(new.clone());
        }
        self.signing_keys.as_ref() == Some(new)
    }

    pub(super) fn counts(&self, now: UnixMillis) -> Counts {
        let alive = || self.by_id.values().filter(|kept| self.is_alive(kept, now));
        let accounts: BTreeSet<_> = alive().map(|kept| kept.row.account.as_str()).collect();
        Counts { sessions: alive().count() as u64, accounts: accounts.len() as u64 }
    }

    pub(super) fn check(&mut self, now: UnixMillis) -> Result<(), StoreError> {
        self.prune(now);
        let has_room = self.by_id.len() < self.capacity && self.accounts.len() < self.capacity;
        if has_room { Ok(()) } else { Err(StoreError::Full) }
    }

    fn is_alive(&self, kept: &Kept, now: UnixMillis) -> bool {
        self.is_open(kept) && now < kept.row.ends_at()
    }

    /// Whether nobody ended it.
    fn is_open(&self, kept: &Kept) -> bool {
        let cut_off = self.accounts.get(&kept.row.account).map_or(0, |account| account.cut_off_at(&kept.row.recipient));
        !kept.is_closed && kept.opened_after >= cut_off
    }

    /// What is known of an account, from now on.
    fn account(&mut self, account: &AccountId) -> Result<&mut Account, StoreError> {
        if !self.accounts.contains_key(account) && self.accounts.len() >= self.capacity {
            return Err(StoreError::Full);
        }
        Ok(self.accounts.entry(account.clone()).or_default())
    }

    fn forget(&mut self, account: &AccountId) {
        if self.accounts.get(account).is_some_and(Account::is_forgettable) {
            self.accounts.remove(account);
        }
    }

    fn prune(&mut self, now: UnixMillis) {
        while let Some((end, id)) = self.by_end.first().copied()
            && end <= now
        {
            self.by_end.pop_first();
            let Some(kept) = self.by_id.remove(&id) else { continue };
            if let Some(account) = self.accounts.get_mut(&kept.row.account) {
                account.sessions.remove(&id);
            }
            self.forget(&kept.row.account);
        }
    }
}
