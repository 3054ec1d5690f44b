//! Off-chain authorizations (NEP-641): what an account says outside of the chain, by one of its keys or by its contract.

mod ask;
mod authorization;
mod contract;
mod json_payload;
mod message;
mod policy;
mod refusal;
mod resolution;
mod timestamp;
mod walk;
mod wire;

pub use ask::{AskId, ChainAnswer, ChainAsk, Step};
pub use authorization::{AccessKeyAuthorization, AuthorizationError};
pub use json_payload::JsonPayload;
pub use message::{ChainId, MessageHash, Nep413Message, OffchainMessage};
pub use policy::{AuthorizationPolicy, ContractAccounts, LimitsError, ResolutionLimits};
pub use refusal::{AuthorizationFault, AuthorizationRefusal};
pub use resolution::{Authorized, AuthorizedBy, Expected, PinnedBlock, Resolution, Resolved};
pub use timestamp::{Rfc3339Error, Timestamp};
pub use walk::Walk;
