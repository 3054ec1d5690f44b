//! Structured errors (nearcore, `RpcError`): what clients match is `name` and `cause.name`; the rest is legacy.

use serde_json::{Value, json};
use siwn::AccountId;

use crate::ledger::Block;
use crate::permission::MethodName;
use crate::rpc::reference::BlockReference;

/// The shard that a node without [`UNAVAILABLE_SHARD`](RpcError::unavailable_shard)'s account would track.
const OTHER_SHARD: u64 = 3;

pub(crate) struct RpcError {
    pub(crate) status: u16,
    kind: &'static str,
    cause: &'static str,
    info: Option<Value>,
    code: i32,
    message: &'static str,
    data: Value,
}

impl RpcError {
    pub(crate) fn parse(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            status: 400,
            kind: "REQUEST_VALIDATION_ERROR",
            cause: "PARSE_ERROR",
            info: Some(json!({"error_message": message})),
            code: -32700,
            message: "Parse error",
            data: json!(message),
        }
    }

    /// `method` is told back where it is a name; anything else is no request.
    pub(crate) fn method_not_found(method: &str) -> Self {
        let Ok(name) = method.parse::<MethodName>() else {
            return Self::parse("JSON RPC Request format was expected");
        };
        Self {
            status: 400,
            kind: "REQUEST_VALIDATION_ERROR",
            cause: "METHOD_NOT_FOUND",
            info: Some(json!({"method_name": name.to_string()})),
            code: -32601,
            message: "Method not found",
            data: json!(name.to_string()),
        }
    }

    pub(crate) fn internal(message: &str) -> Self {
        Self {
            status: 500,
            kind: "INTERNAL_ERROR",
            cause: "INTERNAL_ERROR",
            info: Some(json!({"error_message": message})),
            ..Self::handler("", None, json!(format!("The node reached its limits. Try again later. More details: {message}")))
        }
    }

    /// nearcore's `ServerError::Timeout`.
    pub(crate) fn timed_out() -> Self {
        let info = json!({"error_message": "ServerError: Timeout"});
        Self { data: json!("Timeout"), info: Some(info), ..Self::internal("") }
    }

    /// What the `EXPERIMENTAL_` twins make of it: they have no causes for these.
    pub(crate) fn collapsed(self) -> Self {
        match (self.cause, self.data.as_str()) {
            ("UNAVAILABLE_SHARD" | "NO_SYNCED_BLOCKS" | "GARBAGE_COLLECTED_BLOCK" | "TOO_MANY_ACCESS_KEYS", Some(message)) => {
                Self::internal(message)
            }
            _ => self,
        }
    }

    pub(crate) fn node_is_syncing() -> Self {
        Self::handler("NODE_IS_SYNCING", None, json!({"name": "NODE_IS_SYNCING"}))
    }

    pub(crate) fn not_synced_yet() -> Self {
        Self::handler("NOT_SYNCED_YET", None, json!("There are no fully synchronized blocks yet"))
    }

    pub(crate) fn no_synced_blocks() -> Self {
        Self::handler("NO_SYNCED_BLOCKS", None, json!("There are no fully synchronized blocks on the node yet"))
    }

    /// `block` tells nothing of the block that it does not know, `query` repeats its reference.
    pub(crate) fn unknown_block(reference: BlockReference, info: Value, head: Block) -> Self {
        let is_ahead = matches!(reference, BlockReference::Height(height) if height > head.height);
        let data = match reference {
            BlockReference::Height(height) => format!("DB Not Found Error: BLOCK HEIGHT: {height} \n Cause: Unknown"),
            BlockReference::Hash(hash) => format!("DB Not Found Error: BLOCK HEADER: {hash}"),
            _ => "DB Not Found Error: BLOCK".to_owned(),
        };
        // nearcore, CHANGELOG 2.4: 422 where the height is below the head.
        let status = if is_ahead { 200 } else { 422 };
        Self { status, ..Self::handler("UNKNOWN_BLOCK", Some(info), json!(data)) }
    }

    pub(crate) fn garbage_collected(block: Block) -> Self {
        let height = block.height;
        let data = format!(
            "The data for block #{height} is garbage collected on this node, use an archival node to fetch historical data"
        );
        let info = json!({"block_height": height, "block_hash": block.hash.to_string()});
        Self::handler("GARBAGE_COLLECTED_BLOCK", Some(info), json!(data))
    }

    /// Of the one shard that the devnet has, by a number that is none of its shards'.
    pub(crate) fn unavailable_shard() -> Self {
        let data = format!("The node does not track the shard ID {OTHER_SHARD}");
        Self::handler("UNAVAILABLE_SHARD", Some(json!({"requested_shard_id": OTHER_SHARD})), json!(data))
    }

    pub(crate) fn unknown_cause() -> Self {
        Self::handler("SIWN_DEVNET_CAUSE", Some(json!({})), json!("siwn-devnet was told to fail"))
    }

    pub(crate) fn unknown_access_key(key: &str, at: Block) -> Self {
        let data = format!("Access key for public key {key} does not exist while viewing");
        let info = json!({"public_key": key, "block_height": at.height, "block_hash": at.hash.to_string()});
        Self::handler("UNKNOWN_ACCESS_KEY", Some(info), json!(data))
    }

    pub(crate) fn contract_execution(vm_error: &Value, data: &str, at: Block) -> Self {
        let info = json!({"vm_error": vm_error, "block_height": at.height, "block_hash": at.hash.to_string()});
        Self::handler("CONTRACT_EXECUTION_ERROR", Some(info), json!(data))
    }

    /// `query` writes the first word small, its twins do not.
    pub(crate) fn unknown_account(account: &AccountId, word: &str, at: Block) -> Self {
        let data = format!("{word} {account} does not exist while viewing");
        Self::handler("UNKNOWN_ACCOUNT", Some(of_account(account, at)), json!(data))
    }

    pub(crate) fn too_many_access_keys(account: &AccountId, limit: usize, at: Block) -> Self {
        let data = format!("Account {account} has more than {limit} access keys; use a paginated view_access_key_list request");
        let mut info = of_account(account, at);
        info["limit"] = json!(limit);
        Self::handler("TOO_MANY_ACCESS_KEYS", Some(info), json!(data))
    }

    pub(crate) fn to_json(&self) -> Value {
        let mut cause = json!({"name": self.cause});
        if let Some(info) = &self.info {
            cause["info"] = info.clone();
        }
        json!({"name": self.kind, "cause": cause, "code": self.code, "message": self.message, "data": self.data})
    }

    fn handler(cause: &'static str, info: Option<Value>, data: Value) -> Self {
        Self { status: 200, kind: "HANDLER_ERROR", cause, info, code: -32000, message: "Server error", data }
    }
}

fn of_account(account: &AccountId, at: Block) -> Value {
    json!({"requested_account_id": account.as_str(), "block_height": at.height, "block_hash": at.hash.to_string()})
}
