//! What a resolution asks of the chain, and what it is answered.

use std::fmt;

use crate::chain::Access;
use crate::quoted::Quoted;
use crate::{AccountId, PublicKey};

/// What to do next.
#[derive(Debug)]
pub enum Step {
    /// Ask these, all at the pinned block, and give the answers. None: wait for those that are under way.
    Ask(Vec<(AskId, ChainAsk)>),
    /// Nothing: [`Walk::finish`](super::Walk::finish).
    Done,
}

/// Which question an answer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AskId {
    pub(super) node: usize,
    pub(super) of: Branch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Branch {
    Key,
    Contract,
}

/// A question to the chain.
#[derive(Clone, PartialEq, Eq)]
pub enum ChainAsk {
    /// What the account grants the key.
    Key {
        /// The account.
        account: AccountId,
        /// The key.
        key: PublicKey,
    },
    /// What a view function of the account's contract returns.
    Contract {
        /// The account.
        account: AccountId,
        /// The function.
        method: &'static str,
        /// Its arguments, as JSON.
        args: Vec<u8>,
    },
}

/// An authoritative answer at the pinned block. An outage is none: it ends the walk from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainAnswer {
    /// What the account grants the key.
    Access(Access),
    /// What the contract returned.
    Returned(Vec<u8>),
    /// There is no such account.
    NoAccount,
    /// The account has no contract.
    NoContract,
    /// The contract failed: it panicked, has no such function, took too long.
    Failed(Quoted),
}

impl fmt::Debug for ChainAsk {
    /// Without what would let its reader in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key { account, key } => f.debug_struct("Key").field("account", account).field("key", key).finish(),
            Self::Contract { account, method, args: _ } => {
                f.debug_struct("Contract").field("account", account).field("method", method).finish_non_exhaustive()
            }
        }
    }
}
