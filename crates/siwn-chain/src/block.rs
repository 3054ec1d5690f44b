//! Blocks, as far as a look-up needs them.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use siwn::{Block, UnixMillis};

/// The longest base58 text of 32 bytes.
const LONGEST: usize = 44;

/// The hash of a block: 32 bytes, in base58 as text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct BlockHash([u8; 32]);

/// The newest final block of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) height: u64,
    pub(crate) hash: BlockHash,
    /// When the block was made, by its own word: in nanoseconds since the Unix epoch.
    pub(crate) nanoseconds: u64,
}

/// The text is no block hash.
#[derive(Debug)]
pub(crate) struct NoBlockHash;

impl Tip {
    pub(crate) const fn made_at(&self) -> UnixMillis {
        UnixMillis::new(self.nanoseconds / 1_000_000)
    }

    pub(crate) fn age(&self, now: UnixMillis) -> Duration {
        now.since(self.made_at())
    }

    /// How far its time lies ahead.
    pub(crate) fn ahead(&self, now: UnixMillis) -> Duration {
        self.made_at().since(now)
    }
}

impl From<Tip> for Block {
    fn from(tip: Tip) -> Self {
        Self { height: tip.height, hash: tip.hash.0 }
    }
}

impl FromStr for BlockHash {
    type Err = NoBlockHash;

    fn from_str(text: &str) -> Result<Self, NoBlockHash> {
        let mut hash = [0; 32];
        // Decoding takes time that grows with the square of the length.
        if text.len() > LONGEST {
            return Err(NoBlockHash);
        }
        match bs58::decode(text).onto(&mut hash) {
            Ok(32) => Ok(Self(hash)),
            _ => Err(NoBlockHash),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_has_one_text() {
        let text = "4YKWDpQRHr6FB9shtd86NkMhaHGDSTdYi4mCnmMgAgrk";
        assert_eq!(text.parse::<BlockHash>().unwrap().to_string(), text);
        assert_eq!("1".repeat(32).parse::<BlockHash>().unwrap().0, [0; 32]);
    }

    #[test]
    fn another_length_is_no_hash() {
        for text in ["", "1", &"1".repeat(31), &"1".repeat(33), &"z".repeat(44), &"z".repeat(1 << 20), "0OIl"] {
            assert!(text.parse::<BlockHash>().is_err(), "{}", text.len());
        }
    }
}
