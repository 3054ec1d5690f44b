//! One endpoint: its network is checked, its tip pinned, its answers judged.

mod memory;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use siwn::{Access, Question, Standing, UnixMillis};
use tokio::time::{Instant, timeout_at};

use crate::block::Tip;
use crate::calls::Calls;
use crate::examine::{EndpointReport, examine};
use crate::fault::Fault;
use crate::health::{EndpointHealth, EndpointState};
use crate::http::Http;
use crate::network::Network;
use crate::reply::{AccountAnswer, KeyAnswer, Reply};
use crate::request::{Call, RequestId};
use crate::rpc_chain::Clock;
use crate::rpc_url::RpcUrl;
use memory::Memory;

/// What all endpoints share.
pub(crate) struct Shared {
    pub(crate) network: Network,
    /// The most that one call takes.
    pub(crate) timeout: Duration,
    /// The age from which on a tip is a lagging node's.
    pub(crate) oldest_tip: Duration,
    pub(crate) clock: Clock,
    pub(crate) http: Http,
    pub(crate) requests: AtomicU64,
}

pub(crate) struct Endpoint {
    url: RpcUrl,
    shared: Arc<Shared>,
    memory: Mutex<Memory>,
    turn: tokio::sync::Mutex<Turn>,
    calls: Calls,
}

/// Held while the network is checked or the tip fetched: who comes meanwhile waits for the outcome instead of asking too. A tip is in the
/// memory then; a fault is here, with the time when it came.
type Turn = Option<(Instant, Fault)>;

impl Endpoint {
    pub(crate) fn new(url: RpcUrl, shared: Arc<Shared>) -> Self {
        Self { url, shared, memory: Mutex::default(), turn: tokio::sync::Mutex::default(), calls: Calls::default() }
    }

    pub(crate) fn host(&self) -> String {
        self.url.host()
    }

    pub(crate) fn health(&self) -> EndpointHealth {
        EndpointHealth { host: self.host(), state: self.memory().state() }
    }

    pub(crate) fn calls(&self) -> &Calls {
        &self.calls
    }

    /// Where the account stands with the key, at this endpoint's tip and by this endpoint alone, and the time of that block.
    pub(crate) async fn standing(&self, question: Question<'_>, deadline: Instant) -> Result<(Standing, UnixMillis), Fault> {
        let pin = self.pin(deadline).await?;
        let access = self.access(question, pin, deadline).await.inspect_err(|fault| {
            if fault.is_of_the_pin() {
                self.memory().forget(pin);
            }
        })?;
        let (account, key) = (question.account.clone(), question.key.clone());
        Ok((Standing { account, key, access, block: pin.into() }, pin.made_at))
    }

    /// Asks which network the endpoint is of, if that is not known; for its tip, if it fails.
    pub(crate) async fn check(&self) -> EndpointState {
        let until = self.next_call_ends(None);
        let state = self.memory().state();
        // What it answers, or does not, is noted.
        match state {
            EndpointState::Unasked => drop(self.check_alone(until).await),
            EndpointState::OtherNetwork { .. } => drop(self.check_anew(until).await),
            EndpointState::Failing { .. } => drop(self.pin(until).await),
            EndpointState::Answering => {}
        }
        self.memory().state()
    }

    /// Looks at it closely, whatever is remembered of it. Nothing of that is counted or remembered.
    pub(crate) async fn examine(&self) -> EndpointReport {
        examine(&self.url, &self.shared).await
    }

    async fn access(&self, question: Question<'_>, pin: Tip, deadline: Instant) -> Result<Access, Fault> {
        let until = self.next_call_ends(Some(deadline));
        let call = Call::AccessKey { question, at: pin.hash };
        match self.call(call, until, |reply| reply.key_answer(question, pin.hash)).await? {
            KeyAnswer::Has(access) => Ok(access),
            KeyAnswer::AccountMissing => Ok(Access::NoAccount),
            KeyAnswer::KeyMissing if question.key.implicit_account().as_ref() == Some(question.account) => {
                self.access_without_key(question, pin, deadline).await
            }
            KeyAnswer::KeyMissing => Ok(Access::NoKey),
        }
    }

    /// Nodes differ in what they say of the keys of an account that does not exist, but not in what they say of the account.
    async fn access_without_key(&self, question: Question<'_>, pin: Tip, deadline: Instant) -> Result<Access, Fault> {
        let until = self.next_call_ends(Some(deadline));
        let call = Call::Account { account: question.account, at: pin.hash };
        match self.call(call, until, |reply| reply.account_answer(question.account, pin.hash)).await? {
            AccountAnswer::Exists => Ok(Access::NoKey),
            AccountAnswer::Missing => Ok(Access::NoAccount),
        }
    }

    /// The block that a look-up is about. All that it takes ends with the time of one call, so that the rest is left for the question.
    async fn pin(&self, deadline: Instant) -> Result<Tip, Fault> {
        if let Some(tip) = self.fresh_tip()? {
            return Ok(tip);
        }
        let came = Instant::now();
        let until = self.next_call_ends(Some(deadline));
        let mut turn = self.turn(until).await?;
        if let Some(tip) = self.fresh_tip()? {
            return Ok(tip);
        }
        if let Some((_, fault)) = turn.as_ref().filter(|(at, _)| *at >= came) {
            return Err(fault.clone());
        }
        let result = self.fetch_tip(until).await;
        *turn = result.as_ref().err().map(|fault| (Instant::now(), fault.clone()));
        result
    }

    async fn fetch_tip(&self, until: Instant) -> Result<Tip, Fault> {
        self.check_network(until).await?;
        let tip = self.call(Call::FinalBlock, until, |reply| self.tip_of(reply)).await?;
        self.memory().remember(tip, self.now());
        Ok(tip)
    }

    fn fresh_tip(&self) -> Result<Option<Tip>, Fault> {
        let memory = self.memory();
        memory.admits()?;
        let now = self.now();
        Ok(memory.tip(now).filter(|tip| tip.age(now) <= self.shared.oldest_tip))
    }

    fn tip_of(&self, reply: Reply<'_>) -> Result<Tip, Fault> {
        let tip = reply.tip()?;
        let age = tip.age(self.now());
        if age > self.shared.oldest_tip { Err(Fault::Lagging { age }) } else { Ok(tip) }
    }

    async fn check_alone(&self, until: Instant) -> Result<(), Fault> {
        let _turn = self.turn(until).await?;
        self.check_network(until).await
    }

    /// Asks an endpoint that said it is of another network: behind a balancer, that may have been somebody else's word.
    async fn check_anew(&self, until: Instant) -> Result<(), Fault> {
        let _turn = self.turn(until).await?;
        self.ask_network(until).await
    }

    /// Asks for the network, unless it is known.
    async fn check_network(&self, until: Instant) -> Result<(), Fault> {
        self.memory().admits()?;
        if self.memory().needs_check(self.now()) { self.ask_network(until).await } else { Ok(()) }
    }

    async fn ask_network(&self, until: Instant) -> Result<(), Fault> {
        self.call(Call::Status, until, |reply| self.is_of_the_network(reply)).await
    }

    async fn turn(&self, until: Instant) -> Result<tokio::sync::MutexGuard<'_, Turn>, Fault> {
        timeout_at(until, self.turn.lock()).await.map_err(|_| Fault::TimedOut)
    }

    fn is_of_the_network(&self, reply: Reply<'_>) -> Result<(), Fault> {
        let reported = reply.reported()?;
        if self.shared.network.is(&reported) { Ok(()) } else { Err(Fault::OtherNetwork(reported.to_string())) }
    }

    /// Sends a call and judges its reply.
    async fn call<T>(&self, call: Call<'_>, until: Instant, judge: impl FnOnce(Reply<'_>) -> Result<T, Fault>) -> Result<T, Fault> {
        let id = RequestId(format!("siwn-{}", self.shared.requests.fetch_add(1, Ordering::Relaxed)));
        let received = self.shared.http.post(&self.url, call.body(&id), until).await;
        let result = received.and_then(|received| {
            judge(Reply { status: received.status, retry_after: received.retry_after, body: &received.body, id: &id })
        });
        self.calls.count(call.method(), &result);
        self.take_note(call, result.as_ref().err());
        result
    }

    /// A `status` reply alone does not end an outage: it says nothing of whether the node keeps up.
    fn take_note(&self, call: Call<'_>, fault: Option<&Fault>) {
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
        let failed_before = self.memory().answers();
        if failed_before {
            tracing::info!(endpoint = %self.host(), "an endpoint answers again");
        }
    }

    fn note_a_failure(&self, fault: &Fault) {
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
