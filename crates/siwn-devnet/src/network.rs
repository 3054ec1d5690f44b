//! Which network a devnet is, or poses as.

use crate::BlockHash;

/// The version of NEAR's protocol that nodes speak.
pub(crate) const PROTOCOL_VERSION: u32 = 88;

/// A network: what a node's `status` says of where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    chain_id: Box<str>,
    genesis_hash: BlockHash,
}

impl Network {
    /// The devnet's own network: chain id `siwn-devnet`.
    #[must_use]
    pub fn devnet() -> Self {
        Self::new("siwn-devnet", BlockHash::of("siwn-devnet genesis", &[]))
    }

    /// A network by its chain id and genesis hash, so that a test's devnet can pose as mainnet or testnet.
    #[must_use]
    pub fn new(chain_id: &str, genesis_hash: BlockHash) -> Self {
        Self { chain_id: chain_id.into(), genesis_hash }
    }

    /// The chain id.
    #[must_use]
    pub fn chain_id(&self) -> &str {
        &self.chain_id
    }

    /// The hash of the first block.
    #[must_use]
    pub const fn genesis_hash(&self) -> BlockHash {
        self.genesis_hash
    }

    /// A network that is not this one.
    pub(crate) fn stranger() -> Self {
        Self::new("siwn-devnet-stranger", BlockHash::of("siwn-devnet genesis of a stranger", &[]))
    }
}
