//! JSON-RPC 2.0 as nearcore 2.14 answers it. Nothing of a request's text comes back but the id and what was parsed.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{BlockHash, Network};

mod block;
mod error;
mod params;
mod query;
mod status;

pub(crate) use block::Node;
pub(crate) use status::rfc3339;

use error::RpcError;

/// An answer of the node: the HTTP status and the JSON-RPC body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status: JSON-RPC errors come with 200, 400, 422 and 500.
    pub status: u16,
    /// The body, a JSON object.
    pub body: Vec<u8>,
}

impl Reply {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("serde_json writes UTF-8")
    }

    fn new(status: u16, body: &Value) -> Self {
        Self { status, body: body.to_string().into_bytes() }
    }
}

/// How many requests reached the node, answered or not, by method.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// `status`.
    pub status: u64,
    /// `block`.
    pub block: u64,
    /// `query`.
    pub query: u64,
    /// Everything else, what is no request included.
    pub other: u64,
}

impl Requests {
    /// All of them.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.status + self.block + self.query + self.other
    }

    pub(crate) const fn count(&mut self, method: Method) {
        match method {
            Method::Status => self.status += 1,
            Method::Block => self.block += 1,
            Method::Query => self.query += 1,
            Method::Other => self.other += 1,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Method {
    Status,
    Block,
    Query,
    Other,
}

impl Method {
    fn named(name: &str) -> Self {
        match name {
            "status" => Self::Status,
            "block" => Self::Block,
            "query" => Self::Query,
            _ => Self::Other,
        }
    }
}

/// How an answer departs from the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lie {
    BlockHash,
    Id,
    Network,
    NoBlocks,
}

/// nearcore's words for JSON that is no request.
const NO_REQUEST: &str = "JSON RPC Request format was expected";

/// A body, read once.
pub(crate) struct Request(Result<Envelope, NoRequest>);

enum NoRequest {
    Batch,
    Unreadable(&'static str),
}

/// nearcore's `Request`: all four members, no other, none twice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Envelope {
    jsonrpc: String,
    method: String,
    #[serde(default)]
    params: Value,
    id: Value,
}

impl Request {
    pub(crate) fn read(body: &[u8]) -> Self {
        if body.trim_ascii_start().starts_with(b"[") {
            return Self(Err(NoRequest::Batch));
        }
        Self(match serde_json::from_slice::<Envelope>(body) {
            Ok(envelope) if envelope.jsonrpc == "2.0" => Ok(envelope),
            Ok(_) => Err(NoRequest::Unreadable(NO_REQUEST)),
            Err(error) if error.is_data() => Err(NoRequest::Unreadable(NO_REQUEST)),
            Err(_) => Err(NoRequest::Unreadable("the body is not JSON")),
        })
    }

    pub(crate) fn method(&self) -> Method {
        self.0.as_ref().map_or(Method::Other, |envelope| Method::named(&envelope.method))
    }

    pub(crate) fn answer(self, node: &Node<'_>, lie: Option<Lie>) -> Reply {
        let (id, result) = match self.0 {
            Ok(Envelope { method, params, id, .. }) => (id, answer(&method, params, node, lie)),
            Err(NoRequest::Unreadable(message)) => (Value::Null, Err(RpcError::parse(message))),
            Err(NoRequest::Batch) => return Reply::new(200, &batch_refused()),
        };
        let id = if lie == Some(Lie::Id) { json!("siwn-devnet-other-request") } else { id };
        match result {
            Ok(result) => Reply::new(200, &json!({"jsonrpc": "2.0", "result": result, "id": id})),
            Err(error) => Reply::new(error.status, &json!({"jsonrpc": "2.0", "error": error.to_json(), "id": id})),
        }
    }

    /// nearcore's answer when it is overloaded.
    pub(crate) fn internal_error(self) -> Reply {
        let id = self.0.map_or(Value::Null, |envelope| envelope.id);
        let error = RpcError::internal("siwn-devnet was told to fail");
        Reply::new(error.status, &json!({"jsonrpc": "2.0", "error": error.to_json(), "id": id}))
    }
}

fn answer(method: &str, params: Value, node: &Node<'_>, lie: Option<Lie>) -> Result<Value, RpcError> {
    if lie == Some(Lie::NoBlocks) {
        return Err(match Method::named(method) {
            Method::Status => RpcError::node_is_syncing(),
            Method::Block => RpcError::not_synced_yet(),
            Method::Query => RpcError::no_synced_blocks(),
            Method::Other => RpcError::method_not_found(method),
        });
    }
    match Method::named(method) {
        Method::Status if lie == Some(Lie::Network) => Ok(status::answer(node, &Network::stranger())),
        Method::Status => Ok(status::answer(node, node.network)),
        Method::Block => block::answer(params, node),
        Method::Query if lie == Some(Lie::BlockHash) => query::answer(params, node).map(of_another_block),
        Method::Query => query::answer(params, node).map(Value::Object),
        Method::Other => Err(RpcError::method_not_found(method)),
    }
}

/// What providers answer that do not take batches.
fn batch_refused() -> Value {
    json!({"jsonrpc": "2.0", "error": {"code": -32005, "message": "batch requests are not supported by this server"}, "id": null})
}

fn of_another_block(mut result: Map<String, Value>) -> Value {
    let hash = BlockHash::of("siwn-devnet another block", &[]);
    result.insert("block_hash".to_owned(), json!(hash.to_string()));
    Value::Object(result)
}
