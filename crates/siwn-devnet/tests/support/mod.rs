//! What the tests share: a chain under a clock that stands where it is put, and a plain HTTP client.

#![allow(dead_code, reason = "each test file uses a part")]

pub(crate) mod control;
pub(crate) mod shape;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use siwn::{AccountId, KeyType, PrivateKey, PublicKey, UnixMillis};
use siwn_devnet::{Devnet, Permission};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub(crate) const NOW: u64 = 1_790_000_000_000;

/// A clock that a test puts forward.
#[derive(Clone)]
pub(crate) struct Clock(Arc<AtomicU64>);

impl Clock {
    pub(crate) fn pass(&self, millis: u64) {
        self.0.fetch_add(millis, Ordering::Relaxed);
    }
}

pub(crate) fn devnet() -> (Devnet, Clock) {
    let millis = Arc::new(AtomicU64::new(NOW));
    let clock = Clock(Arc::clone(&millis));
    (Devnet::new(Arc::new(move || UnixMillis::new(millis.load(Ordering::Relaxed)))), clock)
}

pub(crate) fn account(name: &str) -> AccountId {
    name.parse().unwrap()
}

pub(crate) fn key(seed: u8) -> PublicKey {
    PrivateKey::from_seed(KeyType::Ed25519, [seed; 32]).unwrap().public_key()
}

/// A devnet where `alice.near` has `key(1)`, finally.
pub(crate) fn devnet_with_alice() -> (Devnet, Clock) {
    let (devnet, clock) = devnet();
    devnet.add_account(&account("alice.near")).unwrap();
    devnet.add_key(&account("alice.near"), &key(1), Permission::FullAccess).unwrap();
    devnet.settle();
    (devnet, clock)
}

pub(crate) fn request(method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": "dontcare", "method": method, "params": params}).to_string()
}

/// Asks for a key of `alice.near` at `block`, a reference as in `{"finality": "final"}`.
pub(crate) fn view_access_key(key: &PublicKey, block: &Value) -> String {
    let mut params = json!({"request_type": "view_access_key", "account_id": "alice.near", "public_key": key.to_string()});
    params.as_object_mut().unwrap().extend(block.as_object().unwrap().clone());
    request("query", &params)
}

pub(crate) fn ask(devnet: &Devnet, body: &str) -> Value {
    serde_json::from_slice(&devnet.answer(body.as_bytes()).body).unwrap()
}

/// `text`, and spaces up to `length` bytes.
pub(crate) fn padded(mut text: String, length: usize) -> String {
    text.extend(std::iter::repeat_n(' ', length - text.len()));
    text
}

/// An answer from a socket.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Posts `body` to the node and reads until the connection ends, or for `at_most` bytes.
pub(crate) async fn post(address: SocketAddr, body: &str, at_most: u64) -> io::Result<Answer> {
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let head = format!(
        "POST / HTTP/1.1\r\nhost: {address}\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut read = Vec::new();
    stream.take(at_most).read_to_end(&mut read).await?;
    let end = read.windows(4).position(|window| window == b"\r\n\r\n").ok_or(io::ErrorKind::UnexpectedEof)?;
    let head = String::from_utf8(read[..end].to_vec()).unwrap().to_lowercase();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Ok(Answer { status, head, body: read.split_off(end + 4) })
}
