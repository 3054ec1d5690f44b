//! Which software a node is, as far as its answers tell.

use crate::rpc::Dialect;

/// Which software a node is, as far as its answers tell. The state that it tells is the same.
///
/// | | missing key | `view_access_key` on a missing account | contract that fails | `EXPERIMENTAL_*` | batches | HTTP statuses |
/// |---|---|---|---|---|---|---|
/// | [`Nearcore`](Self::Nearcore) | inside of `result` | missing account, inside of `result` | inside of `result` | yes | of `query` | 400, 422, 500 |
/// | [`OldNearcore`](Self::OldNearcore) | inside of `result` | missing key, inside of `result` | inside of `result` | yes | of `query` | 400, 422, 500 |
/// | [`ReadRpc`](Self::ReadRpc) | an error | missing key, an error | an error, told as a text | no | no | 400 |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Flavour {
    /// nearcore since its pull request 16267: a key of a missing account is told as a missing account.
    #[default]
    Nearcore,
    /// nearcore before: a key of a missing account is told as a missing key, and its list of keys is empty.
    OldNearcore,
    /// A server that reads the chain from a database: errors are structured where nearcore's are inside of `result`, and come with
    /// HTTP 200 unless the request itself is at fault.
    ReadRpc,
}

impl Flavour {
    /// Whether a key of a missing account is told as a missing account.
    pub(crate) const fn knows_missing_accounts(self) -> bool {
        matches!(self, Self::Nearcore)
    }

    pub(crate) const fn knows_experimental(self) -> bool {
        !matches!(self, Self::ReadRpc)
    }

    pub(crate) const fn takes_batches(self) -> bool {
        !matches!(self, Self::ReadRpc)
    }

    /// How `query` tells what is missing or fails.
    pub(crate) const fn dialect(self) -> Dialect {
        match self {
            Self::Nearcore | Self::OldNearcore => Dialect::Flat,
            Self::ReadRpc => Dialect::Structured,
        }
    }

    /// The HTTP status where nearcore sends `status`.
    pub(crate) const fn status(self, status: u16) -> u16 {
        match self {
            Self::ReadRpc if status != 400 => 200,
            _ => status,
        }
    }
}
