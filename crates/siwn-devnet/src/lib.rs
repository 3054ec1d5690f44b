//! A NEAR that fits in a process: accounts, keys, contracts, blocks and faults behind NEAR's JSON-RPC, and a test wallet.
//!
//! For tests, and for writing an application without a network. State is kept per block: what is changed shows in the next block,
//! is *final* two blocks later, and a query by hash or height answers as of that block. Replies have the shape of nearcore 2.14, or
//! of another [`Flavour`], faults and HTTP statuses included.
//!
//! | Wanted | Call |
//! |---|---|
//! | blocks by hand, under the test's clock | [`Devnet::advance`], [`Devnet::settle`] |
//! | a block each 600 ms | [`Devnet::run`] |
//! | a node on a socket | [`Devnet::listen`] |
//! | a node and its controls inside of another server | [`Devnet::router`] |
//! | a node that hangs, lags or lies | [`Devnet::fail`] with a [`Fault`] |
//! | a node of other software, or one that answers 50 requests a second | [`Devnet::set_flavour`], [`Devnet::set_limit`] |
//! | several nodes of one chain, at one address or at several | [`Devnet::another_node`], [`DevnetServer::balancing`] |
//! | accounts to sign in with | [`Devnet::add_test_accounts`] |
//! | accounts that are contracts, and their owners' authorizations | [`Devnet::add_contract_accounts`], [`Authorizer`] |
//! | contracts that misbehave | [`Devnet::add_hostile_contracts`], [`Devnet::deploy`] with a [`Contract`] |
//!
//! What it answers: `status`, `block`, and `query` with `view_account`, `view_access_key`, `view_access_key_list` and
//! `call_function`, also as `EXPERIMENTAL_…` methods and in batches. Contracts are Rust and have one method, `w_resolve_auth` (NEP-641).
//! It takes no transactions: accounts, keys and contracts change by decree.
//!
//! ```
//! use std::sync::Arc;
//! use siwn::UnixMillis;
//! use siwn_devnet::Devnet;
//!
//! let devnet = Devnet::new(Arc::new(|| UnixMillis::new(1_790_000_000_000)));
//! let accounts = devnet.add_test_accounts([7; 32]);
//! let key = accounts.alice.public_key();
//!
//! let question = format!(
//!     r#"{{"jsonrpc":"2.0","id":1,"method":"query","params":{{"request_type":"view_access_key","finality":"final",
//!         "account_id":"alice.test.near","public_key":"{key}"}}}}"#
//! );
//! let reply = devnet.answer(question.as_bytes());
//! assert_eq!(reply.status, 200);
//! assert!(reply.text().contains(r#""permission":"FullAccess""#));
//! ```

mod authorizer;
mod contract;
mod contract_accounts;
mod devnet;
mod fault;
mod flavour;
mod hash;
mod http;
mod key;
mod ledger;
mod limit;
mod network;
mod node;
mod permission;
mod rpc;
mod server;
mod wallet;

pub use authorizer::{Ask, Authorizer, ContractAccount};
pub use contract::{Contract, EthereumAddress, EthereumAddressError, WalletKey};
pub use contract_accounts::{ContractAccounts, open_authorization};
pub use devnet::{BLOCK_INTERVAL, Clock, Devnet};
pub use fault::{Fault, Outage};
pub use flavour::Flavour;
pub use hash::BlockHash;
pub use ledger::{Block, Code, KEPT_BLOCKS, LedgerError};
pub use limit::Limit;
pub use network::Network;
pub use permission::{FunctionCall, GasKey, MethodName, MethodNameError, Permission};
pub use rpc::{Reply, Requests};
pub use server::DevnetServer;
pub use wallet::{TestAccount, TestAccounts};

/// The examples of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
