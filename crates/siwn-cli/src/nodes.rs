//! The nodes that a command asks, from its flags.

use std::time::Duration;

use siwn_chain::{Network, RpcChain, RpcUrl, RpcUrlError, Settings};

use crate::failure::Failure;
use crate::runtime;

#[derive(Debug, clap::Args)]
pub(crate) struct Nodes {
    /// The network: mainnet, testnet or a chain id
    #[arg(long, value_name = "NAME", env = "SIWN_NETWORK", hide_env = true, default_value = "mainnet", allow_hyphen_values = true)]
    pub(crate) network: String,
    /// Nodes to ask, comma-separated, in order [default: the network's public nodes]
    #[arg(long, value_name = "URLS", env = "SIWN_RPC", hide_env = true, value_delimiter = ',', allow_hyphen_values = true)]
    pub(crate) rpc: Vec<String>,
}

impl Nodes {
    /// The chain, of which nothing is remembered.
    pub(crate) fn chain(&self) -> Result<RpcChain, Failure> {
        let mut settings = Settings::new(parse(&self.network)?);
        let urls = self.rpc.iter().filter(|url| !url.is_empty());
        if urls.clone().next().is_some() {
            let urls: Result<_, _> = urls.map(|url| url.parse::<RpcUrl>().map(Into::into)).collect();
            settings.endpoints = urls.map_err(|error: RpcUrlError| {
                Failure::unknown(format!("--rpc: {error}")).hint("name nodes by https:// addresses, comma-separated")
            })?;
        }
        settings.key_cache = Duration::ZERO;
        RpcChain::new(settings, runtime::clock()).map_err(|error| Failure::unknown(error).hint("name nodes of it with --rpc"))
    }
}

/// The network of a command that asks no node: of the flag, of the variable, or mainnet.
pub(crate) fn network(flag: Option<&str>) -> Result<Network, Failure> {
    match flag {
        Some(name) => parse(name),
        None => parse(&std::env::var("SIWN_NETWORK").unwrap_or_default()),
    }
}

pub(crate) fn parse(name: &str) -> Result<Network, Failure> {
    // An empty variable is how many tools say that there is none.
    let name = if name.is_empty() { "mainnet" } else { name };
    name.parse().map_err(|error| Failure::unknown(format!("--network: {error}")).hint("name the network that the account lives on"))
}

/// Nobody answered: which nodes were asked, and what came of it.
pub(crate) fn silent(error: &(dyn std::error::Error + 'static)) -> Failure {
    let cause = error.source().map_or_else(String::new, |source| format!(": {source}"));
    Failure::unknown(format!("{error}{cause}"))
}
