//! Signatures, and the texts that wallets write them in.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use thiserror::Error;

use crate::base58::{self, Base58Error};
use crate::{KeyError, KeyType};

/// A signature of the length that its key type has. Whether it holds is for [`PublicKey::verify`](crate::PublicKey::verify) to say.
///
/// Its text is standard base64 with padding: 88 characters for ed25519 and secp256k1, 4,412 for ML-DSA-65 (NEP-413, "Output
/// Interface").
#[derive(Clone, PartialEq, Eq)]
pub struct Signature {
    key_type: KeyType,
    bytes: Box<[u8]>,
}

/// Why something is no signature, or not this key's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum SignatureError {
    /// Empty, which is how some wallets say that their user refused.
    #[error("the signature is empty")]
    Empty,
    /// Not standard base64 with padding.
    #[error("the signature is not standard base64 with padding")]
    NotBase64,
    /// Not as long as the key type's signatures are.
    #[error("a signature of type {key_type} has {} bytes", .key_type.signature_length())]
    Length {
        /// The key's type.
        key_type: KeyType,
    },
    /// A `<type>:` in front that is no key type.
    #[error("the type in front of the signature: {0}")]
    Type(#[source] KeyError),
    /// The part after `<type>:`.
    #[error("the base58 of the signature: {0}")]
    Base58(#[source] Base58Error),
    /// The signature is of another type than the key.
    #[error("the key is of type {key}, the signature of type {signature}")]
    OtherType {
        /// The key's type.
        key: KeyType,
        /// The signature's type.
        signature: KeyType,
    },
    /// The key did not sign this.
    #[error("the signature does not hold for this key and these parts")]
    DoesNotHold,
}

impl Signature {
    /// From its bytes: 64 for ed25519, 65 (r ‖ s ‖ v) for secp256k1, 3,309 for ML-DSA-65.
    pub fn from_bytes(key_type: KeyType, bytes: &[u8]) -> Result<Self, SignatureError> {
        if bytes.len() != key_type.signature_length() {
            return Err(SignatureError::Length { key_type });
        }
        Ok(Self { key_type, bytes: bytes.into() })
    }

    /// From standard base64 with padding: the only text that an auth token has.
    pub fn from_base64(key_type: KeyType, text: &str) -> Result<Self, SignatureError> {
        if text.is_empty() {
            return Err(SignatureError::Empty);
        }
        // Looked at first, so that a long text is never decoded.
        if text.len() > base64_length(key_type.signature_length()) {
            return Err(SignatureError::Length { key_type });
        }
        let bytes = BASE64_STANDARD.decode(text).map_err(|_| SignatureError::NotBase64)?;
        Self::from_bytes(key_type, &bytes)
    }

    /// From either text that wallets send: base64, or `<type>:<base58>` where the type is the key's.
    pub fn from_text(key_type: KeyType, text: &str) -> Result<Self, SignatureError> {
        if !text.contains(':') {
            return Self::from_base64(key_type, text);
        }
        let (stated, body) = KeyType::of_prefix(text).map_err(SignatureError::Type)?;
        if stated != key_type {
            return Err(SignatureError::OtherType { key: key_type, signature: stated });
        }
        Self::from_base58(key_type, body)
    }

    /// From NEAR's own text, `<type>:<base58>`, of whatever type it says that it is (NEP-641).
    pub fn from_near_text(text: &str) -> Result<Self, SignatureError> {
        let (key_type, body) = KeyType::of_prefix(text).map_err(SignatureError::Type)?;
        Self::from_base58(key_type, body)
    }

    /// NEAR's own text: `<type>:<base58>`.
    #[must_use]
    pub fn to_near_text(&self) -> String {
        format!("{}:{}", self.key_type, base58::encode(&self.bytes))
    }

    fn from_base58(key_type: KeyType, body: &str) -> Result<Self, SignatureError> {
        let bytes = base58::decode_boxed(body, key_type.signature_length()).map_err(SignatureError::Base58)?;
        Ok(Self { key_type, bytes })
    }

    /// The type of the key that made it.
    #[must_use]
    pub const fn key_type(&self) -> KeyType {
        self.key_type
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&BASE64_STANDARD.encode(&self.bytes))
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({}:{self})", self.key_type)
    }
}

const fn base64_length(bytes: usize) -> usize {
    bytes.div_ceil(3) * 4
}
