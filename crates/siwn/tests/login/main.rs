//! The login, from challenge to session, over a chain and a store of our own.

mod account;
mod admission;
mod authorizations;
mod claims;
mod memory;
mod outside;
mod rations;
mod refusals;
mod sessions;
mod single_use;
#[path = "../support/mod.rs"]
mod support;
