//! Blocks and the state as of each of them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use siwn::{AccountId, PublicKey, UnixMillis};
use thiserror::Error;

use crate::key::KeyHandle;
use crate::{BlockHash, Contract, Permission};

/// How many blocks back the state is kept. Older blocks answer `GARBAGE_COLLECTED_BLOCK`.
pub const KEPT_BLOCKS: u64 = 1000;

/// How many collected blocks are still known by their hash.
const KEPT_HASHES: u64 = 100_000;

/// Height of the first block. Not 0, where heights below it could not be asked for.
pub(crate) const GENESIS_HEIGHT: u64 = 100;

/// How far a final block is behind the head.
pub(crate) const FINALITY: u64 = 2;

const NANOS_PER_MILLI: u64 = 1_000_000;

/// A new key's nonce counts up from the block's height times this (nearcore, `ACCESS_KEY_NONCE_RANGE_MULTIPLIER`).
const NONCES_PER_BLOCK: u64 = 1_000_000;

/// A block of the devnet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its height.
    pub height: u64,
    /// Its hash: the same on every devnet of the same network.
    pub hash: BlockHash,
    /// The hash of the block before it.
    pub prev_hash: BlockHash,
    /// When it was made, in nanoseconds since the Unix epoch. Always later than the block before it.
    pub timestamp_nanos: u64,
}

/// Why accounts or keys were not changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LedgerError {
    /// There is such an account already.
    #[error("the account exists already")]
    AccountExists,
    /// There is no such account.
    #[error("there is no such account")]
    NoAccount,
    /// The account has this key already.
    #[error("the account has this key already")]
    KeyExists,
    /// The account does not have this key.
    #[error("the account does not have this key")]
    NoKey,
}

/// An account at some block.
#[derive(Clone)]
pub(crate) struct Account {
    pub(crate) keys: BTreeMap<KeyHandle, AccessKey>,
    pub(crate) code: Code,
    pub(crate) contract: Option<Arc<Contract>>,
    /// Of an account that exists and was not set up yet.
    pub(crate) bootstrap_nonce: Option<u64>,
}

/// Where an account's contract is from, as `view_account` shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Code {
    /// There is none.
    #[default]
    None,
    /// The account's own, by its hash.
    Own(BlockHash),
    /// A global contract, by its hash.
    GlobalByHash(BlockHash),
    /// A global contract, by the account that publishes it.
    GlobalByAccount(AccountId),
}

/// An account without keys, contract and anything else.
pub(crate) static EMPTY: Account = Account { keys: BTreeMap::new(), code: Code::None, contract: None, bootstrap_nonce: None };

#[derive(Clone)]
pub(crate) struct AccessKey {
    pub(crate) nonce: u64,
    pub(crate) permission: Permission,
}

/// All blocks, and every version of every account since the oldest block whose state is kept.
pub(crate) struct Ledger {
    genesis: BlockHash,
    blocks: VecDeque<Block>,
    heights: HashMap<BlockHash, u64>,
    accounts: BTreeMap<AccountId, Vec<Version>>,
}

/// The height from which it holds, and the account; `None` where it is gone. An account's versions ascend. Pending changes are
/// where the next block will be: no query reaches them before it is made.
type Version = (u64, Option<Arc<Account>>);

impl Ledger {
    /// A chain of as many blocks as it needs for the first of them to be final; the newest one is made `now`.
    pub(crate) fn new(genesis: BlockHash, now: UnixMillis, interval: Duration) -> Self {
        let empty = Self { genesis, blocks: VecDeque::new(), heights: HashMap::new(), accounts: BTreeMap::new() };
        let back = |blocks: u32| {
            let age = u64::try_from((interval * blocks).as_millis()).unwrap_or(u64::MAX);
            UnixMillis::new(now.get().saturating_sub(age))
        };
        [2, 1, 0].into_iter().fold(empty, |mut ledger, blocks| {
            ledger.make_block(back(blocks));
            ledger
        })
    }

    /// Makes the next block, with all that was changed since the one before.
    pub(crate) fn make_block(&mut self, now: UnixMillis) -> Block {
        let at_clock = now.get().saturating_mul(NANOS_PER_MILLI);
        let block = match self.blocks.back() {
            None => Block { height: GENESIS_HEIGHT, hash: self.genesis, prev_hash: BlockHash::ZERO, timestamp_nanos: at_clock },
            Some(prev) => {
                let height = prev.height + 1;
                let parts: [&[u8]; 3] = [self.genesis.as_bytes(), &height.to_be_bytes(), prev.hash.as_bytes()];
                let hash = BlockHash::of("siwn-devnet block", &parts);
                // A clock that stands still or goes back does not stop the chain: a block is later than the one before.
                let timestamp_nanos = at_clock.max(prev.timestamp_nanos.saturating_add(1));
                Block { height, hash, prev_hash: prev.hash, timestamp_nanos }
            }
        };
        self.heights.insert(block.hash, block.height);
        self.blocks.push_back(block);
        self.forget_old();
        block
    }

    pub(crate) fn head(&self) -> Block {
        *self.blocks.back().expect("a ledger begins with its genesis block")
    }

    pub(crate) fn final_block(&self) -> Block {
        self.at_height(self.head().height - FINALITY).expect("a ledger begins with as many blocks as finality needs")
    }

    /// The oldest block whose state is kept.
    pub(crate) fn tail(&self) -> Block {
        let height = (self.head().height + 1).saturating_sub(KEPT_BLOCKS).max(GENESIS_HEIGHT);
        self.at_height(height).expect("blocks are kept longer than their state")
    }

    pub(crate) fn at_height(&self, height: u64) -> Option<Block> {
        let first = self.blocks.front()?.height;
        let index = usize::try_from(height.checked_sub(first)?).ok()?;
        self.blocks.get(index).copied()
    }

    pub(crate) fn at_hash(&self, hash: BlockHash) -> Option<Block> {
        self.at_height(*self.heights.get(&hash)?)
    }

    /// The account as of the block at `height`, whose state is kept.
    pub(crate) fn account(&self, id: &AccountId, height: u64) -> Option<&Account> {
        version_at(self.accounts.get(id)?, height)
    }

    /// All accounts as of the block at `height`, whose state is kept.
    pub(crate) fn accounts(&self, height: u64) -> impl Iterator<Item = (&AccountId, &Account)> {
        self.accounts.iter().filter_map(move |(id, versions)| Some((id, version_at(versions, height)?)))
    }

    pub(crate) fn add_account(&mut self, id: &AccountId) -> Result<u64, LedgerError> {
        self.change(id, |account| match account {
            Some(_) => Err(LedgerError::AccountExists),
            None => Ok(Some(EMPTY.clone())),
        })
    }

    pub(crate) fn remove_account(&mut self, id: &AccountId) -> Result<u64, LedgerError> {
        self.change(id, |account| account.map(|_| None).ok_or(LedgerError::NoAccount))
    }

    pub(crate) fn add_key(&mut self, id: &AccountId, key: &PublicKey, permission: Permission) -> Result<u64, LedgerError> {
        let nonce = if permission.is_gas_key() { 0 } else { self.head().height * NONCES_PER_BLOCK };
        self.change(id, |account| {
            let mut account = account.ok_or(LedgerError::NoAccount)?.clone();
            let handle = KeyHandle::from(key);
            if account.keys.contains_key(&handle) {
                return Err(LedgerError::KeyExists);
            }
            account.keys.insert(handle, AccessKey { nonce, permission });
            Ok(Some(account))
        })
    }

    pub(crate) fn remove_key(&mut self, id: &AccountId, key: &PublicKey) -> Result<u64, LedgerError> {
        self.change(id, |account| {
            let mut account = account.ok_or(LedgerError::NoAccount)?.clone();
            account.keys.remove(&KeyHandle::from(key)).ok_or(LedgerError::NoKey)?;
            Ok(Some(account))
        })
    }

    /// Adds an account that exists but was not set up, as a `0u` account is that somebody sent money to.
    pub(crate) fn add_uninitialized_account(&mut self, id: &AccountId) -> Result<u64, LedgerError> {
        let bootstrap_nonce = Some(self.head().height * NONCES_PER_BLOCK);
        self.change(id, |account| match account {
            Some(_) => Err(LedgerError::AccountExists),
            None => Ok(Some(Account { bootstrap_nonce, ..EMPTY.clone() })),
        })
    }

    /// Puts a contract in the place of the account's present one.
    pub(crate) fn deploy(&mut self, id: &AccountId, contract: Arc<Contract>, code: Code) -> Result<u64, LedgerError> {
        self.change(id, |account| {
            let account = account.ok_or(LedgerError::NoAccount)?.clone();
            Ok(Some(Account { contract: Some(contract), code, bootstrap_nonce: None, ..account }))
        })
    }

    /// Replaces the account's newest version in the next block, whose height is answered.
    fn change(
        &mut self,
        id: &AccountId,
        to: impl FnOnce(Option<&Account>) -> Result<Option<Account>, LedgerError>,
    ) -> Result<u64, LedgerError> {
        let next = self.head().height + 1;
        let newest = self.accounts.get(id).and_then(|versions| version_at(versions, next));
        let changed = to(newest)?.map(Arc::new);
        let versions = self.accounts.entry(id.clone()).or_default();
        versions.pop_if(|(height, _)| *height == next);
        versions.push((next, changed));
        Ok(next)
    }

    fn forget_old(&mut self) {
        let kept = usize::try_from(KEPT_BLOCKS + KEPT_HASHES).unwrap_or(usize::MAX);
        while self.blocks.len() > kept
            && let Some(block) = self.blocks.pop_front()
        {
            self.heights.remove(&block.hash);
        }
        // Old versions do no harm but cost memory: it is enough to look once in a while.
        if self.head().height.is_multiple_of(KEPT_BLOCKS) {
            let tail = self.tail().height;
            self.accounts.retain(|_, versions| {
                let at_tail = versions.iter().rposition(|(height, _)| *height <= tail).unwrap_or(0);
                versions.drain(..at_tail);
                !matches!(versions.as_slice(), [(height, None)] if *height <= tail)
            });
        }
    }
}

fn version_at(versions: &[Version], height: u64) -> Option<&Account> {
    versions.iter().rfind(|(since, _)| *since <= height)?.1.as_deref()
}
