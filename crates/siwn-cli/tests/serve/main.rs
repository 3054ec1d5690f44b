//! `siwn serve` as a process: signals, reloads, rotations, what it tells a service manager.

#![expect(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod admin;
mod manager;
mod process;
mod reload;
mod rotate;
mod stop;
