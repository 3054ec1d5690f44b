//! Errors: of the setting up, of the start, of a look-up.

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use thiserror::Error;

use crate::fault::Fault;
use crate::network::Network;

/// Why no [`RpcChain`](crate::RpcChain) can be made of its settings.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SetupError {
    /// A network of one's own has no public endpoints.
    #[error("the network {0} needs an endpoint")]
    NoEndpoint(Network),
    /// Less than 1 ms, or more than a minute.
    #[error("a call may take from 1 ms to 60 s, not {0:?}")]
    Timeout(Duration),
    /// More than ten minutes.
    #[error("a key may be taken for granted for at most 10 min, not {0:?}")]
    KeyCache(Duration),
    /// The roots of TLS or the HTTP client.
    #[error("the HTTP client cannot be made")]
    Http(#[source] Box<dyn StdError + Send + Sync>),
}

/// Why a server must not start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum StartError {
    /// Every endpoint that can be reached is of another network.
    #[error("no endpoint is of the network {expected}: {}", list(.found))]
    OtherNetwork {
        /// The configured network.
        expected: Network,
        /// Each such endpoint's host, and the network that it says it is of, escaped.
        found: Vec<(String, String)>,
    },
}

/// No endpoint gave an authoritative answer: each one's host and fault, in the order in which they were asked.
#[derive(Debug)]
pub(crate) struct LookUpError(pub(crate) Vec<(String, Fault)>);

impl SetupError {
    pub(crate) fn tls(error: reqwest::Error) -> Self {
        Self::Http(Box::new(error))
    }
}

impl StdError for LookUpError {}

impl fmt::Display for LookUpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no endpoint gave an answer: {}", list(&self.0))
    }
}

fn list<T: fmt::Display>(by_host: &[(String, T)]) -> String {
    by_host.iter().map(|(host, what)| format!("{host} {what}")).collect::<Vec<_>>().join("; ")
}
