//! A NEAR of a test's own.

use std::sync::Arc;
use std::time::Duration;

use siwn::{Nonce, TokenRequest, UnixMillis};
use siwn_devnet::{Devnet, DevnetServer, TestAccount, TestAccounts};

use super::TestClock;
use crate::builder::Builder;
use crate::random::random;
use crate::siwn::Siwn;

/// When tests begin: 2026-09-21, in the afternoon.
const START: UnixMillis = UnixMillis::new(1_790_000_000_000);

/// A NEAR in this process, with three people who have accounts and wallets, and a clock that stands until it is told otherwise.
///
/// Its node answers on a free port of 127.0.0.1 until this is dropped. It wants tokio's real time, not paused time.
#[derive(Debug)]
pub struct TestNear {
    /// The time, for the chain and for every [`builder`](Self::builder).
    pub clock: TestClock,
    /// The chain: takes keys away, adds accounts, fails on demand.
    pub devnet: Devnet,
    /// `alice.test.near` and her wallet.
    pub alice: TestAccount,
    /// `bob.test.near` and his wallet.
    pub bob: TestAccount,
    /// `carol.test.near` and her wallet.
    pub carol: TestAccount,
    node: DevnetServer,
}

impl TestNear {
    /// Starts it.
    ///
    /// # Panics
    ///
    /// Where no port is free.
    pub async fn start() -> Self {
        let clock = TestClock::at(START);
        let devnet = Devnet::new(reading(&clock));
        let TestAccounts { alice, bob, carol, .. } = devnet.add_test_accounts(random().expect("the machine has random bytes"));
        let node = devnet.listen().await.expect("a port of 127.0.0.1 is free");
        Self { clock, devnet, alice, bob, carol, node }
    }

    /// Begins a handle for a site on this chain, by this clock. Its sessions are in memory.
    #[must_use]
    pub fn builder(&self, recipient: &str) -> Builder {
        let chain_id = self.devnet.network().chain_id();
        Siwn::builder(recipient).network(chain_id).rpc(self.node.url()).clock(reading(&self.clock))
    }

    /// Lets time pass, and the chain go on.
    pub fn pass(&self, time: Duration) {
        self.clock.set(self.clock.now() + time);
        self.devnet.settle();
    }

    /// A near-sign-verify token of somebody who signs `message` for `recipient` now, as `Authorization: Bearer` takes it.
    ///
    /// # Panics
    ///
    /// Where the machine has no random bytes.
    #[must_use]
    pub fn token(&self, account: &TestAccount, recipient: &str, message: &str) -> String {
        let random = random().expect("the machine has random bytes");
        let request = TokenRequest {
            message: message.to_owned(),
            recipient: recipient.to_owned(),
            nonce: Nonce::timestamp(self.clock.now(), random),
            callback_url: None,
            state: None,
        };
        let answer = account.sign(&request.payload());
        request.into_token(answer).expect("the account's key signed it").encode()
    }
}

fn reading(clock: &TestClock) -> Arc<dyn Fn() -> UnixMillis + Send + Sync> {
    let clock = clock.clone();
    Arc::new(move || clock.now())
}
