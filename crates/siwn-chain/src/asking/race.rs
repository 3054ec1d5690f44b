//! One round of asking: as many endpoints at once as answers are missing, the next one where one fails, one more where all are slow.

use std::ptr;

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

/// Those that are being asked.
type Running<'a, V> = FuturesUnordered<BoxFuture<'a, Outcome<'a, V>>>;

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
    /// The first answer that as many endpoints give as are needed, with the last one of these.
    ///
    /// Endpoints that are paused are passed over. Where too few others are left, it waits for those: one look-up tries, the others
    /// see how that ends. An endpoint that asks for a pause is asked once more after it; any other that fails is not.
    pub(super) async fn race<'a, V: PartialEq + Send + 'a>(
        &'a self,
        round: Round,
        faults: &mut Faults,
        ask: Ask<'_, 'a, V>,
    ) -> Option<(V, &'a Endpoint)> {
        let mut race = Race::new(self, round, ask, faults);
        let mut running = Running::new();
        loop {
            let changed = self.shared.changed.notified();
            tokio::pin!(changed);
            // From here on no change is missed.
            changed.as_mut().enable();

            race.ask_as_many_as_are_missing(&mut running);
            if !race.can_be_won(running.len()) {
                return None;
            }
            let is_short = running.len() < race.votes.missing();
            let (returns, hedge_at) = (race.first_return(), race.hedge_at);
            tokio::select! {
                Some(outcome) = running.next() => {
                    if let Some(won) = race.settle(outcome) {
                        return Some(won);
                    }
                }
                () = sleep_until(hedge_at.unwrap_or(round.deadline)), if hedge_at.is_some() && !running.is_empty() => {
                    race.hedge(&mut running);
                }
                () = changed, if is_short => {}
                () = sleep_until(returns), if is_short => {}
                () = sleep_until(round.deadline) => return None,
            }
        }
    }
}

/// One round, under way.
struct Race<'f, 'a, V> {
    endpoints: &'a Endpoints,
    round: Round,
    ask: Ask<'f, 'a, V>,
    /// In their order.
    waiting: Vec<Candidate<'a>>,
    votes: Votes<V>,
    faults: &'f mut Faults,
    /// When one more is asked. Once in a round.
    hedge_at: Option<Instant>,
    has_hedged: bool,
    /// Those that have not answered yet, and those of them that a hedge was begun for.
    silent: Vec<&'a Endpoint>,
    slow: Vec<&'a Endpoint>,
}

impl<'f, 'a: 'f, V: PartialEq + Send + 'a> Race<'f, 'a, V> {
    fn new(endpoints: &'a Endpoints, round: Round, ask: Ask<'f, 'a, V>, faults: &'f mut Faults) -> Self {
        if round.may_hedge {
            endpoints.hedges.saved_by_a_look_up();
        }
        let candidate = |(place, endpoint)| Candidate { place, endpoint, was_limited: false };
        Self {
            endpoints,
            round,
            ask,
            waiting: endpoints.all.iter().enumerate().map(candidate).collect(),
            votes: Votes { needed: round.needed, cast: Vec::new() },
            faults,
            hedge_at: None,
            has_hedged: !round.may_hedge,
            silent: Vec::new(),
            slow: Vec::new(),
        }
    }

    fn ask_as_many_as_are_missing(&mut self, running: &mut Running<'a, V>) {
        while running.len() < self.votes.missing() {
            let mut admitted = (0..self.waiting.len()).filter_map(|at| Some((at, self.waiting[at].endpoint.breaker.admit()?)));
            let Some((at, pass)) = admitted.next() else { return };
            let candidate = self.waiting.remove(at);
            if !self.has_hedged && self.hedge_at.is_none() {
                let usual = candidate.endpoint.latency.slow();
                let delay = self.endpoints.hedges.delay(usual, self.endpoints.shared.timeout);
                self.hedge_at = delay.map(|delay| Instant::now() + delay);
            }
            self.silent.push(candidate.endpoint);
            let answer = (self.ask)(candidate.endpoint);
            running.push(Box::pin(candidate.asked(pass, false, answer)));
        }
    }

    /// Asks one more, of those in good order, where a hedge is left.
    fn hedge(&mut self, running: &mut Running<'a, V>) {
        (self.hedge_at, self.has_hedged) = (None, true);
        let is_well = |candidate: &Candidate<'_>| candidate.endpoint.breaker.state() == BreakerState::Closed;
        let Some(at) = self.waiting.iter().position(is_well) else { return };
        if self.endpoints.hedges.take()
            && let Some(pass) = self.waiting[at].endpoint.breaker.admit()
        {
            self.slow.clone_from(&self.silent);
            let candidate = self.waiting.remove(at);
            let answer = (self.ask)(candidate.endpoint);
            running.push(Box::pin(candidate.asked(pass, true, answer)));
        }
    }

    /// Takes what became of one that was asked: the answer, if it was the last one that was needed.
    fn settle(&mut self, outcome: Outcome<'a, V>) -> Option<(V, &'a Endpoint)> {
        let Outcome { mut candidate, is_hedge, result } = outcome;
        let endpoint = candidate.endpoint;
        self.silent.retain(|other| !ptr::eq(*other, endpoint));
        self.slow.retain(|other| !ptr::eq(*other, endpoint));
        match result {
            Ok(answer) => {
                let answer = self.votes.cast(answer)?;
                if is_hedge {
                    self.endpoints.hedges.has_won();
                    // Cut off in time again and again, an endpoint that hangs would never be found out.
                    self.slow.iter().for_each(|endpoint| endpoint.breaker.failed());
                }
                return Some((answer, endpoint));
            }
            Err(fault) => {
                let is_asked_again = fault.asks_for_a_pause() && !candidate.was_limited;
                self.faults.push((endpoint.host(), fault));
                if is_asked_again {
                    candidate.was_limited = true;
                    let behind = self.waiting.partition_point(|other| other.place < candidate.place);
                    self.waiting.insert(behind, candidate);
                }
            }
        }
        None
    }

    /// Whether enough are being asked, or may be asked before the deadline, as far as that is known.
    fn can_be_won(&self, running: usize) -> bool {
        let in_time = |until| until < self.round.deadline;
        let others = self.waiting.iter().filter(|candidate| candidate.endpoint.breaker.returns().is_none_or(in_time));
        running + others.count() >= self.votes.missing()
    }

    /// When the first of those that are paused may be asked.
    fn first_return(&self) -> Instant {
        let returns = self.waiting.iter().filter_map(|candidate| candidate.endpoint.breaker.returns());
        returns.min().unwrap_or(self.round.deadline)
    }
}

impl<'a> Candidate<'a> {
    async fn asked<V>(self, pass: Pass<'a>, is_hedge: bool, answer: BoxFuture<'a, Result<V, Fault>>) -> Outcome<'a, V> {
        let result = answer.await;
        drop(pass);
        Outcome { candidate: self, is_hedge, result }
    }
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
