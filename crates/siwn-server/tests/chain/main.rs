//! Logins over HTTP by the real chain client and a node on a socket: what the node says, and what becomes of logins while it cannot.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod calls;
mod faults;
mod node;
mod readiness;
mod sessions;
mod standing;
#[path = "../support/mod.rs"]
mod support;
