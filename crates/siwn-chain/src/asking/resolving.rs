//! A resolution is driven to its end: every question of it at one block.

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use siwn::{BoxFuture, ChainAnswer, ChainAsk, PinnedBlock, Resolution, Resolved, Step, Timestamp};
use tokio::time::Instant;

use super::race::Round;
use super::{Endpoints, Faults};
use crate::block::Tip;
use crate::endpoint::Endpoint;
use crate::error::Failed;
use crate::fault::Fault;

impl Endpoints {
    /// What one endpoint's answers resolve to by themselves, or those that as many as are needed give at one block.
    pub(crate) async fn resolved<'a>(&'a self, resolution: &'a Resolution, deadline: Instant) -> Result<Resolved, Failed> {
        let mut faults = Faults::new();
        let resolved = if self.agreement == 1 {
            let round = Round { needed: 1, deadline, may_hedge: false };
            let found = self.race(round, &mut faults, &|endpoint| Box::pin(by_itself(endpoint, resolution, deadline))).await;
            found.map(|(Alone(resolved), _)| resolved)
        } else {
            self.resolved_together(resolution, deadline, &mut faults).await
        };
        // The longer one counts: of all calls, or of contracts alone.
        let pause = |endpoint: &Endpoint| {
            let of_contracts = endpoint.contracts.pause().filter(|_| endpoint.contracts.is_limited());
            endpoint.breaker.pause().max(of_contracts)
        };
        resolved.ok_or_else(|| self.failed(faults, pause))
    }

    async fn resolved_together(&self, resolution: &Resolution, deadline: Instant, faults: &mut Faults) -> Option<Resolved> {
        for pin in self.tips(deadline, faults).await {
            match drive(resolution, pin, |ask| Box::pin(self.said_by_enough(ask, pin, deadline))).await {
                Ok(resolved) => return resolved,
                Err(told) => faults.extend(told),
            }
            if Instant::now() >= deadline {
                return None;
            }
        }
        None
    }

    async fn said_by_enough<'a>(&'a self, ask: ChainAsk, pin: Tip, deadline: Instant) -> Result<ChainAnswer, Faults> {
        let mut faults = Faults::new();
        let round = Round { needed: self.agreement, deadline, may_hedge: false };
        let at_the_pin = |endpoint: &'a Endpoint| -> BoxFuture<'a, _> { said(endpoint, ask.clone(), pin, deadline) };
        let found = self.race(round, &mut faults, &at_the_pin).await;
        found.map(|(Said(answer), _)| answer).ok_or(faults)
    }
}

/// At the endpoint's own tip; at another one, if it turns out not to have that block any more.
async fn by_itself(endpoint: &Endpoint, resolution: &Resolution, deadline: Instant) -> Result<Alone, Fault> {
    let mut pin = endpoint.pin(deadline).await?;
    for is_last in [false, true] {
        let resolved = drive(resolution, pin, |ask| Box::pin(async move { endpoint.answer(&ask, pin, deadline).await })).await;
        match resolved {
            Err(fault) if fault.is_mended_by_another_pin() && !is_last => pin = endpoint.pin_instead_of(pin, deadline).await?,
            resolved => return resolved?.map(Alone).ok_or(Fault::Garbage),
        }
    }
    Err(Fault::UnknownBlock)
}

fn said(endpoint: &Endpoint, ask: ChainAsk, pin: Tip, deadline: Instant) -> BoxFuture<'_, Result<Said, Fault>> {
    Box::pin(async move { endpoint.answer_at(&ask, pin, deadline).await.map(Said) })
}

/// The verdict; none where an answer belonged to no question.
async fn drive<'a, E>(
    resolution: &Resolution,
    pin: Tip,
    answer: impl Fn(ChainAsk) -> BoxFuture<'a, Result<ChainAnswer, E>> + Send + Sync,
) -> Result<Option<Resolved>, E> {
    let block = PinnedBlock { block: pin.into(), timestamp: Timestamp::from_unix_nanos(pin.nanoseconds) };
    let mut walk = resolution.start(block);
    let mut under_way = FuturesUnordered::new();
    while let Step::Ask(asks) = walk.next() {
        for (id, ask) in asks {
            let answer = answer(ask);
            under_way.push(async move { (id, answer.await) });
        }
        let Some((id, answer)) = under_way.next().await else { break };
        walk.answer(id, answer?);
    }
    Ok(walk.finish().ok())
}

/// What one endpoint resolves needs no other.
struct Alone(Resolved);

impl PartialEq for Alone {
    fn eq(&self, _: &Self) -> bool {
        false
    }
}

/// What several endpoints say. Of a failure each may have words of its own.
struct Said(ChainAnswer);

impl PartialEq for Said {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (ChainAnswer::Failed(_), ChainAnswer::Failed(_)) => true,
            (one, other) => one == other,
        }
    }
}
