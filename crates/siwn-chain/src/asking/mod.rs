//! Which endpoints are asked, in what order, and how many must agree.

mod hedges;
mod race;
mod resolving;

use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use siwn::{Access, BoxFuture, Question};
use tokio::time::{Instant, timeout_at};

use crate::block::Tip;
use crate::endpoint::{Endpoint, Shared};
use crate::error::{Failed, LookUpError};
use crate::fault::Fault;
use crate::settings::EndpointSettings;
pub(crate) use hedges::Hedges;
use race::Round;

/// How long the last tips are waited for.
const PATIENCE: Duration = Duration::from_millis(300);

/// All endpoints, those that are asked first in front.
pub(crate) struct Endpoints {
    all: Arc<[Endpoint]>,
    /// How many must give the same answer at the same block.
    agreement: usize,
    hedges: Hedges,
    shared: Arc<Shared>,
}

/// An authoritative answer, the block at which it was so, and one of the endpoints that gave it.
pub(crate) struct Found<'a> {
    pub(crate) access: Access,
    pub(crate) pin: Tip,
    pub(crate) endpoint: &'a Endpoint,
}

/// Each endpoint's host and fault, in the order in which they came.
type Faults = Vec<(String, Fault)>;

impl Endpoints {
    pub(crate) fn new(mut settings: Vec<EndpointSettings>, agreement: usize, hedge: bool, shared: Arc<Shared>) -> Self {
        settings.sort_by_key(|endpoint| endpoint.priority);
        let all = settings.into_iter().map(|endpoint| Endpoint::new(endpoint, Arc::clone(&shared))).collect();
        Self { all, agreement, hedges: Hedges::new(hedge), shared }
    }

    pub(crate) fn all(&self) -> &[Endpoint] {
        &self.all
    }

    /// How many must give the same answer.
    pub(crate) const fn agreement(&self) -> usize {
        self.agreement
    }

    pub(crate) const fn hedges(&self) -> &Hedges {
        &self.hedges
    }

    /// Where the account stands with the key: what one endpoint says by itself, or what as many as are needed say of one block.
    pub(crate) async fn standing<'a>(&'a self, question: Question<'a>, deadline: Instant) -> Result<Found<'a>, Failed> {
        let mut faults = Faults::new();
        let found = if self.agreement == 1 {
            let round = Round { needed: 1, deadline, may_hedge: true };
            self.race(round, &mut faults, &|endpoint| Box::pin(endpoint.standing(question, deadline))).await
        } else {
            self.agreed(question, deadline, &mut faults).await
        };
        let ((access, pin), endpoint) = found.ok_or_else(|| self.failed(faults, |endpoint| endpoint.breaker.pause()))?;
        Ok(Found { access, pin, endpoint })
    }

    /// The endpoints' tips are tried as the block that all are asked about, the oldest one first, for it is known to most. None of them is taken on its endpoint's word: whoever votes confirms it. A liar's tip gets no votes, and the next one is tried.
    async fn agreed<'a>(
        &'a self,
        question: Question<'a>,
        deadline: Instant,
        faults: &mut Faults,
    ) -> Option<((Access, Tip), &'a Endpoint)> {
        for pin in self.tips(deadline, faults).await {
            let ask = |endpoint: &'a Endpoint| -> BoxFuture<'a, _> { Box::pin(endpoint.standing_at(question, pin, deadline)) };
            let found = self.race(Round { needed: self.agreement, deadline, may_hedge: true }, faults, &ask).await;
            if found.is_some() || Instant::now() >= deadline {
                return found;
            }
        }
        None
    }

    /// The tips of the endpoints that can be asked now, without double ones, lowest first. Those that cannot be asked may still vote.
    ///
    /// Once there are so many that an honest one is among them, wherever there can be an agreement, the others are waited for a moment
    /// longer: one that hangs must not make everybody wait. It is found out all the same, for it is asked to the end.
    async fn tips(&self, deadline: Instant, faults: &mut Faults) -> Vec<Tip> {
        let enough = self.agreement.max(self.all.len() + 1 - self.agreement);
        let mut coming: FuturesUnordered<_> = (0..self.all.len()).map(|place| tokio::spawn(self.tip(place, deadline))).collect();
        let (mut tips, mut until) = (Vec::new(), deadline);
        while let Ok(Some(answer)) = timeout_at(until, coming.next()).await {
            match answer {
                Ok((_, Some(Ok(tip)))) => tips.push(tip),
                Ok((place, Some(Err(fault)))) => faults.push((self.all[place].host(), fault)),
                // It cannot be asked now, or the runtime ends.
                Ok((_, None)) | Err(_) => {}
            }
            if tips.len() == enough {
                until = deadline.min(Instant::now() + PATIENCE);
            }
        }
        tips.sort_by_key(|tip| tip.height);
        tips.dedup();
        tips
    }

    /// An endpoint's place and its tip, if it can be asked now.
    fn tip(&self, place: usize, deadline: Instant) -> impl Future<Output = (usize, Option<Result<Tip, Fault>>)> + use<> {
        let all = Arc::clone(&self.all);
        async move {
            let Some(_pass) = all[place].breaker.admit() else { return (place, None) };
            (place, Some(all[place].pin(deadline).await))
        }
    }

    /// Why there is no answer, and after what time the first endpoint that is left alone is asked again, in whole seconds.
    fn failed(&self, faults: Faults, pause: impl Fn(&Endpoint) -> Option<Duration>) -> Failed {
        let first = self.all.iter().filter_map(pause).min();
        let retry_after = first.map(|pause| Duration::from_secs(pause.as_secs() + u64::from(pause.subsec_nanos() > 0)));
        Failed::new(LookUpError::Endpoints(faults), retry_after)
    }
}
