//! Batches: nearcore runs `query` in them, and nothing else (NEAR's documentation, "Query Batching").

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::rpc::{Answer, Envelope, Method, Node, Reply};

/// Entries of one batch (nearcore, `batch_size_limit`).
const LONGEST_BATCH: usize = 100;

/// An array that was posted.
#[derive(Deserialize)]
pub(crate) struct Batch(Vec<Value>);

impl Batch {
    pub(crate) fn methods(&self) -> Vec<Method> {
        let method = |entry: &Value| Entry::read(entry.clone()).map_or(Method::Other, |entry| entry.envelope.method());
        if self.0.is_empty() || self.0.len() > LONGEST_BATCH { vec![Method::Other] } else { self.0.iter().map(method).collect() }
    }

    pub(crate) fn answer(self, node: &Node<'_>) -> Answer {
        let whole = |status, body: &Value| Answer { reply: Reply::new(status, body), took: Duration::ZERO };
        if self.0.is_empty() {
            return whole(400, &refused(-32600, "Invalid Request"));
        }
        if !node.flavour.takes_batches() {
            return whole(200, &refused(-32005, "batch requests are not supported by this server"));
        }
        if self.0.len() > LONGEST_BATCH {
            return whole(200, &refused(-32010, "the batch has too many entries"));
        }
        let answers: Vec<_> = self.0.into_iter().filter_map(|entry| of_entry(entry, node)).collect();
        let took = answers.iter().map(|(_, took)| *took).max().unwrap_or_default();
        if answers.is_empty() {
            return Answer { reply: Reply { status: 204, body: Vec::new() }, took };
        }
        let responses: Value = answers.into_iter().map(|(response, _)| response).collect();
        Answer { reply: Reply::new(200, &responses), took }
    }
}

/// One request of a batch. Without an id it is a notification, which is not answered.
struct Entry {
    envelope: Envelope,
    is_notification: bool,
}

impl Entry {
    fn read(mut entry: Value) -> Option<Self> {
        let members = entry.as_object_mut()?;
        let is_notification = !members.contains_key("id");
        let id = members.entry("id").or_insert(Value::Null);
        if matches!(id, Value::Bool(_) | Value::Array(_) | Value::Object(_)) {
            return None;
        }
        let envelope: Envelope = serde_json::from_value(entry).ok()?;
        (envelope.jsonrpc == "2.0").then_some(Self { envelope, is_notification })
    }
}

fn of_entry(entry: Value, node: &Node<'_>) -> Option<(Value, Duration)> {
    let Some(Entry { envelope, is_notification }) = Entry::read(entry) else {
        return Some((refused(-32600, "Invalid Request"), Duration::ZERO));
    };
    if envelope.method != "query" {
        let mut refusal = refused(-32601, "Method not found");
        refusal["id"] = envelope.id;
        return (!is_notification).then_some((refusal, Duration::ZERO));
    }
    let (_, response, took) = envelope.answer(node);
    (!is_notification).then_some((response, took))
}

fn refused(code: i32, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "error": {"code": code, "message": message}, "id": null})
}
