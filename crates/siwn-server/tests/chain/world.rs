//! Nodes and login servers in a time that passes only while everybody waits: seconds of waiting cost nothing, and are exact.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use siwn::{AccountId, PublicKey};
use siwn_chain::{RpcChain, RpcUrl, Settings};
use siwn_devnet::{BlockHash, Contract, Devnet, DevnetServer, Network, Permission};
use siwn_server::Rates;
use tokio::task::AbortHandle;
use tokio::time::Instant;

use crate::node::{Site, VERIFY};
use crate::support::{Answer, NOW, Server, key, sign_as};

const MAINNET_GENESIS: &str = "EPnLgE7iEq9s7yTkos96M3cWymH5avBAPm3qx3NXqR8H";

/// Has the tests' key.
pub(crate) const ALICE: &str = "alice.near";
/// Exists, without the tests' key.
pub(crate) const BOB: &str = "bob.near";
/// A contract that agrees to everything.
pub(crate) const OPEN: &str = "open.near";
/// A contract that agrees to nothing.
pub(crate) const PANICS: &str = "panics.near";

/// A chain that poses as mainnet and makes a block each 600 ms, and its nodes.
pub(crate) struct World {
    /// The first node.
    pub(crate) devnet: Devnet,
    sockets: HashMap<String, DevnetServer>,
    began: Instant,
    blocks: AbortHandle,
}

impl World {
    pub(crate) fn new() -> Self {
        let began = Instant::now();
        // A hash is written as a key of as many bytes is.
        let genesis: PublicKey = format!("ed25519:{MAINNET_GENESIS}").parse().unwrap();
        let genesis = BlockHash::new(genesis.as_bytes().try_into().unwrap());
        let devnet = Devnet::posing_as(Network::new("mainnet", genesis), clock(began));
        for (name, key) in [(ALICE, key().public_key()), (BOB, PublicKey::from_ed25519([9; 32]))] {
            let name: AccountId = name.parse().unwrap();
            devnet.add_account(&name).unwrap();
            devnet.add_key(&name, &key, Permission::FullAccess).unwrap();
        }
        for (name, contract) in [(OPEN, Contract::Open), (PANICS, Contract::Panics("no".into()))] {
            deploy(&devnet, name, contract);
        }
        // Deep enough that a node which is behind knows them, too.
        devnet.advance_by(40);
        let blocks = tokio::spawn(devnet.clone().run()).abort_handle();
        Self { devnet, sockets: HashMap::new(), began, blocks }
    }

    /// Gives the tests' key to these accounts too.
    pub(crate) fn add_accounts(&self, names: &[String]) {
        for name in names {
            let name = name.parse().unwrap();
            self.devnet.add_account(&name).unwrap();
            self.devnet.add_key(&name, &key().public_key(), Permission::FullAccess).unwrap();
        }
        self.devnet.settle();
    }

    /// Adds accounts whose contracts never end.
    pub(crate) fn add_endless_contracts(&self, names: &[String]) {
        for name in names {
            deploy(&self.devnet, name, Contract::NeverEnds);
        }
        self.devnet.settle();
    }

    /// Where a node is reached from now on.
    pub(crate) async fn url(&mut self, node: &Devnet) -> String {
        self.listens(node.listen().await.unwrap())
    }

    /// One address for several nodes, which take turns.
    pub(crate) async fn balancer(&mut self, nodes: &[Devnet]) -> String {
        self.listens(DevnetServer::balancing(nodes).await.unwrap())
    }

    /// Nobody listens there any more, and the connections break off.
    pub(crate) fn hang_up(&mut self, url: &str) {
        assert!(self.sockets.remove(url).is_some());
    }

    /// A login server that asks these endpoints, in this order, remembers no key, and lets everybody ask as often as he likes.
    pub(crate) fn site(&self, urls: &[String], settings: impl FnOnce(&mut Settings)) -> Site {
        self.site_with(Rates { initiate: None, verify: None, account: None, sessions: None, ..Rates::default() }, urls, settings)
    }

    /// The same with limits of its own.
    pub(crate) fn site_with(&self, rates: Rates, urls: &[String], settings: impl FnOnce(&mut Settings)) -> Site {
        let mut asked = Settings::new(siwn_chain::Network::Mainnet);
        asked.endpoints = urls.iter().map(|url| url.parse::<RpcUrl>().unwrap().into()).collect();
        asked.key_cache = Duration::ZERO;
        settings(&mut asked);
        let chain = Arc::new(RpcChain::new(asked, clock(self.began)).unwrap());
        let server = Server::with(|own| own.rpc_chain(Arc::clone(&chain)).clock(clock(self.began)).rates(rates));
        Site { server, chain }
    }

    /// How many requests reached all nodes.
    pub(crate) fn calls(&self) -> u64 {
        self.devnet.nodes().iter().map(|node| node.requests().total()).sum()
    }

    pub(crate) fn forget_calls(&self) {
        self.devnet.nodes().iter().for_each(Devnet::forget_requests);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.blocks.abort();
    }
}

impl World {
    fn listens(&mut self, socket: DevnetServer) -> String {
        let url = socket.url();
        self.sockets.insert(url.clone(), socket);
        url
    }
}

impl Site {
    pub(crate) async fn post(&self, body: &Value) -> Answer {
        self.server.post(VERIFY, &[], body).await
    }

    /// A token of the tests' key for an account, with a challenge of its own.
    pub(crate) async fn token_of(&self, account: &str) -> String {
        sign_as(account, &self.server.challenge(&[]).await.json(), &key())
    }
}

impl Answer {
    /// In seconds.
    pub(crate) fn retry_after(&self) -> Duration {
        Duration::from_secs(self.headers["retry-after"].to_str().unwrap().parse().unwrap())
    }
}

fn deploy(devnet: &Devnet, name: &str, contract: Contract) {
    let name = name.parse().unwrap();
    devnet.add_account(&name).unwrap();
    devnet.deploy(&name, contract).unwrap();
}

fn clock(began: Instant) -> siwn_server::Clock {
    Arc::new(move || NOW + began.elapsed())
}
