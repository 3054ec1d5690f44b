//! JSON-RPC 2.0 as NEAR's nodes answer it. Nothing of a request's text comes back but the id and what was parsed.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use crate::{BlockHash, Fault};

mod batch;
mod block;
mod dialect;
mod error;
mod method;
mod params;
mod query;
mod reference;
mod status;
mod view;

pub(crate) use block::Node;
pub(crate) use dialect::Dialect;
pub(crate) use method::Method;
pub use method::Requests;
pub(crate) use status::rfc3339;

use batch::Batch;
use error::RpcError;

/// An answer of the node: the HTTP status and the JSON-RPC body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status: JSON-RPC errors come with 200, 400, 422 and 500.
    pub status: u16,
    /// The body, a JSON object; of a batch an array, or nothing with status 204.
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

/// A reply, and for how long the node was at work on it.
pub(crate) struct Answer {
    pub(crate) reply: Reply,
    pub(crate) took: Duration,
}

/// nearcore's words for JSON that is no request.
const NO_REQUEST: &str = "JSON RPC Request format was expected";

/// A body, read once.
pub(crate) enum Request {
    One(Envelope),
    Batch(Batch),
    Unreadable(&'static str),
}

/// nearcore's `Request`: all four members, no other, none twice.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Envelope {
    jsonrpc: String,
    method: String,
    #[serde(default)]
    params: Value,
    id: Value,
}

impl Request {
    pub(crate) fn read(body: &[u8]) -> Self {
        if body.trim_ascii_start().starts_with(b"[") {
            return serde_json::from_slice(body).map_or(Self::Unreadable("the body is not JSON"), Self::Batch);
        }
        match serde_json::from_slice::<Envelope>(body) {
            Ok(envelope) if envelope.jsonrpc == "2.0" => Self::One(envelope),
            Ok(_) => Self::Unreadable(NO_REQUEST),
            Err(error) if error.is_data() => Self::Unreadable(NO_REQUEST),
            Err(_) => Self::Unreadable("the body is not JSON"),
        }
    }

    /// The methods that the request is for: of a batch one for each entry, and at least one.
    pub(crate) fn methods(&self) -> Vec<Method> {
        match self {
            Self::One(envelope) => vec![envelope.method()],
            Self::Batch(batch) => batch.methods(),
            Self::Unreadable(_) => vec![Method::Other],
        }
    }

    pub(crate) fn answer(self, node: &Node<'_>) -> Answer {
        match self {
            Self::One(envelope) => {
                let (status, body, took) = envelope.answer(node);
                Answer { reply: Reply::new(status, &body), took }
            }
            Self::Batch(batch) => batch.answer(node),
            Self::Unreadable(message) => {
                let error = RpcError::parse(message);
                let body = response(Err(&error), &Value::Null);
                Answer { reply: Reply::new(error.status, &body), took: Duration::ZERO }
            }
        }
    }
}

impl Envelope {
    fn method(&self) -> Method {
        let asked = match self.method.as_str() {
            "status" => return Method::Status,
            "block" => return Method::Block,
            "query" => self.params.get("request_type").and_then(Value::as_str),
            name => match method::experimental(name) {
                None => return Method::Other,
                known => known,
            },
        };
        if asked == Some("call_function") { Method::Call } else { Method::View }
    }

    /// The HTTP status, the response, and for how long the node was at work on it.
    fn answer(self, node: &Node<'_>) -> (u16, Value, Duration) {
        let (id, mut took) = (self.id, Duration::ZERO);
        let id = if node.met == Some(Fault::WrongId) { json!("siwn-devnet-other-request") } else { id };
        match answer(&self.method, self.params, node, &mut took) {
            Ok(result) if node.met == Some(Fault::ResultBesideError) => {
                let mut both = response(Err(&RpcError::unknown_cause()), &id);
                both["result"] = result;
                (200, both, took)
            }
            Ok(result) => (200, response(Ok(result), &id), took),
            Err(error) => (node.flavour.status(error.status), response(Err(&error), &id), took),
        }
    }
}

fn answer(method: &str, params: Value, node: &Node<'_>, took: &mut Duration) -> Result<Value, RpcError> {
    match node.met {
        // nearcore's answers when it is overloaded.
        Some(Fault::InternalError) => return Err(RpcError::internal("siwn-devnet was told to fail")),
        Some(Fault::TimedOut) => return Err(RpcError::timed_out()),
        _ => {}
    }
    match method {
        "status" => status::answer(node),
        "block" => block::answer(params, node),
        "query" => query::answer(None, params, node, node.flavour.dialect(), took).map(|members| finished(members, node)),
        _ => match method::experimental(method) {
            Some(asked) if node.flavour.knows_experimental() => {
                query::answer(Some(asked), params, node, Dialect::Experimental, took).map(|members| finished(members, node))
            }
            _ => Err(RpcError::method_not_found(method)),
        },
    }
}

fn response(result: Result<Value, &RpcError>, id: &Value) -> Value {
    match result {
        Ok(result) => json!({"jsonrpc": "2.0", "result": result, "id": id}),
        Err(error) => json!({"jsonrpc": "2.0", "error": error.to_json(), "id": id}),
    }
}

fn finished(mut result: Map<String, Value>, node: &Node<'_>) -> Value {
    if node.met == Some(Fault::WrongBlockHash) {
        let hash = BlockHash::of("siwn-devnet another block", &[]);
        result.insert("block_hash".to_owned(), json!(hash.to_string()));
    }
    Value::Object(result)
}
