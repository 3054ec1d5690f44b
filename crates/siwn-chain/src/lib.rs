//! What NEAR says of an account and a key, asked of its nodes over JSON-RPC: [`siwn::Chain`] for a server.
//!
//! [`RpcChain`] asks one endpoint after the other until one gives an authoritative answer, or as many as must agree give the same one. A look-up pins the newest final block
//! of an endpoint by its hash and asks that endpoint about the account at that block: two calls, or one while the block is fresh,
//! or none while a full-access key is remembered. Whatever is not an authoritative answer at that block (a dead, slow, lagging or
//! confused node, a gateway's page, a node of another network) is an error, never a yes and never a no.
//!
//! # Glossary
//!
//! | Word | Meaning |
//! |---|---|
//! | network | which NEAR: `mainnet`, `testnet` or a chain of one's own, [`Network`] |
//! | endpoint | an address under which a node, or many behind a gateway, answer JSON-RPC, [`RpcUrl`] |
//! | tip | the newest final block of an endpoint, with its time |
//! | pin | the block, named by its hash, that all calls of a look-up are about |
//! | look-up | one question about an account and a key, over as many endpoints as it takes |
//! | hedge | a further endpoint that is asked because the first one is slow |
//! | breaker | what leaves an endpoint alone that fails or asks for a pause |
//! | flight | a look-up that is under way, and all who wait for its answer |
//! | ration | how many questions somebody may ask |
//! | resolution | an authorization (NEP-641) and all questions that it takes, at one block |
//! | fault | why an endpoint gave no authoritative answer |
//!
//! # Example
//!
//! ```no_run
//! use std::sync::Arc;
//! use std::time::SystemTime;
//! use siwn::{Chain, Question, UnixMillis};
//! use siwn_chain::{Network, RpcChain, Settings};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let clock = Arc::new(|| UnixMillis::from(SystemTime::now()));
//! let chain = RpcChain::new(Settings::new(Network::Mainnet), clock)?;
//! chain.check().await?;
//!
//! let (account, key) = ("alice.near".parse()?, "ed25519:BVxnyzHPsMeyy2nWwVJTfCnbgg3rbycrYb6AUTZRQUCL".parse()?);
//! let standing = chain.standing(Question::new(&account, &key)).await?;
//! println!("{:?} at block {}", standing.access, standing.block.height);
//! # Ok(())
//! # }
//! ```

mod asking;
mod block;
mod calls;
mod endpoint;
mod error;
mod examine;
mod fault;
mod flights;
mod health;
mod http;
mod key_cache;
mod look_up;
mod measures;
mod network;
mod pair;
mod rations;
mod reply;
mod request;
mod resolve;
mod rpc_chain;
mod rpc_url;
mod settings;

#[cfg(test)]
mod tests;

pub use calls::CallCount;
pub use endpoint::{BreakerState, Seconds};
pub use error::{SetupError, StartError};
pub use examine::{EndpointReport, MethodReport, MethodState, Need, TipReport, Trouble};
pub use health::{EndpointHealth, EndpointState, Readiness};
pub use measures::{EndpointMeasures, Measures, RationCount};
pub use network::{Network, NetworkError};
#[doc(hidden)]
pub use reply::fuzz_reply;
pub use rpc_chain::{Clock, Report, RpcChain};
pub use rpc_url::{RpcUrl, RpcUrlError};
pub use settings::{EndpointSettings, Rations, RpcHeader, RpcHeaderError, Settings};
