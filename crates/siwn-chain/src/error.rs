//! Errors: of the setting up, of the start, of a look-up.

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use siwn::ChainError;
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
    /// None, or more than there are endpoints.
    #[error("of {of} endpoints 1 to {of} can agree, not {asked}")]
    Agreement {
        /// How many endpoints there are.
        of: usize,
        /// How many were asked to agree.
        asked: usize,
    },
    /// Rations that let nobody ask.
    #[error("a ration of nothing lets nobody sign in")]
    Rations,
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

/// Why a look-up has no answer, for all who wait for it.
#[derive(Clone, Debug)]
pub(crate) struct Failed {
    error: Arc<LookUpError>,
    retry_after: Option<Duration>,
}

impl Failed {
    pub(crate) fn new(error: LookUpError, retry_after: Option<Duration>) -> Self {
        Self { error: Arc::new(error), retry_after }
    }
}

impl Failed {
    /// Whether a contract may have brought it about.
    pub(crate) fn may_be_a_contracts(&self) -> bool {
        match &*self.error {
            LookUpError::Endpoints(faults) => faults.iter().any(|(_, fault)| matches!(fault, Fault::Contract(_))),
            LookUpError::Line => false,
        }
    }
}

impl From<Failed> for ChainError {
    fn from(failed: Failed) -> Self {
        Self::new(failed.error, failed.retry_after)
    }
}

/// Why a look-up has no authoritative answer: each endpoint's host and fault, in the order in which they came.
#[derive(Debug)]
pub(crate) enum LookUpError {
    Endpoints(Vec<(String, Fault)>),
    /// Too many questions were asked at once for too long.
    Line,
}

impl SetupError {
    pub(crate) fn tls(error: reqwest::Error) -> Self {
        Self::Http(Box::new(error))
    }
}

impl StdError for LookUpError {}

impl fmt::Display for LookUpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line => f.write_str("no turn came in time: too many questions are asked at once"),
            Self::Endpoints(faults) if faults.is_empty() => {
                f.write_str("no endpoint gave an answer in time, or enough of them the same one")
            }
            Self::Endpoints(faults) => write!(f, "no endpoint gave an answer: {}", list(faults)),
        }
    }
}

fn list<T: fmt::Display>(by_host: &[(String, T)]) -> String {
    by_host.iter().map(|(host, what)| format!("{host} {what}")).collect::<Vec<_>>().join("; ")
}
