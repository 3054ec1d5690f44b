//! Look-ups over nodes that a test scripts, in a time that only passes while everybody waits.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::similar_names,
    clippy::unchecked_time_subtraction,
    reason = "all of this is test code"
)]

mod agreement;
mod failover;
mod flights;
mod hedging;
mod load;
mod rations;
mod resolving;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use siwn::{Access, AccountId, Asker, BoxFuture, Chain as _, ChainError, PublicKey, Question, Standing, UnixMillis};
use tokio::time::{Instant, sleep};

use crate::block::BlockHash;
use crate::fault::Fault;
use crate::http::{Address, Received, Transport};
use crate::rpc_chain::RpcChain;
use crate::rpc_url::RpcUrl;
use crate::settings::Settings;

const START: u64 = 1_786_026_540_000;
const KEY: &str = "ed25519:9DtCCdgtfxbgmFYJMCgE7Fc6zvEGj9yZAdTYuoNMgMPE";
/// The time between blocks.
const BLOCK: Duration = Duration::from_millis(600);
/// What an honest node takes for an answer.
const LATENCY: Duration = Duration::from_millis(10);

/// What arrived at a node.
#[derive(Clone, Debug)]
struct Request {
    body: Value,
    /// How many came before.
    number: usize,
    /// When the test began.
    since: Instant,
}

/// What a node says, and after what time.
struct Answer {
    after: Duration,
    what: Result<Received, Fault>,
}

type Script = Box<dyn Fn(&Request) -> Answer + Send + Sync>;

/// Nodes, and what was asked of them.
struct Nodes {
    scripts: Vec<Script>,
    log: Mutex<Vec<(usize, String, Instant)>>,
    since: Instant,
}

impl Nodes {
    fn new(scripts: Vec<Script>) -> Arc<Self> {
        Arc::new(Self { scripts, log: Mutex::default(), since: Instant::now() })
    }

    /// So many honest ones.
    fn honest(count: usize) -> Arc<Self> {
        Self::new((0..count).map(|_| script(Request::honest)).collect())
    }

    /// A chain that asks these nodes, in their order, and remembers no key.
    fn chain(self: &Arc<Self>, settings: impl FnOnce(&mut Settings)) -> Arc<RpcChain> {
        let mut asked = Settings::new("localnet".parse().unwrap());
        let url = |number| format!("https://node{number}.example/").parse::<RpcUrl>().unwrap().into();
        asked.endpoints = (0..self.scripts.len()).map(url).collect();
        asked.key_cache = Duration::ZERO;
        settings(&mut asked);
        let since = self.since;
        let clock = Arc::new(move || UnixMillis::new(START) + since.elapsed());
        Arc::new(RpcChain::over(Box::new(Wire(Arc::clone(self))), asked, clock).unwrap())
    }

    /// The methods that a node was asked for.
    fn methods(&self, node: usize) -> Vec<String> {
        self.log.lock().unwrap().iter().filter(|(asked, ..)| *asked == node).map(|(_, method, _)| method.clone()).collect()
    }

    fn count(&self, node: usize, method: &str) -> usize {
        self.methods(node).iter().filter(|asked| *asked == method).count()
    }

    /// When a node was asked, since the test began.
    fn times(&self, node: usize) -> Vec<Duration> {
        self.log.lock().unwrap().iter().filter(|(asked, ..)| *asked == node).map(|(_, _, at)| *at - self.since).collect()
    }

    fn total(&self) -> usize {
        self.log.lock().unwrap().len()
    }
}

fn script(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Script {
    Box::new(answer)
}

struct Wire(Arc<Nodes>);

impl Transport for Wire {
    fn post<'a>(&'a self, to: &'a Address, body: Vec<u8>) -> BoxFuture<'a, Result<Received, Fault>> {
        let host = to.host();
        let node: usize = host.strip_prefix("node").unwrap().strip_suffix(".example").unwrap().parse().unwrap();
        let number = self.0.times(node).len();
        let request = Request { body: serde_json::from_slice(&body).unwrap(), number, since: self.0.since };
        self.0.log.lock().unwrap().push((node, request.method().to_owned(), Instant::now()));
        Box::pin(async move {
            let Answer { after, what } = self.0.scripts[node](&request);
            sleep(after).await;
            what
        })
    }
}

impl Answer {
    fn body(status: u16, body: &Value) -> Self {
        Self { after: LATENCY, what: Ok(Received { status, retry_after: None, body: body.to_string().into_bytes() }) }
    }

    fn fault(fault: Fault) -> Self {
        Self { after: LATENCY, what: Err(fault) }
    }

    /// No answer.
    fn never() -> Self {
        Self { after: Duration::from_hours(1), what: Err(Fault::TimedOut) }
    }

    fn limited(retry_after: Option<u64>) -> Self {
        Self::fault(Fault::Limited { retry_after: retry_after.map(Duration::from_secs) })
    }

    fn after(self, after: Duration) -> Self {
        Self { after, ..self }
    }
}

fn hash(height: u64) -> String {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&height.to_be_bytes());
    bs58::encode(bytes).into_string()
}

impl Request {
    fn method(&self) -> &str {
        self.body["params"]["request_type"].as_str().or_else(|| self.body["method"].as_str()).unwrap()
    }

    fn account(&self) -> &str {
        self.body["params"]["account_id"].as_str().unwrap_or_default()
    }

    /// The height of the final block.
    fn height(&self) -> u64 {
        100 + u64::try_from(self.since.elapsed().as_millis() / BLOCK.as_millis()).unwrap()
    }

    fn block(&self, height: u64) -> Answer {
        self.block_of(height, &hash(height), START + height * 600 - 60_000)
    }

    fn block_of(&self, height: u64, hash: &str, made_at: u64) -> Answer {
        self.result(&json!({"header": {"height": height, "hash": hash, "timestamp_nanosec": format!("{made_at}000000")}}))
    }

    fn honest(&self) -> Answer {
        let params = &self.body["params"];
        match self.method() {
            "status" => self.result(&json!({"chain_id": "localnet", "genesis_hash": "x"})),
            "block" => self.block(params["block_id"].as_u64().unwrap_or_else(|| self.height())),
            "view_access_key" => self.permission("FullAccess"),
            method => panic!("{method}"),
        }
    }

    /// Honest, but for one method.
    fn honest_but(&self, method: &str, answer: impl FnOnce() -> Answer) -> Answer {
        if self.method() == method { answer() } else { self.honest() }
    }

    fn permission(&self, permission: &str) -> Answer {
        self.result(&json!({"permission": permission, "block_hash": self.body["params"]["block_id"]}))
    }

    fn returned(&self, value: &Value) -> Answer {
        self.result(&json!({"result": value.to_string().into_bytes(), "logs": [], "block_hash": self.body["params"]["block_id"]}))
    }

    fn key_missing(&self) -> Answer {
        let error = format!("access key {} does not exist while viewing", self.body["params"]["public_key"].as_str().unwrap());
        self.result(&json!({"error": error, "block_hash": self.body["params"]["block_id"]}))
    }

    fn unknown_block(&self) -> Answer {
        let error = json!({"name": "HANDLER_ERROR", "cause": {"name": "UNKNOWN_BLOCK", "info": {}}});
        Answer::body(422, &json!({"id": self.body["id"], "error": error}))
    }

    fn result(&self, result: &Value) -> Answer {
        Answer::body(200, &json!({"id": self.body["id"], "result": result}))
    }
}

/// What the chain says of an account and [`KEY`].
async fn ask(chain: &RpcChain, account: &str) -> Result<Standing, ChainError> {
    ask_by(chain, account, Asker::server()).await
}

async fn ask_by(chain: &RpcChain, account: &str, asker: Asker) -> Result<Standing, ChainError> {
    let (account, key): (AccountId, PublicKey) = (account.parse().unwrap(), KEY.parse().unwrap());
    chain.standing(Question::new(&account, &key).asked_by(asker)).await
}

/// The same, where it has to have an answer.
async fn access(chain: &RpcChain, account: &str) -> Access {
    ask(chain, account).await.unwrap().access
}

fn told(error: &ChainError) -> String {
    std::error::Error::source(error).map(ToString::to_string).unwrap_or_default()
}

#[test]
fn the_nodes_of_these_tests_have_hashes() {
    assert!(hash(100).parse::<BlockHash>().is_ok());
}
