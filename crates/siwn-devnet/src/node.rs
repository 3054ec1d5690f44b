//! A node of the devnet: what it is, what is wrong with it, and what reached it.

use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::fault::Faults;
use crate::ledger::{Block, FINALITY, GENESIS_HEIGHT};
use crate::limit::Limiter;
use crate::rpc::{Answer, Method, Node, Request};
use crate::{Devnet, Fault, Flavour, Limit, Outage, Requests};

/// A node's own affairs. The chain is not among them.
#[derive(Default)]
pub(crate) struct NodeState {
    flavour: Flavour,
    limiter: Option<Limiter>,
    faults: Faults<Lag>,
    requests: Requests,
    calls: u64,
}

/// Where a node is that stopped following the chain.
#[derive(Clone, Copy)]
struct Lag {
    head: Block,
    dated_back: u64,
}

/// A fault that a request met, and what the node was like when it began.
#[derive(Clone, Copy)]
pub(crate) struct Encounter {
    pub(crate) fault: Fault,
    lag: Lag,
}

impl Devnet {
    /// Which software this node is.
    #[must_use]
    pub fn flavour(&self) -> Flavour {
        self.state().flavour
    }

    /// Lets this node be other software from now on.
    pub fn set_flavour(&self, flavour: Flavour) {
        self.state().flavour = flavour;
    }

    /// How many requests a second this node answers, if there is a limit.
    #[must_use]
    pub fn limit(&self) -> Option<Limit> {
        self.state().limiter.as_ref().map(|limiter| limiter.limit)
    }

    /// Lets this node answer so many requests a second from now on. What the limit refuses is counted, but meets no fault.
    pub fn set_limit(&self, limit: Option<Limit>) {
        self.state().limiter = limit.map(Limiter::new);
    }

    /// Lets requests to this node meet a fault from now on. Of several outages that fit a request, the oldest takes it.
    pub fn fail(&self, outage: impl Into<Outage>) {
        let (outage, now) = (outage.into(), self.now());
        let ledger = self.ledger();
        let age = match outage.fault {
            Fault::Lagging(age) => u64::try_from(age.as_nanos()).unwrap_or(u64::MAX),
            _ => 0,
        };
        let final_then = now.get().saturating_mul(1_000_000).saturating_sub(age);
        let dated_back = ledger.final_block().timestamp_nanos.saturating_sub(final_then);
        let lag = Lag { head: ledger.head(), dated_back };
        drop(ledger);
        self.state().faults.begin(outage, lag);
    }

    /// Ends all faults of this node. Its flavour and its limit stay.
    pub fn recover(&self) {
        self.state().faults.clear();
    }

    /// How many requests reached this node since it was made or [`Devnet::forget_requests`] was called.
    #[must_use]
    pub fn requests(&self) -> Requests {
        self.state().requests
    }

    /// How many of the queries among them called a contract.
    #[must_use]
    pub fn contract_calls(&self) -> u64 {
        self.state().calls
    }

    /// Counts this node's requests from zero again.
    pub fn forget_requests(&self) {
        let mut state = self.state();
        (state.requests, state.calls) = (Requests::default(), 0);
    }

    /// Counts a request and says which fault it meets: above the node's limit that of [`Fault::TooManyRequests`].
    pub(crate) fn receive(&self, request: &Request) -> Option<Encounter> {
        let head = self.head();
        let methods = request.methods();
        let mut state = self.state();
        for method in &methods {
            state.requests.count(*method);
            state.calls += u64::from(*method == Method::Call);
        }
        let now = Instant::now();
        if let Some(limiter) = &mut state.limiter
            && !limiter.admit(now)
        {
            let fault = Fault::TooManyRequests { retry_after: limiter.limit.retry_after };
            return Some(Encounter { fault, lag: Lag { head, dated_back: 0 } });
        }
        let method = *methods.first()?;
        state.faults.meet(method).map(|(fault, lag)| Encounter { fault, lag })
    }

    /// Answers as the node does that has met `encounter`, as far as the fault is one of content.
    pub(crate) fn answer_met(&self, request: Request, encounter: Option<Encounter>) -> Answer {
        let (now, flavour) = (self.now(), self.flavour());
        let ledger = self.ledger();
        let head = ledger.head();
        let lag = match encounter {
            Some(Encounter { fault: Fault::Lagging(_), lag }) => lag,
            Some(Encounter { fault: Fault::Behind(blocks), .. }) => {
                let height = head.height.saturating_sub(blocks).max(GENESIS_HEIGHT + FINALITY);
                Lag { head: ledger.at_height(height).unwrap_or(head), dated_back: 0 }
            }
            _ => Lag { head, dated_back: 0 },
        };
        let node = Node {
            ledger: &ledger,
            network: self.network(),
            flavour,
            met: encounter.map(|encounter| encounter.fault),
            head: lag.head,
            dated_back: lag.dated_back,
            started: self.started(),
            now,
        };
        request.answer(&node)
    }

    pub(crate) fn outages(&self) -> Vec<Outage> {
        self.state().faults.outages().cloned().collect()
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under these locks is complete before anything could panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
