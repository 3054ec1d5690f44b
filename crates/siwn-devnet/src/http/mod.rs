//! The devnet over HTTP: the node, and under `/_devnet/` its controls.

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn;
use axum::routing::{delete, get, post};

use crate::Devnet;

mod control;
mod error;
mod guard;
mod node;
mod outage;

use error::ControlError;

/// Longest body of a request, in bytes.
const LONGEST_BODY: usize = 64 * 1024;

impl Devnet {
    /// The devnet under `/_devnet/`, to be merged into a server that listens on this machine only.
    ///
    /// | Route | What it does |
    /// |---|---|
    /// | `POST /_devnet/rpc` | NEAR's JSON-RPC |
    /// | `GET /_devnet/state` | network, head, final block, accounts with their keys, requests so far, faults |
    /// | `POST /_devnet/accounts` | `{accountId, publicKey?, permission?}`: adds an account, perhaps with a key |
    /// | `DELETE /_devnet/accounts/{id}` | removes it |
    /// | `POST /_devnet/accounts/{id}/keys` | `{publicKey, permission?}`: adds a key |
    /// | `DELETE /_devnet/accounts/{id}/keys` | `{publicKey}`: removes it |
    /// | `POST /_devnet/blocks` | `{count}`: makes 1 to 10,000 blocks |
    /// | `POST /_devnet/fault` | `{fault, milliseconds?, retryAfter?, requests?, method?}`: see below |
    /// | `DELETE /_devnet/fault` | ends all faults |
    ///
    /// A permission is written as NEAR writes it and is `"FullAccess"` where it is left out. A fault is the name of a
    /// [`Fault`](crate::Fault) in lower case with hyphens, as in `{"fault": "too-many-requests", "retryAfter": 5, "requests": 3}`;
    /// `delay` and `lagging` take `milliseconds`. Answers are `{"success": true, …}` or
    /// `{"success": false, "error": "<code>", "message": "<what to do>"}`.
    ///
    /// Whoever may post here owns every account of the devnet. Therefore `Host` must be `localhost`, `127.0.0.1` or `[::1]`, bodies
    /// must be `application/json` of at most 64 KiB, and browsers are let in only from this machine's own pages.
    pub fn router(&self) -> Router {
        let routes = Router::new()
            .route("/rpc", post(node::answer))
            .route("/state", get(control::state))
            .route("/accounts", post(control::add_account))
            .route("/accounts/{id}", delete(control::remove_account))
            .route("/accounts/{id}/keys", post(control::add_key).delete(control::remove_key))
            .route("/blocks", post(control::make_blocks))
            .route("/fault", post(control::fail).delete(control::recover))
            .fallback(async || ControlError::NotFound)
            .method_not_allowed_fallback(async || ControlError::MethodNotAllowed)
            .layer(from_fn(guard::check))
            .layer(DefaultBodyLimit::max(LONGEST_BODY))
            .with_state(self.clone());
        Router::new().nest("/_devnet", routes)
    }

    /// The node alone, at `/`, as nearcore has it.
    pub(crate) fn node_router(&self) -> Router {
        Router::new().route("/", post(node::answer)).layer(DefaultBodyLimit::max(LONGEST_BODY)).with_state(self.clone())
    }
}
