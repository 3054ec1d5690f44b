//! The chain, asked over JSON-RPC.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use futures_util::future::join_all;
use siwn::{Asker, BoxFuture, Chain, ChainError, Question, Resolution, Resolved, Standing, UnixMillis};
use tokio::sync::Semaphore;

use crate::asking::Endpoints;
use crate::calls::{self, CallCount};
use crate::endpoint::{Endpoint, Shared};
use crate::error::{SetupError, StartError};
use crate::examine::EndpointReport;
use crate::health::{EndpointState, Readiness};
use crate::http::{Http, Transport};
use crate::key_cache::KeyCache;
use crate::look_up::LookUps;
use crate::measures::Measures;
use crate::network::Network;
use crate::pair::Handle;
use crate::rations::Rations;
use crate::settings::Settings;

/// Calls of contracts at once, whatever is resolved.
const CONTRACT_CALLS: usize = 8;

/// Says what time it is. A server gives the machine's clock, a test its own.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

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
/// Nothing of one endpoint's answer is used with another's, but where several have to agree: then all are asked about one block, which
/// each of them must hold for final and young enough. An endpoint that fails again and again or asks for a pause is left alone for a while;
/// where one is slower than it mostly is, another one is asked, too.
///
/// Who asks what is being asked waits for the same answer. All other questions are rationed ([`Rations`](crate::Rations)). Authorizations
/// (NEP-641) are resolved with rations of their own, a call of a contract within 3 s, all of it within 8 s.
///
/// Needs a tokio runtime with I/O and time.
pub struct RpcChain(Arc<LookUps>);

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

impl RpcChain {
    /// No I/O.
    ///
    /// # Errors
    ///
    /// Settings without an endpoint or with a time that is out of range; an HTTP client that cannot be made.
    pub fn new(settings: Settings, clock: Clock) -> Result<Self, SetupError> {
        let http = Http::new()?;
        Self::over(Box::new(http), settings, clock)
    }

    /// The same over another way to the endpoints.
    pub(crate) fn over(transport: Box<dyn Transport>, settings: Settings, clock: Clock) -> Result<Self, SetupError> {
        settings.check()?;
        let Settings { network, endpoints, agreement, hedge, timeout, oldest_tip, key_cache, rations } = settings;
        let (requests, changed, contract_calls) = (AtomicU64::new(0), Arc::default(), Semaphore::new(CONTRACT_CALLS));
        let shared = Shared { network, timeout, oldest_tip, clock, transport, requests, changed, contract_calls };
        let shared = Arc::new(shared);
        Ok(Self(Arc::new(LookUps {
            endpoints: Endpoints::new(endpoints, agreement, hedge, Arc::clone(&shared)),
            keys: KeyCache::new(key_cache),
            flights: Arc::default(),
            rations: Arc::new(Rations::new(rations)),
            resolutions: Arc::new(Rations::of_resolutions()),
            shared,
            remembered: AtomicU64::new(0),
            joined: AtomicU64::new(0),
        })))
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
        let states = join_all(self.0.endpoints.all().iter().map(Endpoint::check)).await;
        let found = |(endpoint, state): (&Endpoint, &EndpointState)| match state {
            EndpointState::OtherNetwork { found } => Some((endpoint.host(), found.clone())),
            _ => None,
        };
        let found: Vec<_> = self.0.endpoints.all().iter().zip(&states).filter_map(found).collect();
        if found.is_empty() || states.contains(&EndpointState::Answering) {
            Ok(self.ready())
        } else {
            Err(StartError::OtherNetwork { expected: self.0.shared.network.clone(), found })
        }
    }

    /// How the endpoints stood when each was last asked. No I/O: an outage and its end show when a login or [`check`](Self::check) asks.
    #[must_use]
    pub fn ready(&self) -> Readiness {
        let endpoints = &self.0.endpoints;
        Readiness { endpoints: endpoints.all().iter().map(Endpoint::health).collect(), needed: endpoints.agreement() }
    }

    /// Looks closely at every endpoint, all at once, for an operator who wants to know what is wrong: up to seven calls each, of which
    /// nothing is counted or remembered. Ends after the time of three calls.
    pub async fn examine(&self) -> Vec<EndpointReport> {
        join_all(self.0.endpoints.all().iter().map(Endpoint::examine)).await
    }

    /// How many calls were made and how they ended. What never happened is left out.
    #[must_use]
    pub fn call_counts(&self) -> Vec<CallCount> {
        calls::sum(self.0.endpoints.all().iter().map(|endpoint| (endpoint.host(), &endpoint.calls)))
    }

    /// What else was counted and measured.
    #[must_use]
    pub fn measures(&self) -> Measures {
        Measures::of(&self.0)
    }

    /// The configured network.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.0.shared.network
    }

    /// Asks the endpoints, whatever is remembered: the answer, who gave it, and the time of its block.
    ///
    /// # Errors
    ///
    /// What [`Chain::standing`] ends with: no endpoint gave an authoritative answer.
    pub async fn look_up(&self, question: Question<'_>) -> Result<Report, ChainError> {
        let ration = self.0.rations.take(question.asker, &Handle::from(question))?;
        Ok(Arc::clone(&self.0).ask(question.into(), ration).await?)
    }
}

#[cfg(test)]
impl RpcChain {
    pub(crate) fn flights_under_way(&self) -> usize {
        self.0.flights.len()
    }
}

impl Chain for RpcChain {
    fn standing<'a>(&'a self, question: Question<'a>) -> BoxFuture<'a, Result<Standing, ChainError>> {
        Box::pin(self.0.standing(question))
    }

    fn resolve<'a>(&'a self, resolution: &'a Resolution, asker: Asker) -> BoxFuture<'a, Result<Resolved, ChainError>> {
        Box::pin(self.0.resolve(resolution, asker))
    }
}

impl fmt::Debug for RpcChain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoints = self.ready().endpoints;
        f.debug_struct("RpcChain").field("network", &self.0.shared.network).field("endpoints", &endpoints).finish_non_exhaustive()
    }
}
