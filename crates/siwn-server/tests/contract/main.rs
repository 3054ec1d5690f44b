//! Logins by authorizations (NEP-641) over HTTP, by the real chain client and a node on a socket: accounts that are contracts, keys of
//! every kind, and who is refused beside them.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod hostile;
mod keys;
#[expect(dead_code, reason = "the tests of the chain use the rest")]
#[path = "../chain/node.rs"]
mod node;
mod refusals;
mod stage;
#[path = "../support/mod.rs"]
mod support;
mod wallets;
