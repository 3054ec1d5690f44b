//! How a request names a block.

use serde_json::{Value, json};

use crate::BlockHash;

/// Which block a request is about.
#[derive(Clone, Copy)]
pub(crate) enum BlockReference {
    Hash(BlockHash),
    Height(u64),
    Optimistic,
    NearFinal,
    Final,
    Genesis,
    EarliestAvailable,
}

impl BlockReference {
    /// By a height, or by the base58 of a hash.
    pub(crate) fn of_id(id: &Value) -> Option<Self> {
        match id {
            Value::Number(height) => height.as_u64().map(Self::Height),
            Value::String(hash) => BlockHash::parse(hash).map(Self::Hash),
            _ => None,
        }
    }

    /// Whether it names one block for ever.
    pub(crate) const fn is_id(self) -> bool {
        matches!(self, Self::Hash(_) | Self::Height(_))
    }

    /// The reference as errors repeat it.
    pub(crate) fn to_json(self) -> Value {
        match self {
            Self::Hash(hash) => json!({"block_id": hash.to_string()}),
            Self::Height(height) => json!({"block_id": height}),
            Self::Optimistic => json!({"finality": "optimistic"}),
            Self::NearFinal => json!({"finality": "near-final"}),
            Self::Final => json!({"finality": "final"}),
            Self::Genesis => json!({"sync_checkpoint": "genesis"}),
            Self::EarliestAvailable => json!({"sync_checkpoint": "earliest_available"}),
        }
    }
}
