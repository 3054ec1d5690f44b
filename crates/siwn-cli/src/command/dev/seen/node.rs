//! The calls that the node was asked, as they came over HTTP.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use serde_json::Value;

use super::locked;

/// Where the node is.
pub(crate) const NODE: &str = "/_devnet/rpc";
/// The longest question, in bytes, as the node has it.
const LONGEST: usize = 1024 * 1024;
/// How many calls are remembered.
const MOST: usize = 64;

/// The last calls, each with its number.
#[derive(Debug, Default)]
pub(super) struct Node {
    count: AtomicUsize,
    calls: Mutex<Vec<(usize, String)>>,
}

impl Node {
    /// How many calls there were so far.
    pub(super) fn mark(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// The calls after a mark that concern an account, or no account at all.
    pub(super) fn since(&self, mark: usize, account: &str) -> Vec<String> {
        let calls = locked(&self.calls);
        let concerns = |call: &str| !call.starts_with("query") || call.contains(account);
        calls.iter().filter(|(number, call)| *number >= mark && concerns(call)).map(|(_, call)| call.clone()).collect()
    }

    pub(super) async fn watch(&self, request: Request, next: Next) -> Response {
        let (parts, body) = request.into_parts();
        let Ok(question) = to_bytes(body, LONGEST).await else { return StatusCode::PAYLOAD_TOO_LARGE.into_response() };
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let call = call(&question);
        self.write_down(number, format!("{call}: no answer"));
        let response = next.run(Request::from_parts(parts, Body::from(question))).await;
        let status = response.status();
        self.write_down(number, if status == StatusCode::OK { call } else { format!("{call}: status {}", status.as_u16()) });
        response
    }

    fn write_down(&self, number: usize, call: String) {
        let mut calls = locked(&self.calls);
        match calls.iter_mut().find(|(known, _)| *known == number) {
            Some((_, known)) => *known = call,
            None => calls.push((number, call)),
        }
        if calls.len() > MOST {
            calls.remove(0);
        }
    }
}

/// A question of JSON-RPC in few words.
fn call(question: &[u8]) -> String {
    let question: Value = serde_json::from_slice(question).unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().chars().take(80).collect::<String>();
    let params = &question["params"];
    let method = text(&question["method"]);
    let words = match method.as_str() {
        "query" => {
            let block = text(&params["block_id"]).chars().take(8).collect::<String>();
            let (kind, account, function) =
                (text(&params["request_type"]), text(&params["account_id"]), text(&params["method_name"]));
            format!("query {kind} {account} {function} at block {block}…")
        }
        "block" => format!("block {}", text(&params["finality"])),
        _ => method,
    };
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_told_in_few_words() {
        for (question, words) in [
            (r#"{"method":"status","params":[]}"#, "status"),
            (r#"{"method":"block","params":{"finality":"final"}}"#, "block final"),
            (
                r#"{"method":"query","params":{"request_type":"view_access_key","account_id":"alice.test.near","public_key":"ed25519:x","block_id":"7Hd8sLMnQ"}}"#,
                "query view_access_key alice.test.near at block 7Hd8sLMn…",
            ),
            ("junk", ""),
        ] {
            assert_eq!(call(question.as_bytes()), words);
        }
    }

    #[test]
    fn calls_of_others_are_left_out() {
        let node = Node::default();
        for (number, call) in
            ["block final", "query view_access_key bob.test.near", "query view_access_key alice.test.near"].iter().enumerate()
        {
            node.write_down(number, (*call).to_owned());
        }
        assert_eq!(node.since(0, "alice.test.near"), ["block final", "query view_access_key alice.test.near"]);
        assert_eq!(node.since(2, "bob.test.near"), Vec::<String>::new());
    }
}
