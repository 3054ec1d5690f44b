//! A node that says what a test tells it to, over a real socket.

#![allow(dead_code, reason = "each test file uses its own part of this")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "all of this is test code")]

use std::collections::VecDeque;
use std::future::pending;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use siwn::{AccountId, Chain, ChainError, PublicKey, Question, Standing, UnixMillis};
use siwn_chain::{Clock, Network, RpcChain, RpcUrl, Settings};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

pub(crate) const NOW: u64 = 1_786_026_540_000;
pub(crate) const HASH: &str = "4YKWDpQRHr6FB9shtd86NkMhaHGDSTdYi4mCnmMgAgrk";
pub(crate) const OTHER_HASH: &str = "9x97HdHgR9nQktjgpCJrQV1X2D9ms92ctZNauWd5iYPx";
pub(crate) const KEY: &str = "ed25519:9DtCCdgtfxbgmFYJMCgE7Fc6zvEGj9yZAdTYuoNMgMPE";

/// One request that arrived.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) head: String,
    pub(crate) body: Value,
}

/// What a node does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// A body under a status, with a length and JSON's type.
    Body(u16, String),
    /// These bytes, then the end of the connection.
    Bytes(Vec<u8>),
    /// The first bytes, then the second ones again and again.
    Endless(&'static str, &'static str),
    /// These bytes, then nothing.
    Stall(&'static str),
    /// A reset connection.
    Reset,
}

pub(crate) struct FakeNode {
    address: SocketAddr,
    seen: Arc<Seen>,
    server: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    requests: Mutex<Vec<Request>>,
    connections: AtomicU64,
}

impl FakeNode {
    pub(crate) async fn start(script: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, script) = (Arc::new(Seen::default()), Arc::new(script));
        let server = tokio::spawn(serve(listener, Arc::clone(&seen), script));
        Self { address, seen, server }
    }

    /// A node that answers everything as it should.
    pub(crate) async fn honest() -> Self {
        Self::start(Request::honest).await
    }

    /// An honest node, but for one method.
    pub(crate) async fn with(method: &'static str, answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        Self::start(move |request| if request.method() == method { answer(request) } else { request.honest() }).await
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.seen.requests.lock().unwrap().clone()
    }

    /// The methods that were called, in order.
    pub(crate) fn methods(&self) -> Vec<String> {
        self.requests().iter().map(|request| request.method().to_owned()).collect()
    }

    pub(crate) fn connections(&self) -> u64 {
        self.seen.connections.load(Ordering::SeqCst)
    }
}

impl Drop for FakeNode {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Request {
    /// The method; for queries, the type of the request.
    pub(crate) fn method(&self) -> &str {
        self.body["params"]["request_type"].as_str().or_else(|| self.body["method"].as_str()).unwrap_or_default()
    }

    /// The block that is asked about.
    pub(crate) fn block(&self) -> &str {
        self.body["params"]["block_id"].as_str().unwrap_or_default()
    }

    pub(crate) fn honest(&self) -> Answer {
        match self.method() {
            "status" => self.network("localnet"),
            "block" => self.tip(HASH, NOW),
            "view_access_key" => self.permission(&json!("FullAccess")),
            "view_account" => {
                self.result(&json!({"amount": "1", "locked": "0", "code_hash": "1".repeat(32), "block_hash": self.block()}))
            }
            other => panic!("{other} is not called by a login"),
        }
    }

    pub(crate) fn network(&self, chain_id: &str) -> Answer {
        self.result(&json!({"chain_id": chain_id, "genesis_hash": HASH, "sync_info": {"syncing": false}}))
    }

    pub(crate) fn tip(&self, hash: &str, made_at: u64) -> Answer {
        self.result(&json!({"header": {"height": 7, "hash": hash, "timestamp_nanosec": format!("{made_at}000000")}}))
    }

    pub(crate) fn permission(&self, permission: &Value) -> Answer {
        self.result(&json!({"nonce": 1, "permission": permission, "block_height": 7, "block_hash": self.block()}))
    }

    /// An error inside of a result.
    pub(crate) fn flat_error(&self, text: &str) -> Answer {
        self.result(&json!({"error": text, "logs": [], "block_height": 7, "block_hash": self.block()}))
    }

    /// An error object.
    pub(crate) fn error(&self, status: u16, cause: &str, info: &Value) -> Answer {
        let error = json!({"name": "HANDLER_ERROR", "cause": {"name": cause, "info": info}, "code": -32000});
        Answer::Body(status, json!({"jsonrpc": "2.0", "id": self.body["id"], "error": error}).to_string())
    }

    pub(crate) fn key_missing(&self) -> Answer {
        self.flat_error(&format!("access key {} does not exist while viewing", self.body["params"]["public_key"].as_str().unwrap()))
    }

    pub(crate) fn account_missing(&self) -> Answer {
        let account = &self.body["params"]["account_id"];
        self.error(200, "UNKNOWN_ACCOUNT", &json!({"requested_account_id": account, "block_hash": self.block(), "block_height": 7}))
    }

    pub(crate) fn result(&self, result: &Value) -> Answer {
        Answer::Body(200, json!({"jsonrpc": "2.0", "id": self.body["id"], "result": result}).to_string())
    }
}

async fn serve<S: Fn(&Request) -> Answer + Send + Sync + 'static>(listener: TcpListener, seen: Arc<Seen>, script: Arc<S>) {
    while let Ok((stream, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(converse(stream, Arc::clone(&seen), Arc::clone(&script)));
    }
}

async fn converse<S: Fn(&Request) -> Answer>(mut stream: TcpStream, seen: Arc<Seen>, script: Arc<S>) {
    let mut read = VecDeque::new();
    while let Some(request) = next_request(&mut stream, &mut read).await {
        let answer = script(&request);
        seen.requests.lock().unwrap().push(request);
        let written = match answer {
            Answer::Body(status, body) => {
                let head =
                    format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n", body.len());
                stream.write_all((head + &body).as_bytes()).await
            }
            Answer::Bytes(bytes) => return drop(stream.write_all(&bytes).await),
            Answer::Endless(first, again) => {
                let mut written = stream.write_all(first.as_bytes()).await;
                while written.is_ok() {
                    written = stream.write_all(again.as_bytes()).await;
                }
                return;
            }
            Answer::Stall(first) => {
                let _ = stream.write_all(first.as_bytes()).await;
                pending().await
            }
            Answer::Reset => return stream.set_zero_linger().unwrap(),
        };
        if written.is_err() {
            return;
        }
    }
}

/// Reads one request; `None` at the end of the connection.
async fn next_request(stream: &mut TcpStream, read: &mut VecDeque<u8>) -> Option<Request> {
    loop {
        let bytes = read.make_contiguous();
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap().parse::<usize>().unwrap();
            if bytes.len() >= end + 4 + length {
                let body = serde_json::from_slice(&bytes[end + 4..end + 4 + length]).unwrap();
                read.drain(..end + 4 + length);
                return Some(Request { head, body });
            }
        }
        let mut buffer = [0; 8192];
        match stream.read(&mut buffer).await {
            Ok(length @ 1..) => read.extend(&buffer[..length]),
            _ => return None,
        }
    }
}

/// A clock that only a test moves.
#[derive(Clone)]
pub(crate) struct TestClock(Arc<AtomicU64>);

impl TestClock {
    pub(crate) fn new() -> Self {
        Self(Arc::new(AtomicU64::new(NOW)))
    }

    pub(crate) fn advance(&self, time: Duration) {
        self.0.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    pub(crate) fn set(&self, millis: u64) {
        self.0.store(millis, Ordering::SeqCst);
    }

    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn as_clock(&self) -> Clock {
        let clock = self.clone();
        Arc::new(move || UnixMillis::new(clock.now()))
    }
}

/// Long enough that nothing that answers is cut off.
pub(crate) const PATIENT: Duration = Duration::from_secs(20);

/// A chain over these endpoints, on `localnet`, that remembers no key.
pub(crate) fn chain(urls: &[String], timeout: Duration, clock: &TestClock) -> RpcChain {
    chain_on("localnet", urls, timeout, clock)
}

pub(crate) fn chain_on(network: &str, urls: &[String], timeout: Duration, clock: &TestClock) -> RpcChain {
    RpcChain::new(settings(network, urls, timeout), clock.as_clock()).unwrap()
}

/// The same, which remembers keys.
pub(crate) fn chain_with_key_cache(urls: &[String], key_cache: Duration, clock: &TestClock) -> RpcChain {
    let mut settings = settings("localnet", urls, PATIENT);
    settings.key_cache = key_cache;
    RpcChain::new(settings, clock.as_clock()).unwrap()
}

pub(crate) fn settings(network: &str, urls: &[String], timeout: Duration) -> Settings {
    let mut settings = Settings::new(network.parse::<Network>().unwrap());
    settings.endpoints = urls.iter().map(|url| url.parse::<RpcUrl>().unwrap().into()).collect();
    settings.timeout = timeout;
    settings.key_cache = Duration::ZERO;
    settings
}

/// What the chain says of `alice.near` and [`KEY`].
pub(crate) async fn ask(chain: &RpcChain) -> Result<Standing, ChainError> {
    ask_about(chain, "alice.near").await
}

pub(crate) async fn ask_about(chain: &RpcChain, account: &str) -> Result<Standing, ChainError> {
    ask_about_key(chain, account, KEY).await
}

pub(crate) async fn ask_about_key(chain: &RpcChain, account: &str, key: &str) -> Result<Standing, ChainError> {
    let (account, key): (AccountId, PublicKey) = (account.parse().unwrap(), key.parse().unwrap());
    chain.standing(Question::new(&account, &key)).await
}

/// The implicit account of [`KEY`].
pub(crate) fn implicit() -> String {
    KEY.parse::<PublicKey>().unwrap().implicit_account().unwrap().to_string()
}

/// An address at which nobody listens.
pub(crate) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

/// All that an operator sees of an error.
pub(crate) fn told(error: &ChainError) -> String {
    format!("{error}: {}", std::error::Error::source(error).unwrap())
}
