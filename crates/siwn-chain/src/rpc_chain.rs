//! The chain, asked over JSON-RPC.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use futures_util::future::join_all;
use siwn::{BoxFuture, Chain, ChainError, Question, Standing, UnixMillis};
use tokio::time::Instant;

use crate::calls::{self, CallCount};
use crate::endpoint::{Endpoint, Shared};
use crate::error::{LookUpError, SetupError, StartError};
use crate::examine::EndpointReport;
use crate::fault::Fault;
use crate::health::{EndpointState, Readiness};
use crate::http::Http;
use crate::key_cache::KeyCache;
use crate::network::Network;
use crate::rpc_url::RpcUrl;

/// Says what time it is. A server gives the machine's clock, a test its own.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// How the chain is asked.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Settings {
    /// The network. Endpoints of another are shut out.
    pub network: Network,
    /// The endpoints, the preferred one first.
    pub endpoints: Vec<RpcUrl>,
    /// The most that one call takes: 2 s, from 1 ms to 60 s. A look-up ends after twice that.
    pub timeout: Duration,
    /// The age from which on an endpoint's newest final block is a lagging node's: 30 s.
    pub oldest_tip: Duration,
    /// How long after its block a full-access key is taken for granted, from nothing, which asks every time, to 10 min: 30 s.
    pub key_cache: Duration,
}

/// [`Chain`] over JSON-RPC.
///
/// A look-up asks the endpoints in their order until one gives an authoritative answer, and ends after twice the time of a call. At an
/// endpoint it costs one call for the newest final block, which serves all look-ups for a second, and one for the key. Only where an
/// implicit account does not have its own key does it cost another, which tells an account that dropped the key from one that does not
/// exist. Beside these, an endpoint is asked for its network before its first use and after an outage of more than a minute.
///
/// That a key has full access is remembered for a while after its block, and then costs no call. Nothing else is: a key that was missing
/// a moment ago is asked for again.
///
/// Nothing of one endpoint's answer is used with another's. Needs a tokio runtime with I/O and time.
pub struct RpcChain {
    endpoints: Vec<Endpoint>,
    shared: Arc<Shared>,
    keys: KeyCache,
}

/// An answer, and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Report {
    /// What was answered.
    pub standing: Standing,
    /// Host and port of the endpoint that answered.
    pub endpoint: String,
    /// When the block was made, by its own word.
    pub made_at: UnixMillis,
}

impl Settings {
    /// The defaults: the network's public endpoints, 2 s for a call, blocks and remembered keys up to 30 s old.
    #[must_use]
    pub fn new(network: Network) -> Self {
        let endpoints = network.public_endpoints();
        let (timeout, oldest_tip, key_cache) = (Duration::from_secs(2), Duration::from_secs(30), Duration::from_secs(30));
        Self { network, endpoints, timeout, oldest_tip, key_cache }
    }
}

impl RpcChain {
    /// No I/O.
    ///
    /// # Errors
    ///
    /// Settings without an endpoint or with a time that is out of range; an HTTP client that cannot be made.
    pub fn new(settings: Settings, clock: Clock) -> Result<Self, SetupError> {
        let Settings { network, endpoints, timeout, oldest_tip, key_cache } = settings;
        if endpoints.is_empty() {
            return Err(SetupError::NoEndpoint(network));
        }
        if !(Duration::from_millis(1)..=Duration::from_mins(1)).contains(&timeout) {
            return Err(SetupError::Timeout(timeout));
        }
        if key_cache > Duration::from_mins(10) {
            return Err(SetupError::KeyCache(key_cache));
        }
        let shared = Arc::new(Shared { network, timeout, oldest_tip, clock, http: Http::new()?, requests: AtomicU64::new(0) });
        let endpoints = endpoints.into_iter().map(|url| Endpoint::new(url, Arc::clone(&shared))).collect();
        Ok(Self { endpoints, shared, keys: KeyCache::new(key_cache) })
    }

    /// Asks each endpoint that is not known to answer, all at once, within the time of a call: a new one for its network, one call; one
    /// that fails for its newest block, too. An endpoint that answers is not asked.
    ///
    /// For the start, and for whoever wants to know whether an outage is over: between logins nothing else asks.
    ///
    /// # Errors
    ///
    /// [`StartError::OtherNetwork`] when endpoints could be reached and all of these are of another network. That none could be reached
    /// is no error: a look-up will try again.
    pub async fn check(&self) -> Result<Readiness, StartError> {
        let states = join_all(self.endpoints.iter().map(Endpoint::check)).await;
        let found = |(endpoint, state): (&Endpoint, &EndpointState)| match state {
            EndpointState::OtherNetwork { found } => Some((endpoint.host(), found.clone())),
            _ => None,
        };
        let found: Vec<_> = self.endpoints.iter().zip(&states).filter_map(found).collect();
        if found.is_empty() || states.contains(&EndpointState::Answering) {
            Ok(self.ready())
        } else {
            Err(StartError::OtherNetwork { expected: self.shared.network.clone(), found })
        }
    }

    /// How the endpoints stood when each was last asked. No I/O: an outage and its end show when a login or [`check`](Self::check) asks.
    #[must_use]
    pub fn ready(&self) -> Readiness {
        Readiness { endpoints: self.endpoints.iter().map(Endpoint::health).collect() }
    }

    /// Looks closely at every endpoint, all at once, for an operator who wants to know what is wrong: up to seven calls each, of which
    /// nothing is counted or remembered. Ends after the time of three calls.
    pub async fn examine(&self) -> Vec<EndpointReport> {
        join_all(self.endpoints.iter().map(Endpoint::examine)).await
    }

    /// How many calls were made and how they ended. What never happened is left out.
    #[must_use]
    pub fn call_counts(&self) -> Vec<CallCount> {
        calls::sum(self.endpoints.iter().map(|endpoint| (endpoint.host(), endpoint.calls())))
    }

    /// The configured network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.shared.network
    }

    async fn remembered_or_asked(&self, question: Question<'_>) -> Result<Standing, ChainError> {
        match self.keys.find(question, self.now()) {
            Some(standing) => Ok(standing),
            None => self.look_up(question).await.map(|report| report.standing),
        }
    }

    /// Asks the endpoints, whatever is remembered: the answer, who gave it, and the time of its block.
    ///
    /// # Errors
    ///
    /// What [`Chain::standing`] ends with: no endpoint gave an authoritative answer.
    pub async fn look_up(&self, question: Question<'_>) -> Result<Report, ChainError> {
        let deadline = Instant::now() + self.shared.timeout * 2;
        let mut faults = Vec::new();
        for endpoint in &self.endpoints {
            match endpoint.standing(question, deadline).await {
                Ok((standing, made_at)) => {
                    self.keys.keep(&standing, made_at, self.now());
                    return Ok(Report { standing, endpoint: endpoint.host(), made_at });
                }
                Err(fault) => faults.push((endpoint.host(), fault)),
            }
            if Instant::now() >= deadline {
                break;
            }
        }
        let retry_after = faults.iter().filter_map(|(_, fault): &(_, Fault)| fault.retry_after()).min();
        Err(ChainError::new(LookUpError(faults), retry_after))
    }

    fn now(&self) -> UnixMillis {
        (self.shared.clock)()
    }
}

impl Chain for RpcChain {
    fn standing<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Standing, ChainError>> {
        Box::pin(self.remembered_or_asked(question))
    }
}

impl fmt::Debug for RpcChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoints = self.ready().endpoints;
        f.debug_struct("RpcChain").field("network", &self.shared.network).field("endpoints", &endpoints).finish_non_exhaustive()
    }
}
