//! A devnet on a socket where `alice.near` has the tests' key, and login servers that ask it.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use siwn::conformance::TestClock;
use siwn::{AccountId, Chain, Generation, MemoryStore, Secret, Store};
use siwn_chain::{RpcChain, RpcUrl, Settings};
use siwn_devnet::{Devnet, DevnetServer, Permission};
use siwn_server::Builder;

use crate::support::{Answer, NOW, Server, key};

pub(crate) const VERIFY: &str = "/api/auth/verify-login";
/// Long enough that nothing that answers is cut off.
pub(crate) const PATIENT: Duration = Duration::from_secs(20);

pub(crate) struct Node {
    pub(crate) devnet: Devnet,
    pub(crate) socket: DevnetServer,
    pub(crate) clock: TestClock,
}

/// A login server, and the chain client that it asks.
pub(crate) struct Site {
    pub(crate) server: Server,
    pub(crate) chain: Arc<RpcChain>,
}

impl Node {
    pub(crate) async fn new() -> Self {
        let clock = TestClock::at(NOW);
        let devnet = devnet(&clock);
        Self { socket: devnet.listen().await.unwrap(), devnet, clock }
    }

    /// A login server that asks this node and remembers no key.
    pub(crate) fn site(&self, timeout: Duration) -> Site {
        Site::new(&[self.socket.url()], &self.clock, |settings| settings.timeout = timeout, |builder| builder)
    }

    /// Lets time pass, so that no block is fresh any more, and makes the changes before final.
    pub(crate) fn pass(&self, time: Duration) {
        self.clock.set(self.clock.now() + time);
        self.devnet.settle();
    }
}

impl Site {
    pub(crate) fn new(
        urls: &[String],
        clock: &TestClock,
        settings: impl FnOnce(&mut Settings),
        builder: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let mut asked = Settings::new("siwn-devnet".parse().unwrap());
        asked.endpoints = urls.iter().map(|url| url.parse::<RpcUrl>().unwrap().into()).collect();
        (asked.timeout, asked.key_cache) = (PATIENT, Duration::ZERO);
        settings(&mut asked);
        let chain = Arc::new(RpcChain::new(asked, reader(clock)).unwrap());
        let asks = Arc::clone(&chain) as Arc<dyn Chain>;
        let clock = reader(clock);
        let server = Server::with(|own| builder(own.chain("siwn-devnet", asks).clock(clock)));
        Self { server, chain }
    }

    pub(crate) async fn log_in(&self, token: &str) -> Answer {
        self.server.post(VERIFY, &[], &json!({ "authToken": token })).await
    }
}

/// A devnet where `alice.near` has the tests' key. The same one again is in the same state.
pub(crate) fn devnet(clock: &TestClock) -> Devnet {
    let devnet = Devnet::new(reader(clock));
    let alice: AccountId = alice();
    devnet.add_account(&alice).unwrap();
    devnet.add_key(&alice, &key().public_key(), Permission::FullAccess).unwrap();
    devnet.settle();
    devnet
}

pub(crate) fn alice() -> AccountId {
    "alice.near".parse().unwrap()
}

/// What servers share that take over each other's challenges.
pub(crate) fn sharing(clock: &TestClock) -> impl Fn(Builder) -> Builder + use<> {
    let reads = clock.clone();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new(Generation::from_bytes([1; 16]), 100, move || reads.now()));
    move |builder| builder.store(Arc::clone(&store)).secret(Secret::from_bytes([2; 32]))
}

pub(crate) fn reader(clock: &TestClock) -> siwn_server::Clock {
    let clock = clock.clone();
    Arc::new(move || clock.now())
}
