//! The server's one secret, and the keys that are derived from it: one for each use.

use std::fmt;
use std::str::FromStr;

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _};
use sha2::Sha256;
use thiserror::Error;
use zeroize::{Zeroize as _, Zeroizing};

use crate::Nonce;

pub(crate) type Mac = Hmac<Sha256>;

/// 32 secret bytes of which all keys are derived. Replicas of one server share it.
///
/// As text: 64 hexadecimal digits. Never printed; wiped when dropped.
pub struct Secret([u8; 32]);

/// The text is no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a secret is 32 bytes in 64 hexadecimal digits, as `openssl rand -hex 32` makes them")]
pub struct SecretError;

impl Secret {
    /// From 32 random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A secret of its own for another use, which says nothing of this one. `purpose` names the use, and a version.
    ///
    /// HKDF-SHA256 (RFC 5869) without salt.
    #[must_use]
    pub fn derive(&self, purpose: &str) -> Self {
        let mut derived = Self([0; 32]);
        // In front, so that no purpose is one of the server's own.
        let info = [b"siwn derived: ", purpose.as_bytes()];
        let hkdf = Hkdf::<Sha256>::new(None, &self.0);
        hkdf.expand_multi_info(&info, &mut derived.0).expect("32 bytes are fewer than HKDF can give");
        derived
    }

    /// The bytes. Whoever has them has the secret.
    #[must_use]
    pub const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = SecretError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // 32 bytes in hexadecimal are read in one place.
        Nonce::from_hex(text).map(|bytes| Self(*bytes.as_bytes())).map_err(|_| SecretError)
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret([redacted])")
    }
}

/// HMAC-SHA256 states, keyed once and cloned for each use.
pub(crate) struct Keys {
    pub(crate) challenge: Mac,
    pub(crate) state: Mac,
}

impl Keys {
    /// HKDF-SHA256 (RFC 5869) without salt, one `info` per use.
    pub(crate) fn derive(secret: &Secret) -> Self {
        let hkdf = Hkdf::<Sha256>::new(None, &secret.0);
        let keyed = |info: &str| {
            let mut key = Zeroizing::new([0; 32]);
            hkdf.expand(info.as_bytes(), &mut key[..]).expect("32 bytes are fewer than HKDF can give");
            Mac::new_from_slice(&key[..]).expect("HMAC takes keys of any length")
        };
        Self { challenge: keyed("siwn challenge v1"), state: keyed("siwn state v1") }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys([redacted])")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_64_digits_and_shows_none() {
        let secret: Secret = "0f".repeat(32).parse().unwrap();
        assert_eq!((secret.0, format!("{secret:?}")), ([15; 32], "Secret([redacted])".into()));
        assert_eq!("0f".repeat(31).parse::<Secret>().unwrap_err(), SecretError);
    }
    #[test]
    fn every_purpose_has_a_secret_of_its_own() {
        let secret = Secret::from_bytes([1; 32]);
        let derived = |purpose| *secret.derive(purpose).expose_bytes();
        assert_eq!(derived("a v1"), derived("a v1"));
        assert_ne!(derived("a v1"), derived("a v2"));
        assert_ne!(derived("a v1"), *Secret::from_bytes([2; 32]).derive("a v1").expose_bytes());
        // HMAC-SHA256 by hand: HKDF's two steps (RFC 5869, sections 2.2 and 2.3).
        let mac = |key: &[u8], text: &[u8]| {
            use hmac::Mac as _;
            Mac::new_from_slice(key).unwrap().chain_update(text).finalize().into_bytes()
        };
        let key = mac(&[0; 32], &[1; 32]);
        assert_eq!(derived("a v1"), *mac(&key, b"siwn derived: a v1\x01"));
    }
}
