//! Each near-sign-verify token once: a token is spent by the insert that spends a challenge.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use thiserror::Error;

use crate::recipient::Recipient;
use crate::row::{Generation, NewSession, SessionRow};
use crate::session::SessionSecret;
use crate::store::{Opening, Store, StoreError};
use crate::token_mark::TokenMark;
use crate::{AccountId, ClientLabel, UnixMillis, VerifiedToken};

/// Lets each token in once: of any number of copies, at any number of processes that share the store, one.
///
/// A token that is spent leaves a row in the store, as a login does, but of a session that was never alive. Where the store may have
/// forgotten what was spent, tokens from before that are refused.
///
/// ```
/// # use std::sync::Arc;
/// # use siwn::*;
/// # async fn example(token: AuthToken, chain: &dyn Chain, store: Arc<dyn Store>, now: UnixMillis, random: [u8; 32])
/// #     -> Result<VerifiedToken, Box<dyn std::error::Error>> {
/// let guard = ReplayGuard::new(store, "app.example".parse()?);
/// let policy = Policy::new("app.example", NonceRule::timestamp(std::time::Duration::from_mins(5)));
/// let token = policy.check(token, now)?.confirm(chain, AccessPolicy::default()).await?;
/// guard.spend(&token, SessionSecret::from_bytes(random), now).await?;
/// # Ok(token)
/// # }
/// ```
pub struct ReplayGuard {
    store: Arc<dyn Store>,
    recipient: Recipient,
    /// None until the store says which one it is.
    memory: Mutex<Option<Memory>>,
}

/// Why a token is not spent.
#[derive(Debug, Error)]
pub enum SpendError {
    /// No.
    #[error(transparent)]
    Refused(#[from] SpendRefusal),
    /// Could not ask. Whether the token is spent is known only where the error says so.
    #[error(transparent)]
    Unavailable(#[from] StoreError),
}

/// Why a token is refused that was good.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SpendRefusal {
    /// It was used before.
    #[error("the token was used before")]
    Spent,
    /// It was used before, or nobody knows: it is older than what the store remembers.
    #[error("the token is older than what the store remembers")]
    Forgotten,
    /// It is past its end, by the store's clock.
    #[error("the token expired")]
    Expired,
    /// The nonce has no time, by the policy's rule: how long it would have to be remembered is not known.
    #[error("the policy's nonces have no time, so that they cannot be spent")]
    NoTime,
    /// The account is blocked.
    #[error("{0} is blocked")]
    Blocked(AccountId),
}

/// How far back a store remembers.
#[derive(Clone, Copy)]
struct Memory {
    generation: Generation,
    since: UnixMillis,
}

impl ReplayGuard {
    /// For tokens for `recipient`, spent in `store`. The store may be that of the sessions.
    ///
    /// From now on it is noticed if the store begins anew: make guards at the start, and not for each token.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, recipient: Recipient) -> Self {
        let memory = store.generation().ok().map(|generation| Memory { generation, since: store.remembers_since() });
        Self { store, recipient, memory: Mutex::new(memory) }
    }

    /// Spends a token: one atomic insert. `secret` is random and new each time.
    ///
    /// # Errors
    ///
    /// [`SpendError::Refused`] where it was used before, and where that cannot be ruled out.
    pub async fn spend(&self, token: &VerifiedToken, secret: SessionSecret, now: UnixMillis) -> Result<(), SpendError> {
        let mark = token.mark().ok_or(SpendRefusal::NoTime)?;
        let memory = self.memory(now)?;
        if mark.made_at < memory.since {
            return Err(SpendRefusal::Forgotten.into());
        }
        let account = token.account.account();
        let row =
            NewSession { row: self.row(mark, account, &secret), challenge_expires_at: mark.ends_at, generation: memory.generation };
        match self.store.open(&row).await? {
            Opening::Opened => Ok(()),
            Opening::AlreadySpent => Err(SpendRefusal::Spent.into()),
            Opening::ChallengeExpired => Err(SpendRefusal::Expired.into()),
            Opening::OtherGeneration => Err(SpendRefusal::Forgotten.into()),
            Opening::Blocked => Err(SpendRefusal::Blocked(account.clone()).into()),
        }
    }

    /// Of a session that ended when time began: never alive by any clock, and behind all others in every list.
    fn row(&self, mark: TokenMark, account: &AccountId, secret: &SessionSecret) -> SessionRow {
        let never = UnixMillis::new(0);
        SessionRow {
            id: mark.id,
            secret_hash: secret.hash(),
            recipient: self.recipient.clone(),
            account: account.clone(),
            key: None,
            client: ClientLabel::default(),
            created_at: never,
            expires_at: never,
            idle_lifetime: None,
            seen_at: never,
            checked_at: never,
        }
    }

    /// What the store remembers now. Where it has begun anew, all that is older than this moment may be forgotten.
    fn memory(&self, now: UnixMillis) -> Result<Memory, StoreError> {
        let generation = self.store.generation()?;
        // Every change is complete before anything could panic.
        let mut memory = self.memory.lock().unwrap_or_else(PoisonError::into_inner);
        let since = match *memory {
            Some(known) if known.generation == generation => known.since,
            _ => now,
        };
        Ok(*memory.insert(Memory { generation, since }))
    }
}

impl fmt::Debug for ReplayGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplayGuard({:?})", self.recipient.as_str())
    }
}
