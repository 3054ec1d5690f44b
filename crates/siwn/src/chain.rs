//! The port to the chain: what NEAR says of an account and a key.

use std::error::Error as StdError;
use std::net::IpAddr;
use std::time::Duration;

use thiserror::Error;

use crate::{AccountId, BoxFuture, PublicKey, Resolution, Resolved, SessionId};

/// Says what NEAR says. Implemented by `siwn-chain` over JSON-RPC, by tests in memory.
pub trait Chain: Send + Sync {
    /// Where `question.account` stands with `question.key`, at one final block.
    ///
    /// Asked only after a signature held. Everything but an authoritative answer is an error: an outage is never a standing.
    fn standing<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Standing, ChainError>>;

    /// Drives `resolution` to its end, at one final block.
    ///
    /// A contract can be made to be slow, and nobody signed anything yet: such questions need limits and a budget of their own.
    /// Everything but authoritative answers is an error, as for [`standing`](Self::standing). A chain that does not resolve
    /// authorizations says so by an error, which is what it does without an implementation of its own.
    fn resolve<'a>(&'a self, resolution: &'a Resolution, asker: Asker) -> BoxFuture<'a, Result<Resolved, ChainError>> {
        let _ = (resolution, asker);
        Box::pin(std::future::ready(Err(ChainError::new("authorizations are not resolved here", None))))
    }
}

/// Which key of which account is asked for, and on whose behalf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question<'a> {
    /// The account.
    pub account: &'a AccountId,
    /// The key. A look-up needs the whole key, not its handle.
    pub key: &'a PublicKey,
    /// On whose behalf. It changes what a question costs, never its answer.
    pub asker: Asker,
}

impl<'a> Question<'a> {
    /// A question of the server's own.
    #[must_use]
    pub const fn new(account: &'a AccountId, key: &'a PublicKey) -> Self {
        Self { account, key, asker: Asker::server() }
    }

    /// The same on behalf of `asker`.
    #[must_use]
    pub const fn asked_by(self, asker: Asker) -> Self {
        Self { asker, ..self }
    }
}

/// On whose behalf the chain is asked, so that questions can be rationed.
///
/// An account's name is outside of the signature: one valid signature can name any number of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Asker {
    challenge: Option<SessionId>,
    client: Option<IpAddr>,
}

impl Asker {
    /// The server itself: nobody to ration.
    #[must_use]
    pub const fn server() -> Self {
        Self { challenge: None, client: None }
    }

    /// A client without a challenge of ours. `None` stands for one that is not to be rationed.
    #[must_use]
    pub const fn client_at(client: Option<IpAddr>) -> Self {
        Self { challenge: None, client }
    }

    /// A client that answers a challenge.
    #[must_use]
    pub const fn of(challenge: SessionId, client: Option<IpAddr>) -> Self {
        Self { challenge: Some(challenge), client }
    }

    /// The challenge that is answered.
    #[must_use]
    pub const fn challenge(&self) -> Option<SessionId> {
        self.challenge
    }

    /// The client's address, reduced to what one client has: of IPv6, the first 64 bits.
    #[must_use]
    pub const fn client(&self) -> Option<IpAddr> {
        self.client
    }
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

/// The chain was not asked, or did not answer. Neither a yes nor a no, and nothing is spent: 503, or 429 where a ration is used up.
#[derive(Debug, Error)]
#[error(transparent)]
pub struct ChainError(#[from] Cause);

#[derive(Debug, Error)]
enum Cause {
    #[error("the chain could not be asked")]
    Outage { source: Box<dyn StdError + Send + Sync>, retry_after: Option<Duration> },
    #[error("too many questions were asked on this client's behalf")]
    Limited { retry_after: Duration },
}

impl ChainError {
    /// For the operator, why; for the client, when to come back, where that is known.
    pub fn new(source: impl Into<Box<dyn StdError + Send + Sync>>, retry_after: Option<Duration>) -> Self {
        Self(Cause::Outage { source: source.into(), retry_after })
    }

    /// The asker's ration of questions is used up; there is more after `retry_after`.
    #[must_use]
    pub const fn limited(retry_after: Duration) -> Self {
        Self(Cause::Limited { retry_after })
    }

    /// Whether the asker's ration is used up.
    #[must_use]
    pub const fn is_limited(&self) -> bool {
        matches!(self.0, Cause::Limited { .. })
    }

    /// When to come back, where that is known.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self.0 {
            Cause::Outage { retry_after, .. } => retry_after,
            Cause::Limited { retry_after } => Some(retry_after),
        }
    }
}
