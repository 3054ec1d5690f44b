//! One endpoint: how it is asked, and what is made of how it answers.

mod breaker;
mod contract;
mod latency;
mod memory;
mod pin;
mod standing;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use siwn::UnixMillis;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, timeout_at};

use crate::calls::Calls;
use crate::examine::{EndpointReport, examine};
use crate::fault::Fault;
use crate::health::{EndpointHealth, EndpointState};
use crate::http::{Address, Transport};
use crate::network::Network;
use crate::reply::Reply;
use crate::request::{Call, RequestId};
use crate::rpc_chain::Clock;
use crate::settings::EndpointSettings;
pub use breaker::BreakerState;
pub(crate) use breaker::{Breaker, Pass};
pub(crate) use latency::Latency;
pub use latency::Seconds;
use memory::Memory;

/// What all endpoints share.
pub(crate) struct Shared {
    pub(crate) network: Network,
    /// The most that one call takes.
    pub(crate) timeout: Duration,
    /// The age from which on a tip is a lagging node's.
    pub(crate) oldest_tip: Duration,
    pub(crate) clock: Clock,
    pub(crate) transport: Box<dyn Transport>,
    pub(crate) requests: AtomicU64,
    /// Told when an endpoint may have become free to be asked.
    pub(crate) changed: Arc<Notify>,
    /// Calls of contracts at once.
    pub(crate) contract_calls: Semaphore,
}

pub(crate) struct Endpoint {
    address: Address,
    shared: Arc<Shared>,
    memory: Mutex<Memory>,
    turn: tokio::sync::Mutex<Turn>,
    pub(crate) breaker: Breaker,
    /// For calls of contracts, which a gateway may limit more: pauses that it asked for, and nothing else.
    pub(crate) contracts: Breaker,
    pub(crate) calls: Calls,
    pub(crate) latency: Latency,
}

/// Held while the network is checked or the tip fetched: who comes meanwhile waits for the outcome instead of asking too. A tip is in the
/// memory then; a fault is here, with the time when it came.
type Turn = Option<(Instant, Fault)>;

impl Endpoint {
    pub(crate) fn new(settings: EndpointSettings, shared: Arc<Shared>) -> Self {
        Self {
            address: Address::new(settings.url, settings.headers),
            memory: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            breaker: Breaker::new(Arc::clone(&shared.changed)),
            contracts: Breaker::new(Arc::clone(&shared.changed)),
            calls: Calls::default(),
            latency: Latency::default(),
            shared,
        }
    }

    pub(crate) fn host(&self) -> String {
        self.address.host()
    }

    pub(crate) fn health(&self) -> EndpointHealth {
        EndpointHealth { host: self.host(), state: self.memory().state() }
    }

    /// Asks which network the endpoint is of, if that is not known; for its tip, if it fails. A pause that it asked for is kept.
    pub(crate) async fn check(&self) -> EndpointState {
        let until = self.next_call_ends(None);
        let state = self.memory().state();
        if !self.breaker.is_limited() {
            // What it answers, or does not, is noted.
            match state {
                EndpointState::Unasked => drop(self.check_alone(until).await),
                EndpointState::OtherNetwork { .. } => drop(self.check_anew(until).await),
                EndpointState::Failing { .. } => {
                    if self.pin(until).await.is_ok() {
                        self.breaker.is_well();
                    }
                }
                EndpointState::Answering => {}
            }
        }
        self.memory().state()
    }

    /// Looks at it closely, whatever is remembered of it. Nothing of that is counted or remembered.
    pub(crate) async fn examine(&self) -> EndpointReport {
        examine(&self.address, &self.shared).await
    }

    /// Sends a call and judges its reply.
    async fn call<T>(&self, call: Call<'_>, until: Instant, judge: impl FnOnce(Reply<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let id = RequestId(format!("siwn-{}", self.shared.requests.fetch_add(1, Ordering::Relaxed)));
        let began = Instant::now();
        let sent = self.shared.transport.post(&self.address, call.body(&id));
        let received = timeout_at(until, sent).await.unwrap_or(Err(Fault::TimedOut));
        let result = received.and_then(|received| {
            judge(Reply { status: received.status, retry_after: received.retry_after, body: &received.body, id: &id })
        });
        self.calls.count(call.method(), &result);
        self.latency.of_a_call(call.method(), began.elapsed());
        match &result {
            // Cut off by its look-up's end, before its own: that says nothing of the endpoint.
            Err(Fault::TimedOut) if began.elapsed() < self.shared.timeout / 2 => {}
            _ => self.take_note(call, result.as_ref().err()),
        }
        result
    }

    /// A `status` reply alone does not end an outage: it says nothing of whether the node keeps up.
    fn take_note(&self, call: Call<'_>, fault: Option<&Fault>) {
        let is_of_a_contract = matches!(call, Call::Contract { .. });
        if let Some(fault) = fault.filter(|fault| fault.asks_for_a_pause()) {
            let breaker = if is_of_a_contract { &self.contracts } else { &self.breaker };
            breaker.limited(fault.retry_after());
        }
        if is_of_a_contract {
            return;
        }
        let is_about_an_account = matches!(call, Call::AccessKey { .. } | Call::Account { .. });
        match fault {
            None if matches!(call, Call::Status) => self.memory().is_of_the_network(self.now()),
            None => self.note_an_answer(),
            Some(Fault::OtherNetwork(found)) => self.shut_out(found),
            Some(fault) if !is_about_an_account || fault.counts_whatever_was_asked() => self.note_a_failure(fault),
            Some(_) => {}
        }
    }

    fn note_an_answer(&self) {
        self.breaker.answered();
        let failed_before = self.memory().answers();
        if failed_before {
            tracing::info!(endpoint = %self.host(), "an endpoint answers again");
        }
    }

    fn note_a_failure(&self, fault: &Fault) {
        self.breaker.failed();
        let answered_before = self.memory().fails(self.now());
        if answered_before {
            tracing::warn!(endpoint = %self.host(), %fault, "an endpoint fails");
        }
    }

    fn shut_out(&self, found: &str) {
        self.memory().is_of_another_network(found.to_owned());
        let expected = &self.shared.network;
        tracing::error!(endpoint = %self.host(), %expected, found, "an endpoint of another network is shut out");
    }

    fn next_call_ends(&self, deadline: Option<Instant>) -> Instant {
        let end = Instant::now() + self.shared.timeout;
        deadline.map_or(end, |deadline| end.min(deadline))
    }

    fn now(&self) -> UnixMillis {
        (self.shared.clock)()
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
