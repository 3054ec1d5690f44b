//! Whether questions can be answered, from memory.

use std::fmt;

use siwn::UnixMillis;

/// How the endpoints stood when each was last asked. Shows no secret of an address.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Readiness {
    /// In the order of the configuration.
    pub endpoints: Vec<EndpointHealth>,
    /// How many of them must answer, so that they can agree.
    pub needed: usize,
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
    /// Whether as many endpoints answer as must agree.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.endpoints.iter().filter(|endpoint| endpoint.state == EndpointState::Answering).count() >= self.needed
    }

    /// Whether so many fail that the others cannot answer. One that was not asked yet is not one that fails.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        let failing = |endpoint: &&EndpointHealth| !matches!(endpoint.state, EndpointState::Answering | EndpointState::Unasked);
        self.endpoints.len() - self.endpoints.iter().filter(failing).count() < self.needed
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
