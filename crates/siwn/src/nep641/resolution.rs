//! An authorization that is to be resolved: the whole question, judged as far as that needs nobody outside.

use std::fmt;
use std::sync::Arc;

use crate::chain::Block;
use crate::nep641::authorization::{AccessKeyAuthorization, AuthorizationError};
use crate::nep641::policy::{AuthorizationPolicy, ContractAccounts};
use crate::nep641::refusal::{AuthorizationFault, AuthorizationRefusal};
use crate::nep641::timestamp::Timestamp;
use crate::verified::{AccessPolicy, AccountRefusal, Funding};
use crate::{AccountId, PublicKey};

/// Whether an authorization is the account's, and what it authorizes: the whole question (NEP-641).
///
/// It is answered by walking over the accounts that have to be asked, at one block: [`start`](Self::start). No I/O of its own.
#[derive(Clone, Debug)]
pub struct Resolution {
    pub(super) question: Arc<Asking>,
    /// What can be said of the first authorization without asking anybody.
    pub(super) by_key: ByKey,
}

/// What is asked. An answer names the question that it answers.
#[derive(PartialEq, Eq)]
pub(super) struct Asking {
    pub(super) policy: AuthorizationPolicy,
    pub(super) access: AccessPolicy,
    pub(super) account: AccountId,
    pub(super) authorization: String,
    pub(super) expected: Expected,
}

/// What an authorization must authorize.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Just this, byte for byte.
    Exactly(String),
    /// Whatever it is: for showing it to somebody who judges himself.
    Anything,
}

/// A final block, at which everything of one resolution is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PinnedBlock {
    /// Its height and hash.
    pub block: Block,
    /// Its time.
    pub timestamp: Timestamp,
}

/// What became of a resolution. Only a walk makes one.
#[derive(Clone, Debug)]
pub struct Resolved {
    pub(super) question: Arc<Asking>,
    pub(super) block: Block,
    pub(super) outcome: Result<Authorized, AccountRefusal>,
}

/// What an account authorizes, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Authorized {
    /// What is authorized.
    pub payload: String,
    /// By what.
    pub by: AuthorizedBy,
    /// Whether the account exists.
    pub funding: Funding,
}

/// Who spoke for an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuthorizedBy {
    /// One of its access keys.
    Key(PublicKey),
    /// Its contract, and whoever that named.
    Contract,
}

impl Resolution {
    /// Asks for the authorization of `account`.
    ///
    /// # Errors
    ///
    /// It is refused already, where it is too long, or where no contract is to be asked and no key can have signed it.
    pub fn new(
        policy: AuthorizationPolicy,
        access: AccessPolicy,
        account: AccountId,
        authorization: String,
        expected: Expected,
    ) -> Result<Self, AuthorizationRefusal> {
        let question = Asking { policy, access, account, authorization, expected };
        let by_key = question.judge(&question.account, &[], &question.authorization, question.expected.text());
        if let Some(refusal) = question.refused_without_contract(&question.account, &by_key) {
            return Err(refusal);
        }
        Ok(Self { question: Arc::new(question), by_key })
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.question.account
    }

    /// The callback URL that a key signed along, if one did.
    #[must_use]
    pub fn signed_callback_url(&self) -> Option<&str> {
        match &self.by_key {
            ByKey::Signed { callback_url, .. } => callback_url.as_deref(),
            _ => None,
        }
    }

    /// Whether the account's contract may have to be asked.
    #[must_use]
    pub fn may_ask_contracts(&self) -> bool {
        self.question.policy.contract_accounts == ContractAccounts::Ask
    }
}

impl Resolved {
    /// Whether this answers just that question.
    #[must_use]
    pub fn answers(&self, resolution: &Resolution) -> bool {
        Arc::ptr_eq(&self.question, &resolution.question) || self.question == resolution.question
    }

    /// The account.
    #[must_use]
    pub fn account(&self) -> &AccountId {
        &self.question.account
    }

    /// The block at which everything was asked.
    #[must_use]
    pub const fn block(&self) -> Block {
        self.block
    }

    /// What is authorized, or why it is not.
    pub const fn outcome(&self) -> Result<&Authorized, &AccountRefusal> {
        self.outcome.as_ref()
    }

    pub(crate) fn into_outcome(self) -> Result<(AccountId, Authorized), AccountRefusal> {
        let account = self.question.account.clone();
        self.outcome.map(|authorized| (account, authorized))
    }
}

impl Expected {
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Exactly(text) => Some(text),
            Self::Anything => None,
        }
    }
}

impl fmt::Debug for Asking {
    /// Without what would let its reader in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking").field("account", &self.account).field("policy", &self.policy).finish_non_exhaustive()
    }
}

/// What can be said of an authorization as that of an access key, without asking anybody.
#[derive(Clone, Debug)]
pub(super) enum ByKey {
    /// The key signed it: whether it is the account's is for the chain to say.
    Signed { key: PublicKey, payload: String, timestamp: Timestamp, callback_url: Option<String> },
    /// It is an access key's, and no good.
    Refused(AuthorizationFault),
    /// It is none: perhaps the contract knows what it is.
    NotOne(AuthorizationError),
    /// It is not even read.
    TooLong(AuthorizationFault),
}

impl Asking {
    /// Judges an authorization of `account` as that of an access key. `path` names the accounts above, the nearest one first.
    pub(super) fn judge(&self, account: &AccountId, path: &[AccountId], authorization: &str, expected: Option<&str>) -> ByKey {
        let most = self.policy.limits.authorization_length();
        if authorization.len() > most {
            return ByKey::TooLong(AuthorizationFault::TooLong { found: authorization.len(), most });
        }
        match authorization.parse() {
            Ok(parsed) => self.judge_parsed(account, path, &parsed, expected).unwrap_or_else(ByKey::Refused),
            Err(error) => ByKey::NotOne(error),
        }
    }

    // NEP-641, access key authorizations, steps 2 to 5: in this order, and the signature before anybody is asked.
    fn judge_parsed(
        &self,
        account: &AccountId,
        path: &[AccountId],
        authorization: &AccessKeyAuthorization,
        expected: Option<&str>,
    ) -> Result<ByKey, AuthorizationFault> {
        let message = authorization.message();
        if message.chain_id != self.policy.chain_id {
            return Err(AuthorizationFault::OtherChain { found: crate::Quoted::new(message.chain_id.as_str()) });
        }
        if message.signer_id != *account {
            return Err(AuthorizationFault::OtherSigner { found: message.signer_id.clone() });
        }
        if message.path != path {
            return Err(AuthorizationFault::OtherPath);
        }
        authorization.check_signature().map_err(AuthorizationFault::Signature)?;
        self.check_payload(&message.payload, expected)?;
        Ok(ByKey::Signed {
            key: authorization.access_key().clone(),
            payload: message.payload.clone(),
            timestamp: message.timestamp,
            callback_url: authorization.callback_url().map(Into::into),
        })
    }

    /// What is authorized must be what whoever stands above expects.
    pub(super) fn check_payload(&self, payload: &str, expected: Option<&str>) -> Result<(), AuthorizationFault> {
        let most = self.policy.limits.payload_length();
        if payload.len() > most {
            return Err(AuthorizationFault::PayloadTooLong { found: payload.len(), most });
        }
        if expected.is_some_and(|expected| expected != payload) { Err(AuthorizationFault::OtherPayload) } else { Ok(()) }
    }

    /// Why nobody needs to be asked, where that is so.
    fn refused_without_contract(&self, account: &AccountId, by_key: &ByKey) -> Option<AuthorizationRefusal> {
        let asks_contracts = self.policy.contract_accounts == ContractAccounts::Ask;
        let fault = match by_key {
            ByKey::TooLong(fault) => fault.clone(),
            ByKey::Refused(fault) if !asks_contracts => fault.clone(),
            ByKey::NotOne(error) if !asks_contracts => AuthorizationFault::ContractsNotAsked(error.clone()),
            _ => return None,
        };
        Some(fault.at(account))
    }
}
