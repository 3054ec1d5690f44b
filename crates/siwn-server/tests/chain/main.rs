//! Logins over HTTP by the real chain client and a node on a socket: what the node says, and what becomes of logins while it cannot.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod calls;
mod crowd;
mod faults;
#[path = "../logs/log.rs"]
#[expect(dead_code, reason = "it writes in one format here")]
mod log;
mod matrix;
mod node;
mod rations;
mod readiness;
mod recovery;
mod sessions;
mod standing;
#[path = "../support/mod.rs"]
mod support;
mod world;
