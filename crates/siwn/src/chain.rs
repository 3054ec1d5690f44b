//! The port to the chain: what NEAR says of an account and a key.

use std::error::Error as StdError;
use std::time::Duration;

use thiserror::Error;

use crate::{AccountId, BoxFuture, PublicKey};

/// Says what NEAR says. Implemented by `siwn-chain` over JSON-RPC, by tests in memory.
pub trait Chain: Send + Sync {
    /// Where `question.account` stands with `question.key`, at one final block.
    ///
    /// Asked only after a signature held. Everything but an authoritative answer is an error: an outage is never a standing.
    fn standing<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Standing, ChainError>>;
}

/// Which key of which account is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// The account.
    pub account: &'a AccountId,
    /// The key. A look-up needs the whole key, not its handle.
    pub key: &'a PublicKey,
}

/// An authoritative answer: what an account grants a key, at a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The account that was asked for.
    pub account: AccountId,
    /// The key that was asked for.
    pub key: PublicKey,
    /// What the account grants the key.
    pub access: Access,
    /// The final block at which that was so.
    pub block: Block,
}

/// What an account grants a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Access {
    /// Everything (`FullAccess`, `GasKeyFullAccess`).
    Full,
    /// Calls of some contracts only (`FunctionCall`, `GasKeyFunctionCall`, or a permission that is not known).
    FunctionCall,
    /// The account exists and does not have the key.
    NoKey,
    /// There is no such account.
    NoAccount,
}

/// A final block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Block {
    /// Its height.
    pub height: u64,
    /// Its hash.
    pub hash: [u8; 32],
}

/// The chain could not be asked. Neither a yes nor a no: the answer is 503, and nothing is spent.
#[derive(Debug, Error)]
#[error("the chain could not be asked")]
pub struct ChainError {
    source: Box<dyn StdError + Send + Sync>,
    retry_after: Option<Duration>,
}

impl ChainError {
    /// For the operator, why; for the client, when to come back, where that is known.
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>, retry_after: Option<Duration>) -> Self {
        Self { source: source.into(), retry_after }
    }

    /// When to come back, where that is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }
}
