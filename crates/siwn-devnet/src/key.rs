//! Keys as the chain's state knows them: by handle.

use std::fmt;

use siwn::{KeyType, PublicKey};

const ML_DSA_HASH: &str = "ml-dsa-65-hash:";

/// What the state keeps of a key, in the state's order: the whole key, of an ML-DSA-65 key its hash.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct KeyHandle {
    kind: u8,
    bytes: Box<[u8]>,
    text: Box<str>,
}

impl KeyHandle {
    /// A handle from its text. Full ML-DSA-65 keys are none (nearcore 2.14, `PublicKeyHandle`).
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some(body) = text.strip_prefix(ML_DSA_HASH) {
            let hash = crate::BlockHash::parse(body)?;
            return Some(Self { kind: kind_of(KeyType::MlDsa65), bytes: (*hash.as_bytes()).into(), text: text.into() });
        }
        let key = near_key(text)?;
        (key.key_type() != KeyType::MlDsa65).then(|| Self::from(&key))
    }
}

impl From<&PublicKey> for KeyHandle {
    fn from(key: &PublicKey) -> Self {
        let text = key.handle();
        let hash = text.strip_prefix(ML_DSA_HASH).and_then(crate::BlockHash::parse);
        let bytes = hash.map_or_else(|| key.as_bytes().into(), |hash| (*hash.as_bytes()).into());
        Self { kind: kind_of(key.key_type()), bytes, text: text.into() }
    }
}

impl fmt::Display for KeyHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The key that nearcore reads in `text`: its type may be in upper case, and without one it is ed25519.
pub(crate) fn near_key(text: &str) -> Option<PublicKey> {
    let text = match text.split_once(':') {
        Some((key_type, body)) => format!("{}:{body}", key_type.to_ascii_lowercase()),
        None => format!("ed25519:{text}"),
    };
    text.parse().ok()
}

/// NEAR's number of the type, which comes first in the state's keys.
const fn kind_of(key_type: KeyType) -> u8 {
    match key_type {
        KeyType::Ed25519 => 0,
        KeyType::Secp256k1 => 1,
        _ => 2,
    }
}
