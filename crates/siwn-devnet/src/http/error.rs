//! Why a control request was refused: a code for programs, a sentence for people, nothing of the caller's text.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::LedgerError;

#[derive(Clone, Copy, Debug)]
pub(crate) enum ControlError {
    Host,
    CrossSite,
    NotJson,
    TooLarge,
    TooSlow,
    Body,
    Account,
    Key,
    Permission,
    Contract,
    Count,
    Fault,
    Node,
    Flavour,
    TooManyNodes,
    Ledger(LedgerError),
    NotFound,
    MethodNotAllowed,
}

impl ControlError {
    const fn parts(self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Host => (
                StatusCode::FORBIDDEN,
                "host_not_allowed",
                "ask for localhost, 127.0.0.1 or [::1]: the devnet serves this machine only",
            ),
            Self::CrossSite => (StatusCode::FORBIDDEN, "cross_site", "open the devnet from a page of its own server"),
            Self::NotJson => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "not_json", "send the body as content-type: application/json"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "send at most 64 KiB"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "body_too_slow", "send the whole body within ten seconds"),
            Self::Body => {
                (StatusCode::BAD_REQUEST, "malformed_body", "send a JSON object with the members of this route and no others")
            }
            Self::Account => (
                StatusCode::BAD_REQUEST,
                "malformed_account",
                "an account id has 2 to 64 of a-z, 0-9 and single separators - _ . between them",
            ),
            Self::Key => (
                StatusCode::BAD_REQUEST,
                "malformed_key",
                "send publicKey as its type, a colon and its base58, as in ed25519:BVxnyzHPsMeyy2nWwVJTfCnbgg3rbycrYb6AUTZRQUCL",
            ),
            Self::Permission => (
                StatusCode::BAD_REQUEST,
                "malformed_permission",
                "send \"FullAccess\" or {\"FunctionCall\": {\"receiver_id\": \"app.test.near\", \"method_names\": [], \"allowance\": null}}",
            ),
            Self::Contract => (
                StatusCode::BAD_REQUEST,
                "malformed_contract",
                "send a contract's kind and what it takes, as in {\"kind\": \"panics\", \"text\": \"no\"}",
            ),
            Self::Count => (StatusCode::BAD_REQUEST, "malformed_count", "send count as a number from 1 to 10000"),
            Self::Fault => (
                StatusCode::BAD_REQUEST,
                "malformed_fault",
                "send a fault's name and what it takes, as in {\"fault\": \"delay\", \"milliseconds\": 500, \"requests\": 3}",
            ),
            Self::Node => (StatusCode::NOT_FOUND, "no_node", "see GET /_devnet/state for the nodes and their numbers"),
            Self::Flavour => (
                StatusCode::BAD_REQUEST,
                "malformed_node",
                "send flavour as nearcore, old-nearcore or read-rpc, perSecond as a number, 0 for no limit, and retryAfter beside it",
            ),
            Self::TooManyNodes => (StatusCode::CONFLICT, "too_many_nodes", "use the nodes that are there"),
            Self::Ledger(LedgerError::AccountExists) => (StatusCode::CONFLICT, "account_exists", "choose another account id"),
            Self::Ledger(LedgerError::NoAccount) => (StatusCode::NOT_FOUND, "no_account", "add the account first"),
            Self::Ledger(LedgerError::KeyExists) => (StatusCode::CONFLICT, "key_exists", "remove the key before it is added anew"),
            Self::Ledger(LedgerError::NoKey) => (StatusCode::NOT_FOUND, "no_key", "see GET /_devnet/state for the account's keys"),
            Self::NotFound => (StatusCode::NOT_FOUND, "not_found", "see GET /_devnet/state"),
            Self::MethodNotAllowed => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "use another method on this path"),
        }
    }
}

impl From<LedgerError> for ControlError {
    fn from(error: LedgerError) -> Self {
        Self::Ledger(error)
    }
}

impl IntoResponse for ControlError {
    fn into_response(self) -> Response {
        let (status, code, message) = self.parts();
        json_response(status, json!({"success": false, "error": code, "message": message}).to_string())
    }
}

/// What a change is answered.
pub(crate) type Answer = Result<Done, ControlError>;

/// A successful answer.
pub(crate) struct Done(pub(crate) Value);

impl IntoResponse for Done {
    fn into_response(self) -> Response {
        json_response(StatusCode::OK, self.0.to_string())
    }
}

pub(crate) fn json_response(status: StatusCode, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
