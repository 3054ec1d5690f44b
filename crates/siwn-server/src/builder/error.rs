//! Why a handle cannot be made.

use siwn::{SiteError, UrlError};
use thiserror::Error;

use crate::tokens::AudienceError;

/// Why a [`Siwn`](crate::Siwn) cannot be made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BuildError {
    /// Recipient, message or lifetime.
    #[error(transparent)]
    Site(#[from] SiteError),
    /// The public address, an origin or a callback URL.
    #[error("{setting} {text:?}: {source}")]
    Url {
        /// Which setting.
        setting: &'static str,
        /// Its text.
        text: String,
        /// What is wrong with it.
        source: UrlError,
    },
    /// Two sites that nothing would tell apart.
    #[error("two sites have the same {what}, {text:?}")]
    SameSite {
        /// What they share.
        what: &'static str,
        /// Its text.
        text: String,
    },
    /// A path under which routes cannot stand.
    #[error("the path of {0:?} has segments of letters, digits and -._~ only, where there are several sites")]
    SitePath(String),
    /// Nobody says what the chain says: nodes need the feature `rpc`.
    #[cfg(not(feature = "rpc"))]
    #[error("name a chain: without the feature rpc there are no nodes to ask")]
    NoChain,
    /// The network.
    #[cfg(feature = "rpc")]
    #[error("network: {0}")]
    Network(#[from] siwn_chain::NetworkError),
    /// The address of a node.
    #[cfg(feature = "rpc")]
    #[error("rpc: {0}")]
    Rpc(#[from] siwn_chain::RpcUrlError),
    /// The nodes, or how they are asked.
    #[cfg(feature = "rpc")]
    #[error(transparent)]
    Chain(#[from] siwn_chain::SetupError),
    /// An audience of access tokens.
    #[error("token audience {text:?}: {source}")]
    Audience {
        /// Its text.
        text: String,
        /// What is wrong with it.
        source: AudienceError,
    },
    /// An audience of access tokens that identity tokens are for.
    #[error("{0:?} is the origin of a site; an audience of access tokens is something else, as in api.example")]
    AudienceOfIdentity(String),
    /// The operating system gives no random bytes.
    #[error("the operating system gives no random bytes")]
    Random(#[source] getrandom::Error),
}
