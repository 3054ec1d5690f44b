//! Private keys: for servers that sign in to servers, for tests, and for the command line.

use std::fmt;
use std::str::FromStr;

use zeroize::Zeroizing;

use crate::base58::Base58Error;
#[cfg(feature = "ml-dsa")]
use crate::curve::ml_dsa_65;
use crate::{KeyError, KeyType, OffchainMessage, Payload, PublicKey, Signature, base58};

/// Digits of the longest base58 of 32 bytes; that of 64 bytes has at least 64.
const LONGEST_OF_32_BYTES: usize = 44;

/// A private key. It is never printed: `Debug` is redacted, there is no `Display`, and its memory is wiped when it is dropped.
///
/// Texts that are read: `ed25519:` and the base58 of 64 bytes (seed ‖ public key) or of the 32-byte seed; `secp256k1:` and the base58
/// of 32 bytes, or of 96 (private ‖ public key); `ml-dsa-65:` and the base58 of the 32-byte seed. A public half must belong to the
/// private one.
pub struct PrivateKey(Secret);

enum Secret {
    Ed25519(ed25519_dalek::SigningKey),
    Secp256k1(k256::ecdsa::SigningKey),
    #[cfg(feature = "ml-dsa")]
    MlDsa65(ml_dsa_65::PrivateKey),
}

impl PrivateKey {
    /// A key of `key_type` from 32 random bytes, which the caller brings.
    ///
    /// # Errors
    ///
    /// [`KeyError::OutOfRange`] where the bytes are no secp256k1 key (one in 2¹²⁷), [`KeyError::Unsupported`] for ML-DSA-65 where
    /// the feature `ml-dsa` is off.
    pub fn from_seed(key_type: KeyType, seed: [u8; 32]) -> Result<Self, KeyError> {
        let seed = Zeroizing::new(seed);
        match key_type {
            KeyType::Ed25519 => Ok(Self(Secret::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed)))),
            KeyType::Secp256k1 => match k256::ecdsa::SigningKey::from_slice(&seed[..]) {
                Ok(key) => Ok(Self(Secret::Secp256k1(key))),
                Err(_) => Err(KeyError::OutOfRange),
            },
            #[cfg(feature = "ml-dsa")]
            KeyType::MlDsa65 => Ok(Self(Secret::MlDsa65(ml_dsa_65::PrivateKey::from_seed(&seed)))),
            #[cfg(not(feature = "ml-dsa"))]
            KeyType::MlDsa65 => Err(KeyError::Unsupported(key_type)),
        }
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> PublicKey {
        match &self.0 {
            Secret::Ed25519(key) => PublicKey::from_ed25519(key.verifying_key().to_bytes()),
            Secret::Secp256k1(key) => {
                let point = key.verifying_key().to_sec1_point(false);
                let mut coordinates = [0; 64];
                coordinates.copy_from_slice(&point.as_bytes()[1..]);
                PublicKey::from_secp256k1(coordinates)
            }
            #[cfg(feature = "ml-dsa")]
            Secret::MlDsa65(key) => PublicKey::from_ml_dsa_65(key.public_key()),
        }
    }

    /// Signs the payload's hash; the same payload always gives the same signature (RFC 8032, RFC 6979, FIPS 204's deterministic
    /// variant).
    #[must_use]
    pub fn sign(&self, payload: &Payload<'_>) -> Signature {
        self.sign_hash(payload.hash().as_bytes())
    }

    /// Signs the canonical hash of an off-chain message itself, as the key of a wallet that is a contract does (NEP-641). A key of an
    /// account signs [`OffchainMessage::nep413`] instead.
    #[must_use]
    pub fn sign_off_chain(&self, message: &OffchainMessage) -> Signature {
        self.sign_hash(message.hash().as_bytes())
    }

    fn sign_hash(&self, hash: &[u8; 32]) -> Signature {
        let (key_type, bytes) = match &self.0 {
            Secret::Ed25519(key) => {
                let signature = ed25519_dalek::Signer::sign(key, hash);
                (KeyType::Ed25519, signature.to_bytes().to_vec())
            }
            Secret::Secp256k1(key) => {
                let (r_s, v) = key.sign_prehash_recoverable(hash);
                let mut bytes = r_s.to_bytes().to_vec();
                bytes.push(v.to_byte());
                (KeyType::Secp256k1, bytes)
            }
            #[cfg(feature = "ml-dsa")]
            Secret::MlDsa65(key) => (KeyType::MlDsa65, key.sign(hash)),
        };
        Signature::from_bytes(key_type, &bytes).expect("the length is the key type's")
    }

    /// The key as text, in the form that every NEAR tool reads. Whoever sees it owns the account.
    #[must_use]
    pub fn expose_text(&self) -> String {
        match &self.0 {
            Secret::Ed25519(key) => format!("ed25519:{}", base58::encode(&*Zeroizing::new(key.to_keypair_bytes()))),
            Secret::Secp256k1(key) => format!("secp256k1:{}", base58::encode(&Zeroizing::new(key.to_bytes())[..])),
            #[cfg(feature = "ml-dsa")]
            Secret::MlDsa65(key) => format!("ml-dsa-65:{}", base58::encode(&key.seed()[..])),
        }
    }

    fn with_public_half<const N: usize>(key_type: KeyType, body: &str) -> Result<Self, KeyError> {
        let bytes = Zeroizing::new(base58::decode::<N>(body).map_err(|source| KeyError::Base58 { key_type, source })?);
        let (seed, public) = bytes.split_first_chunk().expect("longer than 32 bytes");
        let key = Self::from_seed(key_type, *seed)?;
        if key.public_key().as_bytes() == public { Ok(key) } else { Err(KeyError::HalvesDiffer) }
    }
}

impl FromStr for PrivateKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (key_type, body) = KeyType::of_prefix(text)?;
        if body.len() <= LONGEST_OF_32_BYTES {
            let seed = base58::decode(body).map_err(|source| KeyError::Base58 { key_type, source })?;
            return Self::from_seed(key_type, seed);
        }
        match key_type {
            KeyType::Ed25519 => Self::with_public_half::<64>(key_type, body),
            KeyType::Secp256k1 => Self::with_public_half::<96>(key_type, body),
            KeyType::MlDsa65 => Err(KeyError::Base58 { key_type, source: Base58Error::Length { expected: 32 } }),
        }
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_form_gives_the_same_key() {
        for key_type in [KeyType::Ed25519, KeyType::Secp256k1] {
            let key = PrivateKey::from_seed(key_type, [7; 32]).unwrap();
            let seed = format!("{key_type}:{}", base58::encode(&[7; 32]));
            let halves = format!("{key_type}:{}", base58::encode(&[&[7; 32], key.public_key().as_bytes()].concat()));
            for text in [seed, halves, key.expose_text()] {
                assert_eq!(text.parse::<PrivateKey>().unwrap().public_key(), key.public_key());
            }
        }
    }

    #[test]
    fn an_ml_dsa_65_key_is_its_seed() {
        let key = PrivateKey::from_seed(KeyType::MlDsa65, [7; 32]).unwrap();
        let text = key.expose_text();
        assert_eq!(text, format!("ml-dsa-65:{}", base58::encode(&[7; 32])));
        assert_eq!(text.parse::<PrivateKey>().unwrap().public_key(), key.public_key());
        let longer = format!("ml-dsa-65:{}", base58::encode(&[7; 64]));
        let wrong_length = KeyError::Base58 { key_type: KeyType::MlDsa65, source: Base58Error::Length { expected: 32 } };
        assert_eq!(longer.parse::<PrivateKey>().unwrap_err(), wrong_length);
    }

    #[test]
    fn a_foreign_public_half_is_refused() {
        for (key_type, length) in [(KeyType::Ed25519, 32), (KeyType::Secp256k1, 64)] {
            let text = format!("{key_type}:{}", base58::encode(&[[7; 32].as_slice(), &vec![9; length]].concat()));
            assert_eq!(text.parse::<PrivateKey>().unwrap_err(), KeyError::HalvesDiffer);
        }
    }

    #[test]
    fn a_secp256k1_key_is_in_range() {
        for seed in [[0; 32], [0xff; 32]] {
            assert_eq!(PrivateKey::from_seed(KeyType::Secp256k1, seed).unwrap_err(), KeyError::OutOfRange);
        }
    }

    #[test]
    fn debug_shows_nothing() {
        let key = PrivateKey::from_seed(KeyType::Ed25519, [7; 32]).unwrap();
        assert_eq!(format!("{key:?}"), "PrivateKey([redacted])");
    }
}
