//! `siwn serve` as a process: signals, reloads, rotations, what it tells a service manager.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod admin;
mod health;
mod manager;
mod process;
mod reload;
mod rotate;
#[cfg(target_os = "linux")]
#[path = "../../../siwn-store/tests/servers/mod.rs"]
mod servers;
mod stop;
