//! Hashes of blocks.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// The hash of a block: 32 bytes, written in base58.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockHash([u8; 32]);

impl BlockHash {
    pub(crate) const ZERO: Self = Self([0; 32]);

    /// From its 32 bytes.
    #[must_use]
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its 32 bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash of the parts, under a tag of their own.
    pub(crate) fn of(tag: &str, parts: &[&[u8]]) -> Self {
        let mut hasher = Sha256::new_with_prefix(tag);
        for part in parts {
            hasher.update(part);
        }
        Self(hasher.finalize().into())
    }

    /// The hash that `text` writes; `None` unless it is the base58 of 32 bytes.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        // A longer text cannot stand for 32 bytes, and is not decoded.
        let fits = text.len() <= 44 && bs58::decode(text).onto(&mut bytes).is_ok_and(|length| length == 32);
        fits.then_some(Self(bytes))
    }
}

impl fmt::Display for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&bs58::encode(self.0).into_string())
    }
}

impl fmt::Debug for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlockHash({self})")
    }
}
