//! Faults: a node that is slow, broken, behind or lying.

use std::time::Duration;

use crate::rpc::Method;

/// What goes wrong with a request to the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The answer comes late, after this long.
    Delay(Duration),
    /// No answer comes, and the connection stays open.
    Hang,
    /// The connection is reset (on [`Devnet::listen`](crate::Devnet::listen)'s socket by a TCP RST; elsewhere it breaks off).
    Reset,
    /// 429, perhaps with a `Retry-After` in seconds.
    TooManyRequests {
        /// The header's value, in seconds.
        retry_after: Option<u32>,
    },
    /// 500 with nearcore's `INTERNAL_ERROR`.
    InternalError,
    /// 500 with nearcore's words for a handler that took too long.
    TimedOut,
    /// 503 with a gateway's page.
    Unavailable,
    /// 403 with a gateway's page, as for a wrong key of the gateway's own.
    Forbidden,
    /// 307 to the same address.
    Redirect,
    /// 200 with a page of HTML.
    Garbage,
    /// 200 with JSON that does not end.
    EndlessBody,
    /// 200 with the right answer, which breaks off half-way.
    TruncatedBody,
    /// 200 with the first half of the right answer, and then nothing; the connection stays open.
    StalledBody,
    /// The right answer with status 503.
    WrongStatus,
    /// 200 with the right answer and an error beside it.
    ResultBesideError,
    /// Queries answer as of another block than the one that was asked for.
    WrongBlockHash,
    /// No block is known by its hash or height: `UNKNOWN_BLOCK`, as at a sibling behind a balancer that has not got it yet.
    UnknownBlock,
    /// The state of every block that is asked for by its hash or height is gone: `GARBAGE_COLLECTED_BLOCK`.
    CollectedBlock,
    /// Every query is of a shard that the node does not track: `UNAVAILABLE_SHARD`.
    UnavailableShard,
    /// Queries end in an error whose cause nobody knows.
    UnknownCause,
    /// Keys have a permission that nobody knows.
    UnknownPermission,
    /// The node lies: every account, missing ones too, grants every key full access, and every contract agrees to every payload.
    GrantsAll,
    /// The node lies: no account has the key that is asked for, and every contract panics.
    DeniesAll,
    /// The node lies: there are no accounts.
    DeniesAccounts,
    /// Answers to a request that was not made.
    WrongId,
    /// The node stopped following the chain. It stays at the head that it had when the fault began; all of its blocks are dated
    /// back so that its final block was this old then.
    Lagging(Duration),
    /// The node follows the chain this many blocks behind its head.
    Behind(u64),
    /// `status` tells another chain id and genesis hash.
    WrongNetwork,
    /// `status` tells another chain id.
    WrongChainId,
    /// `status` tells another genesis hash.
    WrongGenesis,
    /// The node has no block yet: `NODE_IS_SYNCING`, `NOT_SYNCED_YET`, `NO_SYNCED_BLOCKS`.
    NotSynced,
}

/// A fault, for which requests, and for how many of them. A [`Fault`] alone is one for all requests until it is cleared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outage {
    pub(crate) fault: Fault,
    pub(crate) method: Option<Method>,
    pub(crate) requests: Option<u32>,
}

impl Fault {
    /// This fault for the next `requests` requests only.
    #[must_use]
    pub fn times(self, requests: u32) -> Outage {
        Outage::from(self).times(requests)
    }

    /// This fault for `query` only, its `EXPERIMENTAL_` twins and batches of it included.
    #[must_use]
    pub fn on_query(self) -> Outage {
        Outage { method: Some(Method::Query), ..self.into() }
    }

    /// This fault for calls of contracts only, which are queries.
    #[must_use]
    pub fn on_call(self) -> Outage {
        Outage { method: Some(Method::Call), ..self.into() }
    }

    /// This fault for queries that call no contract only.
    #[must_use]
    pub fn on_view(self) -> Outage {
        Outage { method: Some(Method::View), ..self.into() }
    }

    /// This fault for `block` only.
    #[must_use]
    pub fn on_block(self) -> Outage {
        Outage { method: Some(Method::Block), ..self.into() }
    }

    /// This fault for `status` only.
    #[must_use]
    pub fn on_status(self) -> Outage {
        Outage { method: Some(Method::Status), ..self.into() }
    }
}

impl Outage {
    /// The same, for the next `requests` of its requests only.
    #[must_use]
    pub fn times(self, requests: u32) -> Self {
        Self { requests: Some(requests), ..self }
    }
}

impl From<Fault> for Outage {
    fn from(fault: Fault) -> Self {
        Self { fault, method: None, requests: None }
    }
}

/// The outages that are on, oldest first, each with what the node was like when it began.
pub(crate) struct Faults<S>(Vec<(Outage, S)>);

impl<S> Default for Faults<S> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<S: Clone> Faults<S> {
    pub(crate) fn begin(&mut self, outage: Outage, since: S) {
        self.0.push((outage, since));
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault that a request for `method` meets: the oldest outage that is meant for it, which that uses up by one.
    pub(crate) fn meet(&mut self, method: Method) -> Option<(Fault, S)> {
        self.0.retain(|(outage, _)| outage.requests != Some(0));
        let (outage, since) = self.0.iter_mut().find(|(outage, _)| outage.method.is_none_or(|only| only.includes(method)))?;
        outage.requests = outage.requests.map(|left| left - 1);
        Some((outage.fault, since.clone()))
    }

    pub(crate) fn outages(&self) -> impl Iterator<Item = &Outage> {
        self.0.iter().map(|(outage, _)| outage).filter(|outage| outage.requests != Some(0))
    }
}
