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
#[error("a secret is 32 bytes in 64 hexadecimal digits")]
pub struct SecretError;

impl Secret {
    /// From 32 random bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
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
}
