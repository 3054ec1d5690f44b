//! Why an authorization does not resolve.

use thiserror::Error;

use crate::nep641::authorization::AuthorizationError;
use crate::nep641::timestamp::Timestamp;
use crate::quoted::Quoted;
use crate::{AccountId, SignatureError};

/// Why an authorization does not resolve, and at which account: the one that signs in, or one below it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the authorization of {account}: {fault}")]
pub struct AuthorizationRefusal {
    /// The account.
    pub account: AccountId,
    /// What is wrong.
    pub fault: AuthorizationFault,
}

/// What is wrong with an authorization.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AuthorizationFault {
    /// Longer than is read.
    #[error("it has {found} bytes, at most {most} are read")]
    TooLong {
        /// Its length.
        found: usize,
        /// The most that is read.
        most: usize,
    },
    /// Not an access key's, and the account has no contract that could say what it is.
    #[error("the account has no contract to ask, and it is {0}")]
    Malformed(AuthorizationError),
    /// Not an access key's, and contracts are not asked here.
    #[error("contracts are not asked here, and it is {0}")]
    ContractsNotAsked(AuthorizationError),
    /// For another network.
    #[error("it is for the network {found}")]
    OtherChain {
        /// Which.
        found: Quoted,
    },
    /// Signed in another account's name.
    #[error("it is signed for {found}")]
    OtherSigner {
        /// Whose.
        found: AccountId,
    },
    /// Signed on behalf of others: a delegate's, used for himself, or the other way round.
    #[error("it is signed on behalf of other accounts")]
    OtherPath,
    /// The key did not sign this.
    #[error(transparent)]
    Signature(SignatureError),
    /// From the future, as the chain tells time.
    #[error("it is of {found}, later than the block, {block}")]
    Future {
        /// Its time.
        found: Timestamp,
        /// The block's time.
        block: Timestamp,
    },
    /// It authorizes something else.
    #[error("it authorizes something else")]
    OtherPayload,
    /// It authorizes more than is read.
    #[error("its payload has {found} bytes, at most {most} are read")]
    PayloadTooLong {
        /// Its length.
        found: usize,
        /// The most that is read.
        most: usize,
    },
    /// The contract says no. Its words are anybody's: they are for logs.
    #[error("the contract refuses: {0}")]
    Refused(Quoted),
    /// The contract answers, and not as the standard says.
    #[error("the contract's answer cannot be read: {0}")]
    Answer(Quoted),
    /// The contract wants others to be asked, deeper than is followed.
    #[error("the contract wants more than {most} levels of accounts to be asked")]
    TooDeep {
        /// The most levels.
        most: usize,
    },
    /// The contract wants more accounts to be asked than is done.
    #[error("the contract wants more than {most} accounts to be asked")]
    TooMany {
        /// The most accounts.
        most: usize,
    },
}

impl AuthorizationFault {
    pub(super) fn at(self, account: &AccountId) -> AuthorizationRefusal {
        AuthorizationRefusal { account: account.clone(), fault: self }
    }
}

impl AuthorizationRefusal {
    pub(crate) const fn code(&self) -> &'static str {
        match self.fault {
            AuthorizationFault::ContractsNotAsked(_) => "proof_unsupported",
            AuthorizationFault::Signature(_) => "signature_invalid",
            AuthorizationFault::Refused(_)
            | AuthorizationFault::Answer(_)
            | AuthorizationFault::TooDeep { .. }
            | AuthorizationFault::TooMany { .. } => "contract_refused",
            AuthorizationFault::TooLong { .. }
            | AuthorizationFault::Malformed(_)
            | AuthorizationFault::OtherChain { .. }
            | AuthorizationFault::OtherSigner { .. }
            | AuthorizationFault::OtherPath
            | AuthorizationFault::Future { .. }
            | AuthorizationFault::OtherPayload
            | AuthorizationFault::PayloadTooLong { .. } => "authorization_invalid",
        }
    }
}
