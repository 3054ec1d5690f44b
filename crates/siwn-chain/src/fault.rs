//! Why an endpoint gave no authoritative answer. None of these is ever a no.

use std::time::Duration;

use siwn::Quoted;
use thiserror::Error;

/// Why an endpoint gave no authoritative answer. Foreign text in it is escaped and shortened.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum Fault {
    #[error("cannot be reached: {0}")]
    Unreachable(Quoted),
    #[error("did not answer in time")]
    TimedOut,
    #[error("asks for less (HTTP 429)")]
    Limited { retry_after: Option<Duration> },
    #[error("does not let us in (HTTP {0})")]
    LockedOut(u16),
    #[error("answered with HTTP {status}")]
    Status { status: u16, retry_after: Option<Duration> },
    #[error("answered with more than {0} bytes")]
    TooLong(usize),
    #[error("answered with something that is no reply to this call")]
    Garbage,
    #[error("answered another request")]
    OtherId,
    #[error("answered about another block")]
    OtherBlock,
    #[error("answered about another account or key")]
    OtherSubject,
    #[error("does not know the pinned block")]
    UnknownBlock,
    #[error("no longer keeps the pinned block")]
    CollectedBlock,
    /// A reply in good form: the node could not or would not.
    #[error("does not know this call")]
    UnknownCall,
    #[error("answered with the error {kind} of {cause}")]
    Node { kind: Quoted, cause: Quoted },
    /// The same inside of a result.
    #[error("answered with the error {0}")]
    Query(Quoted),
    #[error("lags: its final block is {} s old", .age.as_secs())]
    Lagging { age: Duration },
    #[error("is confused: its final block is {} s ahead of our clock", .by.as_secs())]
    Ahead { by: Duration },
    /// Of a call of a contract, which may be the contract's making.
    #[error("{0}, asked for what a contract says")]
    Contract(Box<Self>),
    /// The network that it says it is of, escaped.
    #[error("is of another network: {0}")]
    OtherNetwork(String),
}

impl Fault {
    /// What a call that ended so is counted as.
    pub(crate) fn label(&self) -> &'static str {
        match self {
            Self::Unreachable(_) => "unreachable",
            Self::TimedOut => "timed_out",
            Self::Limited { .. } => "limited",
            Self::LockedOut(_) => "locked_out",
            Self::Status { .. } => "http_status",
            Self::TooLong(_) => "too_long",
            Self::Garbage => "garbage",
            Self::OtherId => "other_id",
            Self::OtherBlock => "other_block",
            Self::OtherSubject => "other_subject",
            Self::UnknownBlock => "unknown_block",
            Self::CollectedBlock => "collected_block",
            Self::UnknownCall => "unknown_call",
            Self::Node { .. } => "node_error",
            Self::Query(_) => "query_error",
            Self::Lagging { .. } => "lagging",
            Self::Ahead { .. } => "ahead",
            Self::Contract(fault) => fault.label(),
            Self::OtherNetwork(_) => "other_network",
        }
    }

    pub(crate) const fn asks_for_a_pause(&self) -> bool {
        matches!(self, Self::Limited { .. } | Self::Status { status: 503, retry_after: Some(_) })
    }

    /// For how long, where it says so.
    pub(crate) const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Limited { retry_after } | Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }

    /// Whether the endpoint itself is at fault when a question about an account ends so. Account and key come from outside: what they
    /// make a node or its gateway say must not count against the endpoint, or anybody could talk a server out of all of its endpoints.
    pub(crate) const fn counts_whatever_was_asked(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::TimedOut)
    }

    /// Whether a contract can bring it about: by taking long, by saying much, by overburdening the node.
    pub(crate) const fn may_be_a_contracts(&self) -> bool {
        matches!(self, Self::TimedOut | Self::TooLong(_) | Self::Status { .. } | Self::Node { .. } | Self::Query(_))
    }

    /// Whether the same endpoint can answer at another block.
    pub(crate) const fn is_mended_by_another_pin(&self) -> bool {
        matches!(self, Self::UnknownBlock | Self::CollectedBlock)
    }

    /// Whether the block is not to be used again.
    pub(crate) const fn is_of_the_pin(&self) -> bool {
        matches!(self, Self::UnknownBlock | Self::CollectedBlock | Self::OtherBlock)
    }
}
