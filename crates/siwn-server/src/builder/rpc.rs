//! The chain as NEAR's nodes tell it.

use std::sync::Arc;

use siwn::Chain;
use siwn_chain::{EndpointHealth, EndpointSettings, EndpointState, Readiness, RpcChain, RpcUrl, Settings};

use super::{BuildError, Builder};
use crate::chain_metrics::ChainMetrics;
use crate::readiness::ReadyCheck;

impl Builder {
    /// A chain of these nodes; its state shows in `readyz`, its calls in the metrics.
    #[must_use]
    pub fn rpc_chain(mut self, chain: Arc<RpcChain>) -> Self {
        self.watch(&chain);
        self.chain(chain.network().to_string(), chain as Arc<dyn Chain>)
    }

    /// The network: `mainnet`, `testnet` or a chain id. Default: `mainnet`.
    #[must_use]
    pub fn network(mut self, network: impl Into<String>) -> Self {
        self.network = network.into();
        self
    }

    /// Adds a node to ask; the first one is preferred. Default: public nodes of the network, which limit how often they are asked.
    #[must_use]
    pub fn rpc(mut self, url: impl Into<String>) -> Self {
        self.rpc.push(url.into());
        self
    }

    /// The network's nodes.
    pub(super) fn own_chain(&mut self) -> Result<(String, Arc<dyn Chain>), BuildError> {
        let mut settings = Settings::new(self.network.parse()?);
        if !self.rpc.is_empty() {
            let urls: Vec<RpcUrl> = self.rpc.iter().map(|url| url.parse()).collect::<Result<_, _>>()?;
            settings.endpoints = urls.into_iter().map(EndpointSettings::from).collect();
        }
        let chain = Arc::new(RpcChain::new(settings, Arc::clone(&self.clock))?);
        self.watch(&chain);
        Ok((chain.network().to_string(), chain))
    }

    fn watch(&mut self, chain: &Arc<RpcChain>) {
        let readiness = Arc::clone(chain);
        let check = move || told(&readiness.ready());
        self.ready.push(ReadyCheck { name: "chain", check: Box::new(check) });
        self.watched = Some(Box::new(ChainMetrics(Arc::clone(chain))));
    }
}

/// What `readyz` says of a chain. An endpoint of another network is a fault of the configuration: it is named whether or not others answer.
fn told(readiness: &Readiness) -> Result<String, String> {
    let strangers = readiness.endpoints.iter().filter_map(|EndpointHealth { host, state, .. }| match state {
        EndpointState::OtherNetwork { found } => Some(format!("; {host} is shut out, for it is of another network: {found}")),
        _ => None,
    });
    let strangers: String = strangers.collect();
    match (readiness.is_lost(), readiness.needed) {
        (false, _) => Ok(format!("ok{strangers}")),
        (true, 1) => Err(format!("no node of the network answers{strangers}")),
        (true, needed) => Err(format!("fewer nodes of the network answer than must agree, {needed}{strangers}")),
    }
}
