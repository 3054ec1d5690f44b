//! Many processes of `siwn serve` on one store: what one of them answered holds at every other, whatever ends in between.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test says no by panicking")]

mod client;
mod crashes;
mod fleet;
mod many;
mod people;
#[path = "../../../siwn-store/tests/servers/mod.rs"]
mod servers;
mod stores;
