//! The devnet over HTTP: the node, and under `/_devnet/` its controls.

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{delete, get, post};
use axum::{Extension, Router};

use crate::Devnet;
use crate::server::Turns;

mod body;
mod contract;
mod control;
mod error;
mod guard;
mod node;
mod nodes;
mod outage;

use error::ControlError;

/// Longest body of a control request, in bytes.
const LONGEST_BODY: usize = 64 * 1024;

/// Longest body of a JSON-RPC request, in bytes: a contract's authorization of 64 KiB fits in, quoted and in base64.
const LONGEST_QUESTION: usize = 1024 * 1024;

impl Devnet {
    /// The devnet under `/_devnet/`, to be merged into a server that listens on this machine only.
    ///
    /// | Route | What it does |
    /// |---|---|
    /// | `POST /_devnet/rpc` | NEAR's JSON-RPC |
    /// | `GET /_devnet/state` | network, head, final block, accounts with their keys and contracts, requests and faults of the first node, all nodes |
    /// | `POST /_devnet/accounts` | `{accountId, publicKey?, permission?, contract?, uninitialized?}`: adds an account, perhaps with a key |
    /// | `DELETE /_devnet/accounts/{id}` | removes it |
    /// | `POST /_devnet/accounts/{id}/keys` | `{publicKey, permission?}`: adds a key |
    /// | `DELETE /_devnet/accounts/{id}/keys` | `{publicKey}`: removes it |
    /// | `POST /_devnet/accounts/{id}/contract` | `{contract, code?}`: gives it a contract in the place of its present one |
    /// | `POST /_devnet/blocks` | `{count}`: makes 1 to 10,000 blocks |
    /// | `POST /_devnet/fault` | `{fault, milliseconds?, blocks?, retryAfter?, requests?, method?}`: see below |
    /// | `DELETE /_devnet/fault` | ends all faults of the node |
    /// | `POST /_devnet/nodes` | `{flavour?, perSecond?, retryAfter?}`: adds a node of the same chain and answers its number; the first node is 0 |
    /// | `POST /_devnet/nodes/{n}` | the same members: changes a node; `"perSecond": 0` ends its limit |
    /// | `POST /_devnet/nodes/{n}/rpc`, `…/fault`, `DELETE …/fault` | as above, of that node |
    /// | `POST /_devnet/balanced/rpc` | NEAR's JSON-RPC, each request answered by the next of all nodes |
    ///
    /// A permission is written as NEAR writes it and is `"FullAccess"` where it is left out. A fault is the name of a
    /// [`Fault`](crate::Fault) in lower case with hyphens, as in `{"fault": "too-many-requests", "retryAfter": 5, "requests": 3}`;
    /// `delay` and `lagging` take `milliseconds`, `behind` takes `blocks`. With a `method` (`status`, `block`, `query`, `view`, `call`) it
    /// is for requests of that method only, with `requests` for so many of them.
    ///
    /// A contract has the name of a [`Contract`](crate::Contract), written in the same way, as its `kind`, and beside it what it takes:
    /// `wallet` `publicKey` or `ethereumAddress` and `extensions`, `multisig` `members` and `threshold`, `slow` `milliseconds`, `panics`
    /// `text`, `returns` `text` or the number of `bytes`, `delegates` and `lies-about-expect` `to`, `bomb` `entries`. `code` is `"own"`,
    /// `{"globalHash": "…"}` or `{"globalAccount": "…"}`. A flavour is `nearcore`, `old-nearcore` or `read-rpc`.
    ///
    /// Answers are `{"success": true, …}` or `{"success": false, "error": "<code>", "message": "<what to do>"}`.
    ///
    /// Whoever may post here owns every account of the devnet. Therefore `Host` must be `localhost`, `127.0.0.1` or `[::1]`, bodies
    /// must be `application/json` of at most 64 KiB, of JSON-RPC 1 MiB, within ten seconds, and browsers are let in only from this machine's own pages.
    pub fn router(&self) -> Router {
        let questions = Router::new()
            .route("/rpc", post(node::answer))
            .route("/balanced/rpc", post(node::answer_balanced))
            .route("/nodes/{number}/rpc", post(node::answer_numbered))
            .layer(DefaultBodyLimit::max(LONGEST_QUESTION));
        let routes = Router::new()
            .route("/nodes", post(nodes::add))
            .route("/nodes/{number}", post(nodes::change))
            .route("/nodes/{number}/fault", post(nodes::fail).delete(nodes::recover))
            .route("/state", get(control::state))
            .route("/accounts", post(control::add_account))
            .route("/accounts/{id}", delete(control::remove_account))
            .route("/accounts/{id}/keys", post(control::add_key).delete(control::remove_key))
            .route("/accounts/{id}/contract", post(control::deploy))
            .route("/blocks", post(control::make_blocks))
            .route("/fault", post(nodes::fail_first).delete(nodes::recover_first))
            .fallback(async || ControlError::NotFound)
            .method_not_allowed_fallback(async || ControlError::MethodNotAllowed)
            .layer(DefaultBodyLimit::max(LONGEST_BODY))
            .merge(questions)
            .layer(from_fn(guard::check))
            .with_state(self.clone());
        Router::new().nest("/_devnet", routes)
    }

    /// The node alone, at `/`, as nearcore has it.
    pub(crate) fn node_router(&self) -> Router {
        Router::new().route("/", post(node::answer)).layer(DefaultBodyLimit::max(LONGEST_QUESTION)).with_state(self.clone())
    }

    /// Several nodes behind one address.
    pub(crate) fn balanced_router(&self, turns: Turns) -> Router {
        let route = post(node::answer_in_turn).layer(Extension(turns));
        Router::new().route("/", route).layer(DefaultBodyLimit::max(LONGEST_QUESTION)).with_state(self.clone())
    }
}
