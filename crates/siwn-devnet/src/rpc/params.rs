//! Parameters of a request, parsed once. A fault is told by the member's name, never by its text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use siwn::{AccountId, PublicKey};

use crate::key::{KeyHandle, near_key};
use crate::rpc::error::RpcError;
use crate::rpc::reference::BlockReference;

/// The members of a params object. Members that are not asked for are ignored, as nearcore does.
pub(crate) struct Params(Map<String, Value>);

impl Params {
    pub(crate) fn of(value: Value) -> Result<Self, RpcError> {
        match value {
            Value::Object(members) => Ok(Self(members)),
            _ => Err(unreadable("params is not an object")),
        }
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<&str, RpcError> {
        match self.0.get(name) {
            Some(Value::String(text)) => Ok(text),
            Some(_) => Err(unreadable(format!("{name} is not a string"))),
            None => Err(unreadable(format!("missing field `{name}`"))),
        }
    }

    pub(crate) fn account(&self) -> Result<AccountId, RpcError> {
        self.text("account_id")?.parse().map_err(|error| unreadable(format!("account_id: {error}")))
    }

    pub(crate) fn public_key(&self) -> Result<PublicKey, RpcError> {
        near_key(self.text("public_key")?).ok_or_else(|| unreadable("public_key is no public key"))
    }

    /// Standard base64, as nearcore reads it.
    pub(crate) fn args(&self) -> Result<Vec<u8>, RpcError> {
        STANDARD.decode(self.text("args_base64")?).map_err(|_| unreadable("args_base64 is not base64"))
    }

    pub(crate) fn after_key(&self) -> Result<Option<KeyHandle>, RpcError> {
        if self.is_absent("after_key") {
            return Ok(None);
        }
        let handle = KeyHandle::parse(self.text("after_key")?);
        handle.map(Some).ok_or_else(|| unreadable("after_key is no handle of a key"))
    }

    /// nearcore reads a `NonZeroU32`.
    pub(crate) fn limit(&self) -> Result<Option<u32>, RpcError> {
        if self.is_absent("limit") {
            return Ok(None);
        }
        let limit = self.0.get("limit").and_then(Value::as_u64).and_then(|limit| u32::try_from(limit).ok());
        limit.filter(|limit| *limit > 0).map(Some).ok_or_else(|| unreadable("limit is not a number from 1 to 4294967295"))
    }

    pub(crate) fn block_reference(&self) -> Result<BlockReference, RpcError> {
        if let Some(id) = self.0.get("block_id") {
            return block_of_id(id);
        }
        if self.0.contains_key("finality") {
            return match self.text("finality")? {
                "optimistic" => Ok(BlockReference::Optimistic),
                "near-final" => Ok(BlockReference::NearFinal),
                "final" => Ok(BlockReference::Final),
                _ => Err(unreadable("finality is not one of `optimistic`, `near-final`, `final`")),
            };
        }
        if self.0.contains_key("sync_checkpoint") {
            return match self.text("sync_checkpoint")? {
                "genesis" => Ok(BlockReference::Genesis),
                "earliest_available" => Ok(BlockReference::EarliestAvailable),
                _ => Err(unreadable("sync_checkpoint is not one of `genesis`, `earliest_available`")),
            };
        }
        Err(unreadable("neither block_id nor finality nor sync_checkpoint"))
    }

    fn is_absent(&self, name: &str) -> bool {
        self.0.get(name).is_none_or(Value::is_null)
    }
}

pub(crate) fn block_of_id(id: &Value) -> Result<BlockReference, RpcError> {
    BlockReference::of_id(id).ok_or_else(|| unreadable("block_id is neither a height nor the base58 of a hash"))
}

pub(crate) fn unreadable(what: impl std::fmt::Display) -> RpcError {
    RpcError::parse(format!("Failed parsing args: {what}"))
}
