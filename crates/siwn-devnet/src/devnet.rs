//! The devnet: one chain, and the node in front of it.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use siwn::{AccountId, PublicKey, UnixMillis};
use tokio::time::MissedTickBehavior;

use crate::fault::Faults;
use crate::ledger::{FINALITY, Ledger};
use crate::rpc::{Lie, Node, Request};
use crate::{Block, Fault, LedgerError, Network, Outage, Permission, Reply, Requests};

/// How often [`Devnet::run`] makes a block, as NEAR does.
pub const BLOCK_INTERVAL: Duration = Duration::from_millis(600);

/// Where a devnet has its time from.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// A NEAR that fits in a process. Clones are handles to the same chain and the same node.
#[derive(Clone)]
pub struct Devnet(Arc<Inner>);

struct Inner {
    clock: Clock,
    network: Network,
    started: UnixMillis,
    ledger: Mutex<Ledger>,
    faults: Mutex<Faults<Lag>>,
    requests: Mutex<Requests>,
}

/// Where a node is that stopped following the chain.
#[derive(Clone, Copy)]
struct Lag {
    head: Block,
    dated_back: u64,
}

impl Devnet {
    /// A devnet of its own network, without accounts. The newest of its three blocks is made now.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        Self::posing_as(Network::devnet(), clock)
    }

    /// A devnet that says that it is `network`, for tests. Devnets of one network have the same block at the same height.
    #[must_use]
    pub fn posing_as(network: Network, clock: Clock) -> Self {
        let started = clock();
        let ledger = Ledger::new(network.genesis_hash(), started, BLOCK_INTERVAL);
        Self(Arc::new(Inner {
            clock,
            network,
            started,
            ledger: Mutex::new(ledger),
            faults: Mutex::default(),
            requests: Mutex::default(),
        }))
    }

    /// Which network this is.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.0.network
    }

    /// Makes a block each 600 ms, as long as the future is polled.
    pub async fn run(self) -> Infallible {
        let mut interval = tokio::time::interval(BLOCK_INTERVAL);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first tick is at once: the newest block is from just now.
        interval.tick().await;
        loop {
            interval.tick().await;
            self.advance();
        }
    }

    /// Makes the next block, at the clock's time, with all changes since the block before.
    #[expect(clippy::must_use_candidate, reason = "blocks are made for their own sake")]
    pub fn advance(&self) -> Block {
        let now = (self.0.clock)();
        self.ledger().make_block(now)
    }

    /// Makes `blocks` blocks and answers the head.
    #[expect(clippy::must_use_candidate, reason = "blocks are made for their own sake")]
    pub fn advance_by(&self, blocks: u64) -> Block {
        let mut ledger = self.ledger();
        for _ in 0..blocks {
            let now = (self.0.clock)();
            ledger.make_block(now);
        }
        ledger.head()
    }

    /// Makes as many blocks as it takes for all changes to be final, and answers the final block.
    #[expect(clippy::must_use_candidate, reason = "blocks are made for their own sake")]
    pub fn settle(&self) -> Block {
        self.advance_by(1 + FINALITY);
        self.final_block()
    }

    /// The newest block: `"finality": "optimistic"`.
    #[must_use]
    pub fn head(&self) -> Block {
        self.ledger().head()
    }

    /// The newest final block, two behind the head: `"finality": "final"`.
    #[must_use]
    pub fn final_block(&self) -> Block {
        self.ledger().final_block()
    }

    /// Adds an account without keys, in the next block, whose height is answered.
    ///
    /// # Errors
    ///
    /// [`LedgerError::AccountExists`].
    pub fn add_account(&self, account: &AccountId) -> Result<u64, LedgerError> {
        self.ledger().add_account(account)
    }

    /// Removes an account and its keys, in the next block, whose height is answered.
    ///
    /// # Errors
    ///
    /// [`LedgerError::NoAccount`].
    pub fn remove_account(&self, account: &AccountId) -> Result<u64, LedgerError> {
        self.ledger().remove_account(account)
    }

    /// Adds a key to an account, in the next block, whose height is answered.
    ///
    /// # Errors
    ///
    /// [`LedgerError::NoAccount`], [`LedgerError::KeyExists`].
    pub fn add_key(&self, account: &AccountId, key: &PublicKey, permission: Permission) -> Result<u64, LedgerError> {
        self.ledger().add_key(account, key, permission)
    }

    /// Removes a key of an account, in the next block, whose height is answered.
    ///
    /// # Errors
    ///
    /// [`LedgerError::NoAccount`], [`LedgerError::NoKey`].
    pub fn remove_key(&self, account: &AccountId, key: &PublicKey) -> Result<u64, LedgerError> {
        self.ledger().remove_key(account, key)
    }

    /// Lets requests meet a fault from now on. Of several outages that fit a request, the oldest takes it.
    pub fn fail(&self, outage: impl Into<Outage>) {
        let (outage, now) = (outage.into(), (self.0.clock)());
        let ledger = self.ledger();
        let age = match outage.fault {
            Fault::Lagging(age) => u64::try_from(age.as_nanos()).unwrap_or(u64::MAX),
            _ => 0,
        };
        let final_then = now.get().saturating_mul(1_000_000).saturating_sub(age);
        let dated_back = ledger.final_block().timestamp_nanos.saturating_sub(final_then);
        let lag = Lag { head: ledger.head(), dated_back };
        drop(ledger);
        lock(&self.0.faults).begin(outage, lag);
    }

    /// Ends all faults.
    pub fn recover(&self) {
        lock(&self.0.faults).clear();
    }

    /// How many requests reached the node since it was made or [`Devnet::forget_requests`] was called.
    #[must_use]
    pub fn requests(&self) -> Requests {
        *lock(&self.0.requests)
    }

    /// Counts requests from zero again.
    pub fn forget_requests(&self) {
        *lock(&self.0.requests) = Requests::default();
    }

    /// Answers one JSON-RPC request, as a node does to a body that was posted to it: whatever the bytes are, there is an answer.
    ///
    /// Meets no fault and is not counted; requests over HTTP are.
    #[must_use]
    pub fn answer(&self, body: &[u8]) -> Reply {
        self.answer_as(Request::read(body), None, None)
    }

    /// Counts a request and says which fault it meets.
    pub(crate) fn receive(&self, request: &Request) -> Option<Encounter> {
        lock(&self.0.requests).count(request.method());
        lock(&self.0.faults).meet(request.method()).map(|(fault, lag)| Encounter { fault, lag })
    }

    /// Answers as the node does that has met `encounter`, as far as the fault is one of content.
    pub(crate) fn answer_met(&self, request: Request, encounter: Option<Encounter>) -> Reply {
        let Some(Encounter { fault, lag }) = encounter else { return self.answer_as(request, None, None) };
        match fault {
            Fault::Lagging(_) => self.answer_as(request, Some(lag), None),
            Fault::WrongBlockHash => self.answer_as(request, None, Some(Lie::BlockHash)),
            Fault::WrongId => self.answer_as(request, None, Some(Lie::Id)),
            Fault::WrongNetwork => self.answer_as(request, None, Some(Lie::Network)),
            Fault::NotSynced => self.answer_as(request, None, Some(Lie::NoBlocks)),
            Fault::InternalError => request.internal_error(),
            _ => self.answer_as(request, None, None),
        }
    }

    pub(crate) fn outages(&self) -> Vec<Outage> {
        lock(&self.0.faults).outages().cloned().collect()
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.0.ledger)
    }

    fn answer_as(&self, request: Request, lag: Option<Lag>, lie: Option<Lie>) -> Reply {
        let now = (self.0.clock)();
        let ledger = self.ledger();
        let lag = lag.unwrap_or_else(|| Lag { head: ledger.head(), dated_back: 0 });
        let node = Node {
            ledger: &ledger,
            network: &self.0.network,
            head: lag.head,
            dated_back: lag.dated_back,
            started: self.0.started,
            now,
        };
        request.answer(&node, lie)
    }
}

/// A fault that a request met, and what the node was like when it began.
#[derive(Clone, Copy)]
pub(crate) struct Encounter {
    pub(crate) fault: Fault,
    lag: Lag,
}

impl std::fmt::Debug for Devnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Devnet({} at {})", self.0.network.chain_id(), self.head().height)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every change under these locks is complete before anything could panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
