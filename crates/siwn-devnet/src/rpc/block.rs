//! The method `block`, and which block a reference means to a node.

use serde_json::{Value, json};
use siwn::UnixMillis;

use crate::ledger::{Block, FINALITY, GENESIS_HEIGHT, Ledger};
use crate::network::PROTOCOL_VERSION;
use crate::rpc::error::RpcError;
use crate::rpc::params::{Params, block_of_id};
use crate::rpc::reference::BlockReference;
use crate::{BlockHash, Fault, Flavour, Network};

/// What a node sees while it answers one request.
pub(crate) struct Node<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) network: &'a Network,
    pub(crate) flavour: Flavour,
    /// The fault that the request met.
    pub(crate) met: Option<Fault>,
    /// Behind the ledger's own where the node lags.
    pub(crate) head: Block,
    /// By how much the node's blocks are dated back, in nanoseconds.
    pub(crate) dated_back: u64,
    pub(crate) started: UnixMillis,
    pub(crate) now: UnixMillis,
}

impl Node<'_> {
    /// The block that is meant, if the node has heard of it.
    pub(crate) fn find(&self, reference: BlockReference) -> Option<Block> {
        if self.met == Some(Fault::UnknownBlock) && reference.is_id() {
            return None;
        }
        let behind = |blocks| self.ledger.at_height(self.head.height.saturating_sub(blocks));
        let found = match reference {
            BlockReference::Hash(hash) => self.ledger.at_hash(hash),
            BlockReference::Height(height) => self.ledger.at_height(height),
            BlockReference::Optimistic => Some(self.head),
            BlockReference::NearFinal => behind(1),
            BlockReference::Final => behind(FINALITY),
            BlockReference::Genesis => self.ledger.at_height(GENESIS_HEIGHT),
            BlockReference::EarliestAvailable => Some(self.ledger.tail()),
        };
        found.filter(|block| block.height <= self.head.height)
    }

    pub(crate) fn is_collected(&self, block: Block) -> bool {
        block.height < self.ledger.tail().height
    }

    pub(crate) const fn timestamp_nanos(&self, block: Block) -> u64 {
        block.timestamp_nanos.saturating_sub(self.dated_back)
    }
}

/// `{"finality": …}`, `{"block_id": …}` or the older `[block_id]`.
pub(crate) fn answer(params: Value, node: &Node<'_>) -> Result<Value, RpcError> {
    if node.met == Some(Fault::NotSynced) {
        return Err(RpcError::not_synced_yet());
    }
    let reference = match &params {
        Value::Array(members) if members.len() == 1 => block_of_id(&members[0])?,
        _ => Params::of(params)?.block_reference()?,
    };
    let block = node.find(reference).filter(|block| !node.is_collected(*block));
    let block = block.ok_or_else(|| RpcError::unknown_block(reference, json!({}), node.head))?;
    Ok(json!({"author": "validator.test.near", "header": header(block, node), "chunks": []}))
}

fn header(block: Block, node: &Node<'_>) -> Value {
    let zero = BlockHash::ZERO.to_string();
    let hash_behind = |blocks| {
        let found = block.height.checked_sub(blocks).and_then(|height| node.ledger.at_height(height));
        found.map_or(BlockHash::ZERO, |found| found.hash).to_string()
    };
    let timestamp = node.timestamp_nanos(block);
    json!({
        "height": block.height,
        "prev_height": node.ledger.at_hash(block.prev_hash).map(|prev| prev.height),
        "epoch_id": zero,
        "next_epoch_id": zero,
        "hash": block.hash.to_string(),
        "prev_hash": block.prev_hash.to_string(),
        "prev_state_root": zero,
        "block_body_hash": null,
        "chunk_receipts_root": zero,
        "chunk_headers_root": zero,
        "chunk_tx_root": zero,
        "outcome_root": zero,
        "chunks_included": 0,
        "challenges_root": zero,
        "timestamp": timestamp,
        "timestamp_nanosec": timestamp.to_string(),
        "random_value": zero,
        "validator_proposals": [],
        "chunk_mask": [true],
        "gas_price": "0",
        "block_ordinal": null,
        "rent_paid": "0",
        "validator_reward": "0",
        "total_supply": "0",
        "challenges_result": [],
        "last_final_block": hash_behind(FINALITY),
        "last_ds_final_block": hash_behind(1),
        "next_bp_hash": zero,
        "block_merkle_root": zero,
        "epoch_sync_data_hash": null,
        "approvals": [],
        "signature": format!("ed25519:{}", "1".repeat(64)),
        "latest_protocol_version": PROTOCOL_VERSION,
        "chunk_endorsements": null,
        "shard_split": null,
    })
}
