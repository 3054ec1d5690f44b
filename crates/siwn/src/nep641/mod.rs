//! Off-chain authorizations (NEP-641): what an account says outside of the chain, by one of its keys or by its contract.

mod authorization;
mod json_payload;
mod message;
mod timestamp;
mod wire;

pub use authorization::{AccessKeyAuthorization, AuthorizationError};
pub use json_payload::JsonPayload;
pub use message::{ChainId, MessageHash, Nep413Message, OffchainMessage};
pub use timestamp::{Rfc3339Error, Timestamp};
