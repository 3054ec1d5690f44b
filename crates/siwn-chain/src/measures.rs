//! What a server's metrics show of its chain.

use std::sync::atomic::Ordering;

use crate::endpoint::{BreakerState, Seconds};
use crate::look_up::LookUps;

/// Counters since the start, and how the endpoints are asked at the moment. Shows no secret of an address.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Measures {
    /// In the order in which they are asked.
    pub endpoints: Vec<EndpointMeasures>,
    /// Questions that were answered from memory.
    pub remembered: u64,
    /// Questions that waited for the answer of one that was under way.
    pub joined: u64,
    /// How often a further endpoint was asked because another one was slow.
    pub hedges: u64,
    /// How many of these answered first.
    pub hedges_won: u64,
    /// How often a ration was used up.
    pub rations: Vec<RationCount>,
}

/// What is measured of one endpoint.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EndpointMeasures {
    /// Host and port. Two endpoints can share them.
    pub endpoint: String,
    /// How it is asked at the moment.
    pub breaker: BreakerState,
    /// How long calls took, by method.
    pub seconds: Vec<(&'static str, Seconds)>,
}

/// How often one ration was used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RationCount {
    /// `challenge`, `client`, or `line` where no turn came in time.
    pub ration: &'static str,
    /// How often.
    pub count: u64,
}

impl Measures {
    pub(crate) fn of(look_ups: &LookUps) -> Self {
        let endpoints = look_ups.endpoints.all().iter().map(|endpoint| EndpointMeasures {
            endpoint: endpoint.host(),
            breaker: endpoint.breaker.state(),
            seconds: endpoint.latency.calls().into_iter().map(|(method, seconds)| (method.label(), seconds)).collect(),
        });
        let (hedges, hedges_won) = look_ups.endpoints.hedges().counts();
        Self {
            endpoints: endpoints.collect(),
            remembered: look_ups.remembered.load(Ordering::Relaxed),
            joined: look_ups.joined.load(Ordering::Relaxed),
            hedges,
            hedges_won,
            rations: look_ups.rations.refusals().map(|(ration, count)| RationCount { ration, count }).collect(),
        }
    }
}
