//! The server on a real socket: slow, endless, crooked and many clients, and a stop.

#![expect(clippy::unwrap_used, reason = "these are tests")]

mod limits;
mod requests;
mod socket;
mod stop;
#[path = "../support/mod.rs"]
mod support;
