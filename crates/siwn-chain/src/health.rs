//! Whether questions can be answered, from memory.

use std::fmt;

use siwn::UnixMillis;

/// How the endpoints stood when each was last asked. Shows no secret of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Readiness {
    /// In the order of the configuration.
    pub endpoints: Vec<EndpointHealth>,
}

/// How one endpoint stood when it was last asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct EndpointHealth {
    /// Host and port.
    pub host: String,
    /// How it stood.
    pub state: EndpointState,
}

/// How an endpoint stood when it was last asked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EndpointState {
    /// It was not asked yet.
    Unasked,
    /// It is of the right network, and answered.
    Answering,
    /// It does not answer, or not with what was asked for.
    Failing {
        /// Since when.
        since: UnixMillis,
    },
    /// It is of another network, and is not asked again.
    OtherNetwork {
        /// The network that it says it is of, escaped.
        found: String,
    },
}

impl Readiness {
    /// Whether some endpoint answers.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.endpoints.iter().any(|endpoint| endpoint.state == EndpointState::Answering)
    }
}

impl fmt::Display for EndpointState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unasked => f.write_str("unasked"),
            Self::Answering => f.write_str("answering"),
            Self::Failing { .. } => f.write_str("failing"),
            Self::OtherNetwork { .. } => f.write_str("other_network"),
        }
    }
}
