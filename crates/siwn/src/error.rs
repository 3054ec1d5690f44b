//! Why a login does not succeed: a no, or nobody to ask.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::challenge::ChallengeError;
use crate::proof::ProofError;
use crate::verified::AccountRefusal;
use crate::{ChainError, StoreError};

/// Why a login did not succeed.
#[derive(Debug, Error)]
pub enum LoginError {
    /// No. The same proof will never succeed, or not before something else changes.
    #[error(transparent)]
    Refused(Refusal),
    /// Could not ask, or may not for now. Nothing is spent; the same proof may succeed later.
    #[error(transparent)]
    Unavailable(Unavailable),
}

/// A no, and the step that said it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Step 1: the challenge.
    #[error(transparent)]
    Challenge(#[from] ChallengeError),
    /// Step 2: what was signed, and the signature.
    #[error(transparent)]
    Proof(#[from] ProofError),
    /// Step 4: the account.
    #[error(transparent)]
    Account(#[from] AccountRefusal),
    /// Step 5: somebody used the challenge before.
    #[error("the challenge was used before")]
    Spent,
    /// Step 5: the challenge expired while the chain was asked.
    #[error("the challenge expired before the session could be opened")]
    ExpiredMeanwhile,
    /// Step 5: the account is blocked here.
    #[error("the account is blocked")]
    Blocked,
    /// Step 5: the store lost its memory while the chain was asked.
    #[error("the store no longer knows which challenges were used")]
    Forgotten,
}

/// Nobody could be asked, or too much was asked already.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Unavailable {
    /// Step 3: the chain could not be asked.
    #[error(transparent)]
    Chain(ChainError),
    /// Step 3: the chain was not asked, because too much was asked on this client's behalf.
    #[error("too many questions were asked on this client's behalf")]
    Limited {
        /// When there is more.
        retry_after: Duration,
    },
    /// Step 4: the account signed in too often.
    #[error("the account signed in too often")]
    TooOften {
        /// When it may again.
        retry_after: Duration,
    },
    /// Step 4: whoever has the last word could not be asked.
    #[error("whether the account is let in could not be asked")]
    Admission(#[source] Arc<dyn StdError + Send + Sync>),
    /// Step 5.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Step 5: the challenge may be spent, and whether the session is open is not known. The client starts over.
    #[error("whether the session was opened is not known")]
    StartOver(#[source] Box<dyn StdError + Send + Sync>),
}

impl LoginError {
    /// A stable name for clients and logs. The list is closed.
    ///
    /// | Code | When |
    /// |---|---|
    /// | `challenge_unknown` | not issued here, or not to this client |
    /// | `challenge_expired` | its time is over |
    /// | `challenge_used` | used before |
    /// | `state_mismatch` | the state is another challenge's |
    /// | `recipient_mismatch`, `message_mismatch` | something else was signed |
    /// | `callback_url_not_allowed` | a callback URL that is not configured was signed |
    /// | `signature_invalid` | the signature does not hold |
    /// | `authorization_invalid` | the authorization is for something or somebody else, or cannot be read |
    /// | `contract_refused` | the account's contract says no, or nothing that can be followed |
    /// | `proof_unsupported` | a kind of proof that this site does not take |
    /// | `key_not_full_access` | the key may only call contracts |
    /// | `key_not_found` | the account does not have the key |
    /// | `account_not_found` | there is no such account |
    /// | `account_not_allowed` | the account is not one of those that are let in |
    /// | `key_new` | the account signed in before, and never with this key |
    /// | `login_refused` | the application does not let the account in |
    /// | `admission_unavailable` | whoever has the last word on an account could not be asked |
    /// | `rate_limited` | the account signed in too often |
    /// | `account_blocked` | the account may not sign in here |
    /// | `chain_unavailable` | the chain could not be asked |
    /// | `too_many_questions` | too much was asked on this client's behalf |
    /// | `store_unavailable` | the store could not be asked, or is full |
    /// | `start_over` | whether the session was opened is not known |
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.code(),
            Self::Unavailable(Unavailable::Chain(_)) => "chain_unavailable",
            Self::Unavailable(Unavailable::Limited { .. }) => "too_many_questions",
            Self::Unavailable(Unavailable::TooOften { .. }) => "rate_limited",
            Self::Unavailable(Unavailable::Admission(_)) => "admission_unavailable",
            Self::Unavailable(Unavailable::Store(_)) => "store_unavailable",
            Self::Unavailable(Unavailable::StartOver(_)) => "start_over",
        }
    }
}

impl Refusal {
    fn code(&self) -> &'static str {
        match self {
            Self::Challenge(ChallengeError::NotOurs | ChallengeError::Ahead { .. }) | Self::Forgotten => "challenge_unknown",
            Self::Challenge(ChallengeError::Expired { .. }) | Self::ExpiredMeanwhile => "challenge_expired",
            Self::Challenge(ChallengeError::State) => "state_mismatch",
            Self::Proof(ProofError::Recipient { .. }) => "recipient_mismatch",
            Self::Proof(ProofError::Message { .. }) => "message_mismatch",
            Self::Proof(ProofError::CallbackUrl { .. }) => "callback_url_not_allowed",
            Self::Proof(ProofError::Signature(_)) => "signature_invalid",
            Self::Proof(ProofError::AuthorizationNotTaken) => "proof_unsupported",
            Self::Proof(ProofError::Authorization(refusal)) | Self::Account(AccountRefusal::Authorization(refusal)) => {
                refusal.code()
            }
            Self::Account(AccountRefusal::FunctionCallKey(_)) => "key_not_full_access",
            Self::Account(AccountRefusal::NoKey(_)) => "key_not_found",
            Self::Account(AccountRefusal::NoAccount(_)) => "account_not_found",
            Self::Account(AccountRefusal::NotAllowed(_)) => "account_not_allowed",
            Self::Account(AccountRefusal::NewKey(_)) => "key_new",
            Self::Account(AccountRefusal::ByApplication { .. }) => "login_refused",
            Self::Spent => "challenge_used",
            Self::Blocked => "account_blocked",
        }
    }
}

impl<E: Into<Refusal>> From<E> for LoginError {
    fn from(refusal: E) -> Self {
        Self::Refused(refusal.into())
    }
}

impl From<Unavailable> for LoginError {
    fn from(unavailable: Unavailable) -> Self {
        Self::Unavailable(unavailable)
    }
}

impl From<ChainError> for Unavailable {
    fn from(error: ChainError) -> Self {
        match error.retry_after() {
            Some(retry_after) if error.is_limited() => Self::Limited { retry_after },
            _ => Self::Chain(error),
        }
    }
}

impl From<ChainError> for LoginError {
    fn from(error: ChainError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<StoreError> for LoginError {
    fn from(error: StoreError) -> Self {
        Self::Unavailable(error.into())
    }
}
