//! The devnet: one chain, and the nodes in front of it.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use siwn::{AccountId, PublicKey, UnixMillis};
use tokio::time::MissedTickBehavior;

use crate::ledger::{FINALITY, Ledger};
use crate::node::{NodeState, lock};
use crate::rpc::Request;
use crate::{Block, Code, Contract, LedgerError, Network, Permission, Reply};

/// How often [`Devnet::run`] makes a block, as NEAR does.
pub const BLOCK_INTERVAL: Duration = Duration::from_millis(600);

/// Where a devnet has its time from.
pub type Clock = Arc<dyn Fn() -> UnixMillis + Send + Sync>;

/// A NEAR that fits in a process: a chain, and a node that answers for it. Clones are handles to the same chain and the same node,
/// [`Devnet::another_node`] makes one to another node of the chain.
#[derive(Clone)]
pub struct Devnet {
    chain: Arc<Chain>,
    node: Arc<Mutex<NodeState>>,
}

struct Chain {
    clock: Clock,
    network: Network,
    started: UnixMillis,
    ledger: Mutex<Ledger>,
    nodes: Mutex<Vec<Arc<Mutex<NodeState>>>>,
    turns: AtomicUsize,
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
        let node = Arc::<Mutex<NodeState>>::default();
        let nodes = Mutex::new(vec![Arc::clone(&node)]);
        let chain = Chain { clock, network, started, ledger: Mutex::new(ledger), nodes, turns: AtomicUsize::new(0) };
        Self { chain: Arc::new(chain), node }
    }

    /// Which network this is.
    #[must_use]
    pub fn network(&self) -> &Network {
        &self.chain.network
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
        let now = self.now();
        self.ledger().make_block(now)
    }

    /// Makes `blocks` blocks and answers the head.
    #[expect(clippy::must_use_candidate, reason = "blocks are made for their own sake")]
    pub fn advance_by(&self, blocks: u64) -> Block {
        let mut ledger = self.ledger();
        for _ in 0..blocks {
            let now = self.now();
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

    /// Adds an account without keys that exists but was not set up, in the next block, whose height is answered: what a `0u` account
    /// is that somebody sent money to.
    ///
    /// # Errors
    ///
    /// [`LedgerError::AccountExists`].
    pub fn add_uninitialized_account(&self, account: &AccountId) -> Result<u64, LedgerError> {
        self.ledger().add_uninitialized_account(account)
    }

    /// Gives an account a contract in the place of its present one, in the next block, whose height is answered.
    ///
    /// # Errors
    ///
    /// [`LedgerError::NoAccount`].
    pub fn deploy(&self, account: &AccountId, contract: Contract) -> Result<u64, LedgerError> {
        let code = contract.code();
        self.deploy_from(account, contract, code)
    }

    /// The same, where `view_account` says that the contract is from `code`.
    ///
    /// # Errors
    ///
    /// [`LedgerError::NoAccount`].
    pub fn deploy_from(&self, account: &AccountId, contract: Contract, code: Code) -> Result<u64, LedgerError> {
        self.ledger().deploy(account, Arc::new(contract), code)
    }

    /// Another node of the same chain: without faults, of the default flavour.
    ///
    /// The handle that is answered changes the same accounts and makes the same blocks; flavour, limit, faults and requests are the
    /// new node's own.
    #[must_use]
    pub fn another_node(&self) -> Self {
        let node = Arc::<Mutex<NodeState>>::default();
        lock(&self.chain.nodes).push(Arc::clone(&node));
        Self { chain: Arc::clone(&self.chain), node }
    }

    /// All nodes of the chain, the first one first.
    #[must_use]
    pub fn nodes(&self) -> Vec<Self> {
        let nodes = lock(&self.chain.nodes);
        nodes.iter().map(|node| Self { chain: Arc::clone(&self.chain), node: Arc::clone(node) }).collect()
    }

    /// Answers one JSON-RPC request, as a node does to a body that was posted to it: whatever the bytes are, there is an answer.
    ///
    /// Meets no fault or limit, is not counted and takes no time; requests over HTTP do.
    #[must_use]
    pub fn answer(&self, body: &[u8]) -> Reply {
        self.answer_met(Request::read(body), None).reply
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        lock(&self.chain.ledger)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, NodeState> {
        lock(&self.node)
    }

    pub(crate) fn now(&self) -> UnixMillis {
        (self.chain.clock)()
    }

    pub(crate) fn started(&self) -> UnixMillis {
        self.chain.started
    }

    /// Whose turn it is among all nodes of the chain.
    pub(crate) fn node_in_turn(&self) -> Self {
        let turn = self.chain.turns.fetch_add(1, Ordering::Relaxed);
        let nodes = self.nodes();
        nodes[turn % nodes.len()].clone()
    }
}

impl std::fmt::Debug for Devnet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Devnet({} at {})", self.network().chain_id(), self.head().height)
    }
}
