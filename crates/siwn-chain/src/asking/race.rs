//! One round of asking: as many endpoints at once as answers are missing, the next one where one fails, one more where all are slow.

use futures_util::stream::{FuturesUnordered, StreamExt as _};
use siwn::BoxFuture;
use tokio::time::{Instant, sleep_until};

use super::{Endpoints, Faults};
use crate::endpoint::{BreakerState, Endpoint, Pass};
use crate::fault::Fault;

/// What a round of asking is about.
#[derive(Clone, Copy)]
pub(super) struct Round {
    /// How many must give the same answer.
    pub(super) needed: usize,
    pub(super) deadline: Instant,
    /// Whether one more may be asked where these are slow.
    pub(super) may_hedge: bool,
}

/// How one endpoint is asked.
pub(super) type Ask<'f, 'a, V> = &'f (dyn Fn(&'a Endpoint) -> BoxFuture<'a, Result<V, Fault>> + Send + Sync);

/// An endpoint that can still be asked in this round.
struct Candidate<'a> {
    place: usize,
    endpoint: &'a Endpoint,
    /// It asked for a pause when it was asked before.
    was_limited: bool,
}

/// What became of one that was asked.
struct Outcome<'a, V> {
    candidate: Candidate<'a>,
    is_hedge: bool,
    result: Result<V, Fault>,
}

impl Endpoints {
    /// The first answer that `needed` endpoints give, with the last one of these.
    ///
    /// Endpoints that are paused are passed over. Where too few others are left, it waits for those: one look-up tries, the others
    /// see how that ends. An endpoint that asks for a pause is asked once more after it; any other that fails is not.
    pub(super) async fn race<'a, V: PartialEq>(
        &'a self,
        round: Round,
        faults: &mut Faults,
        ask: Ask<'_, 'a, V>,
    ) -> Option<(V, &'a Endpoint)> {
        let Round { needed, deadline, may_hedge } = round;
        if may_hedge {
            self.hedges.saved_by_a_look_up();
        }
        let mut waiting: Vec<_> = self.all.iter().enumerate().map(|(place, endpoint)| Candidate::new(place, endpoint)).collect();
        let mut running = FuturesUnordered::new();
        let mut votes = Votes { needed, cast: Vec::new() };
        let mut hedge_at = None;
        let mut hedged = !may_hedge;
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();

            while running.len() < votes.missing() {
                let Some((candidate, pass)) = next(&mut waiting) else { break };
                let slow = candidate.endpoint.latency.slow();
                let delay = self.hedges.delay(slow, self.shared.timeout).filter(|_| !hedged && hedge_at.is_none());
                hedge_at = hedge_at.or(delay.map(|delay| Instant::now() + delay));
                running.push(candidate.asked(pass, false, ask));
            }
            let others = waiting.iter().filter(|candidate| candidate.returns_before(deadline)).count();
            if running.len() + others < votes.missing() {
                return None;
            }
            let is_short = running.len() < votes.missing();
            let first_return = waiting.iter().filter_map(|candidate| candidate.endpoint.breaker.returns()).min();

            tokio::select! {
                Some(Outcome { mut candidate, is_hedge, result }) = running.next() => match result {
                    Ok(answer) => {
                        let endpoint = candidate.endpoint;
                        if let Some(answer) = votes.cast(answer) {
                            if is_hedge {
                                self.hedges.has_won();
                            }
                            return Some((answer, endpoint));
                        }
                    }
                    Err(fault) => {
                        let asks_for_a_pause = fault.asks_for_a_pause();
                        faults.push((candidate.endpoint.host(), fault));
                        if asks_for_a_pause && !candidate.was_limited {
                            candidate.was_limited = true;
                            let behind = waiting.partition_point(|other| other.place < candidate.place);
                            waiting.insert(behind, candidate);
                        }
                    }
                },
                () = sleep_until(hedge_at.unwrap_or(deadline)), if hedge_at.is_some() && !running.is_empty() => {
                    hedge_at = None;
                    hedged = true;
                    if let Some((candidate, pass)) = self.hedge(&mut waiting) {
                        running.push(candidate.asked(pass, true, ask));
                    }
                }
                () = changed, if is_short => {}
                () = sleep_until(first_return.unwrap_or(deadline)), if is_short => {}
                () = sleep_until(deadline) => return None,
            }
        }
    }

    /// An endpoint in good order, where a hedge is left.
    fn hedge<'a>(&self, waiting: &mut Vec<Candidate<'a>>) -> Option<(Candidate<'a>, Pass<'a>)> {
        let is_well = |candidate: &Candidate<'_>| candidate.endpoint.breaker.state() == BreakerState::Closed;
        let at = waiting.iter().position(is_well)?;
        if !self.hedges.take() {
            return None;
        }
        let pass = waiting[at].endpoint.breaker.admit()?;
        Some((waiting.remove(at), pass))
    }
}

impl<'a> Candidate<'a> {
    const fn new(place: usize, endpoint: &'a Endpoint) -> Self {
        Self { place, endpoint, was_limited: false }
    }

    async fn asked<V>(self, pass: Pass<'a>, is_hedge: bool, ask: Ask<'_, 'a, V>) -> Outcome<'a, V> {
        let result = ask(self.endpoint).await;
        drop(pass);
        Outcome { candidate: self, is_hedge, result }
    }

    /// Whether it may be asked before the deadline, as far as that is known.
    fn returns_before(&self, deadline: Instant) -> bool {
        self.endpoint.breaker.returns().is_none_or(|until| until < deadline)
    }
}

/// The first that may be asked now.
fn next<'a>(waiting: &mut Vec<Candidate<'a>>) -> Option<(Candidate<'a>, Pass<'a>)> {
    for at in 0..waiting.len() {
        if let Some(pass) = waiting[at].endpoint.breaker.admit() {
            return Some((waiting.remove(at), pass));
        }
    }
    None
}

/// Answers, each with how many gave it.
struct Votes<V> {
    needed: usize,
    cast: Vec<(V, usize)>,
}

impl<V: PartialEq> Votes<V> {
    /// The answer, if it is the last one that was needed.
    fn cast(&mut self, answer: V) -> Option<V> {
        let at = self.cast.iter().position(|(other, _)| *other == answer).unwrap_or(self.cast.len());
        if at == self.cast.len() {
            self.cast.push((answer, 0));
        }
        self.cast[at].1 += 1;
        (self.cast[at].1 >= self.needed).then(|| self.cast.swap_remove(at).0)
    }

    /// How many more of the answer that is nearest to being enough.
    fn missing(&self) -> usize {
        self.needed - self.cast.iter().map(|(_, votes)| *votes).max().unwrap_or(0)
    }
}
