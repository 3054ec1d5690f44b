//! Which authorizations a site resolves, and how far.

use thiserror::Error;

use crate::nep641::message::ChainId;

/// The most sub-authorizations that can be allowed.
pub(super) const MOST_AUTHORIZATIONS: usize = 16;
const DEEPEST: usize = 4;

/// Which authorizations are resolved. The default is those of accounts and of contracts, with the default limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationPolicy {
    /// The network that messages must name. It comes from configuration.
    pub chain_id: ChainId,
    /// Whether contracts are asked.
    pub contract_accounts: ContractAccounts,
    /// How far an authorization is followed.
    pub limits: ResolutionLimits,
}

/// What to do with an authorization that no access key of the account signed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ContractAccounts {
    /// Ask the account's contract.
    #[default]
    Ask,
    /// Refuse it: keys only.
    Refuse,
}

/// How far an authorization is followed: what a contract may make a login cost.
///
/// An authorization has at most 64 KiB, a payload at most 16 KiB, and at most four questions are under way at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResolutionLimits {
    depth: usize,
    authorizations: usize,
}

/// A limit that cannot be set like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum LimitsError {
    /// Too deep.
    #[error("authorizations are followed to a depth of at most {DEEPEST}")]
    Depth,
    /// Too many.
    #[error("an authorization has at most {MOST_AUTHORIZATIONS} sub-authorizations")]
    Authorizations,
    /// A depth that could never be reached.
    #[error("a depth needs at least as many sub-authorizations")]
    DepthWithoutAuthorizations,
}

impl AuthorizationPolicy {
    /// Authorizations on the network `chain_id`.
    #[must_use]
    pub fn new(chain_id: ChainId) -> Self {
        Self { chain_id, contract_accounts: ContractAccounts::default(), limits: ResolutionLimits::default() }
    }
}

impl ResolutionLimits {
    /// Authorizations below the first one: at most `depth` (0 to 4) levels of them, `authorizations` (0 to 16) in all.
    pub const fn new(depth: usize, authorizations: usize) -> Result<Self, LimitsError> {
        if depth > DEEPEST {
            return Err(LimitsError::Depth);
        }
        if authorizations > MOST_AUTHORIZATIONS {
            return Err(LimitsError::Authorizations);
        }
        if depth > authorizations {
            return Err(LimitsError::DepthWithoutAuthorizations);
        }
        Ok(Self { depth, authorizations })
    }

    /// Levels of sub-authorizations.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.depth
    }

    /// Sub-authorizations in all.
    #[must_use]
    pub const fn authorizations(&self) -> usize {
        self.authorizations
    }

    /// Bytes of one authorization.
    #[must_use]
    pub const fn authorization_length(&self) -> usize {
        64 * 1024
    }

    /// Bytes of one payload.
    #[must_use]
    pub const fn payload_length(&self) -> usize {
        16 * 1024
    }

    /// Questions under way at once.
    #[must_use]
    pub const fn concurrency(&self) -> usize {
        4
    }
}

impl Default for ResolutionLimits {
    /// One level, four sub-authorizations: a wallet with extensions, a small multisig.
    fn default() -> Self {
        Self { depth: 1, authorizations: 4 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_have_limits() {
        let limits = |depth, authorizations| ResolutionLimits::new(depth, authorizations).map(|_| ());
        assert_eq!(ResolutionLimits::new(1, 4), Ok(ResolutionLimits::default()));
        for (depth, authorizations) in [(0, 0), (0, 16), (4, 16), (4, 4)] {
            assert_eq!(limits(depth, authorizations), Ok(()), "{depth} {authorizations}");
        }
        assert_eq!(limits(5, 16), Err(LimitsError::Depth));
        assert_eq!(limits(1, 17), Err(LimitsError::Authorizations));
        assert_eq!(limits(2, 1), Err(LimitsError::DepthWithoutAuthorizations));
    }
}
