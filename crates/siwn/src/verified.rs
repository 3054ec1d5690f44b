//! Three proofs, as types: a signature that holds, an answer of the chain about just that key, an account that is confirmed. Each is
//! made only by the step that it stands for, from the one before.

use thiserror::Error;

use crate::chain::{Access, Asker, Block, Chain, ChainError, Question, Standing};
use crate::{AccountId, Payload, PublicKey, Signature, SignatureError};

/// A key signed a payload that we built. Whether it is the account's key is still open.
#[derive(Clone, Debug)]
pub struct Signed {
    account: AccountId,
    key: PublicKey,
}

/// The chain answered about just this account and key. What the answer is worth is still open.
#[derive(Debug)]
pub struct Asked {
    signed: Signed,
    standing: Standing,
}

/// The account's owner signed: the signature holds, and the key stood with full access at a final block.
///
/// Nobody else can make one:
///
/// ```compile_fail,E0451
/// # use siwn::*;
/// # fn forge(account: AccountId, key: PublicKey, standing: Standing) -> VerifiedAccount {
/// VerifiedAccount { account, key, funding: Funding::Exists, block: standing.block }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedAccount {
    account: AccountId,
    key: PublicKey,
    funding: Funding,
    block: Block,
}

/// Whether an account exists on chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Funding {
    /// It exists.
    Exists,
    /// It does not exist yet: the implicit account of the key that signed.
    Unfunded,
}

/// Which standings open the door. The default is full-access keys of existing accounts, and nothing else.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AccessPolicy {
    /// Implicit accounts that do not exist yet.
    pub unfunded_accounts: UnfundedAccounts,
    /// Keys that may only call contracts: what a web page keeps in its storage for an app.
    pub function_call_keys: FunctionCallKeys,
}

/// What to do with an implicit account that does not exist yet. Making one costs nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnfundedAccounts {
    /// Refuse it.
    #[default]
    Refuse,
    /// Let it in, when its name is that of the very key that signed.
    Accept,
}

/// What to do with a key that may only call contracts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FunctionCallKeys {
    /// Refuse it.
    #[default]
    Refuse,
    /// Let it in. Any app that the owner ever gave such a key can then sign in as the owner.
    DangerouslyAccept,
}

/// Why an account is not let in, although the signature holds.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AccountRefusal {
    /// The key may only call contracts.
    #[error("the key of {0} may only call contracts")]
    FunctionCallKey(AccountId),
    /// The account does not have the key.
    #[error("{0} does not have the key")]
    NoKey(AccountId),
    /// There is no such account.
    #[error("{0} does not exist")]
    NoAccount(AccountId),
    /// The account is confirmed, and not one of those that are let in.
    #[error("{0} is not let in")]
    NotAllowed(AccountId),
    /// The account signed in here before, and never with this key.
    #[error("{0} has other keys that are known here, and this one is new")]
    NewKey(AccountId),
    /// The application does not let the account in.
    #[error("the application does not let {account} in: {reason}")]
    ByApplication {
        /// The account.
        account: AccountId,
        /// Why, in words of the application's own that the client may see.
        reason: Box<str>,
    },
}

impl Signed {
    /// Checks that `signature` is `key`'s over one of `payloads`. No I/O.
    pub(crate) fn check<'a>(
        account: AccountId,
        key: PublicKey,
        signature: &Signature,
        payloads: impl IntoIterator<Item = Payload<'a>>,
    ) -> Result<Self, SignatureError> {
        let mut verdict = Err(SignatureError::DoesNotHold);
        for payload in payloads {
            verdict = verdict.or_else(|_| key.verify(&payload.hash(), signature));
        }
        verdict.map(|()| Self { account, key })
    }

    /// Asks the chain on behalf of `asker`. An answer about another account or key is none.
    pub async fn ask(self, chain: &dyn Chain, asker: Asker) -> Result<Asked, ChainError> {
        let question = Question::new(&self.account, &self.key).asked_by(asker);
        let standing = chain.standing(question).await?;
        if standing.account != self.account || standing.key != self.key {
            return Err(ChainError::new("the answer is about another account or key", None));
        }
        Ok(Asked { signed: self, standing })
    }
}

impl Asked {
    /// Holds the chain's answer against the policy.
    ///
    /// An account that does not exist has no keys; until it is created it is its implicit key's (NEP-641, step 6).
    pub fn confirm(self, policy: AccessPolicy) -> Result<VerifiedAccount, AccountRefusal> {
        let Self { signed: Signed { account, key }, standing } = self;
        let funding = policy.judge(&standing)?;
        Ok(VerifiedAccount { account, key, funding, block: standing.block })
    }
}

impl AccessPolicy {
    /// Whether a standing opens the door.
    pub(crate) fn judge(self, standing: &Standing) -> Result<Funding, AccountRefusal> {
        let Standing { account, key, access, .. } = standing;
        let is_own_implicit = || key.implicit_account().as_ref() == Some(account);
        match access {
            Access::Full => Ok(Funding::Exists),
            Access::FunctionCall if self.function_call_keys == FunctionCallKeys::DangerouslyAccept => Ok(Funding::Exists),
            Access::FunctionCall => Err(AccountRefusal::FunctionCallKey(account.clone())),
            Access::NoKey => Err(AccountRefusal::NoKey(account.clone())),
            Access::NoAccount if self.unfunded_accounts == UnfundedAccounts::Accept && is_own_implicit() => Ok(Funding::Unfunded),
            Access::NoAccount => Err(AccountRefusal::NoAccount(account.clone())),
        }
    }
}

impl VerifiedAccount {
    /// The account.
    #[must_use]
    pub const fn account(&self) -> &AccountId {
        &self.account
    }

    /// The key that signed.
    #[must_use]
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Whether the account exists.
    #[must_use]
    pub const fn funding(&self) -> Funding {
        self.funding
    }

    /// The block at which the key stood.
    #[must_use]
    pub const fn block(&self) -> Block {
        self.block
    }

    pub(crate) fn into_parts(self) -> (AccountId, PublicKey) {
        (self.account, self.key)
    }
}
