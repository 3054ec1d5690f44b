//! Public keys of the three key types that NEAR knows.

use std::fmt;
use std::str::FromStr;

use sha3::{Digest as _, Keccak256};
use thiserror::Error;

use crate::base58::{self, Base58Error};
use crate::curve::{ed25519, secp256k1};
use crate::{AccountId, MessageHash, PayloadHash, Signature, SignatureError};

/// The type of a key, written in front of it: `ed25519:`, `secp256k1:`, `ml-dsa-65:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyType {
    /// What browser wallets have: 32-byte keys, 64-byte signatures.
    Ed25519,
    /// 64-byte keys (x ‖ y, no leading 4), 65-byte signatures (r ‖ s ‖ v).
    Secp256k1,
    /// Post-quantum (NEP-645): 1,952-byte keys, 3,309-byte signatures. Needs the feature `ml-dsa`.
    MlDsa65,
}

impl KeyType {
    /// The name in front of the colon.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "ed25519",
            Self::Secp256k1 => "secp256k1",
            Self::MlDsa65 => "ml-dsa-65",
        }
    }

    /// Length of a signature of this type, in bytes.
    #[must_use]
    pub const fn signature_length(self) -> usize {
        match self {
            Self::Ed25519 => 64,
            Self::Secp256k1 => 65,
            Self::MlDsa65 => 3309,
        }
    }

    pub(crate) fn of_prefix(text: &str) -> Result<(Self, &str), KeyError> {
        let (prefix, body) = text.split_once(':').ok_or(KeyError::NoType)?;
        let key_type = [Self::Ed25519, Self::Secp256k1, Self::MlDsa65].into_iter().find(|known| known.as_str() == prefix);
        Ok((key_type.ok_or(KeyError::UnknownType)?, body))
    }
}

impl fmt::Display for KeyType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A public key, parsed once into its bytes. Its text is always the canonical one: `<type>:<base58>`.
///
/// Parsing checks type, alphabet and length. Whether the bytes are a point of the curve shows when a signature is checked.
///
/// ```
/// use siwn::PublicKey;
///
/// let key: PublicKey = "ed25519:BVxnyzHPsMeyy2nWwVJTfCnbgg3rbycrYb6AUTZRQUCL".parse()?;
/// assert_eq!(key.to_string(), "ed25519:BVxnyzHPsMeyy2nWwVJTfCnbgg3rbycrYb6AUTZRQUCL");
/// # Ok::<(), siwn::KeyError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct PublicKey(Bytes);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Bytes {
    Ed25519([u8; 32]),
    Secp256k1([u8; 64]),
    #[cfg(feature = "ml-dsa")]
    MlDsa65(Box<[u8; crate::curve::ml_dsa_65::PUBLIC_KEY_LENGTH]>),
}

/// Why a text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum KeyError {
    /// No colon: the type is missing.
    #[error("a key begins with its type, as in \"ed25519:…\"")]
    NoType,
    /// A type that NEAR does not have; types are written in lower case.
    #[error("a key's type is ed25519, secp256k1 or ml-dsa-65")]
    UnknownType,
    /// A type that this build leaves out.
    #[error("keys of type {0} are not supported by this build")]
    Unsupported(KeyType),
    /// The part after the colon.
    #[error("the base58 of a key of type {key_type}: {source}")]
    Base58 {
        /// The type in front of the colon.
        key_type: KeyType,
        /// What is wrong with the rest.
        source: Base58Error,
    },
    /// A private key whose public half belongs to another key.
    #[error("the public half of the private key belongs to another key")]
    HalvesDiffer,
    /// A private key that is zero or larger than the group's order.
    #[error("the private key is out of range")]
    OutOfRange,
}

impl PublicKey {
    /// An ed25519 key from its 32 bytes.
    #[must_use]
    pub const fn from_ed25519(bytes: [u8; 32]) -> Self {
        Self(Bytes::Ed25519(bytes))
    }

    /// A secp256k1 key from its coordinates x ‖ y.
    #[must_use]
    pub const fn from_secp256k1(bytes: [u8; 64]) -> Self {
        Self(Bytes::Secp256k1(bytes))
    }

    /// An ML-DSA-65 key from its 1,952 bytes.
    #[cfg(feature = "ml-dsa")]
    #[must_use]
    pub fn from_ml_dsa_65(bytes: [u8; crate::curve::ml_dsa_65::PUBLIC_KEY_LENGTH]) -> Self {
        Self(Bytes::MlDsa65(Box::new(bytes)))
    }

    /// The key's type.
    #[must_use]
    pub const fn key_type(&self) -> KeyType {
        match self.0 {
            Bytes::Ed25519(_) => KeyType::Ed25519,
            Bytes::Secp256k1(_) => KeyType::Secp256k1,
            #[cfg(feature = "ml-dsa")]
            Bytes::MlDsa65(_) => KeyType::MlDsa65,
        }
    }

    /// The key's bytes: 32, 64 (x ‖ y) or 1,952.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Bytes::Ed25519(bytes) => bytes,
            Bytes::Secp256k1(bytes) => bytes,
            #[cfg(feature = "ml-dsa")]
            Bytes::MlDsa65(bytes) => &bytes[..],
        }
    }

    /// Whether `signature` is this key's over `hash`.
    ///
    /// - ed25519: RFC 8032 without the cofactor; S below the group's order; neither key nor R of small order.
    /// - secp256k1: ECDSA over the hash itself; S in the lower half; v from 0 to 3, which is otherwise without meaning.
    /// - ML-DSA-65: FIPS 204, pure, with an empty context.
    ///
    /// # Errors
    ///
    /// [`SignatureError::OtherType`] for a signature of another key type, [`SignatureError::DoesNotHold`] else.
    pub fn verify(&self, hash: &PayloadHash, signature: &Signature) -> Result<(), SignatureError> {
        self.verify_hash(hash.as_bytes(), signature)
    }

    /// Whether `signature` is this key's over the canonical hash of an off-chain message itself: what a wallet that is a contract
    /// checks (NEP-641). It says nothing of an account's key.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    pub fn verify_off_chain(&self, hash: &MessageHash, signature: &Signature) -> Result<(), SignatureError> {
        self.verify_hash(hash.as_bytes(), signature)
    }

    fn verify_hash(&self, hash: &[u8; 32], signature: &Signature) -> Result<(), SignatureError> {
        if signature.key_type() != self.key_type() {
            return Err(SignatureError::OtherType { key: self.key_type(), signature: signature.key_type() });
        }
        let holds = match &self.0 {
            Bytes::Ed25519(key) => ed25519::verify(key, hash, signature.as_bytes()),
            Bytes::Secp256k1(key) => secp256k1::verify(key, hash, signature.as_bytes()),
            #[cfg(feature = "ml-dsa")]
            Bytes::MlDsa65(key) => crate::curve::ml_dsa_65::verify(key, hash, signature.as_bytes()),
        };
        if holds { Ok(()) } else { Err(SignatureError::DoesNotHold) }
    }

    /// The implicit account of this key: its hexadecimal digits for ed25519, the Ethereum address for secp256k1.
    ///
    /// ML-DSA-65 keys have none.
    #[must_use]
    pub fn implicit_account(&self) -> Option<AccountId> {
        let name = match &self.0 {
            Bytes::Ed25519(key) => hex(key),
            Bytes::Secp256k1(key) => format!("0x{}", hex(&Keccak256::digest(key)[12..])),
            #[cfg(feature = "ml-dsa")]
            Bytes::MlDsa65(_) => return None,
        };
        Some(name.parse().expect("hexadecimal digits are an account id"))
    }

    /// A short name of the key: its text, or for ML-DSA-65 `ml-dsa-65-hash:` and the base58 of
    /// SHA3-256(`near:ml-dsa-65-pubkey-hash:v1` ‖ key).
    ///
    /// For headers, logs and lists; a look-up needs the whole key.
    #[must_use]
    pub fn handle(&self) -> String {
        match &self.0 {
            #[cfg(feature = "ml-dsa")]
            Bytes::MlDsa65(key) => {
                let hash = sha3::Sha3_256::new().chain_update("near:ml-dsa-65-pubkey-hash:v1").chain_update(&key[..]).finalize();
                format!("ml-dsa-65-hash:{}", base58::encode(&hash))
            }
            _ => self.to_string(),
        }
    }
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key_type, body) = KeyType::of_prefix(text)?;
        let unreadable = |source| KeyError::Base58 { key_type, source };
        match key_type {
            KeyType::Ed25519 => base58::decode(body).map(Self::from_ed25519).map_err(unreadable),
            KeyType::Secp256k1 => base58::decode(body).map(Self::from_secp256k1).map_err(unreadable),
            #[cfg(feature = "ml-dsa")]
            KeyType::MlDsa65 => base58::decode(body).map(Self::from_ml_dsa_65).map_err(unreadable),
            #[cfg(not(feature = "ml-dsa"))]
            KeyType::MlDsa65 => Err(KeyError::Unsupported(key_type)),
        }
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.key_type(), base58::encode(self.as_bytes()))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", self.handle())
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(b"0123456789abcdef"[usize::from(digit)])).collect()
}
