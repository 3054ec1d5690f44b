//! What is proven, as types: a claim that is worth a question, an answer of the chain to just that question, an account that is
//! confirmed. Each is made only by the step that it stands for, from the one before.

use thiserror::Error;

use crate::chain::{Access, Asker, Block, Chain, ChainError, Question, Standing};
use crate::{AccountId, AuthorizationRefusal, AuthorizedBy, Payload, PublicKey, Resolution, Resolved, Signature, SignatureError};

/// What a proof claims, checked as far as that needs nobody outside: a key signed, or there is an authorization to resolve.
#[derive(Clone, Debug)]
pub struct Claim(Kind);

#[derive(Clone, Debug)]
enum Kind {
    /// A key signed a payload that we built. Whether it is the account's key is still open.
    Signed(Signed),
    Authorization(Resolution),
}

#[derive(Clone, Debug)]
struct Signed {
    account: AccountId,
    key: PublicKey,
}

/// The chain answered just what was asked. What the answer is worth is still open.
#[derive(Debug)]
pub struct Asked(Answer);

#[derive(Debug)]
enum Answer {
    Standing(Standing),
    Resolved(Resolved),
}

/// The account's owner signed: the signature holds, and the key stood with full access at a final block; or the account's contract
/// says so.
///
/// Nobody else can make one:
///
/// ```compile_fail,E0451
/// # use siwn::*;
/// # fn forge(account: AccountId, key: PublicKey, standing: Standing) -> VerifiedAccount {
/// VerifiedAccount { account, key: Some(key), funding: Funding::Exists, block: standing.block }
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedAccount {
    account: AccountId,
    key: Option<PublicKey>,
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

/// Why an account is not let in.
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
    /// Its authorization does not resolve.
    #[error(transparent)]
    Authorization(Box<AuthorizationRefusal>),
}

impl From<AuthorizationRefusal> for AccountRefusal {
    fn from(refusal: AuthorizationRefusal) -> Self {
        Self::Authorization(Box::new(refusal))
    }
}

impl Claim {
    /// Checks that `signature` is `key`'s over one of `payloads`. No I/O.
    pub(crate) fn check_signature<'a>(
        account: AccountId,
        key: PublicKey,
        signature: &Signature,
        payloads: impl IntoIterator<Item = Payload<'a>>,
    ) -> Result<Self, SignatureError> {
        let mut verdict = Err(SignatureError::DoesNotHold);
        for payload in payloads {
            verdict = verdict.or_else(|_| key.verify(&payload.hash(), signature));
        }
        verdict.map(|()| Self(Kind::Signed(Signed { account, key })))
    }

    pub(crate) const fn to_resolve(resolution: Resolution) -> Self {
        Self(Kind::Authorization(resolution))
    }

    /// Asks the chain on behalf of `asker`. An answer to another question is none.
    pub async fn ask(self, chain: &dyn Chain, asker: Asker) -> Result<Asked, ChainError> {
        match self.0 {
            Kind::Signed(signed) => {
                let question = Question::new(&signed.account, &signed.key).asked_by(asker);
                let standing = chain.standing(question).await?;
                if standing.account != signed.account || standing.key != signed.key {
                    return Err(ChainError::new("the answer is about another account or key", None));
                }
                Ok(Asked(Answer::Standing(standing)))
            }
            Kind::Authorization(resolution) => {
                let resolved = chain.resolve(&resolution, asker).await?;
                if !resolved.answers(&resolution) {
                    return Err(ChainError::new("the answer is about another authorization", None));
                }
                Ok(Asked(Answer::Resolved(resolved)))
            }
        }
    }
}

impl Asked {
    /// Holds the chain's answer against the policy; that of an authorization was held against the policy that it was resolved under.
    pub fn confirm(self, policy: AccessPolicy) -> Result<VerifiedAccount, AccountRefusal> {
        match self.0 {
            Answer::Standing(Standing { account, key, access, block }) => {
                let funding = policy.admit(&account, &key, access)?;
                Ok(VerifiedAccount { account, key: Some(key), funding, block })
            }
            Answer::Resolved(resolved) => {
                let block = resolved.block();
                let (account, authorized) = resolved.into_outcome()?;
                let key = match authorized.by {
                    AuthorizedBy::Key(key) => Some(key),
                    AuthorizedBy::Contract => None,
                };
                Ok(VerifiedAccount { account, key, funding: authorized.funding, block })
            }
        }
    }
}

impl AccessPolicy {
    /// Whether an account that grants a key this access is let in by it.
    ///
    /// An account that does not exist has no keys; until it is created it is its implicit key's (NEP-641, step 6).
    pub(crate) fn admit(self, account: &AccountId, key: &PublicKey, access: Access) -> Result<Funding, AccountRefusal> {
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

    /// The key that signed; none where a contract answered for the account.
    #[must_use]
    pub const fn key(&self) -> Option<&PublicKey> {
        self.key.as_ref()
    }

    /// Whether the account exists.
    #[must_use]
    pub const fn funding(&self) -> Funding {
        self.funding
    }

    /// The block at which that was so.
    #[must_use]
    pub const fn block(&self) -> Block {
        self.block
    }

    pub(crate) fn into_parts(self) -> (AccountId, Option<PublicKey>) {
        (self.account, self.key)
    }
}
